package compose_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/compose"
	"github.com/aura-runtime/aura/machine/own"
)

var (
	ada, ben = aura.AuthorityID{1}, aura.AuthorityID{2}
	s1, s2   = aura.SessionID{1}, aura.SessionID{2}
)

func message(from, to choreo.Role, label string, next choreo.Global) choreo.Global {
	return &choreo.GlobalComm{From: from, To: to, Branches: []choreo.GlobalBranch{{Label: choreo.Label{Name: label}, Next: next}}}
}

var vote = message("Chair", "Voter[0]", "Ask", message("Voter[0]", "Chair", "Ballot", choreo.GlobalEnd{}))

func bundle(t *testing.T, id string, change func(*compose.Bundle)) compose.Bundle {
	t.Helper()
	im, err := machine.CompileGlobal("vote", vote)
	if err != nil {
		t.Fatal(err)
	}
	b := compose.Bundle{
		ID: id, Images: []*machine.Image{im}, Members: []string{"a", "b"},
		Certificate: compose.Certificate{
			Artifact: id, LinkOK: true, Modes: []machine.Determinism{machine.DeterminismFull}, Schedulers: []machine.Scheduler{machine.SchedulerCooperative},
		},
	}
	if change != nil {
		change(&b)
	}
	if b.Certificate.Images == nil {
		for _, im := range b.Images {
			b.Certificate.Images = append(b.Certificate.Images, im.Digest())
		}
	}
	return b
}

// sized returns an image of so many bytes: two roles, and a choice of labels of the length that it takes.
func sized(t *testing.T, bytes int) *machine.Image {
	t.Helper()
	n, rest := bytes/700, 0
	for size := 600; ; {
		c := &choreo.GlobalComm{From: "A", To: "B"}
		for i := range n {
			width := size
			if i == 0 {
				width += rest
			}
			name := fmt.Sprintf("L%0*d", width, i)
			c.Branches = append(c.Branches, choreo.GlobalBranch{Label: choreo.Label{Name: name}, Next: choreo.GlobalEnd{}})
		}
		im, err := machine.CompileGlobal("large", c)
		if err != nil {
			t.Fatal(err)
		}
		missing := bytes - len(im.Encode())
		if missing == 0 {
			return im
		}
		size, rest = size+missing/n, rest+missing%n
	}
}

// TestBundlesAreBounded: 128 kB for a protocol of two roles, 256 kB for all of them.
func TestBundlesAreBounded(t *testing.T) {
	most, more := sized(t, 128<<10), sized(t, 128<<10+1)
	half, small := sized(t, 64<<10), sized(t, 32<<10)
	for name, c := range map[string]struct {
		images []*machine.Image
		fits   bool
	}{
		"the largest":          {[]*machine.Image{most}, true},
		"one byte more":        {[]*machine.Image{more}, false},
		"as many as may be":    {[]*machine.Image{most, half, small, small}, true},
		"one too many":         {[]*machine.Image{most, half, small, small, bundle(t, "x", nil).Images[0]}, false},
		"too large and others": {[]*machine.Image{small, more}, false},
	} {
		var r compose.Runtime
		b := bundle(t, "x", func(b *compose.Bundle) { b.Images = c.images })
		if err := r.Admit(b, needs); (err == nil) != c.fits || err != nil && !errors.Is(err, aura.Exhausted) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func dynamic(b *compose.Bundle) { b.Policy = &compose.MembershipPolicy{Dynamic: true, Overlap: true} }

var needs = compose.Needs{
	Mode: machine.DeterminismFull, Scheduler: machine.SchedulerCooperative,
	Contracts: &machine.Contracts{Capabilities: []string{compose.CapabilityReconfiguration}},
}

func admit(t *testing.T, r *compose.Runtime, b compose.Bundle) {
	t.Helper()
	if err := r.Admit(b, needs); err != nil {
		t.Fatal(err)
	}
}

func TestBundlesAreAdmittedWithTheirEvidenceOrNotAtAll(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*compose.Bundle)
		needs  compose.Needs
		want   aura.Kind
	}{
		"no proof":      {func(b *compose.Bundle) { b.Certificate.LinkOK = false }, needs, aura.Denied},
		"other image":   {func(b *compose.Bundle) { b.Certificate.Images = [][32]byte{{1}} }, needs, aura.Denied},
		"no contracts":  {dynamic, compose.Needs{Mode: machine.DeterminismFull, Scheduler: machine.SchedulerCooperative}, aura.Denied},
		"scheduler":     {nil, compose.Needs{Mode: machine.DeterminismFull, Scheduler: machine.SchedulerPriorityFixed, Contracts: needs.Contracts}, aura.Denied},
		"mode":          {nil, compose.Needs{Mode: machine.DeterminismModuloEffects, Scheduler: machine.SchedulerCooperative, Contracts: needs.Contracts}, aura.Denied},
		"output gating": {func(b *compose.Bundle) { b.Certificate.OutputGating = true }, needs, aura.Denied},
		"no name":       {func(b *compose.Bundle) { b.ID = "" }, needs, aura.Invalid},
	} {
		var r compose.Runtime
		if err := r.Admit(bundle(t, "x", c.change), c.needs); !errors.Is(err, c.want) || len(r.Bundles()) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinkJoinsWhatIsDisjointAndFits(t *testing.T) {
	asks := func(b *compose.Bundle) { b.Imports, b.Sessions = []string{"vote"}, []aura.SessionID{s1} }
	gives := func(b *compose.Bundle) { b.Exports, b.Sessions = []string{"vote"}, []aura.SessionID{s2} }
	var r compose.Runtime
	admit(t, &r, bundle(t, "asks", asks))
	admit(t, &r, bundle(t, "other", nil))
	if _, err := r.Link("asks", "other", "both"); !errors.Is(err, aura.Denied) {
		t.Fatal(err)
	}
	if err := r.Admit(bundle(t, "overlaps", asks), needs); !errors.Is(err, aura.Conflict) {
		t.Fatal(err)
	}
	admit(t, &r, bundle(t, "gives", gives))
	if err := r.Route(s1, s2, own.Capability{Scope: own.Whole()}); !errors.Is(err, aura.Denied) {
		t.Fatalf("a route across a boundary: %v", err)
	}
	b, err := r.Link("asks", "gives", "both")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"both", "other"}, r.Bundles()); diff != "" {
		t.Fatal(diff)
	}
	if err := r.Route(s1, s2, own.Capability{Scope: b.Scope}); err != nil {
		t.Fatal(err)
	}
	if err := r.Route(s1, s2, own.Capability{Scope: own.Fragments("bundle:other")}); !errors.Is(err, aura.Denied) {
		t.Fatal(err)
	}
}

func TestADelegationMovesTheWholeFootprint(t *testing.T) {
	var r compose.Runtime
	admit(t, &r, bundle(t, "x", nil))
	if err := r.Register(ada, "x", s1); err != nil {
		t.Fatal(err)
	}
	if err := r.Register(ben, "x", s1); !errors.Is(err, aura.Conflict) {
		t.Fatal(err)
	}
	d, err := r.Delegate(s1, "x", ada, ben)
	if err != nil {
		t.Fatal(err)
	}
	want := compose.Delegation{
		Session: s1, Bundle: "x", From: ada, To: ben,
		FromBefore: compose.Footprint{Native: []aura.SessionID{s1}},
		FromAfter:  compose.Footprint{Native: []aura.SessionID{s1}, DelegatedOut: []aura.SessionID{s1}},
		ToAfter:    compose.Footprint{DelegatedIn: []aura.SessionID{s1}},
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Fatal(diff)
	}
	cleo := aura.AuthorityID{3}
	for _, step := range []struct {
		from, to aura.AuthorityID
		want     error
	}{{ada, ben, aura.Stale}, {ben, cleo, nil}, {ben, ada, aura.Stale}, {cleo, ada, nil}} {
		if _, err := r.Delegate(s1, "x", step.from, step.to); !errors.Is(err, step.want) {
			t.Fatal(err)
		}
	}
	// It came home: no other authority has a trace of it.
	if diff := cmp.Diff(compose.Footprint{Native: []aura.SessionID{s1}}, r.Footprint(ada)); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff(compose.Footprint{}, r.Footprint(ben)); diff != "" {
		t.Fatal(diff)
	}
}

func here(members ...string) (out []compose.Placement) {
	for _, m := range members {
		out = append(out, compose.Placement{Member: m})
	}
	return out
}

func TestAPlanIsTakenWholeOrNotAtAll(t *testing.T) {
	var r compose.Runtime
	admit(t, &r, bundle(t, "x", dynamic))
	good := compose.Step{Next: []string{"b", "c"}, Placements: []compose.Placement{{Member: "b"}, {Member: "c", Endpoint: "far"}},
		Renames: compose.Renaming{"Voter[0]": "Voter[1]"}}
	for name, bad := range map[string]compose.Step{
		"nobody":        {},
		"nobody stays":  {Next: []string{"d"}, Placements: here("d")},
		"no place":      {Next: []string{"b", "d"}, Placements: here("b")},
		"strange place": {Next: []string{"b"}, Placements: []compose.Placement{{Member: "b", Peer: "elsewhere"}}},
		"two become one": {Next: []string{"b"}, Placements: here("b"),
			Renames: compose.Renaming{"Chair": "Voter[1]"}},
	} {
		_, err := r.Reconfigure("x", compose.Plan{ID: "p", Steps: []compose.Step{good, bad}, Protocol: vote})
		m, _ := r.Membership("x")
		if err == nil || m.Epoch != 0 || len(m.Events) != 0 {
			t.Errorf("%s: %v, %+v", name, err, m)
		}
	}
	x, err := r.Reconfigure("x", compose.Plan{ID: "p", Steps: []compose.Step{good}, Protocol: vote})
	if err != nil || !x.HarmonyChecked || x.Epoch != 1 || x.Boundaries[0].Kinds["c"] != compose.BoundaryNetwork {
		t.Fatal(x, err)
	}
	m, _ := r.Membership("x")
	if diff := cmp.Diff([]string{"b", "c"}, m.Members); diff != "" {
		t.Fatal(diff)
	}
	if e := m.Events[0]; !cmp.Equal(e.Added, []string{"c"}) || !cmp.Equal(e.Removed, []string{"a"}) || !e.OverlapPreserved {
		t.Fatal(e)
	}
	snapshot := r.Snapshot()
	if err := r.Restore(snapshot); err != nil {
		t.Fatal(err)
	}
	snapshot.Bundles[0].Membership.Members = []string{"z"}
	if err := r.Restore(snapshot); !errors.Is(err, aura.Corrupt) {
		t.Fatal(err)
	}
}

func TestMembersOfAFixedBundleStay(t *testing.T) {
	var r compose.Runtime
	admit(t, &r, bundle(t, "x", nil))
	if _, err := r.Reconfigure("x", compose.Plan{ID: "p", Steps: []compose.Step{{Next: []string{"a"}, Placements: here("a")}}}); !errors.Is(err, aura.Denied) {
		t.Fatal(err)
	}
}

func TestUpgradesRecordEveryPhase(t *testing.T) {
	valid := func() compose.UpgradeRequest {
		return compose.UpgradeRequest{
			ID: "u", Plan: compose.Plan{ID: "p", Steps: []compose.Step{{Next: []string{"a", "c"}, Placements: here("a", "c")}}},
			Execution: compose.ExecutionPreserveProfile, OwnershipContinuity: true, Pending: compose.PendingPreserve, Publications: compose.PublicationPreserveCanonical,
		}
	}
	for name, c := range map[string]struct {
		change func(*compose.UpgradeRequest)
		want   []compose.Phase
	}{
		"good":        {func(*compose.UpgradeRequest) {}, []compose.Phase{compose.PhaseStaged, compose.PhasePermitted, compose.PhaseCommitted}},
		"bad step":    {func(q *compose.UpgradeRequest) { q.Plan.Steps[0].Placements = nil }, []compose.Phase{compose.PhaseStaged, compose.PhasePermitted, compose.PhaseRolledBack}},
		"no plan":     {func(q *compose.UpgradeRequest) { q.Plan.Steps = nil }, []compose.Phase{compose.PhaseStaged, compose.PhaseFailed}},
		"nobody owns": {func(q *compose.UpgradeRequest) { q.Plan.Steps[0].Next = []string{"c"} }, []compose.Phase{compose.PhaseStaged, compose.PhaseFailed}},
		"both": {func(q *compose.UpgradeRequest) {
			q.CarriedPublications, q.InvalidatedPublications = []string{"p"}, []string{"p"}
		}, []compose.Phase{compose.PhaseStaged, compose.PhaseFailed}},
		"blocked":   {func(q *compose.UpgradeRequest) { q.Pending = compose.PendingInvalidateBlocked }, []compose.Phase{compose.PhaseStaged, compose.PhaseFailed}},
		"truth":     {func(q *compose.UpgradeRequest) { q.InvalidatedPublications = []string{"p"} }, []compose.Phase{compose.PhaseStaged, compose.PhaseFailed}},
		"execution": {func(q *compose.UpgradeRequest) { q.Mode = machine.DeterminismModuloEffects }, []compose.Phase{compose.PhaseStaged, compose.PhaseFailed}},
	} {
		t.Run(name, func(t *testing.T) {
			var r compose.Runtime
			admit(t, &r, bundle(t, "x", dynamic))
			q := valid()
			c.change(&q)
			x, err := r.Upgrade("x", q)
			if diff := cmp.Diff(c.want, x.Phases); diff != "" {
				t.Fatal(diff)
			}
			committed := x.Phases[len(x.Phases)-1] == compose.PhaseCommitted
			m, _ := r.Membership("x")
			if (err == nil) != committed || (m.Epoch == 1) != committed || len(m.Upgrades) != 1 || (x.Reason == "") != committed {
				t.Fatal(err, m)
			}
			if diff := cmp.Diff(x, m.Upgrades[0]); diff != "" {
				t.Errorf("another execution is recorded: %s", diff)
			}
		})
	}
}

// TestALinkedBundleHasWhatBothHave: the members and exports of either, each once and sorted, and only the evidence
// that holds for both.
func TestALinkedBundleHasWhatBothHave(t *testing.T) {
	var r compose.Runtime
	admit(t, &r, bundle(t, "x", func(b *compose.Bundle) {
		b.Members, b.Exports = []string{"c", "a"}, []string{"vote", "buy"}
		b.Certificate.Modes = []machine.Determinism{machine.DeterminismModuloEffects, machine.DeterminismFull}
		b.Certificate.Schedulers = []machine.Scheduler{machine.SchedulerPriorityFixed, machine.SchedulerCooperative}
	}))
	admit(t, &r, bundle(t, "y", func(b *compose.Bundle) {
		b.Members, b.Exports = []string{"b", "a"}, []string{"buy", "ask"}
		b.Certificate.Modes = []machine.Determinism{machine.DeterminismFull, machine.DeterminismModuloCommutativity}
		b.Certificate.Schedulers = []machine.Scheduler{machine.SchedulerCooperative, machine.SchedulerRoundRobin}
	}))
	if _, err := r.Link("x", "y", "both"); err != nil {
		t.Fatal(err)
	}
	b, err := r.Bundle("both")
	if err != nil {
		t.Fatal(err)
	}
	x := b.Images[0].Digest()
	b.Images = nil
	want := compose.Bundle{
		ID: "both", Members: []string{"a", "b", "c"}, Exports: []string{"ask", "buy", "vote"},
		Certificate: compose.Certificate{
			Artifact: "x+y", Images: [][32]byte{x, x}, LinkOK: true, Modes: []machine.Determinism{machine.DeterminismFull}, Schedulers: []machine.Scheduler{machine.SchedulerCooperative},
		},
	}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Error(diff)
	}
}
