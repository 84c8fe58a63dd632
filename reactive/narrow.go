package reactive

import "github.com/aura-runtime/aura/fact"

// narrow returns the part of an update that the needs select, in memory of its own if anything is
// left out.
func narrow(n *Needs, up *fact.Update) fact.Update {
	out := fact.Update{Position: up.Position, Live: up.Live, Era: up.Era}
	if !n.None {
		out.Records = filter(up.Records, n.Facts.Selects)
	}
	out.Observations = filter(up.Observations, func(o *fact.Observation) bool { return n.Facts.Observes(o.Kind) })
	return out
}

// filter returns the elements that keep accepts: nil if none, in itself if all.
func filter[T any](in []T, keep func(*T) bool) []T {
	n := 0
	for i := range in {
		if keep(&in[i]) {
			n++
		}
	}
	switch n {
	case 0:
		return nil
	case len(in):
		return in
	}
	out := make([]T, 0, n)
	for i := range in {
		if keep(&in[i]) {
			out = append(out, in[i])
		}
	}
	return out
}
