package machine_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
)

// These tests hold the machine to the runtime document, sentence by sentence, in our own words.

// TestAnAdmissionOpensWhatItWasDecidedFor. Telltale Integration: the machine runs admitted sessions, and the manifest names
// the protocol of each. A session runs under the admission of its own image, protocol and posture.
func TestAnAdmissionOpensWhatItWasDecidedFor(t *testing.T) {
	im, other := image(t, shop, nil), image(t, pingPong, nil)
	admit := func(h machine.Hardening) machine.Admission {
		a, err := machine.Admit(machine.Request{
			Image: im, Manifest: choreo.Manifest{QualifiedName: "Buy", ProtocolID: "test.buy"}, Integrity: machine.IntegrityBare, Hardening: h,
		})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := admit(machine.HardeningProduction)
	if a.Image() != im.Digest() || a.Protocol() != "test.buy" || a.Hardening() != machine.HardeningProduction {
		t.Fatalf("the admission names %x, %s, %s", a.Image(), a.Protocol(), a.Hardening())
	}
	for name, c := range map[string]struct {
		im      *machine.Image
		opening machine.Opening
		want    error
	}{
		"what was admitted":   {im, machine.Opening{Admission: a}, nil},
		"by its name":         {im, machine.Opening{Admission: a, Protocol: "test.buy"}, nil},
		"another protocol":    {im, machine.Opening{Admission: a, Protocol: "test.sell"}, aura.Denied},
		"another image":       {other, machine.Opening{Admission: a}, aura.Denied},
		"another posture":     {im, machine.Opening{Admission: admit(machine.HardeningDevelopment)}, aura.Denied},
		"trusted for another": {other, machine.Opening{Admission: machine.AdmitTrusted(im, machine.IntegrityBare, 0, 1)}, aura.Denied},
	} {
		c.opening.Owner = "ada"
		if _, err := machine.New(newHost(1), machine.Options{}).Open(c.im, c.opening); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEvidenceSpeaksOfItsImage. Theorem-pack: an advanced mode is gated by evidence, and evidence that is missing means
// refusal or fallback. Evidence of another image is missing.
func TestEvidenceSpeaksOfItsImage(t *testing.T) {
	im, other := image(t, shop, nil), image(t, pingPong, nil)
	for name, c := range map[string]struct {
		image [32]byte
		want  error
	}{"of this image": {im.Digest(), nil}, "of another": {other.Digest(), aura.Denied}, "of none": {[32]byte{}, aura.Denied}} {
		with := contracts("termination_bounded") // an ability of the runtime is no evidence
		with.Evidence = []machine.Evidence{{Key: "termination_bounded", Image: c.image}}
		_, err := machine.Admit(machine.Request{
			Image: im, Manifest: choreo.Manifest{QualifiedName: "Buy", RequiredCapabilities: []string{"termination_bounded"}},
			Contracts: with, Integrity: machine.IntegrityBare,
		})
		if !errors.Is(err, c.want) {
			t.Errorf("evidence %s: %v", name, err)
		}
	}
}

// TestAMeasuredEnvelopeNamesTheImageThatRan. Envelope Admission Contract: it is recorded which certificate admitted a
// profile, so a measurement says of which image it is, and one of several images is of none.
func TestAMeasuredEnvelopeNamesTheImageThatRan(t *testing.T) {
	measure := func(images ...*machine.Image) machine.Run {
		m := machine.New(newHost(1), machine.Options{Trace: machine.NewTrace(0), Log: machine.NewLog(0)})
		for _, im := range images {
			open(t, m, im, machine.IntegrityBare)
		}
		if _, err := m.Run(20); err != nil {
			t.Fatal(err)
		}
		rec, err := m.Record()
		if err != nil {
			t.Fatal(err)
		}
		return rec.Run()
	}
	buy, ping := image(t, shop, nil), image(t, pingPong, nil)
	one := machine.Diff(measure(buy), measure(buy, buy), 1, machine.TierStrict)
	if one.Image != buy.Digest() {
		t.Errorf("the envelope names %x", one.Image)
	}
	if two := machine.Diff(measure(buy), measure(ping), 1, machine.TierStrict); two.Image != [32]byte{} {
		t.Errorf("the envelope of two images names %x", two.Image)
	}
	other := one
	other.Image = ping.Digest()
	if one.Digest() == other.Digest() {
		t.Error("the digest of an envelope does not bind its image")
	}
}

// twoDesks is a protocol whose roles A and B belong to bundles of their own; C is played elsewhere.
const twoDesks = `protocol Desks =
  roles A, B, C
  A { link : "bundle=left" } -> C : Left
  B { link : "bundle=right" } -> C : Right
  C -> A : LeftDone
  C -> B : RightDone
`

type desks struct{ *stand }

func newDesks(t *testing.T) *desks {
	t.Helper()
	s := &stand{t: t, trace: machine.NewTrace(0), host: newHost(1), im: image(t, twoDesks, nil)}
	s.m = machine.New(s.host, machine.Options{Trace: s.trace, Output: machine.IgnoreOutput()})
	var err error
	s.cap, err = s.m.Open(s.im, machine.Opening{
		Owner: "ada", Admission: machine.AdmitTrusted(s.im, machine.IntegrityBare, machine.ReplaySequence, 1), Roles: []choreo.Role{"A", "B"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &desks{s}
}

// delegate hands the fragment of B over.
func (d *desks) delegate() own.Capability {
	d.t.Helper()
	r, err := d.m.BeginTransfer(d.cap, "ben", own.Fragments("bundle:right"), true)
	if err != nil {
		d.t.Fatal(err)
	}
	ben, err := d.m.CommitTransfer(r)
	if err != nil {
		d.t.Fatal(err)
	}
	return ben
}

func (d *desks) label(name string) machine.LabelID {
	for _, to := range []choreo.Role{"A", "B", "C"} {
		for _, from := range []choreo.Role{"A", "B", "C"} {
			if l, ok := d.im.FindLabel(d.role(from), d.role(to), name); ok {
				return l
			}
		}
	}
	d.t.Fatal("no message", name)
	return 0
}

// inject puts a message of C on its edge.
func (d *desks) inject(c own.Capability, to choreo.Role, label string) error {
	return d.m.Inject(c, machine.Parcel{From: d.role("C"), To: d.role(to), Label: d.label(label)})
}

// TestAFragmentForEachBundle. Telltale Integration: a choreography without link metadata is one fragment; one with it has a
// fragment for each linked bundle, and each has one local owner.
func TestAFragmentForEachBundle(t *testing.T) {
	names := func(s *stand) (list []string) {
		v, err := s.m.Session(0)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range v.Fragments {
			if f.Owner != "ada" || f.State != own.StateRunning {
				t.Errorf("%+v", f)
			}
			list = append(list, f.Name)
		}
		return list
	}
	if got := names(shopStand(t, nil)); !slices.Equal(got, []string{"protocol:Buy"}) {
		t.Error(got)
	}
	if got := names(newDesks(t).stand); !slices.Equal(got, []string{"bundle:left", "bundle:right"}) {
		t.Error(got)
	}
}

// TestDelegatingOneFragmentLeavesTheOthers. Session Ownership: each fragment has exactly one current owner, whose capability
// says what it may do there. After a delegation the source keeps what it did not hand over, and nothing else.
func TestDelegatingOneFragmentLeavesTheOthers(t *testing.T) {
	d := newDesks(t)
	ben := d.delegate()
	if _, err := d.m.Run(10); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		owner own.Capability
		from  choreo.Role
	}{{d.cap, "A"}, {ben, "B"}} {
		p, ok, err := d.m.Take(c.owner)
		if err != nil || !ok || p.From != d.role(c.from) {
			t.Fatalf("%s takes %+v, %t, %v", c.owner.Owner, p, ok, err)
		}
		if _, ok, err := d.m.Take(c.owner); ok || err != nil {
			t.Fatalf("%s takes what is not its own: %v", c.owner.Owner, err)
		}
	}
	for name, err := range map[string]error{
		"ada to B": d.inject(d.cap, "B", "RightDone"),
		"ada on B": d.m.Pause(d.cap, d.role("B")),
	} {
		if !errors.Is(err, aura.Stale) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := d.inject(ben, "A", "LeftDone"); !errors.Is(err, aura.Denied) {
		t.Errorf("ben to A: %v", err)
	}
	for to, c := range map[choreo.Role]own.Capability{"A": d.cap, "B": ben} {
		if err := d.inject(c, to, map[choreo.Role]string{"A": "LeftDone", "B": "RightDone"}[to]); err != nil {
			t.Error(err)
		}
	}
	if status, err := d.m.Run(10); status != machine.StatusAllDone || err != nil || d.status() != machine.SessionClosed {
		t.Fatal(status, err, d.status())
	}
}

// TestAFragmentEndsAlone. Ownership Transitions: running to stopping to stopped, of one fragment. The session ends with the
// last of its fragments, as the worst of them ended.
func TestAFragmentEndsAlone(t *testing.T) {
	end := map[string]func(*machine.Machine, own.Capability) error{
		"close": (*machine.Machine).Close, "cancel": (*machine.Machine).Cancel, "abort": (*machine.Machine).Abort,
	}
	for _, c := range []struct {
		first, last string
		want        machine.SessionStatus
	}{
		{"close", "close", machine.SessionClosed}, {"cancel", "close", machine.SessionCancelled},
		{"close", "cancel", machine.SessionCancelled}, {"abort", "cancel", machine.SessionAborted},
	} {
		d := newDesks(t)
		ben := d.delegate()
		if _, err := d.m.Run(10); err != nil {
			t.Fatal(err)
		}
		if err := end[c.first](d.m, ben); err != nil {
			t.Fatal(err)
		}
		v, err := d.m.Session(0)
		if err != nil || v.Status != machine.SessionActive || v.Fragments[0].State != own.StateRunning || !v.Fragments[1].State.Terminal() || v.Outbound != 1 {
			t.Fatalf("after %s: %+v, %v", c.first, v, err)
		}
		if err := d.inject(ben, "B", "RightDone"); !errors.Is(err, aura.Stale) {
			t.Errorf("a message for the fragment that ended: %v", err)
		}
		if p, ok, err := d.m.Take(d.cap); !ok || err != nil || p.From != d.role("A") {
			t.Errorf("the other fragment's message: %+v, %t, %v", p, ok, err)
		}
		if err := end[c.last](d.m, d.cap); err != nil || d.status() != c.want {
			t.Errorf("%s, then %s: the session is %s, %v", c.first, c.last, d.status(), err)
		}
	}
	// The roles of the last fragment come to their end by themselves.
	d := newDesks(t)
	if err := d.m.Cancel(d.delegate()); err != nil {
		t.Fatal(err)
	}
	d.m.Run(10)
	d.m.Take(d.cap)
	if err := d.inject(d.cap, "A", "LeftDone"); err != nil {
		t.Fatal(err)
	}
	if status, err := d.m.Run(10); status != machine.StatusAllDone || err != nil || d.status() != machine.SessionCancelled {
		t.Error(status, err, d.status())
	}
}

// TestClaimingNeedsAuthority. Session Ownership: one owner, explicit transfer. A fragment that was released is claimed by the
// authority of its release, once; until then it has no owner and nothing of it runs.
func TestClaimingNeedsAuthority(t *testing.T) {
	d := newDesks(t)
	ben := d.delegate()
	authority, err := d.m.Release(ben)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.m.Run(10); err != nil {
		t.Fatal(err)
	}
	if sent := machine.Messages(d.trace.Events(), 0, d.im); len(sent) != 1 || sent[0].From != "A" {
		t.Fatalf("sent: %v", sent)
	}
	if _, err := d.m.Claim(own.Claim{}, "eve"); !errors.Is(err, aura.Conflict) {
		t.Errorf("a claim without authority: %v", err)
	}
	cleo, err := d.m.Claim(authority, "cleo")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.m.Claim(authority, "eve"); !errors.Is(err, aura.Conflict) {
		t.Errorf("the same authority again: %v", err)
	}
	if _, err := d.m.Run(10); err != nil {
		t.Fatal(err)
	}
	if p, ok, err := d.m.Take(cleo); !ok || err != nil || p.From != d.role("B") {
		t.Errorf("%+v, %t, %v", p, ok, err)
	}
	if err := d.m.Close(ben); !errors.Is(err, aura.Stale) {
		t.Errorf("the owner before: %v", err)
	}
}

// TestAReleasedFragmentEndsWithItsReleaser. Session Ownership: never no owner for ever. If the one who could pass the
// authority on is gone, the session ends.
func TestAReleasedFragmentEndsWithItsReleaser(t *testing.T) {
	d := newDesks(t)
	if _, err := d.m.Release(d.delegate()); err != nil {
		t.Fatal(err)
	}
	if n := d.m.OwnerDied("ben"); n != 1 || d.status() != machine.SessionFaulted {
		t.Errorf("%d sessions ended, it is %s", n, d.status())
	}
}

// TestNothingMovesDuringATransfer. Delegate Boundary: the transfer is atomic, and an ambiguous owner is refused before the machine
// observes the transfer. From its beginning to its decision the fragment stands still, and the others go on.
func TestNothingMovesDuringATransfer(t *testing.T) {
	d := newDesks(t)
	r, err := d.m.BeginTransfer(d.cap, "ben", own.Fragments("bundle:right"), true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.m.BeginTransfer(d.cap, "cleo", own.Whole(), false); !errors.Is(err, aura.Conflict) {
		t.Errorf("a second transfer of it: %v", err)
	}
	if _, err := d.m.Run(10); err != nil {
		t.Fatal(err)
	}
	if sent := machine.Messages(d.trace.Events(), 0, d.im); len(sent) != 1 || sent[0].From != "A" {
		t.Fatalf("sent: %v", sent)
	}
	if err := d.inject(d.cap, "B", "RightDone"); !errors.Is(err, aura.Conflict) {
		t.Errorf("a message for it: %v", err)
	}
	if err := d.m.RollbackTransfer(r); err != nil {
		t.Fatal(err)
	}
	if _, err := d.m.Run(10); err != nil {
		t.Fatal(err)
	}
	if sent := machine.Messages(d.trace.Events(), 0, d.im); len(sent) != 2 {
		t.Fatalf("after the transfer was taken back: %v", sent)
	}
}
