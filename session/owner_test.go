package session_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// appends commits the changes of a handover with one fact.
func (s *side) appends(tc task.Context, changes *journal.Entry) error {
	changes.Drafts = []fact.Draft{{Namespace: chaintest.Shared, Kind: "chat.message", Payload: []byte("moved")}}
	_, err := s.Journal.Append(tc, changes)
	return err
}

// owner takes the handle of the session of most tests.
func (s *side) owner(t testing.TB, tc task.Context) *session.Owner {
	t.Helper()
	o, err := s.engine.Owner(tc, name)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// away is the other device of the handovers of these tests, and here the own one.
var (
	here = aura.DeviceID{1}
	away = aura.DeviceID{2}
)

// delegation is the session by which these handovers go.
var delegation = aura.SessionID{7, 7}

func unsigned([]byte) [64]byte { return [64]byte{} }

// whole hands a session over as it is.
var whole = session.Handover{From: here, To: away, Scope: own.Whole(), Sign: unsigned}

// stated returns what a transfer says of itself, as the target has it.
func stated(t *session.Transfer) session.Handover {
	return session.Handover{From: here, To: away, Scope: t.Receipt.Scope, Attenuate: t.Receipt.Attenuated}
}

func (s *side) reconfig() *session.Reconfig { return session.NewReconfig(s.engine) }

// TestASessionIsHandedOverBehindItsFirstMessage: the disk is about to take the message with which the recording begins, and the handover waits for
// that.
func TestASessionIsHandedOverBehindItsFirstMessage(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		from := begin(t, tc, sim, disk, true, "Cust", customer(&heard))
		defer from.Close(tc)
		disk.SetFaults(journal.Faults{Stuck: true})
		if err := from.engine.Open(tc, from.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		mending := task.NewGroup(tc, "mending")
		mending.Go("disk", func(tc task.Context) error {
			sleep(t, tc, time.Second)
			disk.SetFaults(journal.Faults{})
			return nil
		})
		moving, err := from.reconfig().Transfer(tc, from.owner(t, tc), whole)
		if err != nil || len(moving.Recording) == 0 {
			t.Errorf("what moves is %+v, %v", moving, err)
		}
		if err := mending.Wait(tc); err != nil {
			t.Fatal(err)
		}
	})
}

// TestASessionMovesWithItsProgram (runtime document, "Delegate Boundary"; sessions.md section 5): what moves is the recording, with the owner and its
// capability, in one batch on each side. The program ends at the source before it begins at the target; between the two nothing acts,
// a restart changes nothing, and the handle of the source is stale for ever.
func TestASessionMovesWithItsProgram(t *testing.T) {
	for what, scope := range map[string]own.Scope{"intact": own.Whole(), "attenuated": own.Fragments("protocol:shop.Shop")} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var first, second []string
			from := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&first))
			defer from.Close(tc)
			disk := journal.NewFaulty(sim.Entropy("disk 2"), journal.Faults{})
			to := begin(t, tc, sim, disk, true, "Cust", customer(&second))
			if err := from.engine.Open(tc, from.opening("Store")); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			handle, copied := from.owner(t, tc), from.owner(t, tc)
			moving, err := from.reconfig().Transfer(tc, handle, session.Handover{From: here, To: away, Scope: scope, Attenuate: !scope.IsWhole(), Sign: unsigned})
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if _, err := from.engine.Deliver(tc, &ben, fromStoreClosed(t)); !errors.Is(err, aura.Exhausted) {
				t.Errorf("%s: a message while the session stands still: %v", what, err)
			}
			if _, err := to.reconfig().Import(tc, name, delegation, moving.Recording, stated(moving), moving.Moves); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			for range 2 {
				sleep(t, tc, time.Hour)
				if _, err := to.engine.Deliver(tc, &ben, fromStoreClosed(t)); !errors.Is(err, aura.Exhausted) {
					t.Errorf("%s: a message before the claim: %v", what, err)
				}
				if _, err := to.engine.Owner(tc, name); !errors.Is(err, aura.Unavailable) || len(to.told) != 0 {
					t.Errorf("%s: a handle before the claim: %v, told %v", what, err, to.told)
				}
				disk = disk.Crash()
				to.Close(tc)
				to = begin(t, tc, sim, disk, false, "Cust", customer(&second))
			}
			defer func() { to.Close(tc) }()

			if err := moving.Commit(tc, from.appends); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if len(from.recordings()) != 0 || len(from.ends(t, tc)) != 0 || len(from.texts(t, tc)) != 2 {
				t.Errorf("%s: the source has %+v, %+v, %v", what, from.recordings(), from.ends(t, tc), from.texts(t, tc))
			}
			if left, err := interp.Forgotten(from.Journal, name); err != nil || len(left) != 0 {
				t.Errorf("%s: the source has %d decisions about the session, %v", what, len(left), err)
			}
			if _, err := from.reconfig().Transfer(tc, copied, whole); !errors.Is(err, aura.Stale) {
				t.Errorf("%s: a handle of the earlier owner: %v", what, err)
			}
			if err := moving.Commit(tc, from.appends); !errors.Is(err, aura.Stale) {
				t.Errorf("%s: a second commit: %v", what, err)
			}
			if _, err := from.engine.Deliver(tc, &ben, fromStoreClosed(t)); !errors.Is(err, aura.NotFound) {
				t.Errorf("%s: a message to the source: %v", what, err)
			}
			waiting, err := to.reconfig().Imports(tc)
			if err != nil || len(waiting) != 1 || waiting[0].Name() != name {
				t.Fatalf("%s: waiting are %v, %v", what, waiting, err)
			}
			if _, err := waiting[0].Claim(tc, moving.Witness(), to.appends); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if _, err := waiting[0].Claim(tc, moving.Witness(), to.appends); !errors.Is(err, aura.Stale) {
				t.Errorf("%s: a second claim: %v", what, err)
			}
			disk = disk.Crash()
			to.Close(tc)
			to = begin(t, tc, sim, disk, false, "Cust", customer(&second))
			if has := to.owner(t, tc).Scope(); !has.Equal(scope) {
				t.Errorf("%s: after a restart the target has the scope %v", what, has)
			}
			wider := session.Handover{From: away, To: here, Scope: own.Whole(), Sign: unsigned}
			if _, err := to.reconfig().Transfer(tc, to.owner(t, tc), wider); !scope.IsWhole() && !errors.Is(err, aura.Denied) {
				t.Errorf("%s: a scope that is wider moves on: %v", what, err)
			} else if scope.IsWhole() && err == nil {
				to.Close(tc) // it stands still, and goes on after a restart
				to = begin(t, tc, sim, disk.Crash(), false, "Cust", customer(&second))
			}
			if next, err := to.engine.Deliver(tc, &ben, fromStoreClosed(t)); err != nil || next != 1 {
				t.Errorf("%s: a message to the target: %d, %v", what, next, err)
			}
			sleep(t, tc, 2*time.Minute)
			if len(first) != 0 || len(second) != 1 || second[0] != "Closed " || len(to.ends(t, tc)) != 1 {
				t.Errorf("%s: the source heard %q, the target %q, and has the ends %+v", what, first, second, to.ends(t, tc))
			}
		})
	}
}

// TestAHandoverThatIsTakenBackChangesNothing: the session goes on at the source, its program from its beginning, and the import is
// dropped. A handover that may not begin is refused.
func TestAHandoverThatIsTakenBackChangesNothing(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var first, second []string
		from := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&first))
		defer from.Close(tc)
		to := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk 2"), journal.Faults{}), true, "Cust", customer(&second))
		defer to.Close(tc)
		if err := from.engine.Open(tc, from.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		before := chaintest.Dump(t, from.Store)
		for what, c := range map[string]struct {
			to        aura.DeviceID
			scope     own.Scope
			attenuate bool
		}{
			"to nobody":                       {aura.DeviceID{}, own.Whole(), false},
			"to itself":                       {here, own.Whole(), false},
			"of nothing":                      {away, own.Scope{}, true},
			"of a fragment that is not there": {away, own.Fragments("protocol:other"), true},
			"that does not say what it does":  {away, own.Whole(), true},
			"that narrows and does not say":   {away, own.Fragments("protocol:shop.Shop"), false},
		} {
			if _, err := from.reconfig().Transfer(tc, from.owner(t, tc), session.Handover{From: here, To: c.to, Scope: c.scope, Attenuate: c.attenuate, Sign: unsigned}); err == nil {
				t.Errorf("a handover %s began", what)
			}
		}
		moving, err := from.reconfig().Transfer(tc, from.owner(t, tc), whole)
		if err != nil {
			t.Fatal(err)
		}
		in, err := to.reconfig().Import(tc, name, delegation, moving.Recording, stated(moving), moving.Moves)
		if err != nil {
			t.Fatal(err)
		}
		failed := aura.Errorf("test", aura.Unavailable, "the disk is full")
		if err := moving.Commit(tc, func(task.Context, *journal.Entry) error { return failed }); !errors.Is(err, aura.Unavailable) {
			t.Errorf("a commit that did not come to be: %v", err)
		}
		if _, err := moving.Rollback(tc, failed); err != nil {
			t.Fatal(err)
		}
		if err := in.Drop(tc); err != nil || len(to.recordings()) != 0 {
			t.Errorf("the import is dropped: %v, %+v", err, to.recordings())
		}
		if _, err := in.Claim(tc, moving.Witness(), to.appends); !errors.Is(err, aura.Stale) {
			t.Errorf("an import that was dropped is claimed: %v", err)
		}
		if after := chaintest.Dump(t, from.Store); len(after) != len(before) { // its decisions are there, too: they go with the commit
			t.Errorf("the source wrote or forgot something: %d entries, %d before", len(after), len(before))
		}
		if _, err := from.engine.Deliver(tc, &ben, fromStoreClosed(t)); err != nil {
			t.Error(err)
		}
		sleep(t, tc, 2*time.Minute)
		if len(first) != 1 || len(second) != 0 || len(from.ends(t, tc)) != 1 || len(to.ends(t, tc)) != 0 {
			t.Errorf("the source heard %q, the target %q", first, second)
		}
	})
}

// breaks is a commit of a handover that fails before it is durable or behind that, by an error or by a panic.
func (s *side) breaks(behind, panics bool) session.Commit {
	return func(tc task.Context, changes *journal.Entry) error {
		if behind {
			if err := s.appends(tc, changes); err != nil {
				return err
			}
		}
		if panics {
			panic("planted in a commit")
		}
		return aura.Errorf("test", aura.Unavailable, "the caller is told nothing else")
	}
}

// TestACommitOfAHandoverThatBreaksOff: an error or a panic does not say whether the batch is durable. The journal does: before it the source is
// the owner and the import waits, and behind it the target alone acts.
func TestACommitOfAHandoverThatBreaksOff(t *testing.T) {
	for _, behind := range []bool{false, true} {
		for _, panics := range []bool{false, true} {
			chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
				var first, second []string
				from := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&first))
				defer from.Close(tc)
				to := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk 2"), journal.Faults{}), true, "Cust", customer(&second))
				defer to.Close(tc)
				if err := from.engine.Open(tc, from.opening("Store")); err != nil {
					t.Fatal(err)
				}
				sleep(t, tc, time.Second)
				moving, err := from.reconfig().Transfer(tc, from.owner(t, tc), whole)
				if err != nil {
					t.Fatal(err)
				}
				in, err := to.reconfig().Import(tc, name, delegation, moving.Recording, stated(moving), moving.Moves)
				if err != nil {
					t.Fatal(err)
				}
				if err := moving.Commit(tc, from.breaks(behind, panics)); (err == nil) != behind {
					t.Errorf("behind it %t, a panic %t: the source is told %v", behind, panics, err)
				}
				if _, err := from.engine.Owner(tc, name); !behind {
					if err := moving.Commit(tc, from.appends); err != nil {
						t.Errorf("a panic %t: a second attempt of the source: %v", panics, err)
					}
				} else if !errors.Is(err, aura.NotFound) {
					t.Errorf("a panic %t: the source is an owner: %v", panics, err)
				}
				if _, err := in.Claim(tc, moving.Witness(), to.breaks(behind, panics)); (err == nil) != behind {
					t.Errorf("behind it %t, a panic %t: the target is told %v", behind, panics, err)
				}
				if _, err := to.engine.Owner(tc, name); !behind {
					if !errors.Is(err, aura.Unavailable) {
						t.Errorf("a panic %t: the target is an owner before its commit: %v", panics, err)
					}
					if _, err := in.Claim(tc, moving.Witness(), to.appends); err != nil {
						t.Errorf("a panic %t: a second attempt of the target: %v", panics, err)
					}
				}
				if _, err := to.engine.Deliver(tc, &ben, fromStoreClosed(t)); err != nil {
					t.Errorf("behind it %t, a panic %t: a message to the target: %v", behind, panics, err)
				}
				sleep(t, tc, 2*time.Minute)
				if len(first) != 0 || len(second) != 1 || len(from.ends(t, tc)) != 0 || len(to.ends(t, tc)) != 1 {
					t.Errorf("behind it %t, a panic %t: the source heard %q, the target %q", behind, panics, first, second)
				}
			})
		}
	}
}

// still are payments that refuse the first message while its sender's session stands still for a handover.
type still struct {
	session.Payments
	stand func(task.Context)
}

func (p *still) Take(tc task.Context, m *effect.Message, least aura.FlowCost, entry *journal.Entry) error {
	if p.stand == nil {
		return p.Payments.Take(tc, m, least, entry)
	}
	p.stand(tc)
	p.stand = nil
	return &aura.Error{Op: "test.Take", Kind: aura.Denied, Err: &guard.UnpaidError{Err: errors.New("not this one")}}
}

// TestARefusalThatASessionDidNotHearComesAgain: it stood still for a handover when the refusal of its message came. It goes on, and greets
// again on the same channel: the other side greets again too, and says what it lacks.
func TestARefusalThatASessionDidNotHearComesAgain(t *testing.T) {
	withShop(t, 1, func(tc task.Context, _ *task.Sim, cust, shop *side, heard *[]string) {
		defer cust.Close(tc)
		var moving *session.Transfer
		at := &still{shop.payments(), func(tc task.Context) {
			var err error
			if moving, err = cust.reconfig().Transfer(tc, cust.owner(t, tc), whole); err != nil {
				t.Error(err)
			}
		}}
		back := task.NewGroup(tc, "back")
		back.Go("rollback", func(tc task.Context) error {
			sleep(t, tc, 10*time.Second)
			_, err := moving.Rollback(tc, aura.Timeout)
			return err
		})
		_ = linked(tc, cust, shop, at, 2*time.Minute)
		if err := back.Wait(tc); err != nil || !endsWith(*heard, []string{"Ask bread", "Pay 3"}) {
			t.Errorf("the store heard %q, taken back: %v", *heard, err)
		}
	})
}

// TestACrashInAHandoverLeavesOneOwner (sessions.md section 5): the source is the owner until its commit is durable, and
// the target alone can be it afterwards.
func TestACrashInAHandoverLeavesOneOwner(t *testing.T) {
	slow := journal.Faults{SyncDelay: time.Millisecond}
	before, after := 0, 0
	for moment := range 24 {
		chaintest.Simulate(t, uint64(moment), func(tc task.Context, sim *task.Sim) {
			var heard []string
			fromDisk, toDisk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), journal.NewFaulty(sim.Entropy("disk 2"), journal.Faults{})
			from := begin(t, tc, sim, fromDisk, true, "Cust", customer(&heard))
			to := begin(t, tc, sim, toDisk, true, "Cust", customer(&heard))
			if err := from.engine.Open(tc, from.opening("Store")); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			fromDisk.SetFaults(slow)
			toDisk.SetFaults(slow)
			moves := task.NewGroup(tc, "moves")
			moves.Go("move", func(tc task.Context) error {
				handle, err := from.engine.Owner(tc, name)
				if err != nil {
					return nil
				}
				moving, err := from.reconfig().Transfer(tc, handle, whole)
				if err != nil {
					return nil
				}
				if _, err := to.reconfig().Import(tc, name, delegation, moving.Recording, stated(moving), moving.Moves); err == nil {
					_ = moving.Commit(tc, from.appends) // the crash may come first
				}
				return nil
			})
			sleep(t, tc, aura.Duration(moment)*250*time.Microsecond)
			fromDisk, toDisk = fromDisk.Crash(), toDisk.Crash()
			_ = moves.Close(tc, time.Minute)
			from.Close(tc)
			to.Close(tc)
			from = begin(t, tc, sim, fromDisk, false, "Cust", customer(&heard))
			defer from.Close(tc)
			to = begin(t, tc, sim, toDisk, false, "Cust", customer(&heard))
			defer to.Close(tc)
			_, owns := from.engine.Owner(tc, name)
			waiting, err := to.reconfig().Imports(tc)
			switch {
			case err != nil:
				t.Fatal(err)
			case owns == nil:
				before++
			case len(waiting) != 1:
				t.Errorf("after a crash at %d the source does not own the session (%v), and the target has %v", moment, owns, waiting)
			default:
				after++
			}
		})
	}
	if before == 0 || after == 0 {
		t.Errorf("%d crashes came before the commit and %d after it", before, after)
	}
}

// TestAnImportThatDoesNotHoldTogetherIsRefused: nothing of it stays, in memory and on the disk.
func TestAnImportThatDoesNotHoldTogetherIsRefused(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		from := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard))
		defer from.Close(tc)
		to := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk 2"), journal.Faults{}), true, "Cust", customer(&heard))
		defer to.Close(tc)
		if err := from.engine.Open(tc, from.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		moving, err := from.reconfig().Transfer(tc, from.owner(t, tc), whole)
		if err != nil {
			t.Fatal(err)
		}
		good := moving.Recording
		for what, recording := range map[string][][]byte{
			"of nothing": nil, "without a beginning": good[1:], "with a message twice": {good[0], good[1], good[1]}, "of bytes": {good[0], {0xff}},
		} {
			if _, err := to.reconfig().Import(tc, name, delegation, recording, whole, moving.Moves); !errors.Is(err, aura.Corrupt) {
				t.Errorf("an import %s: %v", what, err)
			}
			if list, err := to.engine.List(tc); err != nil || len(list) != 0 || len(to.recordings()) != 0 {
				t.Errorf("an import %s left %v, %+v, %v", what, list, to.recordings(), err)
			}
		}
		if _, err := to.reconfig().Import(tc, name, delegation, good, whole, moving.Moves); err != nil {
			t.Error(err)
		}
		if _, err := to.reconfig().Import(tc, name, delegation, good, whole, moving.Moves); !errors.Is(err, aura.Conflict) {
			t.Errorf("a second import: %v", err)
		}
	})
}

// TestASessionThatStandsStillOutlastsItsDisk: a disk that fails while a handover begins, or is taken back, does not keep the session from going
// on when it is in order again, without a restart.
func TestASessionThatStandsStillOutlastsItsDisk(t *testing.T) {
	for what, begins := range map[string]bool{"as it begins": true, "as it is taken back": false} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var heard []string
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			from := begin(t, tc, sim, disk, true, "Cust", customer(&heard))
			defer from.Close(tc)
			if err := from.engine.Open(tc, from.opening("Store")); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			handle := from.owner(t, tc)
			if begins {
				disk.SetFaults(journal.Faults{FailRead: 1})
			}
			moving, err := from.reconfig().Transfer(tc, handle, whole)
			if begins != errors.Is(err, aura.Unavailable) {
				t.Fatalf("%s: %v", what, err)
			}
			disk.SetFaults(journal.Faults{FailRead: 1})
			if !begins {
				if _, err := moving.Rollback(tc, nil); !errors.Is(err, aura.Unavailable) {
					t.Errorf("%s: %v", what, err)
				}
			}
			sleep(t, tc, 5*time.Minute)
			if live, err := from.engine.List(tc); err != nil || len(live) != 1 {
				t.Errorf("%s: while the disk fails, live are %v, %v", what, live, err)
			}
			disk.SetFaults(journal.Faults{})
			sleep(t, tc, 2*time.Minute)
			if _, err := from.engine.Deliver(tc, &ben, fromStoreClosed(t)); err != nil {
				t.Errorf("%s: a message after the disk is in order: %v", what, err)
			}
			sleep(t, tc, 2*time.Minute)
			if len(heard) != 1 || len(from.ends(t, tc)) != 1 || len(from.recordings()) != 0 {
				t.Errorf("%s: the customer heard %q, and there are %d ends", what, heard, len(from.ends(t, tc)))
			}
		})
	}
}

// TestAHandleActsAtItsOwnAgentAlone: the capability of another agent's session may be good for a session here by chance, since both count
// theirs from the same number.
func TestAHandleActsAtItsOwnAgentAlone(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		one := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard))
		defer one.Close(tc)
		two := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk 2"), journal.Faults{}), true, "Cust", customer(&heard))
		defer two.Close(tc)
		for _, s := range []*side{one, two} {
			if err := s.engine.Open(tc, s.opening("Store")); err != nil {
				t.Fatal(err)
			}
		}
		sleep(t, tc, time.Second)
		if _, err := two.reconfig().Transfer(tc, one.owner(t, tc), whole); !errors.Is(err, aura.Denied) {
			t.Errorf("a handle of another agent: %v", err)
		}
		for _, s := range []*side{one, two} {
			if _, err := s.engine.Deliver(tc, &ben, fromStoreClosed(t)); err != nil {
				t.Errorf("a session afterwards: %v", err)
			}
		}
	})
}

// breaking is a log that panics at the first event of a handover's commit, which the engine's task emits behind the commit.
type breaking struct{ armed bool }

// Emit implements [world.Log].
func (b *breaking) Emit(e world.Event) {
	if b.armed && e.Family() == world.FamilyDelegation && e.Message() == "commit" {
		b.armed = false
		panic("planted in the engine")
	}
}

// TestAPanicOfTheEngineBehindTheCommitLeavesOneOwner: the engine fails with it, its callers do not wait for ever, and after a restart the source
// has no session and the target takes it.
func TestAPanicOfTheEngineBehindTheCommitLeavesOneOwner(t *testing.T) {
	log := &breaking{}
	logged(t, log, func(tc task.Context, sim *task.Sim) {
		var first, second []string
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		from := begin(t, tc, sim, disk, true, "Cust", customer(&first))
		to := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk 2"), journal.Faults{}), true, "Cust", customer(&second))
		defer to.Close(tc)
		if err := from.engine.Open(tc, from.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		moving, err := from.reconfig().Transfer(tc, from.owner(t, tc), whole)
		if err != nil {
			t.Fatal(err)
		}
		in, err := to.reconfig().Import(tc, name, delegation, moving.Recording, stated(moving), moving.Moves)
		if err != nil {
			t.Fatal(err)
		}
		log.armed = true
		wait, done := tc.WithBudget("commit", time.Minute)
		defer done()
		if err := moving.Commit(wait, from.appends); err == nil || log.armed {
			t.Errorf("a commit behind which the engine panics: %v", err)
		}
		sleep(t, tc, time.Second)
		if state := from.handle.Observe().State(); state != task.Failed {
			t.Errorf("the engine is %v", state)
		}
		disk = disk.Crash()
		from.Close(tc)
		from = begin(t, tc, sim, disk, false, "Cust", customer(&first))
		defer from.Close(tc)
		if _, err := from.engine.Owner(tc, name); !errors.Is(err, aura.NotFound) {
			t.Errorf("after a restart the source is an owner: %v", err)
		}
		if _, err := in.Claim(tc, moving.Witness(), to.appends); err != nil {
			t.Error(err)
		}
		if _, err := to.engine.Deliver(tc, &ben, fromStoreClosed(t)); err != nil {
			t.Error(err)
		}
		sleep(t, tc, 2*time.Minute)
		if len(first) != 0 || len(second) != 1 {
			t.Errorf("the source heard %q, the target %q", first, second)
		}
	})
}
