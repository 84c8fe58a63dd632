package session_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// stood is how a session of the shop stands at one side.
func stood(role, other string, state view.State, awaited string, sent, received uint64) view.Session {
	return view.Session{
		Name: name, Protocol: shopID, Role: role, Others: []view.Participant{{Role: other, Authority: chaintest.Ben}}, Context: chaintest.Pair,
		State: state, Awaited: awaited, Sent: sent, Received: received, Persistent: true,
		Runs: &view.Execution{Requested: "canonical", Profile: "canonical", Width: 1, Posture: "prod"},
	}
}

// TestASessionIsSeenAsItStands: at each side what it waits for, and its steps from the recording, also after a restart and
// without an engine. Each step is told once.
func TestASessionIsSeenAsItStands(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var atCust, atStore []string
		slow := func(tc task.Context, p *session.Port) error {
			asked, what, err := p.Receive(tc, "Cust")
			if err != nil {
				return err
			}
			atStore = append(atStore, asked+" "+string(what))
			return tc.Sleep(time.Hour)
		}
		began := tc.Now().At
		cust := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("cust disk"), journal.Faults{}), true, "Cust", customer(&atCust))
		seller := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("store disk"), journal.Faults{}), true, "Store", slow)
		defer seller.Close(tc)
		if list, err := cust.engine.List(tc); err != nil || len(list) != 0 {
			t.Errorf("before the first session: %+v, %v", list, err)
		}
		if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
			t.Fatal(err)
		}
		_ = meet(tc, cust, seller, time.Second)

		steps := map[*side]view.Step{
			cust: {Sent: true, Other: "Store", Label: "Ask", Size: len("bread")}, seller: {Other: "Cust", Label: "Ask", Size: len("bread")},
		}
		for s, want := range map[*side]view.Session{
			cust: stood("Cust", "Store", view.StateMessage, "Store", 1, 0), seller: stood("Store", "Cust", view.StateProgram, "", 0, 1),
		} {
			want.Others[0].Device = aura.DeviceID{5}
			list, err := s.engine.List(tc)
			if err != nil || len(list) != 1 || list[0].Since < began || list[0].Since > tc.Now().At {
				t.Fatalf("%s: %+v, %v", s.role, list, err)
			}
			want.Since = list[0].Since
			if diff := cmp.Diff([]view.Session{want}, list); diff != "" {
				t.Errorf("%s lists (-want +got):\n%s", s.role, diff)
			}
			shown, err := s.engine.Show(tc, name)
			step := steps[s]
			step.At = shown.Steps[0].At
			if step.At < began || step.At > tc.Now().At {
				t.Errorf("%s took its step at %d", s.role, step.At)
			}
			if diff := cmp.Diff(view.Shown{Session: want, Steps: []view.Step{step}}, shown); err != nil || diff != "" {
				t.Errorf("%s shows, %v (-want +got):\n%s", s.role, err, diff)
			}
		}
		for s, want := range steps {
			if diff := cmp.Diff([]view.Step{want}, s.told); diff != "" {
				t.Errorf("%s was told (-want +got):\n%s", s.role, diff)
			}
		}
		if _, err := cust.engine.Show(tc, aura.SessionID{9}); !errors.Is(err, aura.NotFound) {
			t.Errorf("a session that is not here: %v", err)
		}

		cust = again(t, tc, sim, cust, customer(&atCust), "Store")
		defer cust.Close(tc)
		list, err := cust.engine.List(tc)
		want := stood("Cust", "Store", view.StateMessage, "Store", 1, 0)
		want.Since = began
		if diff := cmp.Diff([]view.Session{want}, list); err != nil || diff != "" || len(cust.told) > 0 {
			t.Errorf("after a restart, told %v, %v (-want +got):\n%s", cust.told, err, diff)
		}

		registry := session.NewRegistry()
		if err := registry.Add(instance(t, shop), choreo.Defaults{}); err != nil {
			t.Fatal(err)
		}
		want.State, want.Awaited = view.StateRecorded, ""
		list, err = registry.Recordings(cust.Journal)
		if diff := cmp.Diff([]view.Session{want}, list); err != nil || diff != "" {
			t.Errorf("the recordings, %v (-want +got):\n%s", err, diff)
		}
		want.State = view.StateSuspended
		shown, err := session.NewRegistry().Recording(cust.Journal, name) // by a build without the protocol
		if diff := cmp.Diff(view.Shown{Session: want, Steps: []view.Step{{Sent: true, Size: len("bread"), At: began}}}, shown); err != nil || diff != "" {
			t.Errorf("without the protocol, %v (-want +got):\n%s", err, diff)
		}
		if _, err := registry.Recording(cust.Journal, aura.SessionID{9}); !errors.Is(err, aura.NotFound) {
			t.Errorf("a recording that is not there: %v", err)
		}
		bad := aura.SessionID{1}
		change := journal.LogChange{Name: "session/" + string(bad[:]), Values: [][]byte{{0xff}}}
		if _, err := cust.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{change}}); err != nil {
			t.Fatal(err)
		}
		list, err = registry.Recordings(cust.Journal)
		if err != nil || len(list) != 2 || list[0].Name != bad || list[0].State != view.StateLost || list[1].State != view.StateRecorded {
			t.Errorf("beside a damaged recording: %+v, %v", list, err)
		}
	})
}

// TestASessionIsSeenUntilItsLastMessageIsConfirmed: for a minute at most.
func TestASessionIsSeenUntilItsLastMessageIsConfirmed(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		var heard []string
		seller := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Store", store(&heard, "Closed"))
		defer seller.Close(tc)
		if err := seller.engine.Open(tc, seller.opening("Cust")); err != nil {
			t.Fatal(err)
		}
		b, err := fact.Marshal(parcel{To: 1, Label: label(t, "Ask")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := seller.engine.Deliver(tc, &ben, &effect.Message{Session: name, Edge: 1, Parcel: b}); err != nil {
			t.Fatal(err)
		}
		for _, want := range [][]view.State{{view.StateLast}, nil} {
			if err := tc.Sleep(40 * time.Second); err != nil {
				t.Fatal(err)
			}
			list, err := seller.engine.List(tc)
			var states []view.State
			for i := range list {
				states = append(states, list[i].State)
			}
			if diff := cmp.Diff(want, states); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		}
	})
}
