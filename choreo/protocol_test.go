package choreo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/syntax"
)

func passing(t testing.TB, name string) *choreo.Protocol {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "pass", name+".tell"))
	if err != nil {
		t.Fatal(err)
	}
	return load(t, name, string(text))
}

func TestFamiliesNeedABindingThatFits(t *testing.T) {
	for _, c := range []struct {
		name, protocol string
		binding        choreo.Binding
		kind           aura.Kind
		code           string
	}{
		{"no size", "family", nil, aura.Invalid, "UnboundSymbolic"},
		{"nobody", "family", choreo.Binding{"N": 0}, aura.Invalid, "FamilySize"},
		{"too many", "family", choreo.Binding{"N": 10_001}, aura.Invalid, "FamilySize"},
		{"no index", "family-index", choreo.Binding{"Screen": 1}, aura.Invalid, "UnboundSymbolic"},
		{"index without member", "family-index", choreo.Binding{"Screen": 1, "k": 4}, aura.Invalid, "InvalidRange"},
		{"negative index", "family-index", choreo.Binding{"Screen": 1, "k": -1}, aura.Invalid, "InvalidRange"},
		{"no count", "loop-repeat", nil, aura.Invalid, "UnboundSymbolic"},
		{"count too large", "loop-repeat", choreo.Binding{"K": 1 << 20}, aura.Invalid, "RepeatCount"},
		{"no rounds", "loop-repeat", choreo.Binding{"K": 0}, 0, ""},
		{"less than none", "loop-repeat", choreo.Binding{"K": -1}, aura.Invalid, "RepeatCount"},
		{"one", "family", choreo.Binding{"N": 1}, 0, ""},
		{"the largest", "family", choreo.Binding{"N": 10_000}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := passing(t, c.protocol).Instantiate(c.binding)
			if aura.KindOf(err) != c.kind {
				t.Fatalf("want %v, got %v", c.kind, err)
			}
			var problems syntax.Diagnostics
			if errors.As(err, &problems); err != nil && problems[0].Code != c.code {
				t.Errorf("want %s, got %v", c.code, problems)
			}
		})
	}
}

func TestRangesAreBounded(t *testing.T) {
	p := load(t, "range", "protocol P =\n  roles Hub, W[N]\n  Hub -> W[0..k] : M\n")
	for k, fits := range map[int]bool{0: false, 1: true, 1_000: true, 1_001: false} {
		inst, err := p.Instantiate(choreo.Binding{"N": 2_000, "k": k})
		if (err == nil) != fits || err != nil && aura.KindOf(err) != aura.Invalid {
			t.Errorf("%d members: %v", k, err)
		}
		if err == nil && len(inst.Roles) != 2_001 {
			t.Errorf("%d members: %d roles", k, len(inst.Roles))
		}
	}
}

// TestALoopIsToldByItsFirstMessage: a statement that sends nothing, such as observe, may stand before the message by
// which the other roles learn of the loop's decision.
func TestALoopIsToldByItsFirstMessage(t *testing.T) {
	const text = "effect Gate\n  observe load : Unit -> Number { class : observational }\n" +
		"protocol P uses Gate =\n  roles A, B\n  loop decide by A\n    observe let n = observe Gate.load()\n    A -> B : M\n"
	inst, err := load(t, "told", text).Instantiate(nil)
	if err != nil {
		t.Fatal(err)
	}
	local, err := inst.Local("B")
	if err != nil {
		t.Fatal(err)
	}
	if got := local.String(); !strings.Contains(got, "M") || !strings.Contains(got, "Done") {
		t.Errorf("B does not learn of the end: %s", got)
	}
}

func TestAllToAllIsBounded(t *testing.T) {
	p := load(t, "gossip", "protocol Gossip =\n  roles W[N]\n  W[*] -> W[*] : Rumour\n")
	inst, err := p.Instantiate(choreo.Binding{"N": 3})
	if err != nil {
		t.Fatal(err)
	}
	local, err := inst.Local("W[1]")
	if err != nil {
		t.Fatal(err)
	}
	if want := "W[0]?:Rumour. W[0]!:Rumour. W[2]!:Rumour. W[2]?:Rumour. end"; local.String() != want {
		t.Errorf("want %s, got %s", want, local)
	}
	if _, err := p.Instantiate(choreo.Binding{"N": 10_000}); aura.KindOf(err) != aura.Exhausted {
		t.Errorf("want exhausted, got %v", err)
	}
}

func TestLocalRefusesStrangersAndWhatCannotRun(t *testing.T) {
	inst, err := passing(t, "family").Instantiate(choreo.Binding{"N": 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inst.Local("Voter[2]"); aura.KindOf(err) != aura.NotFound {
		t.Errorf("want not found, got %v", err)
	}
	inst, err = passing(t, "loop-while").Instantiate(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inst.Local("A"); aura.KindOf(err) != aura.Invalid || !strings.Contains(err.Error(), "loop decide by") {
		t.Errorf("want a reason, got %v", err)
	}
}

func TestSequencesOfChoicesCostTheirSizeOnce(t *testing.T) {
	var text strings.Builder
	text.WriteString("protocol Long =\n  roles A, B, C\n")
	for range 200 {
		text.WriteString("  choice A at\n    | Left => A -> B : Left\n    | Right => A -> B : Right\n")
	}
	text.WriteString("  A -> C : Done\n")
	inst, err := load(t, "long", text.String()).Instantiate(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range inst.Roles {
		l, err := inst.Local(role)
		if err != nil {
			t.Fatal(err)
		}
		if err := choreo.AsyncSubtype(l, l); err != nil {
			t.Error(err)
		}
	}
	if depth := choreo.DepthOf(inst.Global); depth != 201 {
		t.Errorf("depth %d", depth)
	}
	if _, err := choreo.EncodeGlobal(inst.Global); aura.KindOf(err) != aura.Exhausted {
		t.Errorf("writing out 2^200 parts: want exhausted, got %v", err)
	}
}

func TestSequencesOfLoopsCostTheirSizeOnce(t *testing.T) {
	text := "protocol Long =\n  roles A, B\n" + strings.Repeat(
		"  choice A at\n    | Left => A -> B : Left\n    | Right => A -> B : Right\n  loop decide by A\n    A -> B : More\n", 100)
	inst, err := load(t, "long", text).Instantiate(nil)
	if err != nil {
		t.Fatal(err)
	}
	local, err := inst.Local("B")
	if err != nil {
		t.Fatal(err)
	}
	table, err := choreo.NewTable(local)
	if err != nil {
		t.Fatal(err)
	}
	if len(table.States) != 201 { // 100 choices, 100 loops, the end
		t.Errorf("%d states", len(table.States))
	}
}

func TestTablesGoBackToTheRightBinder(t *testing.T) {
	inst, err := passing(t, "rec-shadow").Instantiate(nil)
	if err != nil {
		t.Fatal(err)
	}
	local, err := inst.Local("A")
	if err != nil {
		t.Fatal(err)
	}
	table, err := choreo.NewTable(local)
	if err != nil {
		t.Fatal(err)
	}
	step := func(from int, label string) int {
		for _, e := range table.States[from].Edges {
			if e.Label.Name == label {
				return e.Next
			}
		}
		t.Fatalf("state %d has no %s", from, label)
		return 0
	}
	inner := step(table.Start, "Outer")
	choice := step(inner, "Inner")
	if again := step(step(choice, "again"), "Again"); again != inner {
		t.Errorf("the inner continue goes to %d, not %d", again, inner)
	}
	if round := step(step(step(choice, "leave"), "Leave"), "Round"); round != table.Start {
		t.Errorf("the outer continue goes to %d, not %d", round, table.Start)
	}
}

func TestSitesCarryAnnotationsAndGuards(t *testing.T) {
	inst, err := passing(t, "guard").Instantiate(nil)
	if err != nil {
		t.Fatal(err)
	}
	local, err := inst.Local("C")
	if err != nil {
		t.Fatal(err)
	}
	branches := local.(*choreo.LocalSend).Branches
	want := []*choreo.Site{
		{
			Requirements: []choreo.Requirement{choreo.RequireCapability{Name: "work:start"}, choreo.RequireFlow{Cost: choreo.DefaultFlowCost}},
			Guard:        &choreo.Guard{Check: "Gate.ready", Args: "session", Witness: "proof"},
		},
		{Guard: &choreo.Guard{Predicate: "busy"}},
	}
	for i, b := range branches {
		if diff := cmp.Diff(want[i], inst.Site(b.Site)); diff != "" {
			t.Errorf("branch %s (-want +got):\n%s", b.Label, diff)
		}
	}
	if inst.Site(0) != nil || inst.Site(99) != nil {
		t.Error("a site that does not exist")
	}
}

func TestBranchesWithDifferentGuardsDoNotMerge(t *testing.T) {
	_, problems := choreo.Load("guards.tell", `protocol P =
  roles A, B, C
  choice A at
    | Left =>
      A -> B : Left
      C { flow_cost : 1 } -> B : Same
    | Right =>
      A -> B : Right
      C { flow_cost : 2 } -> B : Same
`)
	if len(problems) != 1 || problems[0].Code != string(choreo.CodeGuardMismatch) {
		t.Errorf("want a guard mismatch, got %v", problems)
	}
}

func TestCapabilityNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"chat:send": true, "chat:message:send-now_2": true, "module:weather:report": true, "module:weather:report:read": true,
		"chat": false, "": false, ":": false, "chat:": false, "cap:send": false, "Chat:send": false, "chat:2send": false,
		"chat:se nd": false, "module:weather": false, "module:weather:chat": false, "module:weather:read:x": false,
		"a:" + strings.Repeat("b", 300): false,
	} {
		if err := choreo.CheckCapability(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestHostileFilesAreRefusedInTime(t *testing.T) {
	repeat := func(n int, line func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(line(i))
		}
		return b.String()
	}
	crowd := repeat(20_000, func(i int) string { return fmt.Sprintf(", R%d", i) })
	for name, text := range map[string]string{
		"many roles": "protocol P =\n  roles A, B" + crowd + "\n  A ->* : M\n",
		"many unknown roles": "protocol P =\n  roles A, B" + crowd + "\n" +
			repeat(20_000, func(i int) string { return fmt.Sprintf("  X%d -> Y%d : M\n", i, i) }),
		"many transfers": "protocol P =\n  roles A, B\n" +
			repeat(20_000, func(i int) string { return fmt.Sprintf("  let t%d = transfer S from A to B\n", i) }) + "  A -> B : M\n",
		"many branches": "protocol P =\n  roles A, B\n  choice A at\n" +
			repeat(20_000, func(i int) string { return fmt.Sprintf("    | L%d => A -> B : L%d\n", i, i) }),
		"doubling calls": "protocol P =\n  roles A, B\n  call H0\nwhere\n" +
			repeat(40, func(i int) string { return fmt.Sprintf("  protocol H%d = { call H%d call H%d }\n", i, i+1, i+1) }) +
			"  protocol H40 = { A -> B : M }\n",
		"more than a text may have": strings.Repeat(" ", 5<<20),
	} {
		t.Run(name, func(t *testing.T) {
			p, problems := choreo.Load("hostile", text)
			if p != nil || len(problems) == 0 || len(problems) > 1000 {
				t.Errorf("accepted, or %d problems", len(problems))
			}
		})
	}
}

func TestManifestTakesDefaultsAndInfersALoneBundle(t *testing.T) {
	p := load(t, "m", "proof_bundle Only requires [a, b]\nprotocol MyThing =\n  roles A, B\n  A -> B : M\n")
	m := p.Manifest(choreo.Defaults{Policy: "p", Capabilities: []string{"c"}})
	want := choreo.Manifest{
		ProtocolName: "MyThing", QualifiedName: "MyThing", ProtocolID: "aura.my_thing", RoleNames: []string{"A", "B"},
		RequiredCapabilities:            []string{"c"},
		TheoremPacks:                    []choreo.ProofBundle{{Name: "Only", Capabilities: []string{"a", "b"}}},
		RequiredTheoremPacks:            []string{"Only"},
		RequiredTheoremPackCapabilities: []string{"a", "b"},
		DeterminismPolicyRef:            "p",
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back choreo.Manifest
	if err := json.Unmarshal(data, &back); err != nil || !cmp.Equal(m, back) {
		t.Errorf("%s became %+v: %v", data, back, err)
	}
}

func TestRoleNames(t *testing.T) {
	for role, want := range map[choreo.Role]struct {
		family string
		index  int
	}{"A": {"A", -1}, "W[2]": {"W", 2}, "W[x]": {"W[x]", -1}, "W[-1]": {"W[-1]", -1}, "W[": {"W[", -1}, "[1]": {"", 1}} {
		if family, index := role.Family(); family != want.family || index != want.index {
			t.Errorf("%s: %s %d", role, family, index)
		}
	}
	if choreo.Member("W", 2).Compare(choreo.Member("W", 10)) >= 0 {
		t.Error("W[2] comes before W[10]")
	}
}

// TestALongTypeIsCutVisibly: the text of a type holds every alternative, or ends where it says that more would follow.
func TestALongTypeIsCutVisibly(t *testing.T) {
	for n := 4090; n <= 4100; n++ {
		global := &choreo.GlobalComm{From: "A", To: "B", Branches: make([]choreo.GlobalBranch, n)}
		local := &choreo.LocalSend{Partner: "B", Branches: make([]choreo.LocalBranch, n)}
		for i := range n {
			global.Branches[i] = choreo.GlobalBranch{Label: choreo.Label{Name: "m"}, Next: choreo.GlobalEnd{}}
			local.Branches[i] = choreo.LocalBranch{Label: choreo.Label{Name: "m"}, Next: choreo.LocalEnd{}}
		}
		for name, text := range map[string]string{"global": global.String(), "local": local.String()} {
			whole := strings.Count(text, "|") == n-1 && strings.Count(text, "end") == n
			if cut := strings.Contains(text, "…"); cut == whole || cut != (n > 4095) {
				t.Errorf("%s type of %d alternatives: %d are there, cut %t", name, n, strings.Count(text, "end"), cut)
			}
		}
	}
}
