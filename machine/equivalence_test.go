package machine_test

import (
	"slices"
	"testing"

	"github.com/aura-runtime/aura/machine"
)

// Each mode forgives the differences of the one before, and one more.
func TestDeterminismModesForgiveWhatTheySay(t *testing.T) {
	trace, log := machine.NewTrace(0), machine.NewLog(0)
	m := machine.New(newHost(3), machine.Options{Trace: trace, Log: log})
	im := image(t, shop, nil)
	open(t, m, im, machine.IntegrityBare)
	open(t, m, im, machine.IntegrityBare)
	if _, err := m.Run(100); err != nil {
		t.Fatal(err)
	}
	rec, err := m.Record()
	if err != nil {
		t.Fatal(err)
	}
	base := rec.Run()
	modes := []machine.Determinism{machine.DeterminismFull, machine.DeterminismReplayExact, machine.DeterminismModuloEffects, machine.DeterminismModuloCommutativity}
	for _, c := range []struct {
		name   string
		change func(*machine.Run)
		want   int // how many of the modes, from the last one backwards, call it the same
	}{
		{"nothing", func(*machine.Run) {}, 4},
		{"an answer", func(r *machine.Run) { r.Effects[len(r.Effects)-1].Number++ }, 3},
		{"when a session went on", func(r *machine.Run) { r.Events[at(r.Events, machine.EventSent, 0)].Tick += 5 }, 2},
		{"which session was opened first", func(r *machine.Run) {
			a, b := at(r.Events, machine.EventOpened, 0), at(r.Events, machine.EventOpened, 1)
			r.Events[a], r.Events[b] = r.Events[b], r.Events[a]
		}, 1},
		{"what a session said", func(r *machine.Run) { r.Events[at(r.Events, machine.EventSent, 0)].Label ^= 1 }, 0},
		{"that a session went on", func(r *machine.Run) {
			i := at(r.Events, machine.EventReceived, 1)
			r.Events = slices.Delete(r.Events, i, i+1)
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			other := machine.Run{Events: slices.Clone(base.Events), Effects: slices.Clone(base.Effects)}
			c.change(&other)
			for i, mode := range modes {
				if got, want := machine.Equivalent(mode, base, other), i >= len(modes)-c.want; got != want {
					t.Errorf("%s: %t, want %t", mode, got, want)
				}
			}
			if machine.Equivalent(0, base, other) {
				t.Error("no mode at all calls them the same")
			}
		})
	}
}

// at returns where a session's first event of a kind is.
func at(events []machine.Event, kind machine.EventKind, id machine.SessionID) int {
	return slices.IndexFunc(events, func(e machine.Event) bool { return e.Kind == kind && e.Session == id })
}

// A policy admits a measured difference field by field.
func TestAnEnvelopeAdmitsWhatThePolicyAllows(t *testing.T) {
	good := machine.Envelope{
		Schema: machine.EnvelopeSchema, Schedule: machine.SpreadReorders, Effects: machine.SpreadReorders, Failures: machine.SpreadExact,
		BaselineWidth: 1, CandidateWidth: 2, DeclaredWidth: 2, Tier: machine.TierReplayDeterministic,
	}
	policy := machine.Policy{Schedule: machine.SpreadReorders, Width: 2, Tier: machine.TierReplayDeterministic}
	for name, c := range map[string]struct {
		change func(*machine.Envelope)
		want   machine.FallbackReason
		parity bool
	}{
		"as allowed":           {func(*machine.Envelope) {}, machine.FallbackNone, true},
		"another form":         {func(e *machine.Envelope) { e.Schema = "v0" }, machine.FallbackEnvelopeMismatch, true},
		"nothing measured":     {func(e *machine.Envelope) { e.Schedule = 0 }, machine.FallbackEnvelopeMismatch, true},
		"wider than declared":  {func(e *machine.Envelope) { e.CandidateWidth = 3 }, machine.FallbackEnvelopeTooWide, true},
		"declared too narrow":  {func(e *machine.Envelope) { e.DeclaredWidth, e.CandidateWidth = 1, 1 }, machine.FallbackEnvelopeTooWide, true},
		"other stories":        {func(e *machine.Envelope) { e.Schedule = machine.SpreadBounded }, machine.FallbackEnvelopeMismatch, false},
		"other answers":        {func(e *machine.Envelope) { e.Effects = machine.SpreadBounded }, machine.FallbackEnvelopeMismatch, false},
		"other failures":       {func(e *machine.Envelope) { e.Failures = machine.SpreadBounded }, machine.FallbackEnvelopeMismatch, false},
		"evidence of one tier": {func(e *machine.Envelope) { e.Tier = machine.TierStrict }, machine.FallbackEnvelopeMismatch, true},
	} {
		t.Run(name, func(t *testing.T) {
			e := good
			c.change(&e)
			if got := e.Within(policy); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if got := e.Parity() == nil; got != c.parity {
				t.Errorf("parity %t, want %t", got, c.parity)
			}
			if name != "as allowed" && e.Digest() == good.Digest() {
				t.Error("the digest does not bind it")
			}
		})
	}
}
