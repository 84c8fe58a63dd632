package machine

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura/machine/internal/wire"
)

// Normalize replaces the tick of every event that belongs to one session by its place in that session's
// story, counted from 0, and leaves the other events as they are: two runs that differ only in how their
// sessions took turns normalise to the same stories. Events are not reordered.
func Normalize(events []Event) []Event {
	out := slices.Clone(events)
	next := map[SessionID]uint64{}
	for i := range out {
		if e := &out[i]; e.Session != NoSession && e.Kind.sessionScoped() {
			e.Tick = next[e.Session]
			next[e.Session]++
		}
	}
	return out
}

// Canonicalize normalises, and within every run of events that belong to sessions takes one event of each
// session in turn, sessions by their number. Other events are barriers that nothing crosses.
func Canonicalize(events []Event) []Event {
	in := Normalize(events)
	out := make([]Event, 0, len(in))
	for len(in) > 0 {
		n := slices.IndexFunc(in, func(e Event) bool { return !e.Kind.sessionScoped() })
		if n < 0 {
			n = len(in)
		}
		out = interleave(out, in[:n])
		if n < len(in) {
			out = append(out, in[n])
			n++
		}
		in = in[n:]
	}
	return out
}

// interleave appends a run round by round.
func interleave(out, run []Event) []Event {
	type place struct {
		event Event
		round int
	}
	seen := map[SessionID]int{}
	places := make([]place, len(run))
	for i, e := range run {
		places[i] = place{e, seen[e.Session]}
		seen[e.Session]++
	}
	slices.SortStableFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.round, b.round), cmp.Compare(a.event.Session, b.event.Session))
	})
	for _, p := range places {
		out = append(out, p.event)
	}
	return out
}

// Stories splits a trace by session, without ticks: the events of each, independent of the others.
// Halts and output checks are part of the story of their session here, and what concerns no session is
// left out.
func Stories(events []Event) map[SessionID][]Event {
	out := map[SessionID][]Event{}
	for _, e := range events {
		if e.Session != NoSession {
			e.Tick = 0
			out[e.Session] = append(out[e.Session], e)
		}
	}
	return out
}

// Run is the comparable part of an execution.
type Run struct {
	Events  []Event
	Effects []Effect
}

// Equivalent reports whether two runs count as the same under a determinism mode: DeterminismFull, events and effects
// are identical; DeterminismReplayExact, events are identical; DeterminismModuloEffects, events are equal when normalised;
// DeterminismModuloCommutativity, events are equal when canonicalised. An unknown mode makes nothing equivalent.
func Equivalent(mode Determinism, a, b Run) bool {
	switch mode {
	case DeterminismFull:
		return slices.Equal(a.Events, b.Events) && slices.EqualFunc(a.Effects, b.Effects, Effect.equal)
	case DeterminismReplayExact:
		return slices.Equal(a.Events, b.Events)
	case DeterminismModuloEffects:
		return slices.Equal(Normalize(a.Events), Normalize(b.Events))
	case DeterminismModuloCommutativity:
		return slices.Equal(Canonicalize(a.Events), Canonicalize(b.Events))
	}
	return false
}

// equal compares the inputs, not the memory that holds them.
func (e Effect) equal(o Effect) bool {
	return e.Kind == o.Kind && e.Tick == o.Tick && e.Session == o.Session && e.Role == o.Role && e.Peer == o.Peer &&
		e.Label == o.Label && e.Answer == o.Answer && e.Number == o.Number && e.Value.Equal(o.Value) && e.Text == o.Text &&
		slices.Equal(e.Names, o.Names) && slices.Equal(e.Signature, o.Signature) && e.opening() == o.opening()
}

// opening returns how a session was opened, in a form that can be compared; "" for any other effect.
func (e Effect) opening() string {
	if e.Opening == nil || e.Image == nil {
		return ""
	}
	w := wire.Writer{Buf: append([]byte(nil), e.Image.digest[:]...)}
	writeOpening(&w, e.Opening)
	return string(w.Buf)
}
