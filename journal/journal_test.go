package journal_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

func TestAppendedFactsAreReadBack(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		first := j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "one"), draft(own, "contact.added", "ben")}})
		second := j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.read", "two")}})
		all := append(first, second...)
		for i, r := range all {
			if r.Position != fact.Position(i+1) {
				t.Errorf("record %d has position %d", i, r.Position)
			}
			if err := r.Verify(self.public()); err != nil {
				t.Error(err)
			}
		}
		if second[0].Seq != 2 || first[1].Seq != 1 {
			t.Errorf("places in the streams are %d and %d", second[0].Seq, first[1].Seq)
		}
		cases := []struct {
			name string
			sel  fact.Selection
			want []fact.Record
		}{
			{"everything", fact.Selection{}, all},
			{"after the first", fact.Selection{After: 1}, all[1:]},
			{"a namespace", fact.Selection{Namespaces: []fact.Namespace{pair}}, []fact.Record{all[0], all[2]}},
			{"two namespaces", fact.Selection{Namespaces: []fact.Namespace{own, pair}}, all},
			{"a kind", fact.Selection{Kinds: []string{"chat.message"}}, all[:1]},
			{"a family", fact.Selection{Kinds: []string{"chat.*"}}, []fact.Record{all[0], all[2]}},
			{"a kind that nobody registered", fact.Selection{Kinds: []string{"contact.added"}}, all[1:2]},
			{"a kind in a namespace", fact.Selection{Namespaces: []fact.Namespace{pair}, Kinds: []string{"chat.read"}}, all[2:]},
			{"nothing", fact.Selection{Namespaces: []fact.Namespace{crew}}, nil},
		}
		check := func(from string) {
			for _, c := range cases {
				if diff := cmp.Diff(c.want, j.read(t, tc, c.sel)); diff != "" {
					t.Errorf("%s, from %s (-want +got):\n%s", c.name, from, diff)
				}
			}
			j.close(t, tc)
		}
		check("memory")
		j = open(t, tc, disk.Crash())
		check("the store")
	})
}

func TestJournalReopensAsItWas(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		charge := fact.Charge{Context: aura.ContextID{7}, Peer: peer.author, Epoch: 3, Spent: 10, Through: 1}
		leak := fact.Leak{Context: aura.ContextID{7}, Observer: fact.ObserverExternal, Epoch: 3, Bits: 2}
		j.append(t, tc, &journal.Entry{
			Drafts:  []fact.Draft{draft(pair, "chat.message", "one")},
			Foreign: []fact.Record{peer.record(pair, 1, 40, "hi")},
			Charges: []fact.Charge{charge}, Leaks: []fact.Leak{leak},
			Meta:        []journal.KV{{Key: "kept", Value: []byte("v")}, {Key: "empty", Value: []byte{}}, {Key: "gone", Value: []byte("v")}},
			Checkpoints: []journal.Checkpoint{{Name: "view.chat", Position: 2, State: []byte("state")}},
		})
		j.append(t, tc, &journal.Entry{Meta: []journal.KV{{Key: "gone"}}})
		want := j.read(t, tc, fact.Selection{})
		j.close(t, tc)

		j = open(t, tc, disk.Crash())
		if diff := cmp.Diff(want, j.read(t, tc, fact.Selection{})); diff != "" {
			t.Errorf("records differ (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(charge, j.Charge(charge.Context, charge.Peer)) + cmp.Diff(leak, j.Leak(leak.Context, leak.Observer)); diff != "" {
			t.Errorf("ledger differs (-want +got):\n%s", diff)
		}
		for key, want := range map[string][]byte{"kept": []byte("v"), "empty": {}, "gone": nil, "never": nil} {
			got, err := j.Meta(key)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("metadata %s (-want +got):\n%s", key, diff)
			}
		}
		if c, ok, err := j.Checkpoint("view.chat"); err != nil || !ok || c.Position != 2 || string(c.State) != "state" {
			t.Errorf("checkpoint is %+v, %v, %v", c, ok, err)
		}
		next := j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "two")}})
		if r := next[0]; r.Position != 3 || r.Seq != 2 || r.Fact.Logical != 41 {
			t.Errorf("the next fact has position %d, place %d, logical time %d", r.Position, r.Seq, r.Fact.Logical)
		}
		j.close(t, tc)
	})
}

func TestWrongKeyIsDenied(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		open(t, tc, disk).close(t, tc)
		o := options()
		o.Key[5] ^= 1
		if _, err := tryOpen(tc, disk.Crash(), o); !errors.Is(err, aura.Denied) {
			t.Errorf("got %v, want denied", err)
		}
	})
}
