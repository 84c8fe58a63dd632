package choreo

import "fmt"

// Subtype reports whether a role that behaves as sub may stand in for one that others expect to behave as
// sup, step by step: it sends no message that sup would not, and accepts every message that sup would.
// (An output may offer fewer labels, an input may accept more.) Messages must agree in name, sort and
// payload; names of variables do not matter.
//
// It returns nil, or aura.Invalid with a [*Flaw] that says where they part. The relation is the one of Gay
// and Hole, "Subtyping for session types in the pi calculus" (2005), decided by assuming each pair of
// states once; it takes at most the product of both numbers of states.
func Subtype(sub, sup Local) error {
	const op = "choreo.Subtype"
	a, b, flaw := tables(sub, sup)
	if flaw != nil {
		return flaw.in(op)
	}
	s := subtyping{sub: a, sup: b, assumed: map[[2]int]bool{}}
	if flaw := s.check(a.Start, b.Start); flaw != nil {
		return flaw.in(op)
	}
	return nil
}

func tables(sub, sup Local) (a, b *Table, flaw *Flaw) {
	if a, flaw = tabulate(sub); flaw != nil {
		return nil, nil, flaw
	}
	b, flaw = tabulate(sup)
	return a, b, flaw
}

type subtyping struct {
	sub, sup *Table
	assumed  map[[2]int]bool
}

func (s *subtyping) check(p, q int) *Flaw {
	if s.assumed[[2]int{p, q}] {
		return nil
	}
	s.assumed[[2]int{p, q}] = true // one difference anywhere ends the whole check
	a, b := &s.sub.States[p], &s.sup.States[q]
	if a.Kind != b.Kind || a.Partner != b.Partner {
		return notASubtype("it %s where the other %s", a, b)
	}
	// The side whose labels must all be known to the other leads.
	lead, follow := a, b
	if a.Kind == StateRecv {
		lead, follow = b, a
	}
	for _, e := range lead.Edges {
		f := follow.find(e.Label)
		switch {
		case f == nil && a.Kind == StateRecv:
			return notASubtype("it does not accept %s from %s", e.Label, a.Partner)
		case f == nil:
			return notASubtype("it sends %s to %s where the other %s", e.Label, a.Partner, b)
		}
		next := [2]int{e.Next, f.Next}
		if a.Kind == StateRecv {
			next[0], next[1] = f.Next, e.Next
		}
		if flaw := s.check(next[0], next[1]); flaw != nil {
			return flaw
		}
	}
	return nil
}

func notASubtype(format string, args ...any) *Flaw {
	return &Flaw{Code: CodeNotASubtype, Detail: fmt.Sprintf(format, args...)}
}
