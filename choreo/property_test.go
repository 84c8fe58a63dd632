package choreo_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// partsOf projects g for all its roles.
func partsOf(g choreo.Global) (map[choreo.Role]choreo.Local, error) {
	parts := map[choreo.Role]choreo.Local{}
	for _, r := range choreo.RolesOf(g) {
		l, err := choreo.Project(g, r)
		if err != nil {
			return nil, err
		}
		parts[r] = l
	}
	return parts, nil
}

func TestInformedRolesCanAlwaysBeProjectedOrTheReasonIsNamed(t *testing.T) {
	projected := 0
	rapid.Check(t, func(t *rapid.T) {
		g := wellInformed(t)
		if err := choreo.WellFormed(g); err != nil {
			t.Fatalf("%s: %v", g, err)
		}
		if _, err := partsOf(g); err != nil {
			requireFlaw(t, err)
			return
		}
		projected++
	})
	if projected == 0 {
		t.Error("no type could be projected")
	}
}

func requireFlaw(t *rapid.T, err error) *choreo.Flaw {
	var flaw *choreo.Flaw
	if !errors.As(err, &flaw) || flaw.Code == "" || flaw.Detail == "" || aura.KindOf(err) != aura.Invalid {
		t.Fatalf("an error without a reason: %#v", err)
	}
	return flaw
}

func TestProjectedRolesNeverGetStuckAndFollowTheGlobalType(t *testing.T) {
	for name, gen := range map[string]func(*rapid.T) choreo.Global{"informed": wellInformed, "any": wellFormed} {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			g := gen(t)
			parts, err := partsOf(g)
			if err != nil {
				return
			}
			w := newWorld(t, parts)
			if err := w.run(60); err != nil {
				t.Fatalf("%s\n%v\n%v", g, parts, err)
			}
			if err := conforms(g, w.sent); err != nil {
				t.Fatalf("%s\n%v\n%v", g, w.sent, err)
			}
		}))
	}
}

func TestEveryIllFormedTypeIsRefusedWithAReason(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := illFormed(t)
		if len(choreo.Flaws(g)) == 0 {
			t.Fatalf("accepted: %v", g)
		}
		requireFlaw(t, choreo.WellFormed(g))
		_, err := choreo.Project(g, "A")
		requireFlaw(t, err)
	})
}

func TestInterchangeIsReadBackUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := wellFormed(t)
		data, err := choreo.EncodeGlobal(g)
		if err != nil {
			t.Fatal(err)
		}
		back, err := choreo.DecodeGlobal(data)
		if err != nil || !choreo.EqualGlobal(g, back) {
			t.Fatalf("%s became %v: %v", g, back, err)
		}
		for _, r := range choreo.RolesOf(g) {
			l, err := choreo.Project(g, r)
			if err != nil {
				continue
			}
			data, err := choreo.EncodeLocal(l)
			if err != nil {
				t.Fatal(err)
			}
			back, err := choreo.DecodeLocal(data)
			if err != nil || !choreo.EqualLocal(l, back) {
				t.Fatalf("%s became %v: %v", l, back, err)
			}
		}
	})
}

func TestUnfoldingDoesNotChangeBehaviour(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := wellFormed(t)
		for _, r := range choreo.RolesOf(g) {
			a, err := choreo.Project(g, r)
			b, errb := choreo.Project(choreo.Unfold(g), r)
			if err != nil || errb != nil {
				continue
			}
			if ab, ba := choreo.Subtype(a, b), choreo.Subtype(b, a); ab != nil || ba != nil {
				t.Fatalf("%s for %s: %s and %s differ: %v %v", g, r, a, b, ab, ba)
			}
		}
	})
}

func TestMergingIsIdempotentAndSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, errA := choreo.Project(wellFormed(t), "A")
		b, errB := choreo.Project(wellFormed(t), "A")
		if errA != nil || errB != nil {
			return
		}
		if m, err := choreo.Merge(a, a); err != nil || !choreo.EqualLocal(m, a) {
			t.Fatalf("%s merged with itself is %v: %v", a, m, err)
		}
		ab, errAB := choreo.Merge(a, b)
		ba, errBA := choreo.Merge(b, a)
		if (errAB == nil) != (errBA == nil) {
			t.Fatalf("%s and %s merge in one order only: %v %v", a, b, errAB, errBA)
		}
		if errAB == nil && (choreo.Subtype(ab, ba) != nil || choreo.Subtype(ba, ab) != nil) {
			t.Fatalf("%s and %s merge to %s and %s", a, b, ab, ba)
		}
	})
}

func TestDualOfDualIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, err := choreo.Project(wellFormed(t), "A")
		if err != nil {
			return
		}
		if diff := cmp.Diff(l.String(), choreo.Dual(choreo.Dual(l)).String()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestARoleThatDoesNotOccurIsDone: nothing that the others do or repeat leaves anything for it to do.
func TestARoleThatDoesNotOccurIsDone(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, g choreo.Global) {
		if l, err := choreo.Project(g, "Stranger"); err != nil || l != (choreo.LocalEnd{}) {
			t.Fatalf("%s leaves %v for a stranger, %v", g, l, err)
		}
	}
	message := func(next choreo.Global) choreo.Global {
		return &choreo.GlobalComm{From: "A", To: "B", Branches: []choreo.GlobalBranch{{Label: choreo.Label{Name: "m"}, Next: next}}}
	}
	loop := func(name string, body choreo.Global) choreo.Global { return &choreo.GlobalRec{Var: name, Body: body} }
	again := choreo.GlobalVar{Var: "x"}
	for _, g := range []choreo.Global{
		loop("x", message(again)),
		loop("x", message(loop("y", message(again)))), // for a stranger the inner loop goes back to the outer one at once
		loop("x", message(loop("x", message(again)))),
		loop("x", message(loop("y", loop("z", message(again))))),
	} {
		check(t, g)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, wellFormed(t)) })
}
