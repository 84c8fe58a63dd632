package service

import (
	"errors"
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
)

// TestWhatADiskHidesIsNotGivenUp is inside the package: everything around a env reads the same disk. While the disk
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
		acked, err := delivery.Acknowledge(by, who.Authority, aura.DeviceID{4}, guard.Mark{Context: who.Context, Number: 3})
		if err != nil {
			return err
		}
		for _, m := range acked.Metadata {
			entry.Meta = append(entry.Meta, journal.KV{Key: m.Key, Value: m.Value})
		}
		if _, err := j.Append(tc, entry); err != nil {
			return err
		}
		e := &Env{Journal: j, Ring: ring}
		for _, faults := range []journal.Faults{{}, {FailRead: 1}} {
			disk.SetFaults(faults)
			want := error(nil)
			if faults.FailRead > 0 {
				want = aura.Unavailable
			}
			if settled, err := e.watermarks().Settled(who.Context, who.Authority); !errors.Is(err, want) || err == nil && settled != 3 {
				t.Errorf("%+v: settled through %d, %v", faults, settled, err)
			}
			var r guard.Request
			if err := delivery.Abandon(&r, home{env: e}, by, who.Context, who.Authority, "removed"); !errors.Is(err, want) || len(r.Entries) > 0 {
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

// TestAPlanDoesNotNamePlacesThatItsStatesDoNotKnow: the journal shows a fact a moment before the states have it. One that follows
// all others is no harm. One of another branch lies before places that a plan may name, and then the plan is made anew.
func TestAPlanDoesNotNamePlacesThatItsStatesDoNotKnow(t *testing.T) {
	says := func(j *placed, before *fact.Record) *fact.Record {
		f := fact.Fact{Seq: 1, Logical: j.logical + 1}
		if before != nil {
			f.Seq, f.Prev = before.Seq+1, before.Place().ID
		}
		return j.append(f, func(*fact.Record) {})
	}
	withPlaces(t, func(tc task.Context, j *placed) {
		first := says(j, nil)
		second := says(j, first)
		says(j, second)
		if n, moved := j.newest(2); n != 3 || moved {
			t.Errorf("behind one on its way: %d facts, moved %v", n, moved)
		}
		says(j, first)
		for through, want := range map[fact.Position]bool{0: false, 1: true, 3: true, 4: false} {
			if n, moved := j.newest(through); n != 4 || moved != want {
				t.Errorf("the states have %d facts: moved %v, want %v", through, moved, want)
			}
		}
		tries := 0
		if _, err := unmoved(tc, func() (int, error) {
			if tries++; tries < 3 {
				return 0, &aura.Error{Op: "service.test", Kind: aura.Conflict, Err: &guard.MovedError{}}
			}
			return 0, nil
		}); err != nil || tries != 3 {
			t.Errorf("planned %d times, %v", tries, err)
		}
	})
}

// TestAFactThatIsHereAgainMovesNoPlace: a fact of the first format that comes in another row is in the states already, and they
// are not told of it.
func TestAFactThatIsHereAgainMovesNoPlace(t *testing.T) {
	says := func(j *placed, logical aura.Logical, before *fact.Record) *fact.Record {
		return j.append(fact.Fact{Logical: logical}, func(r *fact.Record) {
			r.Seq = 1
			if before != nil {
				r.Seq, r.Before = before.Seq+1, before.Row().ID
			}
		})
	}
	withPlaces(t, func(_ task.Context, j *placed) {
		first := says(j, 1, nil)
		says(j, 3, first)
		other := says(j, 2, first)
		if _, moved := j.newest(2); !moved {
			t.Error("a plan names a place of a row that its states do not know")
		}
		says(j, 3, other)
		if n := j.Count(fact.ContextNamespace(j.context), j.device); n != 4 {
			t.Fatalf("%d facts are here, one of them twice", n)
		}
		if _, moved := j.newest(3); moved {
			t.Error("a fact that the states have moved a place")
		}
	})
}

// placed is a journal with facts of one device of a contact.
type placed struct {
	testing.TB
	*journal.Journal
	tc      task.Context
	context aura.ContextID
	device  aura.DeviceID
	logical aura.Logical // of the newest fact
}

// withPlaces runs a test over an empty journal.
func withPlaces(t *testing.T, test func(task.Context, *placed)) {
	sim := task.NewSim(1, task.SimOptions{})
	err := sim.Run("test", func(tc task.Context) error {
		j, err := journal.Open(tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), journal.Options{
			Key: [32]byte{1}, Entropy: sim.Entropy("journal"), Registry: fact.NewRegistry(),
		})
		if err != nil {
			return err
		}
		writer := task.NewGroup(tc, "writer")
		writer.Go("writer", j.Serve)
		test(tc, &placed{TB: t, Journal: j, tc: tc, context: aura.ContextID{3}, device: aura.DeviceID{4}})
		if err := j.Close(tc); err != nil {
			return err
		}
		return writer.Close(tc, time.Minute)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// append stores a fact of the device; more changes its record.
func (j *placed) append(f fact.Fact, more func(*fact.Record)) *fact.Record {
	j.Helper()
	j.logical = f.Logical
	f.Namespace, f.Kind, f.Author, f.Device = fact.ContextNamespace(j.context), chat.KindMessage, aura.AuthorityID{2}, j.device
	r := fact.NewRecord(f)
	more(&r)
	r.Proof = fact.NewBatch([]aura.FactID{r.ID}).Proof(0, [64]byte{1})
	if _, err := j.Append(j.tc, &journal.Entry{Foreign: []fact.Record{r}}); err != nil {
		j.Fatal(err)
	}
	return &r
}

// newest returns the number of the newest fact as a plan sees it whose states have the facts through a position, and whether it
// was refused.
func (j *placed) newest(through fact.Position) (uint64, bool) {
	j.Helper()
	m, err := home{&Env{Journal: j.Journal}, through}.Newest(j.context, j.device)
	_, moved := errors.AsType[*guard.MovedError](err)
	if err != nil && !moved {
		j.Error(err)
	}
	return m.Number, moved
}
