package service

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// TestWhatADiskHidesIsNotGivenUp is inside the package: everything around a desk reads the same disk. While the disk
// does not say how far a delivery is, no message counts as settled and none as failed.
func TestWhatADiskHidesIsNotGivenUp(t *testing.T) {
	sim := task.NewSim(1, task.SimOptions{})
	err := sim.Run("test", func(tc task.Context) error {
		ring := keyring.Ephemeral(sim.Entropy("ring"))
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		j, err := journal.Open(tc, disk, journal.Options{
			Key: [32]byte{1}, Entropy: sim.Entropy("journal"), Author: ring.Authority(), Device: ring.Device(), Sign: ring.Sign,
			Registry: fact.NewRegistry(),
		})
		if err != nil {
			return err
		}
		writer := task.NewGroup(tc, "writer")
		writer.Go("writer", j.Serve)
		who := contact.Ref{Authority: aura.AuthorityID{2}, Context: aura.ContextID{3}}
		by := domain.Caller{Authority: ring.Authority(), Device: ring.Device(), Now: tc.Now()}
		entry := &journal.Entry{}
		for range 3 {
			entry.Drafts = append(entry.Drafts, fact.Draft{Namespace: fact.ContextNamespace(who.Context), Kind: chat.KindMessage})
		}
		acked, err := delivery.Acknowledge(by, delivery.Acked{Context: who.Context, Peer: who.Authority, Through: 3})
		if err != nil {
			return err
		}
		for _, m := range acked.Metadata {
			entry.Meta = append(entry.Meta, journal.KV{Key: m.Key, Value: m.Value})
		}
		if _, err := j.Append(tc, entry); err != nil {
			return err
		}
		d := &Desk{Journal: j, Ring: ring}
		for _, faults := range []journal.Faults{{}, {FailRead: 1}} {
			disk.SetFaults(faults)
			want := error(nil)
			if faults.FailRead > 0 {
				want = aura.Unavailable
			}
			if settled, err := d.settled(who.Context, who.Authority); !errors.Is(err, want) || err == nil && settled != 3 {
				t.Errorf("%+v: settled through %d, %v", faults, settled, err)
			}
			var r guard.Request
			if err := d.giveUp(&r, by, who, "removed"); !errors.Is(err, want) || len(r.Entries) > 0 {
				t.Errorf("%+v: %d facts say that delivered messages failed, %v", faults, len(r.Entries), err)
			}
		}
		disk.SetFaults(journal.Faults{})
		if err := j.Close(tc); err != nil {
			return err
		}
		return writer.Close(tc, time.Minute)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestABookForgetsARemovedContact: with the removal the secret of the context is gone from memory, so that no channel
// opens under it and no peer is linked. The other contacts stay.
func TestABookForgetsARemovedContact(t *testing.T) {
	own := aura.AuthorityOf([]byte("ada"))
	at := byte(0)
	record := func(kind string, payload any) []fact.Record {
		d, err := domain.Caller{Authority: own}.Draft(kind, payload)
		if err != nil {
			t.Fatal(err)
		}
		at++
		return []fact.Record{{Position: fact.Position(at), ID: aura.FactID{at}, Fact: fact.Fact{
			Namespace: d.Namespace, Kind: d.Kind, Payload: d.Payload, Author: own, Logical: aura.Logical(at),
		}}}
	}
	contexts := []aura.ContextID{{1}, {2}}
	secrets := map[string][]byte{}
	book := NewBook(own, func(key string) ([]byte, error) { return secrets[key], nil })
	for i, context := range contexts {
		secret := [32]byte{9, byte(i)}
		secrets[domain.SecretKey(context)] = secret[:]
		ring := keyring.Ephemeral(rand.NewChaCha8(secret))
		cert := ring.Certificate()
		book.Committed(record(contact.KindAdded, contact.Added{
			Context: context, Authority: ring.Authority(), Certificate: cert.Encode(), Name: "Ben",
		}))
	}
	knows := func() (known [2]bool) {
		for i, context := range contexts {
			_, tagged := book.ByTag(transport.TagOf([32]byte(secrets[domain.SecretKey(context)])))
			linked := false
			for _, p := range book.Peers() {
				linked = linked || p.Context == context
			}
			if known[i] = book.Shares(context); known[i] != tagged || known[i] != linked {
				t.Errorf("context %d is shared: %t, opens a channel: %t, has a peer: %t", i, known[i], tagged, linked)
			}
		}
		return known
	}
	if got := knows(); got != [2]bool{true, true} {
		t.Errorf("known are %v", got)
	}
	book.Committed(record(contact.KindRemoved, contact.Removed{Context: contexts[0]}))
	if got := knows(); got != [2]bool{false, true} {
		t.Errorf("after the removal known are %v", got)
	}
}

// TestAnAcknowledgementThatWasNotKeptYieldsToANewerSession: what a failing disk refused is tried again, unless the
// peer has opened another session since, which knows more.
func TestAnAcknowledgementThatWasNotKeptYieldsToANewerSession(t *testing.T) {
	of := func(n byte) *session { return &session{link: &link{key: linkKey{peer: aura.AuthorityID{n}}}} }
	older, newer, other := of(1), of(1), of(2)
	r := newRecorder(nil)
	r.add(older)
	r.add(other)
	batch := r.take()
	if len(batch) != 2 || batch[0] != older || batch[1] != other || !r.idle() {
		t.Fatalf("%d sessions wait, idle is %t", len(batch), r.idle())
	}
	r.add(newer)
	for _, s := range batch {
		r.back(s)
	}
	if got := r.take(); len(got) != 2 || got[0] != newer || got[1] != other {
		t.Errorf("%d sessions are tried again, the older one of a peer is among them: %t", len(got), len(got) > 0 && got[0] == older)
	}
}

// TestARecorderThatIsStoppedSaysSo: the recorder's task goes on until it is cancelled, so whatever it waits for then,
// it must not end as if its work were done.
func TestARecorderThatIsStoppedSaysSo(t *testing.T) {
	for waits, add := range map[string]bool{"for news": false, "for more acknowledgements": true} {
		sim := task.NewSim(1, task.SimOptions{})
		err := sim.Run("test", func(tc task.Context) error {
			r := newRecorder(nil)
			if add {
				r.add(&session{link: &link{key: linkKey{peer: aura.AuthorityID{1}}}})
			}
			var ended error
			g := task.NewGroup(tc, "recorder")
			g.Go("run", func(tc task.Context) error {
				ended = r.run(tc)
				return ended
			})
			if err := tc.Sleep(gatherAcks / 2); err != nil {
				return err
			}
			g.Cancel()
			if err := g.Wait(tc); err != nil {
				return err
			}
			if aura.KindOf(ended) != aura.Cancelled {
				t.Errorf("a recorder that waits %s is cancelled and ends with %v", waits, ended)
			}
			return nil
		})
		if err != nil {
			t.Errorf("waiting %s: %v", waits, err)
		}
	}
}
