package machine_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
)

// stand is a machine with one session of the shop.
type stand struct {
	t     *testing.T
	m     *machine.Machine
	trace *machine.Trace
	host  *host
	im    *machine.Image
	cap   own.Capability
}

func shopStand(t *testing.T, change func(*machine.Options, *machine.Opening)) *stand {
	t.Helper()
	s := &stand{t: t, trace: machine.NewTrace(0), host: newHost(1), im: image(t, shop, nil)}
	o := machine.Options{Trace: s.trace, Key: [32]byte{1}, Output: machine.IgnoreOutput()}
	opening := machine.Opening{Owner: "ada", Admission: machine.AdmitTrusted(s.im, machine.IntegrityBare, machine.ReplaySequence, 1)}
	if change != nil {
		change(&o, &opening)
	}
	s.m = machine.New(s.host, o)
	var err error
	if s.cap, err = s.m.Open(s.im, opening); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stand) role(name choreo.Role) machine.RoleID {
	id, ok := s.im.Role(name)
	if !ok {
		s.t.Fatalf("no role %s", name)
	}
	return id
}

// kinds lists the events from the given one on.
func (s *stand) kinds(from int) []string {
	var out []string
	for _, e := range s.trace.Events()[from:] {
		out = append(out, e.Describe(s.im)[len("0 session 0 "):])
	}
	return out
}

func (s *stand) status() machine.SessionStatus {
	v, err := s.m.Session(0)
	if err != nil {
		s.t.Fatal(err)
	}
	return v.Status
}

func TestEventsOfAnOrdinaryRun(t *testing.T) {
	s := shopStand(t, nil)
	for s.m.Status() == machine.StatusProgressing {
		if _, err := s.m.Step(); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, e := range s.trace.Events() {
		e.Tick = 0
		got = append(got, e.Describe(s.im)[len("0 session 0 "):])
	}
	choice := "Leave"
	if got[5] == "sent Cust → Shop Take" {
		choice = "Take"
	}
	want := []string{
		"opened bare", "sent Cust → Shop Ask", "received Shop ← Cust Ask", "sent Shop → Cust Price", "received Cust ← Shop Price",
		"sent Cust → Shop " + choice, "offered Cust → Shop " + choice, "received Shop ← Cust " + choice, "chose Shop ← Cust " + choice,
		"halted Cust", "halted Shop", "closed", "session_terminal closed", "epoch_advanced",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestEndsHaveTheirOrderOfEvents(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(*stand)
		want   []string
		status machine.SessionStatus
	}{
		"close": {func(s *stand) { s.m.Close(s.cap) },
			[]string{"closed", "session_terminal closed", "epoch_advanced"}, machine.SessionClosed},
		"cancel": {func(s *stand) { s.m.Cancel(s.cap) },
			[]string{"cancellation_requested", "cancelled", "session_terminal cancelled"}, machine.SessionCancelled},
		"abort": {func(s *stand) { s.m.Abort(s.cap) },
			[]string{"aborted", "session_terminal aborted"}, machine.SessionAborted},
		"crash": {func(s *stand) { s.m.Crash("Shop") },
			[]string{"failure_branch_entered Shop machine.fault.invoke", "faulted Shop machine.fault.invoke"}, machine.SessionFaulted},
		"owner died": {func(s *stand) { s.m.OwnerDied("ada") },
			[]string{"failure_branch_entered machine.fault.transfer", "faulted machine.fault.transfer"}, machine.SessionFaulted},
		"abandoned transfer": {func(s *stand) {
			if _, err := s.m.BeginTransfer(s.cap, "ben", own.Whole(), false); err != nil {
				s.t.Fatal(err)
			}
			s.m.OwnerDied("ada")
		}, []string{"cancellation_requested", "cancelled", "session_terminal cancelled"}, machine.SessionCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			s := shopStand(t, nil)
			from := s.trace.Len()
			c.end(s)
			if diff := cmp.Diff(c.want, s.kinds(from)); diff != "" {
				t.Fatal(diff)
			}
			if s.status() != c.status || s.m.Status() != machine.StatusAllDone {
				t.Fatal(s.status(), s.m.Status())
			}
			if err := s.m.Cancel(s.cap); !errors.Is(err, aura.Stale) {
				t.Fatal(err)
			}
		})
	}
}

func TestAFaultNamesItsCodeAndEndsItsSessionAlone(t *testing.T) {
	s := shopStand(t, func(o *machine.Options, _ *machine.Opening) { o.Credits = 2 })
	other := image(t, pingPong, nil)
	if _, err := s.m.Open(other, machine.Opening{Owner: "ada", Admission: machine.AdmitTrusted(other, machine.IntegrityBare, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	var f *machine.Fault
	faults := 0
	for s.m.Status() == machine.StatusProgressing {
		if _, err := s.m.Step(); err != nil {
			if !errors.As(err, &f) || f.Code != machine.FaultCredits || !errors.Is(err, aura.Exhausted) {
				t.Fatal(err)
			}
			faults++
		}
	}
	if faults != 2 || f.Code.String() != "machine.fault.credits" {
		t.Fatal(faults, f)
	}
}

func TestARefusedStepChangesNothing(t *testing.T) {
	// The gate refuses choices: the third message of the customer is not sent, and what waits is untouched.
	s := shopStand(t, func(o *machine.Options, _ *machine.Opening) {
		o.Output = machine.AllowOnly(machine.PredicateTransportSend, machine.PredicateTransportRecv)
	})
	var err error
	for err == nil && s.m.Status() == machine.StatusProgressing {
		_, err = s.m.Step()
	}
	var f *machine.Fault
	if !errors.As(err, &f) || f.Code != machine.FaultOutput || f.Role != "Cust" || !errors.Is(err, aura.Denied) {
		t.Fatal(err)
	}
	events := s.trace.Events()
	last := events[len(events)-3:]
	if last[0].Kind != machine.EventOutputChecked || last[0].Code != 0 || last[2].Kind != machine.EventFaulted {
		t.Fatal(last)
	}
	sums := s.m.Reap(nil)
	if len(sums) != 1 || sums[0].Orphans != 0 {
		t.Fatal(sums)
	}
}

// picky fails to receive.
type picky struct{ *host }

func (picky) Receive(machine.Message, machine.Value) machine.Answer {
	return machine.AnswerInvalidEvidence
}

func TestAHostThatFailsLeavesTheMessageInItsPlace(t *testing.T) {
	m, im := machine.New(picky{newHost(1)}, machine.Options{}), image(t, shop, nil)
	if _, err := m.Open(im, machine.Opening{Owner: "ada", Admission: machine.AdmitTrusted(im, machine.IntegrityBare, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	_, err := m.Run(10)
	var f *machine.Fault
	if !errors.As(err, &f) || f.Code != machine.FaultInvoke || f.Detail != "invalid_evidence" {
		t.Fatal(err)
	}
	if sums := m.Reap(nil); len(sums) != 1 || sums[0].Orphans != 1 {
		t.Fatal(sums)
	}
}

func TestAHostThatDefersIsAskedAgainWhenItWakesTheRole(t *testing.T) {
	s := shopStand(t, nil)
	s.host.lazy = true
	for s.m.Status() == machine.StatusProgressing {
		if _, err := s.m.Step(); err != nil {
			t.Fatal(err)
		}
	}
	v, _ := s.m.Session(0)
	if s.m.Status() != machine.StatusStuck || v.Roles[0].Waiting != machine.WaitingHost {
		t.Fatal(s.m.Status(), v.Roles)
	}
	if err := s.m.Wake(s.cap, s.role("Cust")); err != nil {
		t.Fatal(err)
	}
	if status, err := s.m.Run(100); status != machine.StatusAllDone || err != nil {
		t.Fatal(status, err)
	}
}

func TestFullEdges(t *testing.T) {
	const flood = `protocol Flood =
  roles A, B
  A -> B : M
  A -> B : M
  A -> B : M
  B -> A : Ok
`
	for name, c := range map[string]struct {
		buffer  machine.Buffer
		waiting int // messages that wait when A can do no more, with B paused
		fault   machine.FaultCode
	}{
		"block":        {machine.Buffer{Capacity: 1}, 1, 0},
		"drop":         {machine.Buffer{Capacity: 1, Policy: machine.FullDropNewest}, 1, 0},
		"fail":         {machine.Buffer{Capacity: 1, Policy: machine.FullFail}, 1, machine.FaultBuffer},
		"resize":       {machine.Buffer{Capacity: 1, Policy: machine.FullResize, Max: 2}, 2, 0},
		"latest value": {machine.Buffer{Capacity: 1, Mode: machine.BufferLatestValue}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			im := image(t, flood, nil)
			m := machine.New(newHost(1), machine.Options{Buffer: c.buffer, Key: [32]byte{1}})
			cap, err := m.Open(im, machine.Opening{Owner: "ada", Admission: machine.AdmitTrusted(im, machine.IntegritySealed, machine.ReplaySequence, 1)})
			if err != nil {
				t.Fatal(err)
			}
			b, _ := im.Role("B")
			if err := m.Pause(cap, b); err != nil {
				t.Fatal(err)
			}
			_, err = m.Run(10)
			var f *machine.Fault
			if errors.As(err, &f) != (c.fault != 0) || (f != nil && f.Code != c.fault) {
				t.Fatal(err)
			}
			if c.fault == 0 {
				if err := m.Resume(cap, b); err != nil {
					t.Fatal(err)
				}
				// Lost messages stay lost: the receiver then waits for more than was kept.
				_, err := m.Run(20)
				lossy := c.buffer.Policy == machine.FullDropNewest || c.buffer.Mode == machine.BufferLatestValue
				if want := machine.StatusAllDone; err != nil || (m.Status() == want) == lossy {
					t.Fatal(m.Status(), err)
				}
				return
			}
			if sums := m.Reap(nil); sums[0].Orphans != c.waiting {
				t.Fatal(sums)
			}
		})
	}
}

func TestTimeoutsEndByTheirWitness(t *testing.T) {
	s := shopStand(t, nil)
	w := s.m.Timeout("Shop", 2_500_000)
	if w.Until != 3 {
		t.Fatal(w)
	}
	for range 2 { // Cust cannot send to Shop, Shop does not run
		if status, err := s.m.Step(); err != nil || len(s.host.received) != 0 {
			t.Fatal(status, err)
		}
	}
	again := s.m.Timeout("Shop", 2_000_000) // replaces the first
	if got := s.m.Timeouts(); len(got) != 1 || got[0] != again {
		t.Fatal(got)
	}
	if status, err := s.m.Step(); status != machine.StatusStuck || err != nil {
		t.Fatal(status, err)
	}
	if _, err := s.m.Step(); err != nil || len(s.m.Timeouts()) != 0 {
		t.Fatal(err, s.m.Timeouts())
	}
	if status, err := s.m.Run(100); status != machine.StatusAllDone || err != nil {
		t.Fatal(status, err)
	}
	var got []string
	for _, e := range s.m.Audit() {
		if e.Artifact == own.ArtifactTimeout {
			got = append(got, e.Event.String())
		}
	}
	if diff := cmp.Diff([]string{"issued", "invalidated", "issued", "expired"}, got); diff != "" {
		t.Fatal(diff)
	}
}

// TestASiteThatIsTimedOutDoesNotAct: from wherever a protocol is, a role of the site does nothing until the timeout
// ends.
func TestASiteThatIsTimedOutDoesNotAct(t *testing.T) {
	for steps := range 12 {
		for _, site := range []choreo.Role{"Cust", "Shop"} {
			s := shopStand(t, nil)
			for range steps {
				s.m.Step()
			}
			s.m.Timeout(site, 4_000_000)
			from := len(s.trace.Events())
			for range 3 {
				s.m.Step()
			}
			for _, e := range s.trace.Events()[from:] {
				if e.Role == s.role(site) {
					t.Errorf("after %d steps %s is timed out: %s", steps, site, e.Describe(s.im))
				}
			}
			s.m.Step()
			if status, err := s.m.Run(100); status != machine.StatusAllDone || err != nil {
				t.Fatal(status, err)
			}
		}
	}
}

func TestSessionsAreBounded(t *testing.T) {
	s := shopStand(t, func(o *machine.Options, _ *machine.Opening) { o.MaxSessions = 2 })
	opening := machine.Opening{Owner: "ada", Admission: machine.AdmitTrusted(s.im, machine.IntegrityBare, 0, 1)}
	if _, err := s.m.Open(s.im, opening); err != nil {
		t.Fatal(err)
	}
	if _, err := s.m.Open(s.im, opening); !errors.Is(err, aura.Exhausted) {
		t.Errorf("a third session of two: %v", err)
	}
}

// TestACertificateNamesTheEdgesOfItsWave: a step touches its role and the edge that it uses.
func TestACertificateNamesTheEdgesOfItsWave(t *testing.T) {
	s := shopStand(t, nil)
	w := s.m.Plan(4)
	c := w.Certificate()
	if len(c.Picks) != 1 || c.Picks[0].Role != s.role("Cust") || c.Picks[0].Edge < 0 {
		t.Fatalf("the first step is the customer's: %+v", c.Picks)
	}
	asks := c.Picks[0].Edge
	if status, err := s.m.Run(100); status != machine.StatusAllDone || err != nil {
		t.Fatal(status, err)
	}
	s = shopStand(t, nil)
	used := map[int64]bool{}
	for range 20 {
		for _, pick := range s.m.Plan(1).Certificate().Picks {
			used[pick.Edge] = true
		}
		s.m.Prepare(0)
		if _, err := s.m.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if !used[asks] || !used[-1] || len(used) != 3 {
		t.Errorf("both ways are used, and none at an end: %v", used)
	}
}

func TestPartitionsHoldMessagesUntilTheyHeal(t *testing.T) {
	s := shopStand(t, nil)
	s.m.Partition("Shop", "Cust")
	if status, err := s.m.Run(10); status != machine.StatusStuck || err != nil {
		t.Fatal(status, err)
	}
	s.m.Heal("Cust", "Shop")
	if status, err := s.m.Run(100); status != machine.StatusAllDone || err != nil {
		t.Fatal(status, err)
	}
}

func TestAWaveThatNoLongerHoldsFallsBackAndSaysWhy(t *testing.T) {
	s := shopStand(t, func(_ *machine.Options, o *machine.Opening) {
		o.Admission = machine.AdmitTrusted(image(t, shop, nil), machine.IntegrityBare, 0, 4)
	})
	for name, c := range map[string]struct {
		spoil func(*machine.Wave)
		want  machine.FallbackReason
	}{
		"changed":      {func(w *machine.Wave) { s.m.Prepare(0); s.m.Prepare(1); s.m.Partition("X", "Y"); s.m.Heal("X", "Y") }, machine.FallbackWaveStale},
		"not prepared": {func(w *machine.Wave) { s.m.Prepare(0) }, machine.FallbackWaveNotPrepared},
	} {
		s.m.Open(s.im, machine.Opening{Owner: "ada", Admission: machine.AdmitTrusted(s.im, machine.IntegrityBare, 0, 4)})
		w := s.m.Plan(4)
		if w.Len() < 2 || len(w.Certificate().Picks) != w.Len() {
			t.Fatal(name, w.Len())
		}
		c.spoil(w)
		if _, err := s.m.Commit(); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, e := range s.trace.Events() {
			found = found || (e.Kind == machine.EventProfile && machine.FallbackReason(e.Code) == c.want)
		}
		if !found {
			t.Errorf("%s: no event says %s", name, c.want)
		}
	}
	if _, err := s.m.Commit(); !errors.Is(err, aura.Stale) {
		t.Fatal(err)
	}
}
