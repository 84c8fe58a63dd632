package choreo_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

func send(to choreo.Role, branches ...choreo.LocalBranch) choreo.Local {
	return &choreo.LocalSend{Partner: to, Branches: branches}
}

func recv(from choreo.Role, branches ...choreo.LocalBranch) choreo.Local {
	return &choreo.LocalRecv{Partner: from, Branches: branches}
}

func on(name string, next choreo.Local) choreo.LocalBranch {
	return choreo.LocalBranch{Label: choreo.Label{Name: name}, Next: next}
}

func rec(name string, body choreo.Local) choreo.Local {
	return &choreo.LocalRec{Var: name, Body: body}
}

var (
	end = choreo.LocalEnd{}
	x   = choreo.LocalVar{Var: "x"}
)

func TestSubtyping(t *testing.T) {
	nat := choreo.LocalBranch{Label: choreo.Label{Name: "a", Sort: choreo.Sort{Kind: choreo.SortNat}}, Next: end}
	typed := choreo.LocalBranch{Label: choreo.Label{Name: "a", Payload: "shop.Item"}, Next: end}
	for _, c := range []struct {
		name        string
		sub, sup    choreo.Local
		sync, async aura.Kind // 0 is a subtype
	}{
		{"equal", send("B", on("a", end)), send("B", on("a", end)), 0, 0},
		{"an output may offer less", send("B", on("a", end)), send("B", on("a", end), on("b", end)), 0, 0},
		{"and not more", send("B", on("a", end), on("b", end)), send("B", on("a", end)), aura.Invalid, aura.Invalid},
		{"an input may accept more", recv("B", on("a", end), on("b", end)), recv("B", on("a", end)), 0, 0},
		{"and not less", recv("B", on("a", end)), recv("B", on("a", end), on("b", end)), aura.Invalid, aura.Invalid},
		{"another partner", send("B", on("a", end)), send("C", on("a", end)), aura.Invalid, aura.Invalid},
		{"another sort", send("B", nat), send("B", on("a", end)), aura.Invalid, aura.Invalid},
		{"another payload", recv("B", typed), recv("B", on("a", end)), aura.Invalid, aura.Invalid},
		{"done too early", end, send("B", on("a", end)), aura.Invalid, aura.Invalid},
		{"names of variables do not matter", rec("x", send("B", on("a", x))),
			rec("y", send("B", on("a", choreo.LocalVar{Var: "y"}))), 0, 0},
		{"unfolded once", rec("x", send("B", on("a", x))), send("B", on("a", rec("x", send("B", on("a", x))))), 0, 0},
		{"inner and outer loop", rec("x", send("B", on("a", rec("y", recv("B", on("b", choreo.LocalVar{Var: "y"}), on("c", x)))))),
			rec("x", send("B", on("a", rec("x", recv("B", on("b", x), on("c", end)))))), aura.Invalid, aura.Invalid},
		{"a send before a receive", send("B", on("a", recv("B", on("b", end)))), recv("B", on("b", send("B", on("a", end)))), aura.Invalid, 0},
		{"never a receive before a send", recv("B", on("b", send("B", on("a", end)))), send("B", on("a", recv("B", on("b", end)))), aura.Invalid, aura.Invalid},
		{"a send before one to another", send("B", on("a", send("C", on("b", end)))), send("C", on("b", send("B", on("a", end)))), aura.Invalid, 0},
		{"sends to one partner keep their order", send("B", on("a", send("B", on("b", end)))), send("B", on("b", send("B", on("a", end)))), aura.Invalid, aura.Invalid},
		{"a receive before one from another", recv("B", on("a", recv("C", on("b", end)))), recv("C", on("b", recv("B", on("a", end)))), aura.Invalid, 0},
		{"receives from one partner keep their order", recv("B", on("a", recv("B", on("b", end)))), recv("B", on("b", recv("B", on("a", end)))), aura.Invalid, aura.Invalid},
		{"a send before a choice of others", send("C", on("go", recv("B", on("a", end), on("b", end)))),
			recv("B", on("a", send("C", on("go", end))), on("b", send("C", on("go", end)))), aura.Invalid, 0},
		{"only if every outcome has it", send("C", on("go", recv("B", on("a", end), on("b", end)))),
			recv("B", on("a", send("C", on("go", end))), on("b", end)), aura.Invalid, aura.Invalid},
		{"the sender may have meant any of its choices", send("B", on("go", send("C", on("b", end)))),
			send("C", on("a", send("B", on("go", end))), on("b", send("B", on("go", end)))), aura.Invalid, 0},
		{"but one of them", send("B", on("go", send("C", on("c", end)))),
			send("C", on("a", send("B", on("go", end))), on("b", send("B", on("go", end)))), aura.Invalid, aura.Invalid},
		{"in a loop", rec("x", send("B", on("a", recv("C", on("b", x))))), rec("x", recv("C", on("b", send("B", on("a", x))))), aura.Invalid, 0},
		{"a message is put off for ever", rec("x", send("B", on("a", x))), recv("C", on("b", rec("x", send("B", on("a", x))))), aura.Invalid, aura.Invalid},
		{"one more is put off each round", rec("x", send("B", on("a", x))), rec("x", recv("C", on("b", send("B", on("a", x))))), aura.Invalid, aura.Exhausted},
		{"unguarded", rec("x", x), end, aura.Invalid, aura.Invalid},
		{"unbound", x, end, aura.Invalid, aura.Invalid},
		{"nothing to choose", send("B"), end, aura.Invalid, aura.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := choreo.Subtype(c.sub, c.sup); aura.KindOf(err) != c.sync {
				t.Errorf("sync: want %v, got %v", c.sync, err)
			}
			if err := choreo.AsyncSubtype(c.sub, c.sup); aura.KindOf(err) != c.async {
				t.Errorf("async: want %v, got %v", c.async, err)
			}
		})
	}
}

// mutate changes a local type in one place: it exchanges two steps, drops a branch or a step, or adds one.
func mutate(t *rapid.T, l choreo.Local) choreo.Local {
	branches := func(in []choreo.LocalBranch) []choreo.LocalBranch {
		out := append([]choreo.LocalBranch(nil), in...)
		switch rapid.IntRange(0, 4).Draw(t, "mutation") {
		case 0:
			if len(out) > 1 {
				return out[:len(out)-1]
			}
		case 1:
			return append(out, on("extra", end))
		default:
			i := rapid.IntRange(0, len(out)-1).Draw(t, "branch")
			out[i].Next = mutate(t, out[i].Next)
		}
		return out
	}
	if rapid.IntRange(0, 2).Draw(t, "exchange") == 0 {
		if out, ok := exchange(l); ok {
			return out
		}
	}
	switch l := l.(type) {
	case *choreo.LocalSend:
		return &choreo.LocalSend{Partner: l.Partner, Branches: branches(l.Branches)}
	case *choreo.LocalRecv:
		return &choreo.LocalRecv{Partner: l.Partner, Branches: branches(l.Branches)}
	case *choreo.LocalRec:
		return &choreo.LocalRec{Var: l.Var, Body: mutate(t, l.Body)}
	}
	return l
}

// exchange swaps the first two steps if each is a single message.
func exchange(l choreo.Local) (choreo.Local, bool) {
	single := func(l choreo.Local) (rebuild func(choreo.Local) choreo.Local, next choreo.Local) {
		switch l := l.(type) {
		case *choreo.LocalSend:
			if len(l.Branches) == 1 {
				return func(next choreo.Local) choreo.Local {
					return send(l.Partner, choreo.LocalBranch{Label: l.Branches[0].Label, Next: next})
				}, l.Branches[0].Next
			}
		case *choreo.LocalRecv:
			if len(l.Branches) == 1 {
				return func(next choreo.Local) choreo.Local {
					return recv(l.Partner, choreo.LocalBranch{Label: l.Branches[0].Label, Next: next})
				}, l.Branches[0].Next
			}
		}
		return nil, nil
	}
	first, rest := single(l)
	if first == nil {
		return nil, false
	}
	second, rest := single(rest)
	if second == nil {
		return nil, false
	}
	return second(first(rest)), true
}

// A subtype may stand in for the role among any other roles: none gets stuck, no message is left over.
func TestSubtypesAreSafeInPlaceOfTheRole(t *testing.T) {
	tried, replaced := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		g := wellInformed(t)
		parts, err := partsOf(g)
		if err != nil || len(parts) == 0 {
			return
		}
		role := rapid.SampledFrom(choreo.RolesOf(g)).Draw(t, "role")
		sub := mutate(t, parts[role])
		tried++
		sync, async := choreo.Subtype(sub, parts[role]), choreo.AsyncSubtype(sub, parts[role])
		if sync == nil && async != nil && aura.KindOf(async) != aura.Exhausted {
			t.Fatalf("%s is a subtype of %s and not an asynchronous one: %v", sub, parts[role], async)
		}
		if async != nil {
			return
		}
		if !choreo.EqualLocal(sub, parts[role]) {
			replaced++
		}
		w := newWorld(t, parts)
		w.parts[role] = unfoldLocal(sub)
		if err := w.run(60); err != nil {
			t.Fatalf("%s\n%s in place of %s: %v", g, sub, parts[role], err)
		}
	})
	if replaced == 0 {
		t.Errorf("none of %d mutants was a proper subtype", tried)
	}
	t.Logf("%d of %d mutants were proper subtypes", replaced, tried)
}

func TestVersionsAreComparedForEachRole(t *testing.T) {
	instance := func(text string) *choreo.Instance {
		p := load(t, "version", text)
		inst, err := p.Instantiate(p.ProbeBinding())
		if err != nil {
			t.Fatal(err)
		}
		return inst
	}
	old := instance("protocol P =\n  roles A, B, C\n  A -> B : Ask\n  B -> A : Yes\n  B -> C : Told\n")
	updated := instance("protocol P =\n  roles A, B, D\n  A -> B : Ask\n  choice B at\n    | Yes => B -> A : Yes\n    | No => B -> A : No\n  D -> A : New\n")
	got, err := choreo.Compare(old, updated)
	if err != nil {
		t.Fatal(err)
	}
	want := []choreo.Comparison{
		{Role: "A", Verdict: choreo.VerdictIncompatible}, // it now waits for D
		{Role: "B", Verdict: choreo.VerdictIncompatible}, // it may say No, and does not tell C
		{Role: "C", Verdict: choreo.VerdictRemoved},
		{Role: "D", Verdict: choreo.VerdictAdded},
	}
	if len(got) != len(want) {
		t.Fatalf("verdicts %v", got)
	}
	for i, c := range got {
		if c.Role != want[i].Role || c.Verdict != want[i].Verdict || (c.Reason == nil) != (c.Verdict != choreo.VerdictIncompatible) {
			t.Errorf("want %s %s, got %s %s (%v)", want[i].Role, want[i].Verdict, c.Role, c.Verdict, c.Reason)
		}
	}
	for _, c := range []struct {
		name     string
		old, new choreo.Local
		want     choreo.Verdict
	}{
		{"same", send("B", on("a", end)), send("B", on("a", end)), choreo.VerdictUnchanged},
		{"accepts more", recv("B", on("a", end)), recv("B", on("a", end), on("b", end)), choreo.VerdictRefined},
		{"sends earlier", recv("B", on("b", send("B", on("a", end)))), send("B", on("a", recv("B", on("b", end)))), choreo.VerdictReordered},
		{"too much put off", rec("x", recv("C", on("b", send("B", on("a", x))))), rec("x", send("B", on("a", x))), choreo.VerdictUndecided},
	} {
		if got, err := choreo.CompareLocal(c.old, c.new); got != c.want || got.Compatible() != (err == nil) {
			t.Errorf("%s: want %s, got %s (%v)", c.name, c.want, got, err)
		}
	}
}
