package directory

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
)

// voice is a device that speaks in a context, fact behind fact.
type voice struct {
	t       *testing.T
	ring    *keyring.Ring
	context aura.ContextID
	last    fact.Record
}

// says returns the next fact of the device.
func (v *voice) says(kind string, payload any) fact.Record {
	v.t.Helper()
	by := domain.Caller{Authority: v.ring.Authority(), Device: v.ring.Device()}
	d, err := by.Shared(v.context, kind, payload)
	if err != nil {
		v.t.Fatal(err)
	}
	f := fact.Fact{
		Namespace: d.Namespace, Kind: d.Kind, Payload: d.Payload, Author: by.Authority, Device: by.Device,
		Seq: v.last.Seq + 1, Logical: v.last.Fact.Logical + 10,
	}
	if v.last.Seq > 0 {
		f.Prev = v.last.Place().ID
	}
	v.last = fact.NewRecord(f)
	v.last.Proof = fact.NewBatch([]aura.FactID{v.last.ID}).Proof(0, [64]byte{1})
	return v.last
}

// TestAnIndexForgetsVoidFacts: the agent's own folds go without facts that a bound excludes, when it is made anew while it
// runs, for facts that come behind it, and when it is loaded. They have them again when the removal is overruled.
func TestAnIndexForgetsVoidFacts(t *testing.T) {
	err := task.NewSim(1, task.SimOptions{}).Run("test", func(tc task.Context) error {
		h, ben := newHousehold(t), keyring.Ephemeral(rand.NewChaCha8([32]byte{7}))
		laptop := h.enrol(roster.RightsSpeak)
		context := aura.ContextID{1}
		set := modules(t)
		j, err := journal.Open(tc, journal.NewFaulty(rand.NewChaCha8([32]byte{8}), journal.Faults{}), journal.Options{
			Key: [32]byte{1}, Entropy: rand.NewChaCha8([32]byte{9}), Registry: set.Registry(),
			Author: ben.Authority(), Device: ben.Device(), Sign: ben.Sign,
		})
		if err != nil {
			return err
		}
		writer := task.NewGroup(tc, "journal")
		writer.Go("journal", j.Serve)
		index := New(set, ben.Authority(), j.Meta)
		if err := index.Load(tc, j, ben.Device()); err != nil {
			return err
		}
		j.Attach(index)
		commit := func(e *journal.Entry) {
			t.Helper()
			if _, err := j.Append(tc, e); err != nil {
				t.Fatal(err)
			}
			now, err := index.Standing(j, 1)
			if err == nil && len(now.Void) > 0 {
				if _, err = j.Append(tc, &journal.Entry{Void: now.Void}); err == nil {
					err = index.Renew(tc, j)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		shows := func(when string, want ...string) {
			t.Helper()
			loaded := New(set, ben.Authority(), j.Meta)
			if err := loaded.Load(tc, j, ben.Device()); err != nil {
				t.Fatal(err)
			}
			for _, x := range []*Index{index, loaded} {
				var got []string
				x.Read(func(s *State) {
					if s.Through != j.Head() {
						t.Errorf("%s the states have the facts through %d, the journal has %d", when, s.Through, j.Head())
					}
					all, _ := s.Chats.Messages(s.Setting(), context, 0)
					for i := range all {
						got = append(got, all[i].Text)
					}
				})
				if slices.Sort(got); !slices.Equal(got, want) {
					t.Errorf("%s the index has %q, want %q", when, got, want)
				}
			}
		}
		by := domain.Caller{Authority: ben.Authority(), Device: ben.Device()}
		c := h.rings[0].Certificate()
		added, err := by.Draft(contact.KindAdded, contact.Added{Context: context, Authority: c.Authority(), Certificate: c.Encode(), Name: "Ada"})
		if err != nil {
			return err
		}
		phone, spoken := &voice{t: t, ring: h.rings[0], context: context}, &voice{t: t, ring: laptop, context: context}
		text := func(s string) fact.Record { return spoken.says(chat.KindMessage, chat.Text{Text: s, At: 1}) }
		entries := func() fact.Record {
			list, err := roster.Announce(h.chain.Current(0))
			if err != nil {
				t.Fatal(err)
			}
			return phone.says(device.KindRoster, list[0])
		}
		commit(&journal.Entry{Drafts: []fact.Draft{added}, Foreign: []fact.Record{entries()}})
		last := text("a")
		commit(&journal.Entry{Foreign: []fact.Record{last, text("b"), text("c")}})
		shows("before the removal", "a", "b", "c")
		h.remove(h.rings[0], laptop)
		commit(&journal.Entry{Foreign: []fact.Record{entries()}})
		shows("without a bound", "a", "b", "c")
		removal := h.chain.State(0).Heads[0]
		bound := phone.says(device.KindClosed, roster.Closed{Device: laptop.Device(), Entry: removal, Heads: []fact.Place{last.Place()}})
		commit(&journal.Entry{Foreign: []fact.Record{bound}})
		shows("with a bound", "a")
		commit(&journal.Entry{Foreign: []fact.Record{text("d")}})
		shows("behind the bound", "a")
		if now, err := index.Standing(j, 1); err != nil || len(now.Void) > 0 || !now.Rosters {
			t.Errorf("asked again: %+v, %v", now, err)
		}
		if _, err := j.Append(tc, &journal.Entry{Void: []journal.Void{{Namespace: fact.ContextNamespace(context), Device: laptop.Device()}}}); err != nil {
			return err
		}
		if err := index.Renew(tc, j); err != nil {
			return err
		}
		shows("when it counts again", "a", "b", "c", "d")
		writer.Cancel()
		return writer.Close(tc, time.Minute)
	})
	if err != nil {
		t.Error(err)
	}
}
