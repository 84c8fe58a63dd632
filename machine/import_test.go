package machine_test

import (
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
)

// drawSession draws a session of one of the protocols, of all of its roles or of all but one.
func drawSession(t *rapid.T) (s scene, im *machine.Image, opening machine.Opening) {
	t.Helper()
	s = drawScene(t)
	s.sessions, s.lazy = s.sessions[:1], rapid.Bool().Draw(t, "lazy")
	im = s.images[s.sessions[0]]
	opening = machine.Opening{
		Owner: "ada", Name: aura.SessionID{1}, Admission: machine.AdmitTrusted(im, s.as, s.replay, s.width), Budget: 200,
	}
	if rapid.Bool().Draw(t, "in part") {
		opening.Roles = im.Roles()[:len(im.Roles())-1]
	}
	return s, im, opening
}

// opened returns a machine with a host of its own, which has a session.
func (s *scene) opened(t *rapid.T, im *machine.Image, opening machine.Opening) (setup, own.Capability) {
	t.Helper()
	h := newHost(s.seed)
	h.lazy = s.lazy
	m := machine.New(h, s.options())
	c, err := m.Open(im, opening)
	if err != nil {
		t.Fatal(err)
	}
	return setup{m, h}, c
}

// TestAnImportedSessionGoesOnAsItWouldHave. Session State: a session can use persistent state. In any protocol and
// at any place in it, a session that was written down and read back tells the same story as one that was not, to the byte.
func TestAnImportedSessionGoesOnAsItWouldHave(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, im, opening := drawSession(t)
		start := func() (setup, own.Capability) { return s.opened(t, im, opening) }
		a, ada := start()
		b, _ := start()
		cut := rapid.Bool().Draw(t, "cut")
		for range rapid.IntRange(0, 30).Draw(t, "before") {
			a.m.Step()
			b.m.Step()
		}
		if cut {
			a.m.Partition("A", "B")
			b.m.Partition("A", "B")
			a.m.Step()
			b.m.Step()
		}
		if v, err := a.m.Session(0); err != nil || v.Status.Terminal() {
			return
		}
		past := len(mustRecord(t, a.m).Events)
		state, err := b.m.Export(ada)
		if err != nil {
			t.Fatal(err)
		}
		o := s.options()
		again := machine.New(b.host, o)
		if cut {
			again.Partition("A", "B")
		}
		for range a.m.Tick() {
			again.Step()
		}
		authority, err := again.Import(im, opening.Admission, state)
		if err != nil {
			t.Fatal(err)
		}
		imported := o.Trace.Len()
		c, err := again.Claim(authority, "ada")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 60 {
			if cut && i == 5 {
				a.m.Heal("A", "B")
				again.Heal("A", "B")
			}
			x, err := a.m.Step()
			y, err2 := again.Step()
			if x != y || (err == nil) != (err2 == nil) {
				t.Fatal(x, y, err, err2)
			}
		}
		if diff := cmp.Diff(mustRecord(t, a.m).Events[past:], o.Trace.Events()[imported:]); diff != "" {
			t.Fatal(diff)
		}
		for {
			p, ok, err := a.m.Take(ada)
			q, ok2, err2 := again.Take(c)
			if ok != ok2 || (err == nil) != (err2 == nil) || p.Seq != q.Seq || !p.Value.Equal(q.Value) || p.From != q.From {
				t.Fatal(p, q, err, err2)
			}
			if !ok {
				break
			}
		}
		if diff := cmp.Diff(summaries(a.m), summaries(again)); diff != "" {
			t.Fatal(diff)
		}
		rec := mustRecord(t, again)
		if err := rec.Replay(); err != nil {
			t.Fatal(err)
		}
	})
}

// summaries are those of the sessions that ended, without pointers.
func summaries(m *machine.Machine) []machine.Summary {
	sums := m.Reap(nil)
	for i := range sums {
		sums[i].Image = nil
		if sums[i].Fault != nil {
			f := *sums[i].Fault
			sums[i].Fault = &f
		}
	}
	return sums
}

// midway is a sealed session of the shop in the middle, with a message that waits.
func midway(t *testing.T) *stand {
	s := shopStand(t, func(_ *machine.Options, o *machine.Opening) {
		o.Name, o.Admission = aura.SessionID{7}, machine.AdmitTrusted(image(t, shop, nil), machine.IntegritySealed, machine.ReplaySequence, 1)
	})
	if _, err := s.m.Run(3); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestDelegationBetweenMachinesHasOneOwner. Delegate Boundary: the owner's record, capability and fragments move together, the
// source is stale from the commit on, and the target acts from its activation on. Nothing runs on either side in between.
func TestDelegationBetweenMachinesHasOneOwner(t *testing.T) {
	s := midway(t)
	receipt, err := s.m.BeginTransfer(s.cap, "phone", own.Whole(), false)
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.m.Export(s.cap)
	if err != nil {
		t.Fatal(err)
	}
	trace := machine.NewTrace(0)
	phone := machine.New(s.host, machine.Options{Trace: trace, Key: [32]byte{2}, Output: machine.IgnoreOutput()}) // its key is another
	a := machine.AdmitTrusted(s.im, machine.IntegritySealed, machine.ReplaySequence, 1)
	authority, err := phone.Import(s.im, a, state)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*machine.Machine{"source": s.m, "target": phone} {
		if status, err := m.Run(10); status != machine.StatusStuck || err != nil {
			t.Errorf("the %s runs during the transfer: %s, %v", name, status, err)
		}
	}
	if n := phone.OwnerDied(""); n != 0 {
		t.Errorf("%d sessions ended because they have no owner yet", n)
	}
	if err := s.m.Depart(receipt); err != nil {
		t.Fatal(err)
	}
	if s.status() != machine.SessionDelegated {
		t.Errorf("at the source the session is %s", s.status())
	}
	if v, _ := s.m.Session(0); v.Fragments[0].State != own.StateReleased {
		t.Errorf("at the source the fragment is %s", v.Fragments[0].State)
	}
	for name, err := range map[string]error{
		"close": s.m.Close(s.cap), "the receipt again": s.m.Depart(receipt),
		"an export": func() error { _, err := s.m.Export(s.cap); return err }(),
	} {
		if !errors.Is(err, aura.Stale) {
			t.Errorf("%s at the source: %v", name, err)
		}
	}
	if _, err := phone.Claim(authority, "phone"); err != nil {
		t.Fatal(err)
	}
	if status, err := phone.Run(100); status != machine.StatusAllDone || err != nil {
		t.Fatal(status, err)
	}
}

// TestATransferThatIsNotProvedStaysWithItsSource. Delegate Boundary: if the parts of a delegation do not move together it did not
// happen: the source takes its receipt back and goes on.
func TestATransferThatIsNotProvedStaysWithItsSource(t *testing.T) {
	s := midway(t)
	receipt, err := s.m.BeginTransfer(s.cap, "phone", own.Whole(), false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.m.Export(s.cap); err != nil {
		t.Fatal(err)
	}
	if err := s.m.RollbackTransfer(receipt); err != nil {
		t.Fatal(err)
	}
	if err := s.m.Depart(receipt); !errors.Is(err, aura.Conflict) {
		t.Errorf("a receipt that was taken back: %v", err)
	}
	if status, err := s.m.Run(100); status != machine.StatusAllDone || err != nil {
		t.Fatal(status, err)
	}
}

func TestAnExportNeedsTheWholeSession(t *testing.T) {
	d := newDesks(t)
	d.delegate()
	if _, err := d.m.Export(d.cap); !errors.Is(err, aura.Denied) {
		t.Errorf("%v", err)
	}
	r, err := d.m.BeginTransfer(d.cap, "phone", own.Fragments("bundle:left"), false)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.m.Depart(r); !errors.Is(err, aura.Denied) {
		t.Errorf("a part of a session leaves: %v", err)
	}
	if _, err := midway(t).m.Export(own.Capability{Owner: "eve", Scope: own.Whole()}); !errors.Is(err, aura.Stale) {
		t.Errorf("%v", err)
	}
}

// TestWhatMayNotBeImportedChangesNothing. Session Management: session ownership is one current owner, so a session that lives here
// is not taken in again; nor is one without its admission, nor one that is damaged.
func TestWhatMayNotBeImportedChangesNothing(t *testing.T) {
	s := midway(t)
	state, err := s.m.Export(s.cap)
	if err != nil {
		t.Fatal(err)
	}
	good := machine.AdmitTrusted(s.im, machine.IntegritySealed, machine.ReplaySequence, 1)
	ping := image(t, pingPong, nil)
	damaged := slices.Clone(state)
	damaged[len(damaged)/2] ^= 1
	fresh := func(o machine.Options) *machine.Machine {
		o.Key = [32]byte{1}
		return machine.New(newHost(1), o)
	}
	for name, c := range map[string]struct {
		m     *machine.Machine
		im    *machine.Image
		a     machine.Admission
		state []byte
		want  aura.Kind
	}{
		"it lives here":   {s.m, s.im, good, state, aura.Conflict},
		"not admitted":    {fresh(machine.Options{}), s.im, machine.Admission{}, state, aura.Denied},
		"another posture": {fresh(machine.Options{Hardening: machine.HardeningDevelopment}), s.im, good, state, aura.Denied},
		"another image": {fresh(machine.Options{}), ping, machine.AdmitTrusted(ping, machine.IntegritySealed, machine.ReplaySequence, 1), state,
			aura.Invalid},
		"another integrity": {fresh(machine.Options{}), s.im, machine.AdmitTrusted(s.im, machine.IntegrityBare, machine.ReplaySequence, 1), state,
			aura.Denied},
		"another replay": {fresh(machine.Options{}), s.im, machine.AdmitTrusted(s.im, machine.IntegritySealed, machine.ReplayOff, 1), state,
			aura.Denied},
		"damaged":        {fresh(machine.Options{}), s.im, good, damaged, aura.Corrupt},
		"cut short":      {fresh(machine.Options{}), s.im, good, state[:len(state)-9], aura.Corrupt},
		"too many roles": {fresh(machine.Options{MaxRoles: 1}), s.im, good, state, aura.Exhausted},
		"too large":      {fresh(machine.Options{}), s.im, good, make([]byte, 1<<24+1), aura.Exhausted},
	} {
		before, status := c.m.Snapshot(), c.m.Status()
		if _, err := c.m.Import(c.im, c.a, c.state); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if !slices.Equal(before, c.m.Snapshot()) || c.m.Status() != status {
			t.Errorf("%s: the machine is not as before", name)
		}
	}
}

func TestAnAdmissionSurvivesItsEncoding(t *testing.T) {
	im := image(t, shop, nil)
	a, err := machine.Admit(machine.Request{
		Image: im, Manifest: choreo.Manifest{QualifiedName: "Buy"}, Integrity: machine.IntegritySealed, Hardening: machine.HardeningIntegration,
	})
	if err != nil {
		t.Fatal(err)
	}
	b := a.Encode()
	again, err := machine.ParseAdmission(b)
	if err != nil || !slices.Equal(again.Encode(), b) || again.Image() != im.Digest() || again.Hardening() != machine.HardeningIntegration {
		t.Fatal(again, err)
	}
	for i := range b {
		c := slices.Clone(b)
		c[i] ^= 1
		if _, err := machine.ParseAdmission(c); !errors.Is(err, aura.Corrupt) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}

// TestFaultsOfTheTopologyStayWhereTheyAre: a session that waits for a partition, or a timeout, of its machine goes on in
// another one, and stands still in one that has them.
func TestFaultsOfTheTopologyStayWhereTheyAre(t *testing.T) {
	for name, fault := range map[string]func(*machine.Machine){
		"partition": func(m *machine.Machine) { m.Partition("Cust", "Shop") },
		"timeout":   func(m *machine.Machine) { m.Timeout("Cust", 1_000_000_000) },
	} {
		s := shopStand(t, nil)
		fault(s.m)
		if status, err := s.m.Run(10); status != machine.StatusStuck || err != nil {
			t.Fatal(name, status, err)
		}
		state, err := s.m.Export(s.cap)
		if err != nil {
			t.Fatal(err)
		}
		for want, there := range map[machine.Status]func(*machine.Machine){
			machine.StatusAllDone: func(*machine.Machine) {}, machine.StatusStuck: fault,
		} {
			m := machine.New(newHost(1), machine.Options{})
			there(m)
			authority, err := m.Import(s.im, machine.AdmitTrusted(s.im, machine.IntegrityBare, machine.ReplaySequence, 1), state)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.Claim(authority, "ada"); err != nil {
				t.Fatal(err)
			}
			if status, err := m.Run(100); status != want || err != nil {
				t.Errorf("%s: %s, want %s, %v", name, status, want, err)
			}
		}
	}
}

// memoryOfASession opens n sessions of the shop that wait for their first message and returns the bytes that each takes.
func memoryOfASession(t *testing.T, n int, as machine.Integrity) int {
	im := image(t, shop, nil)
	m := machine.New(newHost(1), machine.Options{MaxSessions: n, MaxRoles: 2 * n, Key: [32]byte{1}})
	a := machine.AdmitTrusted(im, as, machine.ReplaySequence, 1)
	before := live()
	for i := range n {
		name := aura.SessionID{1, byte(i >> 8), byte(i)}
		if _, err := m.Open(im, machine.Opening{Owner: "ada", Name: name, Admission: a}); err != nil {
			t.Fatal(err)
		}
	}
	if status, err := m.Run(3 * n); err != nil || status != machine.StatusProgressing {
		t.Fatal(status, err)
	}
	used := live() - before
	runtime.KeepAlive(m)
	return int(used) / n
}

// live is the memory that can be reached.
func live() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// TestASessionTakesLittleMemory: what the options of a machine say of its limits. A message waits on an edge of nearly every
// session.
func TestASessionTakesLittleMemory(t *testing.T) {
	for _, as := range []machine.Integrity{machine.IntegrityBare, machine.IntegritySealed} {
		got := memoryOfASession(t, 2000, as)
		t.Logf("%s: %d bytes a session", as, got)
		if got > 4<<10 {
			t.Errorf("%s: a session takes %d bytes, more than 4 KiB", as, got)
		}
	}
}
