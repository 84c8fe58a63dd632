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
	want := []semantic.Stage{semantic.StageObserved, semantic.StageAuthoritative, semantic.StageMaterialized, semantic.StageCanonical}
	if diff := cmp.Diff(want, stages); diff != "" {
		t.Fatal(diff)
	}
}

// TestAnOperationHasOneStageAtATime: what does not fit the stage, or an operation that is not here, is refused and
// changes nothing.
func TestAnOperationHasOneStageAtATime(t *testing.T) {
	var o semantic.Objects
	id := must[semantic.ID](t)
	op := id(o.Begin(1, "ada", "pay"))
	proof := id(o.Look(op, "Bank.check", true))
	if err := o.Authorize(op, proof); err != nil {
		t.Fatal(err)
	}
	m := id(o.Materialize(op, [32]byte{1}))
	id(o.Finalize(op, m))
	before := o.Export()
	const unknown = 99
	for name, c := range map[string]struct {
		do   func() error
		want aura.Kind
	}{
		"authorize again":      {func() error { return o.Authorize(op, proof) }, aura.Conflict},
		"materialize again":    {func() error { _, err := o.Materialize(op, [32]byte{1}); return err }, aura.Conflict},
		"finalize again":       {func() error { _, err := o.Finalize(op, m); return err }, aura.Conflict},
		"reject what ended":    {func() error { return o.Reject(op, "late") }, aura.Stale},
		"look at what ended":   {func() error { _, err := o.Look(op, "Bank.glance", false); return err }, aura.Stale},
		"authorize nothing":    {func() error { return o.Authorize(unknown, proof) }, aura.NotFound},
		"materialize nothing":  {func() error { _, err := o.Materialize(unknown, [32]byte{1}); return err }, aura.NotFound},
		"finalize nothing":     {func() error { _, err := o.Finalize(unknown, m); return err }, aura.NotFound},
		"invalidate nothing":   {func() error { return o.Invalidate(unknown, "gone") }, aura.NotFound},
		"reject nothing":       {func() error { return o.Reject(unknown, "gone") }, aura.NotFound},
		"look for nothing":     {func() error { _, err := o.Look(unknown, "Bank.glance", false); return err }, aura.NotFound},
		"an effect of nothing": {func() error { _, err := o.Issue(unknown, "ship", 0); return err }, aura.NotFound},
	} {
		if err := c.do(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if diff := cmp.Diff(before, o.Export()); diff != "" {
		t.Error(diff)
	}
}

func TestAnEffectFallsOneStageForEachBudget(t *testing.T) {
	var o semantic.Objects
	id := must[semantic.ID](t)
	op := id(o.Begin(1, "ada", "pay"))
	e := id(o.Issue(op, "ship", 10))
	for tick, want := range map[uint64]semantic.Progress{9: semantic.ProgressPending} {
		o.Advance(tick)
		if got, _ := o.Effect(e); got.Status != want {
			t.Fatal(got)
		}
	}
	for _, c := range []struct {
		tick uint64
		want semantic.Progress
	}{{10, semantic.ProgressBlocked}, {20, semantic.ProgressNoProgress}, {30, semantic.ProgressDegraded}, {40, semantic.ProgressTimedOut}} {
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
	if got, _ := o.Effect(again); got.Status != semantic.ProgressPending {
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

// TestTheEndOfASessionLeavesTheRestAlone: operations and effects of other sessions go on, and what became canonical
// stays so.
func TestTheEndOfASessionLeavesTheRestAlone(t *testing.T) {
	var o semantic.Objects
	id := must[semantic.ID](t)
	here, elsewhere, done := id(o.Begin(1, "ada", "pay")), id(o.Begin(2, "ada", "pay")), id(o.Begin(1, "ada", "paid"))
	mine, other := id(o.Issue(here, "ship", 0)), id(o.Issue(elsewhere, "ship", 0))
	completed := id(o.Issue(here, "sign", 0))
	if err := o.Complete(completed, "ada"); err != nil {
		t.Fatal(err)
	}
	canonical(t, &o, done)
	o.End(1, "over")
	for _, c := range []struct {
		operation semantic.ID
		want      semantic.Stage
		reason    string
	}{{here, semantic.StageInvalidated, "over"}, {elsewhere, semantic.StageObserved, ""}, {done, semantic.StageCanonical, ""}} {
		if x, err := o.Operation(c.operation); err != nil || x.Stage != c.want || x.Reason != c.reason {
			t.Errorf("operation %d: %+v, %v", c.operation, x, err)
		}
	}
	for _, c := range []struct {
		effect semantic.ID
		want   semantic.Progress
		reason string
	}{{mine, semantic.ProgressInvalidated, "over"}, {other, semantic.ProgressPending, ""}, {completed, semantic.ProgressDone, ""}} {
		if e, err := o.Effect(c.effect); err != nil || e.Status != c.want || e.Reason != c.reason {
			t.Errorf("effect %d: %+v, %v", c.effect, e, err)
		}
	}
}

// canonical brings an operation to its end.
func canonical(t *testing.T, o *semantic.Objects, operation semantic.ID) {
	t.Helper()
	id := must[semantic.ID](t)
	if err := o.Authorize(operation, id(o.Look(operation, "Bank.check", true))); err != nil {
		t.Fatal(err)
	}
	id(o.Finalize(operation, id(o.Materialize(operation, [32]byte{1}))))
}

// TestHistoriesKeepTheirNewestHalf: what only tells the past is bounded, and its oldest part makes room.
func TestHistoriesKeepTheirNewestHalf(t *testing.T) {
	const limit, times = 8, 100
	o := semantic.Objects{Limit: limit}
	id := must[semantic.ID](t)
	for i := range uint64(times) {
		op := id(o.Begin(i, "ada", "pay"))
		e := id(o.Issue(op, "ship", 0))
		if err := o.Block(e); err != nil {
			t.Fatal(err)
		}
		last := o.Handoff(i, i, "ada", "ben")
		b := o.Export()
		for name, n := range map[string]int{"handoffs": len(b.Handoffs), "publications": len(b.Publications), "transitions": len(b.Transitions)} {
			if n > limit || n < min(int(i), limit/2) {
				t.Fatalf("after %d sessions %d %s are kept", i+1, n, name)
			}
		}
		if got := b.Handoffs[len(b.Handoffs)-1]; got.ID != last || got.Session != i {
			t.Fatalf("the newest handoff is %+v", got)
		}
		o.End(i, "over")
		o.Prune(i)
	}
}

// TestIdentifiersGoOnAfterDecoding: no object gets an identifier that another one had, also when that one is gone.
func TestIdentifiersGoOnAfterDecoding(t *testing.T) {
	id := must[semantic.ID](t)
	session := func(o *semantic.Objects, n uint64) {
		done, open := id(o.Begin(n, "ada", "pay")), id(o.Begin(n, "ada", "pay"))
		id(o.Look(open, "Bank.glance", false))
		id(o.Look(open, "Bank.check", true))
		canonical(t, o, done)
		if err := o.Block(id(o.Issue(open, "ship", 0))); err != nil {
			t.Fatal(err)
		}
		o.Handoff(n, n, "ada", "ben")
	}
	for name, before := range map[string]func(*semantic.Objects){
		"everything is left": func(*semantic.Objects) {},
		"all was pruned":     func(o *semantic.Objects) { o.End(1, "over"); o.Prune(1) },
	} {
		var o, again semantic.Objects
		session(&o, 1)
		before(&o)
		if err := again.Decode(o.Encode()); err != nil {
			t.Fatal(err)
		}
		// Handoffs, publications and transitions stay when their operations are pruned.
		session(&o, 2)
		session(&again, 2)
		if diff := cmp.Diff(histories(o.Export()), histories(again.Export())); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if name == "everything is left" {
			if diff := cmp.Diff(o.Export(), again.Export()); diff != "" {
				t.Error(diff)
			}
		}
	}
}

// histories are the parts of an export that outlive the operations.
func histories(b semantic.Bundle) semantic.Bundle {
	return semantic.Bundle{Publications: b.Publications, Handoffs: b.Handoffs, Transitions: b.Transitions}
}

func TestEveryStageHasAName(t *testing.T) {
	names := map[string]bool{}
	for s := semantic.StageObserved; s <= semantic.StageRejected; s++ {
		names[s.String()] = true
	}
	for p := semantic.ProgressPending; p <= semantic.ProgressInvalidated; p++ {
		names["effect "+p.String()] = true
	}
	for _, other := range []string{
		semantic.Stage(0).String(), (semantic.StageRejected + 1).String(), semantic.Stage(255).String(),
		semantic.Progress(0).String(), (semantic.ProgressInvalidated + 1).String(), semantic.Progress(255).String(),
	} {
		names[other] = true
	}
	if len(names) != 6+7+6 || !names["canonical"] || !names["effect timed_out"] || !names["stage 7"] || !names["progress 8"] {
		t.Errorf("%v", names)
	}
}
