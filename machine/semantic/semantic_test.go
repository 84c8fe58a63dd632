package semantic_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/semantic"
)

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestOnlyEvidenceMakesAnOperationCanonical(t *testing.T) {
	var o semantic.Objects
	id := must[semantic.ID](t)
	op := id(o.Begin(1, "ada", "pay"))
	seen := id(o.Look(op, "Bank.glance", false))
	proof := id(o.Look(op, "Bank.check", true))
	other := id(o.Begin(1, "ada", "pay again"))
	for name, c := range map[string]struct {
		err  error
		want aura.Kind
	}{
		"what was observed": {o.Authorize(op, seen), aura.Denied},
		"another's proof":   {o.Authorize(other, proof), aura.NotFound},
		"out of order":      {func() error { _, err := o.Materialize(op, [32]byte{}); return err }(), aura.Conflict},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	if err := o.Authorize(op, proof); err != nil {
		t.Fatal(err)
	}
	m := id(o.Materialize(op, [32]byte{1}))
	e := id(o.Issue(op, "ship", 0))
	if _, err := o.Finalize(op, m); !errors.Is(err, aura.Conflict) {
		t.Fatalf("an effect is outstanding: %v", err)
	}
	if err := o.Complete(e, "ada"); err != nil {
		t.Fatal(err)
	}
	id(o.Finalize(op, m))
	if err := o.Invalidate(op, "too late"); !errors.Is(err, aura.Stale) {
		t.Fatal(err)
	}
	var stages []semantic.Stage
	for _, p := range o.Export().Publications {
		if p.Operation == op {
			stages = append(stages, p.Stage)
		}
	}
	want := []semantic.Stage{semantic.Observed, semantic.Authoritative, semantic.Materialized, semantic.Canonical}
	if diff := cmp.Diff(want, stages); diff != "" {
		t.Fatal(diff)
	}
}

func TestAnEffectFallsOneStageForEachBudget(t *testing.T) {
	var o semantic.Objects
	id := must[semantic.ID](t)
	op := id(o.Begin(1, "ada", "pay"))
	e := id(o.Issue(op, "ship", 10))
	for tick, want := range map[uint64]semantic.Progress{9: semantic.EffectPending} {
		o.Advance(tick)
		if got, _ := o.Effect(e); got.Status != want {
			t.Fatal(got)
		}
	}
	for _, c := range []struct {
		tick uint64
		want semantic.Progress
	}{{10, semantic.EffectBlocked}, {20, semantic.EffectNoProgress}, {30, semantic.EffectDegraded}, {40, semantic.EffectTimedOut}} {
		o.Advance(c.tick)
		if got, _ := o.Effect(e); got.Status != c.want {
			t.Fatalf("tick %d: %+v", c.tick, got)
		}
	}
	if err := o.Complete(e, "ada"); !errors.Is(err, aura.Stale) {
		t.Fatalf("a late result: %v", err)
	}
	again := id(o.Issue(op, "ship", 10))
	o.Advance(55)
	if err := o.Progressed(again); err != nil {
		t.Fatal(err)
	}
	o.Advance(64)
	if got, _ := o.Effect(again); got.Status != semantic.EffectPending {
		t.Fatal(got)
	}
}

func TestAHandoffMovesWhatIsPendingAndNothingElse(t *testing.T) {
	var o semantic.Objects
	id := must[semantic.ID](t)
	op := id(o.Begin(1, "ada", "pay"))
	proof := id(o.Look(op, "Bank.check", true))
	pending, blocked := id(o.Issue(op, "ship", 0)), id(o.Issue(op, "sign", 0))
	elsewhere := id(o.Begin(2, "ada", "other"))
	if err := o.Block(blocked); err != nil {
		t.Fatal(err)
	}
	o.Handoff(1, 7, "ada", "ben")
	for name, err := range map[string]error{"late": o.Complete(pending, "ada"), "blocked": o.Complete(blocked, "ben")} {
		if !errors.Is(err, aura.Stale) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := o.Complete(pending, "ben"); err != nil {
		t.Fatal(err)
	}
	moved, _ := o.Operation(op)
	stayed, _ := o.Operation(elsewhere)
	if moved.Owner != "ben" || !cmp.Equal(moved.Depends, []string{"handoff:1"}) || stayed.Owner != "ada" {
		t.Fatal(moved, stayed)
	}
	if err := o.Authorize(op, proof); err != nil {
		t.Fatal(err)
	}
	m := id(o.Materialize(op, [32]byte{}))
	if _, err := o.Finalize(op, m); !errors.Is(err, aura.Conflict) {
		t.Fatalf("an obligation is open: %v", err)
	}
	if err := o.Discharge(1); err != nil {
		t.Fatal(err)
	}
	id(o.Finalize(op, m))
}

func TestObjectsSurviveTheirEncoding(t *testing.T) {
	var o, again semantic.Objects
	id := must[semantic.ID](t)
	op := id(o.Begin(1, "ada", "pay"))
	id(o.Look(op, "glance", false))
	id(o.Look(op, "check", true))
	id(o.Issue(op, "ship", 5))
	o.Advance(6)
	if err := again.Decode(o.Encode()); err != nil {
		t.Fatal(err)
	}
	for _, x := range []*semantic.Objects{&o, &again} {
		x.Advance(12)
		id(x.Begin(1, "ada", "next"))
	}
	if diff := cmp.Diff(o.Export(), again.Export()); diff != "" {
		t.Fatal(diff)
	}
	for name, bad := range map[string]string{
		"schema":    `{"schema":"v0"}`,
		"reference": `{"schema":"` + semantic.Schema + `","outstanding_effects":[{"id":1,"operation":9,"status":1}]}`,
		"order":     `{"schema":"` + semantic.Schema + `","operation_instances":[{"id":2,"stage":1},{"id":1,"stage":1}]}`,
		"stage":     `{"schema":"` + semantic.Schema + `","operation_instances":[{"id":2,"stage":9}]}`,
		"no json":   `{`,
	} {
		if err := again.Decode([]byte(bad)); !errors.Is(err, aura.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestObjectsAreBounded(t *testing.T) {
	o := semantic.Objects{Limit: 3}
	for range 3 {
		must[semantic.ID](t)(o.Begin(1, "ada", "pay"))
	}
	if _, err := o.Begin(1, "ada", "pay"); !errors.Is(err, aura.Exhausted) {
		t.Fatal(err)
	}
	o.End(1, "over")
	o.Prune(1)
	must[semantic.ID](t)(o.Begin(1, "ada", "pay"))
}
