package session_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// waits is a program that plays on with another one, and does not end for an hour.
func waits(program session.Program) session.Program {
	return func(tc task.Context, p *session.Port) error {
		if err := program(tc, p); err != nil {
			return err
		}
		return tc.Sleep(time.Hour)
	}
}

// sell runs a sale to the point at which the customer has asked and the store has said its price: each has sent and received, and neither is
// over.
func sell(t testing.TB, tc task.Context, sim *task.Sim) (cust, seller *side) {
	t.Helper()
	var heard []string
	thinks := func(tc task.Context, p *session.Port) error {
		p.With(note("asked"))
		if err := p.Send(tc, "Store", "Ask", []byte("bread")); err != nil {
			return err
		}
		if _, _, err := p.Receive(tc, "Store"); err != nil {
			return err
		}
		return tc.Sleep(time.Hour)
	}
	cust = begin(t, tc, sim, journal.NewFaulty(sim.Entropy("cust disk"), journal.Faults{}), true, "Cust", thinks)
	seller = begin(t, tc, sim, journal.NewFaulty(sim.Entropy("store disk"), journal.Faults{}), true, "Store", waits(store(&heard, "Price")))
	if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
		t.Fatal(err)
	}
	_ = meet(tc, cust, seller, time.Second)
	return cust, seller
}

// TestATraceHasTheGuardAndTheMachine: of each message the demands and the cost, by the receipt that the journal has, and what
// the machine did.
func TestATraceHasTheGuardAndTheMachine(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		cust, seller := sell(t, tc, sim)
		defer cust.Close(tc)
		defer seller.Close(tc)
		shown, err := cust.engine.Trace(tc, name)
		if err != nil || len(shown.Steps) != 2 {
			t.Fatalf("%+v, %v", shown, err)
		}
		leak := []view.Leaked{{Observer: fact.ObserverNeighbour.String(), Bits: 1}, {Observer: fact.ObserverExternal.String(), Bits: 1}}
		epoch := shown.Steps[0].Guard.Epoch
		want := []view.Step{{
			Sent: true, Other: "Store", Label: "Ask", Size: 5, At: shown.Steps[0].At,
			Guard:  &view.Guarded{Capability: "chat:send", Units: 1, Epoch: epoch, Facts: []string{"chat.message"}, Leak: leak},
			Events: []string{"output_condition_checked Cust aura.transport.send", "sent Cust → Store Ask"},
		}, {
			Other: "Store", Label: "Price", Size: 1, At: shown.Steps[1].At,
			Events: []string{
				"injected Cust ← Store Price", "output_condition_checked Cust aura.protocol.choice", "received Cust ← Store Price", "chose Cust ← Store Price",
			},
		}}
		if diff := cmp.Diff(want, shown.Steps); diff != "" {
			t.Errorf("the customer's trace (-want +got):\n%s", diff)
		}
		if epoch == 0 || shown.Session.State != view.StateMessage && shown.Session.State != view.StateProgram {
			t.Errorf("epoch %d, state %s", epoch, shown.Session.State)
		}
		atStore, err := seller.engine.Trace(tc, name)
		if err != nil || len(atStore.Steps) != 2 || atStore.Steps[0].Guard != nil || atStore.Steps[1].Guard.Units != 3 {
			t.Errorf("the store's trace: %+v, %v", atStore, err)
		}
		offline, err := registryOf(t).Trace(cust.Journal, name)
		if diff := cmp.Diff(shown.Steps, offline.Steps); err != nil || diff != "" || offline.Session.State != view.StateRecorded {
			t.Errorf("without the agent, %v (-want +got):\n%s", err, diff)
		}
	})
}

func registryOf(t testing.TB) *session.Registry {
	t.Helper()
	r := session.NewRegistry()
	if err := r.Add(instance(t, shop), choreo.Defaults{}); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAReplayStandsWhereTheSessionStood: to the byte, in the agent and without it, before and after a restart. A recording in which
// something else happened is found at its message.
func TestAReplayStandsWhereTheSessionStood(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		cust, seller := sell(t, tc, sim)
		defer func() { seller.Close(tc) }()
		// The customer's own step, and the engine's machine; the store has the same two.
		for _, s := range []*side{cust, seller} {
			r, err := s.engine.Replay(tc, name)
			if err != nil || r.Departs != nil || r.Messages != 2 || r.Checked != 2 || r.State == [32]byte{} {
				t.Errorf("%s: %+v, %v", s.role, r, err)
			}
			if offline, err := registryOf(t).Replay(s.Journal, name); err != nil || offline.Departs != nil || offline.Checked != 1 || offline.State != r.State {
				t.Errorf("%s without its agent: %+v, %v", s.role, offline, err)
			}
		}
		before, _ := cust.engine.Replay(tc, name)
		var heard []string
		cust = again(t, tc, sim, cust, waits(customer(&heard)), "Store")
		defer func() { cust.Close(tc) }()
		if r, err := cust.engine.Replay(tc, name); err != nil || r.Departs != nil || r.Checked < 2 || r.Messages == 2 && r.State != before.State {
			t.Errorf("after a restart: %+v, %v", r, err)
		}

		values, err := seller.Journal.ReadLog("session/"+string(name[:]), 1, 10, 0)
		if err != nil || len(values) != 3 {
			t.Fatalf("%d entries, %v", len(values), err)
		}
		for what, c := range map[string]struct {
			entries [][]byte
			at      uint64 // message
			reason  string
		}{
			"a message twice":           {[][]byte{values[0], values[1], values[1]}, 2, "message 0 came"},
			"a message before its turn": {[][]byte{values[0], values[2]}, 1, "cannot send Price"},
			"another state":             {[][]byte{values[0], values[1], changed(t, values[2])}, 2, "stands at"},
		} {
			other := aura.SessionID{42}
			log := journal.LogChange{Name: "session/" + string(other[:]), Values: c.entries}
			if _, err := seller.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{log}}); err != nil {
				t.Fatal(err)
			}
			r, err := registryOf(t).Replay(seller.Journal, other)
			if err != nil || r.Departs == nil || r.Departs.Message != c.at || !strings.Contains(r.Departs.Reason, c.reason) {
				t.Errorf("%s: %+v, %+v, %v", what, r, r.Departs, err)
			}
			if _, err := registryOf(t).Trace(seller.Journal, other); !errors.Is(err, aura.Corrupt) && !errors.Is(err, aura.Invalid) {
				t.Errorf("a trace of %s: %v", what, err)
			}
			log = journal.LogChange{Name: log.Name, Remove: true}
			if _, err := seller.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{log}}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestAReplayComparesWhereverTheSessionPlays: on the device that it came to too, which has another owner in its states, whole or with a narrower
// scope, before the handover is decided, behind it and after a restart.
func TestAReplayComparesWhereverTheSessionPlays(t *testing.T) {
	for what, scope := range map[string]own.Scope{"intact": own.Whole(), "attenuated": own.Fragments("protocol:shop.Shop")} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			var heard []string
			from := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", customer(&heard))
			defer from.Close(tc)
			disk := journal.NewFaulty(sim.Entropy("disk 2"), journal.Faults{})
			to := begin(t, tc, sim, disk, true, "Cust", customer(&heard))
			defer func() { to.Close(tc) }()
			if err := from.engine.Open(tc, from.opening("Store")); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
			was, err := from.engine.Replay(tc, name)
			if err != nil || was.Checked != 2 || was.State == [32]byte{} {
				t.Fatalf("%s: before it moves: %+v, %v", what, was, err)
			}
			replayed := func(when string, compared uint64) {
				t.Helper()
				again, err := to.engine.Replay(tc, name)
				if err != nil || again.Departs != nil || again.Checked != compared || again.State != was.State {
					t.Errorf("%s, %s: %+v, %v", what, when, again, err)
				}
				if offline, err := registryOf(t).Replay(to.Journal, name); err != nil || offline.Departs != nil || offline.Checked != 1 || offline.State != was.State {
					t.Errorf("%s, %s, without its agent: %+v, %v", what, when, offline, err)
				}
			}
			moving, err := from.reconfig().Transfer(tc, from.owner(t, tc), session.Handover{From: here, To: away, Scope: scope, Attenuate: !scope.IsWhole(), Sign: unsigned})
			if err != nil {
				t.Fatal(err)
			}
			in, err := to.reconfig().Import(tc, name, delegation, moving.Recording, stated(moving), moving.Moves)
			if err != nil {
				t.Fatal(err)
			}
			replayed("before it is claimed", 1)
			if err := moving.Commit(tc, from.appends); err != nil {
				t.Fatal(err)
			}
			if _, err := in.Claim(tc, moving.Witness(), to.appends); err != nil {
				t.Fatal(err)
			}
			if _, err := from.engine.Replay(tc, name); !errors.Is(err, aura.NotFound) || !strings.Contains(err.Error(), "went from here to device "+aura.Short(away)) {
				t.Errorf("%s: where it left: %v", what, err)
			}
			replayed("after it moved", 2)
			disk = disk.Crash()
			to.Close(tc)
			to = begin(t, tc, sim, disk, false, "Cust", customer(&heard))
			sleep(t, tc, time.Second)
			replayed("after a restart", 2)
		})
	}
}

// changed returns a recorded message with another state before it.
func changed(t testing.TB, entry []byte) []byte {
	t.Helper()
	var r struct {
		Kind   uint8        `cbor:"1,keyasint,omitempty"`
		Parcel *parcel      `cbor:"3,keyasint,omitempty"`
		Seq    uint64       `cbor:"4,keyasint,omitempty"`
		At     aura.Instant `cbor:"8,keyasint,omitempty"`
		State  [32]byte     `cbor:"9,keyasint,omitzero"`
	}
	if err := fact.Unmarshal(entry, &r); err != nil || r.State == [32]byte{} {
		t.Fatalf("%+v, %v", r, err)
	}
	r.State[0] ^= 1
	b, err := fact.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWhatIsNotRecordedIsNotTraced: the error says why, and a session that is not here is not found.
func TestWhatIsNotRecordedIsNotTraced(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		idle := func(tc task.Context, _ *session.Port) error { return tc.Sleep(time.Hour) }
		s := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Store", idle)
		defer s.Close(tc)
		memory := s.opening("Cust")
		memory.Name, memory.Persistent = aura.SessionID{1}, false
		for _, o := range []session.Opening{memory, s.opening("Cust")} {
			if err := s.engine.Open(tc, o); err != nil {
				t.Fatal(err)
			}
		}
		for id, want := range map[aura.SessionID]aura.Kind{{1}: aura.Unavailable, name: aura.Unavailable, {9}: aura.NotFound} {
			if _, err := s.engine.Trace(tc, id); aura.KindOf(err) != want {
				t.Errorf("trace of %s: %v, want %s", aura.Short(id), err, want)
			}
			if _, err := s.engine.Replay(tc, id); aura.KindOf(err) != want {
				t.Errorf("replay of %s: %v, want %s", aura.Short(id), err, want)
			}
		}
		if _, err := session.NewRegistry().Replay(s.Journal, name); !errors.Is(err, aura.NotFound) {
			t.Errorf("a recording that is not there: %v", err)
		}
	})
}

// TestTheTraceOfASessionOutlivesIt: with its steps, the decisions and its end, in the agent and without it, and no byte of a payload. The
// newest hundred are kept.
func TestTheTraceOfASessionOutlivesIt(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		const secret = "a rare kind of bread"
		asks := func(tc task.Context, p *session.Port) error {
			if p.Session().Name == name {
				p.With(note("asked"))
				return p.Send(tc, "Store", "Ask", []byte(secret))
			}
			return aura.Errorf("test", aura.Internal, "it sends nothing")
		}
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		cust := begin(t, tc, sim, disk, true, "Cust", asks)
		if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
			t.Fatal(err)
		}
		if err := tc.Sleep(time.Second); err != nil {
			t.Fatal(err)
		}
		before, err := cust.engine.Trace(tc, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := cust.engine.End(tc, name); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			after, err := cust.engine.Trace(tc, name)
			if diff := cmp.Diff(before.Steps, after.Steps); err != nil || diff != "" || after.End == nil || after.End.Kind != view.EndCancelled {
				t.Errorf("%+v, %v (-before +after):\n%s", after.End, err, diff)
			}
			offline, err := session.OrTraced(cust.Journal, name, registryOf(t).Trace)
			if diff := cmp.Diff(after, offline); err != nil || diff != "" {
				t.Errorf("without an engine: %v\n%s", err, diff)
			}
			if _, err := cust.engine.Replay(tc, name); !errors.Is(err, aura.Stale) {
				t.Errorf("a replay of a recording that is gone: %v", err)
			}
			values, err := cust.Journal.ReadLog("traced", 1, 10, 0)
			if err != nil || len(values) != 1 || strings.Contains(string(values[0]), secret) {
				t.Errorf("%d traces are kept, %v", len(values), err)
			}
			disk = disk.Crash()
			cust.Close(tc)
			cust = begin(t, tc, sim, disk, false, "Cust", asks)
		}
		defer cust.Close(tc)
		values, err := cust.Journal.ReadLog("traced", 1, 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		many := journal.LogChange{Name: "traced"}
		for range 110 {
			many.Values = append(many.Values, values[0])
		}
		if _, err := cust.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{many}}); err != nil {
			t.Fatal(err)
		}
		o := cust.opening("Store")
		o.Anew = true
		if err := cust.engine.Open(tc, o); err != nil {
			t.Fatal(err)
		}
		if err := tc.Sleep(2 * time.Minute); err != nil {
			t.Fatal(err)
		}
		if l := cust.Journal.Log("traced"); l.Last != 112 || l.Last-l.Dropped != 100 {
			t.Errorf("%d traces are kept of %d", l.Last-l.Dropped, l.Last)
		}
	})
}
