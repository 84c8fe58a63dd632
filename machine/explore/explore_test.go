package explore_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/explore"
)

func send(to choreo.Role, label string, next choreo.Local) choreo.Local {
	return &choreo.LocalSend{Partner: to, Branches: []choreo.LocalBranch{{Label: choreo.Label{Name: label}, Next: next}}}
}

func recv(from choreo.Role, label string, next choreo.Local) choreo.Local {
	return &choreo.LocalRecv{Partner: from, Branches: []choreo.LocalBranch{{Label: choreo.Label{Name: label}, Next: next}}}
}

var end = choreo.LocalEnd{}

func compile(t *testing.T, parts ...machine.Part) *machine.Image {
	t.Helper()
	im, err := machine.Compile("test", parts, machine.CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func TestWhatIsWrongIsFoundByAShortestRun(t *testing.T) {
	for name, c := range map[string]struct {
		a, b  choreo.Local
		want  explore.Problem
		steps int
	}{
		"both wait":        {recv("B", "M", end), recv("A", "M", end), explore.ProblemDeadlock, 0},
		"wrong message":    {send("B", "M", end), recv("A", "N", end), explore.ProblemUnexpected, 1},
		"nobody receives":  {send("B", "M", end), end, explore.ProblemOrphan, 1},
		"one waits longer": {send("B", "M", recv("B", "N", end)), recv("A", "M", end), explore.ProblemDeadlock, 2},
		"a way without end": {
			&choreo.LocalSend{Partner: "B", Branches: []choreo.LocalBranch{
				{Label: choreo.Label{Name: "Stop"}, Next: end},
				{Label: choreo.Label{Name: "Loop"}, Next: &choreo.LocalRec{Var: "x", Body: send("B", "Again", choreo.LocalVar{Var: "x"})}}}},
			&choreo.LocalRecv{Partner: "A", Branches: []choreo.LocalBranch{
				{Label: choreo.Label{Name: "Stop"}, Next: end},
				{Label: choreo.Label{Name: "Loop"}, Next: &choreo.LocalRec{Var: "x", Body: recv("A", "Again", choreo.LocalVar{Var: "x"})}}}},
			explore.ProblemNoEnd, 1},
	} {
		t.Run(name, func(t *testing.T) {
			for _, everything := range []bool{false, true} {
				r, err := explore.Image(compile(t, machine.Part{Role: "A", Local: c.a}, machine.Part{Role: "B", Local: c.b}), explore.Options{Everything: everything})
				if err != nil {
					t.Fatal(err)
				}
				if r.Counterexample == nil || r.Counterexample.Problem != c.want || len(r.Counterexample.Steps) != c.steps {
					t.Fatalf("%+v", r.Counterexample)
				}
			}
		})
	}
}

func TestACounterexampleNumbersItsSteps(t *testing.T) {
	r, err := explore.Image(compile(t, machine.Part{Role: "A", Local: send("B", "M", recv("B", "N", end))},
		machine.Part{Role: "B", Local: recv("A", "M", end)}), explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(r.Counterexample.String(), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], string(explore.ProblemDeadlock)+": ") ||
		!strings.HasPrefix(lines[1], "   1  ") || !strings.HasPrefix(lines[2], "   2  ") {
		t.Errorf("%q", lines)
	}
}

func TestAnImageOfOneRoleCannotBeExplored(t *testing.T) {
	_, err := explore.Image(compile(t, machine.Part{Role: "A", Local: send("B", "M", end)}), explore.Options{})
	if !errors.Is(err, aura.Invalid) {
		t.Fatal(err)
	}
}

// compiled returns the image of a text; nil for a protocol that is checked and not run.
func compiled(t *testing.T, file string) *machine.Image {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, problems := choreo.Load(file, string(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	inst, err := p.Instantiate(p.ProbeBinding())
	if err != nil || inst.Global == nil {
		return nil
	}
	im, err := machine.CompileInstance(inst)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// The corpus of the language is explored whole, with and without the reduction.
func TestTheCorpusIsSound(t *testing.T) {
	files, err := filepath.Glob("../../choreo/testdata/pass/*.tell")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			im := compiled(t, file)
			if im == nil {
				t.Skip("this protocol is checked and not run")
			}
			reduced, err := explore.Image(im, explore.Options{Paths: 8})
			if err != nil {
				t.Fatal(err)
			}
			whole, err := explore.Image(im, explore.Options{Everything: true, States: 20_000, Paths: 1})
			if err != nil {
				t.Fatal(err)
			}
			if reduced.Counterexample != nil || whole.Counterexample != nil {
				t.Fatal(reduced.Counterexample, whole.Counterexample)
			}
			if whole.Complete && (reduced.States > whole.States || (reduced.Ends == 0) != (whole.Ends == 0)) {
				t.Fatalf("the reduction visits %d states of %d", reduced.States, whole.States)
			}
		})
	}
}

// Many independent pairs have more states than fit, however many are asked for.
func TestMemoryBoundsAnExploration(t *testing.T) {
	var parts []machine.Part
	const pairs = 9
	for i := range pairs {
		a, b := choreo.Role(fmt.Sprint("A", i)), choreo.Role(fmt.Sprint("B", i))
		parts = append(parts, machine.Part{Role: a, Local: send(b, "M", end)}, machine.Part{Role: b, Local: recv(a, "M", end)})
	}
	im := compile(t, parts...)
	all, err := explore.Image(im, explore.Options{Everything: true, Paths: 1})
	if err != nil || !all.Complete || all.States != 19_683 { // 3^9
		t.Fatalf("%+v, %v", all, err)
	}
	some, err := explore.Image(im, explore.Options{Everything: true, Paths: 1, Bytes: 1 << 20})
	if err != nil || some.Complete || some.States > 4_000 || some.Counterexample != nil {
		t.Errorf("%+v, %v", some, err)
	}
}
