package session_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// echoes is a protocol in which each value comes back.
const echoes = `
module echoes exposing (Echoes)

protocol Echoes =
  roles Device, Reader
  rec Round
    choice Device at
      | Value =>
        Device { guard_capability : "chat:send", flow_cost : 1 } -> Reader : Value
        Reader { guard_capability : "chat:send", flow_cost : 1 } -> Device : Back
        continue Round
      | Over =>
        Device { guard_capability : "chat:send", flow_cost : 1 } -> Reader : Over
`

// The same protocol under two policies: waves of four steps, and one step at a time.
const (
	wideID   = "test.wide"
	narrowID = "test.narrow"
)

// echoer sends back what comes.
func echoer(tc task.Context, p *session.Port) error {
	for {
		label, payload, err := p.Receive(tc, "Device")
		if err != nil || label == "Over" {
			return err
		}
		if err := p.Send(tc, "Device", "Back", append(payload, '!')); err != nil {
			return err
		}
	}
}

// echoing has an engine play the reader under both policies.
func echoing(t testing.TB, width int, set ...func(*session.Options)) func(*session.Options) {
	return func(o *session.Options) {
		o.Width, o.Hardening = width, machine.HardeningIntegration
		for id, policy := range map[string]string{wideID: "aura.vm.sync_anti_entropy.prod", narrowID: ""} {
			plays(t, o.Registry, echoes, choreo.Defaults{ProtocolID: id, Policy: policy}, "Reader", echoer)
		}
		for _, change := range set {
			change(o)
		}
	}
}

// observed has the results of a session that do not depend on the width of its engine.
type observed struct {
	Recording [][]byte // without times, and without the admission
	Steps     []view.Step
	State     [32]byte
	End       view.EndKind
	Sent      uint64
}

// scenario runs 12 sessions of both policies, with messages that arrive at once, and returns the observations of each. Pick is asked
// about each step of a wave that is prepared.
func scenario(t testing.TB, seed uint64, width int, pick func(i int) bool, set ...func(*session.Options)) (all map[aura.SessionID]*observed, shown []view.Session) {
	t.Helper()
	const sessions, rounds = 12, 6
	all = map[aura.SessionID]*observed{}
	chaintest.Simulate(t, seed, func(tc task.Context, sim *task.Sim) {
		s := begin(t, tc, sim, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), true, "Cust", idle, echoing(t, width, set...))
		defer s.Close(tc)
		s.engine.EachPick(pick)
		draw := seed*2862933555777941757 + 3037000493
		next := func(n uint64) uint64 {
			draw = draw*6364136223846793005 + 1442695040888963407
			return draw >> 33 % n
		}
		openings := make([]session.Opening, sessions)
		for i := range openings {
			openings[i] = reading(i, i%4 != 0)
			if openings[i].Protocol = wideID; i%3 == 2 {
				openings[i].Protocol = narrowID
			}
			if err := s.engine.Open(tc, openings[i]); err != nil {
				t.Fatal(err)
			}
			all[openings[i].Name] = &observed{}
		}
		var count [sessions]uint64
		for round := range rounds {
			arriving := task.NewGroup(tc, "arriving")
			for i := range openings {
				if next(4) == 0 {
					continue
				}
				label, seq := "Value", count[i]
				if round == rounds-1 && next(2) == 0 {
					label = "Over"
				}
				count[i]++
				m := value(t, openings[i], seq)
				m.Parcel = encoded(t, label, fmt.Appendf(nil, "%d of %d", seq, i))
				arriving.Go("arrive", func(tc task.Context) error {
					_, err := s.engine.Deliver(tc, &ben, m)
					return err
				})
			}
			if err := arriving.Wait(tc); err != nil {
				t.Fatal(err)
			}
			sleep(t, tc, time.Second)
		}
		var err error
		if shown, err = s.engine.List(tc); err != nil {
			t.Fatal(err)
		}
		for _, v := range shown {
			o := all[v.Name]
			if o.Sent = v.Sent; !v.Persistent || v.Sent+v.Received == 0 {
				continue
			}
			again, err := s.engine.Replay(tc, v.Name)
			if err != nil || again.Departs != nil {
				t.Fatalf("%+v, %v", again, err)
			}
			traced, err := s.engine.Trace(tc, v.Name)
			if err != nil {
				t.Fatal(err)
			}
			o.State, o.Steps = again.State, traced.Steps
			for i := range o.Steps {
				o.Steps[i].At = 0
			}
			log := "session/" + string(v.Name[:])
			entries, err := s.Journal.ReadLog(log, 2, 100, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				o.Recording = append(o.Recording, timeless(t, e))
			}
		}
		sleep(t, tc, 2*time.Minute)
		for _, e := range s.ends(t, tc) {
			all[e.Session.Name].End = e.End.Kind
		}
	})
	return all, shown
}

func encoded(t testing.TB, label string, payload []byte) []byte {
	t.Helper()
	im, err := machine.CompileInstance(instance(t, echoes))
	if err != nil {
		t.Fatal(err)
	}
	id, _ := im.FindLabel(0, 1, label)
	b, err := fact.Marshal(parcel{To: 1, Label: uint32(id), Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// timeless returns an entry of a recording without its time.
func timeless(t testing.TB, entry []byte) []byte {
	t.Helper()
	var r struct {
		Kind   uint8        `cbor:"1,keyasint,omitempty"`
		Parcel *parcel      `cbor:"3,keyasint,omitempty"`
		Seq    uint64       `cbor:"4,keyasint,omitempty"`
		At     aura.Instant `cbor:"8,keyasint,omitempty"`
		State  [32]byte     `cbor:"9,keyasint,omitzero"`
	}
	if err := fact.Unmarshal(entry, &r); err != nil {
		t.Fatal(err)
	}
	r.At = 0
	b, err := fact.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWavesAreSeenAsOneStepAtATime (runtime document, "Envelope Admission Contract": safety-visible observations must remain equivalent to
// the canonical reference): the same messages arrive at an engine that takes one step at a time, at one that runs waves, and at one whose
// waves are left without the preparation of a step, so that their certificates do not hold. Recordings, steps, states, ends and messages
// are the same to the byte.
func TestWavesAreSeenAsOneStepAtATime(t *testing.T) {
	wide, fell := 0, 0
	for seed := range uint64(8) {
		canonical, _ := scenario(t, seed, 1, func(int) bool { t.Error("a canonical engine planned a wave"); return true })
		waves, _ := scenario(t, seed, 4, func(i int) bool { wide += min(i, 1); return true })
		broken, _ := scenario(t, seed, 4, func(i int) bool { fell += min(i, 1); return i == 0 })
		if diff := cmp.Diff(canonical, waves); diff != "" {
			t.Errorf("seed %d: waves are seen: %s", seed, diff)
		}
		if diff := cmp.Diff(canonical, broken); diff != "" {
			t.Errorf("seed %d: waves that fell back are seen: %s", seed, diff)
		}
	}
	if wide == 0 || fell == 0 {
		t.Errorf("%d steps of waves were prepared beside the first, %d left out", wide, fell)
	}
}

// TestAnAdmissionSaysHowASessionRuns: requested profile, given profile, evidence and reason, as the protocol's policy, the engine's width
// and the lane have it.
func TestAnAdmissionSaysHowASessionRuns(t *testing.T) {
	for what, c := range map[string]struct {
		width                      int
		parity                     machine.Parity
		requested, profile, reason string
		admitted                   int
	}{
		"canonical engine":      {1, 0, "envelope_admitted", "fallback", "missing_capability", 1},
		"wide engine":           {4, 0, "envelope_admitted", "envelope_admitted", "", 4},
		"the lane of a browser": {4, machine.ParityWasmCooperative, "canonical", "canonical", "", 1},
		"the lane beside of it": {4, machine.ParityNativeCooperative, "canonical", "canonical", "", 1},
	} {
		_, shown := scenario(t, 1, c.width, func(int) bool { return true }, func(o *session.Options) { o.Parity = c.parity })
		for _, v := range shown {
			want := view.Execution{Requested: "canonical", Profile: "canonical", Width: 1, Posture: "ci"}
			if v.Protocol == wideID {
				want = view.Execution{Requested: c.requested, Profile: c.profile, Width: c.admitted, Reason: c.reason, Posture: "ci"}
			}
			got := *v.Runs
			if got.Evidence = nil; !cmp.Equal(got, want) || (c.admitted > 1 && v.Protocol == wideID) != (len(v.Runs.Evidence) > 0) {
				t.Errorf("%s: %s runs %+v, want %+v", what, v.Protocol, *v.Runs, want)
			}
		}
	}
}

// TestParityLanesAgree (runtime document, "Runtime Profiles"): a fixed scenario has the same observations in the native lane and in that of
// a browser, byte for byte.
func TestParityLanesAgree(t *testing.T) {
	lane := func(p machine.Parity) (all map[aura.SessionID]*observed, picks int) {
		all, _ = scenario(t, 7, 4, func(int) bool { picks++; return true }, func(o *session.Options) { o.Parity = p })
		return all, picks
	}
	free, waves := lane(0)
	for _, p := range []machine.Parity{machine.ParityNativeCooperative, machine.ParityWasmCooperative} {
		all, picks := lane(p)
		if diff := cmp.Diff(free, all); diff != "" {
			t.Errorf("%s (-without a lane +in it):\n%s", p, diff)
		}
		if waves == 0 || picks > 0 {
			t.Errorf("%s: %d steps of waves, without a lane %d", p, picks, waves)
		}
	}
}

// TestAnAdmissionIsKept: a session that was admitted to waves or fell back stays what it was when its agent starts with another width, and a session
// that begins then does not.
func TestAnAdmissionIsKept(t *testing.T) {
	for _, first := range []int{1, 4} {
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			s := begin(t, tc, sim, disk, true, "Cust", idle, echoing(t, first))
			deliver := func(i int) string {
				o := reading(i, true)
				o.Protocol = wideID
				if err := s.engine.Open(tc, o); err != nil {
					t.Fatal(err)
				}
				m := value(t, o, 0)
				m.Parcel = encoded(t, "Value", nil)
				if _, err := s.engine.Deliver(tc, &ben, m); err != nil {
					t.Fatal(err)
				}
				return profileOf(t, tc, s, o.Name)
			}
			was := deliver(0)
			disk = disk.Crash()
			s.Close(tc)
			second := 5 - first
			s = begin(t, tc, sim, disk, false, "Cust", idle, echoing(t, second))
			defer s.Close(tc)
			if is := profileOf(t, tc, s, reading(0, true).Name); is != was {
				t.Errorf("a session that ran %s runs %s with a width of %d", was, is, second)
			}
			if now := deliver(1); now == was {
				t.Errorf("with widths of %d and %d sessions run %s", first, second, now)
			}
			shown, err := s.registry.Recording(s.Journal, reading(0, true).Name)
			if err != nil || shown.Session.Runs == nil || shown.Session.Runs.Profile != was {
				t.Errorf("the recording says %+v, %v", shown.Session.Runs, err)
			}
		})
	}
}

func profileOf(t testing.TB, tc task.Context, s *side, name aura.SessionID) string {
	t.Helper()
	shown, err := s.engine.Show(tc, name)
	if err != nil || shown.Session.Runs == nil {
		t.Fatalf("%+v, %v", shown.Session.Runs, err)
	}
	return shown.Session.Runs.Profile
}
