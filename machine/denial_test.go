package machine_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

// guarded is a host whose guard refuses messages by their name, and choices that would send one of them.
type guarded struct {
	*host
	choice string          // the branch that the program takes where there are several
	denied map[string]bool // by the name of the message; "choice": every choice
	asked  []string
}

func (g *guarded) Choose(o machine.Offer) (int, machine.Answer) {
	g.asked = append(g.asked, "choice")
	if g.denied["choice"] {
		return 0, machine.AnswerRefused
	}
	for i := range o.Len() {
		if o.Label(i).Name == g.choice {
			return i, machine.AnswerDone
		}
	}
	return 0, machine.AnswerContractViolation
}

func (g *guarded) Payload(m machine.Message) (machine.Value, machine.Answer) {
	g.asked = append(g.asked, m.LabelName())
	if g.denied[m.LabelName()] {
		return machine.Value{}, machine.AnswerRefused
	}
	return g.host.Payload(m)
}

func (g *guarded) Receive(m machine.Message, v machine.Value) machine.Answer {
	if g.denied["receive "+m.LabelName()] {
		return machine.AnswerRefused
	}
	return g.host.Receive(m, v)
}

func guardedStand(t *testing.T, g *guarded) *stand {
	t.Helper()
	g.host = newHost(1)
	s := &stand{t: t, trace: machine.NewTrace(0), im: image(t, shop, nil)}
	s.m = machine.New(g, machine.Options{Trace: s.trace, Log: machine.NewLog(0), Output: machine.IgnoreOutput()})
	var err error
	s.cap, err = s.m.Open(s.im, machine.Opening{Owner: "ada", Admission: machine.AdmitTrusted(s.im, machine.IntegrityBare, machine.ReplaySequence, 1)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stand) last(n int) []string {
	all := s.trace.Events()
	var out []string
	for _, e := range all[len(all)-n:] {
		e.Tick = 0
		out = append(out, e.Describe(s.im)[len("0 session 0 "):])
	}
	return out
}

func (s *stand) waiting(role choreo.Role) machine.Waiting {
	v, err := s.m.Session(0)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range v.Roles {
		if r.Role == role {
			return r.Waiting
		}
	}
	s.t.Fatal("no role", role)
	return 0
}

// TestADenialIsAnOutcomeOfTheProgram. Telltale Integration: guards run outside of the machine's callbacks, and their answer is one
// that the program gets: the session is active, the role waits, and may take another branch.
func TestADenialIsAnOutcomeOfTheProgram(t *testing.T) {
	g := &guarded{choice: "Take", denied: map[string]bool{"Take": true}}
	s := guardedStand(t, g)
	if status, err := s.m.Run(30); status != machine.StatusStuck || err != nil {
		t.Fatal(status, err)
	}
	if s.status() != machine.SessionActive || s.waiting("Cust") != machine.WaitingDenied {
		t.Fatal(s.status(), s.waiting("Cust"))
	}
	if diff := cmp.Diff([]string{"denied Cust → Shop Take"}, s.last(1)); diff != "" {
		t.Error(diff)
	}
	// The same again is denied again, each time once.
	if err := s.m.Wake(s.cap, s.role("Cust")); err != nil {
		t.Fatal(err)
	}
	s.m.Run(10)
	if diff := cmp.Diff([]string{"Ask", "Price", "choice", "Take", "choice", "Take"}, g.asked); diff != "" {
		t.Error(diff)
	}
	g.choice = "Leave"
	if err := s.m.Wake(s.cap, s.role("Cust")); err != nil {
		t.Fatal(err)
	}
	if status, err := s.m.Run(30); status != machine.StatusAllDone || err != nil || s.status() != machine.SessionClosed {
		t.Fatal(status, err, s.status())
	}
	rec, err := s.m.Record()
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Replay(); err != nil {
		t.Error(err)
	}
}

// TestAChoiceAndAReceiptCanBeDenied: nothing of the step happens, and what waits stays in its place.
func TestAChoiceAndAReceiptCanBeDenied(t *testing.T) {
	for what, event := range map[string]string{"choice": "denied Cust → Shop", "receive Price": "denied Cust ← Shop Price"} {
		g := &guarded{choice: "Take", denied: map[string]bool{what: true}}
		s := guardedStand(t, g)
		if status, err := s.m.Run(30); status != machine.StatusStuck || err != nil || s.waiting("Cust") != machine.WaitingDenied {
			t.Fatal(what, status, err)
		}
		if diff := cmp.Diff([]string{event}, s.last(1)); diff != "" {
			t.Error(diff)
		}
		g.denied = nil
		if err := s.m.Wake(s.cap, s.role("Cust")); err != nil {
			t.Fatal(err)
		}
		if status, err := s.m.Run(30); status != machine.StatusAllDone || err != nil {
			t.Error(what, status, err)
		}
	}
}

// TestADenialInAWaveIsKept: the host is not asked twice for what it refused when the wave falls back.
func TestADenialInAWaveIsKept(t *testing.T) {
	g := &guarded{denied: map[string]bool{"Ask": true}}
	s := guardedStand(t, g)
	s.m.Plan(1)
	s.m.Partition("X", "Y") // the wave is stale
	if _, err := s.m.Commit(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Ask"}, g.asked); diff != "" || s.waiting("Cust") != machine.WaitingDenied {
		t.Error(diff, s.waiting("Cust"))
	}
	if err := s.m.Cancel(s.cap); err != nil {
		t.Errorf("a program that ends the session: %v", err)
	}
	if _, err := s.m.Session(0); errors.Is(err, aura.NotFound) {
		t.Error(err)
	}
}
