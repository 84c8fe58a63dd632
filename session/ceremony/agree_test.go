package ceremony_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/domain/consensus"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// operation returns an operation over one state with the given agents as witnesses.
func operation(witnesses []*agent, payload string, nonce byte) *consensus.Operation {
	o := &consensus.Operation{State: [32]byte{7}, Threshold: uint16(len(witnesses)/2 + 1), Kind: "test.change", Payload: []byte(payload), Nonce: [32]byte{nonce}}
	for _, a := range sorted(witnesses) {
		o.Witnesses = append(o.Witnesses, consensus.Witness{Authority: a.account.Own(), Device: a.account.Device(), Key: [32]byte(a.account.Public())})
	}
	return o
}

// commits returns the sessions of the commits over a state that agents have verified, by agent, and fails the test for one that
// does not hold for the operation of its session.
func (w *world) commits(all ...*consensus.Operation) (by []string) {
	w.Helper()
	for _, a := range w.agents {
		c, err := a.Committed(all[0].Prestate())
		if err != nil {
			w.Error(err)
		}
		which := "-"
		for _, o := range all {
			if c != nil && o.Verify(c) == nil {
				which = string(o.Payload)
			}
		}
		if c != nil && which == "-" {
			w.Error("a commit that holds for no operation")
		}
		by = append(by, which)
	}
	return by
}

// TestWitnessesAgree, and each has the commit and the fact of its vote.
func TestWitnessesAgree(t *testing.T) {
	gather(t, 1, 4, journal.Faults{}, nil, func(tc task.Context, w *world) {
		o := operation(w.agents[1:], "x", 1)
		if _, _, err := w.agents[0].Agree(tc, chaintest.Pair, o); err != nil {
			t.Fatal(err)
		}
		w.settled(tc)
		if got := fmt.Sprint(w.commits(o)); got != "[x x x x]" {
			t.Errorf("commits: %s", got)
		}
		for k, a := range w.agents[1:] {
			if a.count(t, tc, consensus.KindVoted) != 1 || a.count(t, tc, consensus.KindCommitted) != 1 {
				t.Errorf("witness %d has %d votes", k, a.count(t, tc, consensus.KindVoted))
			}
		}
	})
}

// TestAWitnessThatRefusesIsNotNeeded while enough others sign; without them nothing is agreed.
func TestAWitnessThatRefusesIsNotNeeded(t *testing.T) {
	for refusing, want := range []string{"[x x x x]", "[x x x x]", "[- - - -]"} {
		gather(t, 1, 4, journal.Faults{}, nil, func(tc task.Context, w *world) {
			for _, a := range w.agents[1 : 1+refusing] {
				a.judges = func(*consensus.Operation) error { return aura.Errorf("test", aura.Denied, "no") }
			}
			o := operation(w.agents[1:], "x", 1)
			if _, _, err := w.agents[0].Agree(tc, chaintest.Pair, o); err != nil {
				t.Fatal(err)
			}
			w.settled(tc)
			if got := fmt.Sprint(w.commits(o)); got != want {
				t.Errorf("%d refuse: commits %s, want %s", refusing, got, want)
			}
		})
	}
}

// TestTwoOperationsOverOneStateNeverBothCommit: two agents ask the same witnesses at about the same time, and one of the five crashes
// at any moment and comes again.
func TestTwoOperationsOverOneStateNeverBothCommit(t *testing.T) {
	slow := journal.Faults{SyncDelay: 20 * time.Millisecond}
	agreed := 0
	for seed := range 24 {
		gather(t, uint64(seed), 5, slow, nil, func(tc task.Context, w *world) {
			x, y := operation(w.agents[2:], "x", 1), operation(w.agents[2:], "y", 1)
			for k, o := range []*consensus.Operation{x, y} {
				if _, _, err := w.agents[k].Agree(tc, chaintest.Pair, o); err != nil {
					t.Fatal(err)
				}
			}
			if err := tc.Sleep(aura.Duration(seed) * 100 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			w.crash(tc, w.agents[seed%5], time.Second)
			w.settled(tc)
			seen := map[string]bool{}
			for _, c := range w.commits(x, y) {
				if c != "-" {
					seen[c] = true
				}
			}
			if len(seen) > 1 {
				t.Errorf("seed %d: both operations have a commit", seed)
			}
			agreed += len(seen)
		})
	}
	if agreed < 6 {
		t.Errorf("an operation was agreed on in %d of 24 runs", agreed)
	}
}

// TestAnOperationThatWasSignedBindsItsWitnesses: a later one over the same state is refused, and names the one before; one over
// another state is not.
func TestAnOperationThatWasSignedBindsItsWitnesses(t *testing.T) {
	gather(t, 1, 4, journal.Faults{}, nil, func(tc task.Context, w *world) {
		x, y, z := operation(w.agents[1:], "x", 1), operation(w.agents[1:], "y", 1), operation(w.agents[1:], "z", 1)
		z.State[0]++
		for _, o := range []*consensus.Operation{x, y, z} {
			made, _, err := w.agents[0].Agree(tc, chaintest.Pair, o)
			if err != nil {
				t.Fatal(err)
			}
			w.settled(tc)
			if got := fmt.Sprint(w.ends(tc, made)); got != "[completed completed completed completed]" {
				t.Errorf("%s: %s", o.Payload, got)
			}
		}
		if got := fmt.Sprint(w.commits(x, y)); got != "[x x x x]" {
			t.Errorf("commits: %s", got)
		}
		if got := fmt.Sprint(w.commits(z)); got != "[z z z z]" {
			t.Errorf("commits over another state: %s", got)
		}
		if n := w.agents[0].count(t, tc, view.KindCreated); n != 9 {
			t.Errorf("%d", n)
		}
	})
}
