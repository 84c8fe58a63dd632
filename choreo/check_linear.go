package choreo

import (
	"maps"
	"slices"

	"github.com/aura-runtime/aura/choreo/syntax"
)

// checkLinear holds every receipt of a transfer to exactly one use on every path: a transferred
// object must be handed off, once, for every choice of the others.
func (c *checker) checkLinear(body []syntax.Stmt) {
	l := linear{checker: c, declared: map[string]syntax.Span{}, entry: map[string]assets{}, bound: bound(body)}
	live, ends := l.block(body, assets{})
	if ends {
		l.neverConsumed(live)
	}
}

// maxLive bounds the receipts that wait for their use at one place: each statement may copy the set.
const maxLive = 256

// assets is the set of live linear bindings. Values are shared, never changed.
type assets map[string]bool

func (a assets) with(name string) assets {
	out := maps.Clone(a)
	out[name] = true
	return out
}

func (a assets) without(name string) assets {
	out := maps.Clone(a)
	delete(out, name)
	return out
}

type linear struct {
	*checker
	declared map[string]syntax.Span // every linear binding seen so far
	entry    map[string]assets      // the live bindings where each enclosing recursion began
	bound    map[string]bool        // all that some statement gives a name to
}

// bound lists the names that statements give to values. A name from nowhere is no receipt.
func bound(body []syntax.Stmt) map[string]bool {
	names := map[string]bool{}
	syntax.Walk(body, func(s syntax.Stmt) {
		switch s := s.(type) {
		case *syntax.Let:
			names[s.Name.Text] = true
		case *syntax.Case:
			for _, b := range s.Branches {
				for _, n := range b.Binds {
					names[n.Text] = true
				}
			}
		case *syntax.Choice:
			for _, b := range s.Branches {
				if b.Guard != nil {
					names[b.Guard.Witness.Text] = true
				}
			}
		}
	})
	return names
}

// block threads the live assets through statements. ends is false if no path reaches the end.
func (l *linear) block(list []syntax.Stmt, live assets) (out assets, ends bool) {
	for _, s := range list {
		if live, ends = l.stmt(s, live); !ends {
			return live, false
		}
	}
	return live, true
}

func (l *linear) stmt(s syntax.Stmt, live assets) (assets, bool) {
	switch s := s.(type) {
	case *syntax.Let:
		return l.let(s, live)
	case *syntax.Handoff:
		if !l.bound[s.With.Text] {
			l.problem(s.With.Span, "Linear", didYouMean(s.With.Text, l.bound), "there is no receipt '%s' to hand over with", s.With.Text)
		}
		return l.consume(s.With, live), true
	case *syntax.Materialize:
		return l.consume(s.From, live), true
	case *syntax.Continue:
		if entry := l.entry[s.Label.Text]; entry != nil && !maps.Equal(entry, live) {
			l.problem(s.Span, "Linear", "", "recursive body must preserve linear assets")
		}
		return live, false
	case *syntax.Loop:
		l.preserves(s.Body, live, "loop", s.Span)
		return live, s.Kind != syntax.LoopForever
	case *syntax.Rec:
		outer := l.entry[s.Label.Text]
		l.entry[s.Label.Text] = live
		defer func() { l.entry[s.Label.Text] = outer }()
		l.preserves(s.Body, live, "recursive", s.Span)
		return live, true
	case *syntax.Par:
		for _, b := range s.Branches {
			l.preserves(b, live, "parallel", s.Span)
		}
		return live, true
	case *syntax.Timeout:
		l.preserves(s.Body, live, "timeout", s.Span)
		l.preserves(s.OnTimeout, live, "timeout", s.Span)
		l.preserves(s.OnCancel, live, "cancel", s.Span)
		return live, true
	case *syntax.Case:
		if s.Subject.Kind == syntax.ExprPath && len(s.Subject.Path) == 1 {
			live = l.consumeIfLinear(s.Subject.Path[0], live)
		}
		return l.join(syntax.Bodies(s), live, s.Span)
	case *syntax.Choice:
		return l.join(syntax.Bodies(s), live, s.Span)
	}
	return live, true
}

// join requires every branch that goes on to leave the same assets.
func (l *linear) join(bodies [][]syntax.Stmt, live assets, at syntax.Span) (assets, bool) {
	var out assets
	for _, body := range bodies {
		exit, ends := l.block(body, live)
		switch {
		case !ends:
		case out == nil:
			out = exit
		case !maps.Equal(out, exit):
			for _, name := range slices.Sorted(maps.Keys(difference(out, exit))) {
				l.problem(at, "Linear", "hand it off in every branch or in none", "linear binding '%s' diverges across choice branches", name)
			}
			return out, true
		}
	}
	if out == nil {
		return live, false
	}
	return out, true
}

func difference(a, b assets) assets {
	out := assets{}
	for name := range a {
		if !b[name] {
			out[name] = true
		}
	}
	for name := range b {
		if !a[name] {
			out[name] = true
		}
	}
	return out
}

// preserves requires a body that may run any number of times to leave the assets as they were.
func (l *linear) preserves(body []syntax.Stmt, live assets, what string, at syntax.Span) {
	if exit, ends := l.block(body, live); ends && !maps.Equal(exit, live) {
		l.problem(at, "Linear", "", "%s body must preserve linear assets", what)
	}
}

func (l *linear) let(s *syntax.Let, live assets) (assets, bool) {
	outer := live
	name := s.Name.Text
	switch {
	case s.Value.Kind == syntax.ExprTransfer:
		live = live.with(name)
		l.declared[name] = s.Name.Span
	case s.Value.Kind == syntax.ExprPath && len(s.Value.Path) == 1 && live[s.Value.Path[0].Text]:
		live = live.without(s.Value.Path[0].Text).with(name) // the receipt goes by another name from here
		l.declared[name] = s.Name.Span
	}
	if len(live) > maxLive {
		l.problem(s.Name.Span, "Linear", "", "more than %d transfers are under way at once", maxLive)
		live = outer
	}
	if !s.HasIn {
		return live, true
	}
	exit, ends := l.block(s.In, live)
	if ends && exit[name] && !outer[name] {
		l.neverConsumed(assets{name: true})
		exit = exit.without(name)
	}
	if ends && !maps.Equal(exit, outer) {
		l.problem(s.Span, "Linear", "", "let-in body must preserve linear assets")
	}
	return outer, ends
}

func (l *linear) consume(name syntax.Name, live assets) assets {
	if _, linear := l.declared[name.Text]; linear && !live[name.Text] {
		l.problem(name.Span, "Linear", "", "linear binding '%s' is consumed more than once", name.Text)
	}
	return live.without(name.Text)
}

func (l *linear) consumeIfLinear(name syntax.Name, live assets) assets {
	if _, linear := l.declared[name.Text]; linear {
		return l.consume(name, live)
	}
	return live
}

func (l *linear) neverConsumed(live assets) {
	for _, name := range slices.Sorted(maps.Keys(live)) {
		l.problem(l.declared[name], "Linear", "hand it off: handoff … with "+name, "linear binding '%s' is never consumed", name)
	}
}
