package choreo

import (
	"slices"

	"github.com/aura-runtime/aura/choreo/syntax"
)

// loopLabel is the recursion that a "loop" becomes, and doneLabel the message that ends one.
const (
	loopLabel = "RoleDecidesLoop"
	doneLabel = "Done"
)

// checkFlow refuses choices that a role cannot follow, statements that are never reached, and continues that
// lead nowhere.
func (c *checker) checkFlow(body []syntax.Stmt) {
	f := flow{checker: c, helpers: map[string]bool{}}
	f.reachesEnd(body, nil)
}

type flow struct {
	*checker
	helpers map[string]bool // whether a helper falls through, once known
}

// reachesEnd checks a block and reports whether the statement after it can be reached. The labels are those of the
// enclosing recursions.
func (f *flow) reachesEnd(list []syntax.Stmt, labels []string) bool {
	reached := true
	for _, s := range list {
		if !reached {
			f.problem(s.Extent(), "UnreachableTail", "", "nothing before this statement ever gets here")
			return false
		}
		reached = f.passes(s, labels)
	}
	return reached
}

func (f *flow) passes(s syntax.Stmt, labels []string) bool {
	switch s := s.(type) {
	case *syntax.Continue:
		if !slices.Contains(labels, s.Label.Text) {
			f.problem(s.Label.Span, "UnboundVariable", "", "no enclosing rec is called %s", s.Label.Text)
		}
		return false
	case *syntax.Rec:
		return f.reachesEnd(s.Body, append(labels[:len(labels):len(labels)], s.Label.Text))
	case *syntax.CallProtocol:
		return f.helperReachesEnd(s.Protocol.Text)
	case *syntax.Loop:
		return f.loop(s, labels)
	case *syntax.Choice:
		f.choice(s)
	case *syntax.Case:
		f.caseLabels(s)
	case *syntax.Let:
		return f.reachesEnd(s.In, labels)
	}
	bodies := syntax.Bodies(s)
	if len(bodies) == 0 {
		return true
	}
	if t, ok := s.(*syntax.Timeout); ok && !t.HasCancel {
		bodies = bodies[:2]
	}
	all, some := true, false
	for _, body := range bodies {
		ok := f.reachesEnd(body, labels)
		all, some = all && ok, some || ok
	}
	if par, ok := s.(*syntax.Par); ok {
		f.endless[par] = f.endless[par] || !all
		return all
	}
	return some
}

// helperReachesEnd reports whether a helper comes to its end. Its own body is checked apart, quietly here.
func (f *flow) helperReachesEnd(name string) bool {
	if known, ok := f.helpers[name]; ok {
		return known
	}
	h := f.checker.helpers[name]
	if h == nil {
		return true
	}
	quiet := flow{checker: &checker{file: f.file, roles: f.roles, helpers: f.checker.helpers, endless: f.endless}, helpers: f.helpers}
	f.helpers[name] = quiet.reachesEnd(h.Body, nil)
	return f.helpers[name]
}

func (f *flow) loop(l *syntax.Loop, labels []string) bool {
	ok := f.reachesEnd(l.Body, labels)
	switch l.Kind {
	case syntax.LoopForever:
		return false
	case syntax.LoopRepeat:
		return ok
	case syntax.LoopDecide:
		first := f.firstMessage(l.Body)
		switch {
		case first.label == "" || first.from.String() != l.Decider.String():
			f.problem(l.Decider.Span, "InvalidChoice", "", "the body of the loop must begin with a message from %s, which decides by it", l.Decider)
		case first.label == doneLabel:
			f.problem(l.Decider.Span, "DuplicateLabel", "", "the message %s ends the loop and cannot begin its body", doneLabel)
		}
	}
	return true
}

func (f *flow) choice(s *syntax.Choice) {
	seen := map[string]bool{}
	for _, b := range s.Branches {
		if seen[b.Label.Text] {
			f.problem(b.Label.Span, "DuplicateLabel", "", "the choice has two branches %s", b.Label.Text)
		}
		seen[b.Label.Text] = true
		if first := f.firstMessage(b.Body); first.label == "" || first.from.String() != s.Role.String() {
			f.problem(b.Label.Span, "InvalidChoice", "the first message tells the others what was chosen",
				"the branch %s must begin with a message from %s", b.Label.Text, s.Role)
		}
	}
}

// exhaustive are the constructors that must come together.
var exhaustive = [...]struct {
	name string
	pair [2]string
}{{"Result", [2]string{"Ok", "Err"}}, {"Maybe", [2]string{"Just", "Nothing"}}}

func (f *flow) caseLabels(s *syntax.Case) {
	seen := map[string]bool{}
	for _, b := range s.Branches {
		if seen[b.Constructor.Text] {
			f.problem(b.Constructor.Span, "DuplicateLabel", "", "the case has two branches %s", b.Constructor.Text)
		}
		seen[b.Constructor.Text] = true
	}
	for _, e := range exhaustive {
		if seen[e.pair[0]] == seen[e.pair[1]] && (!seen[e.pair[0]] || len(seen) == 2) {
			continue
		}
		f.problem(s.Subject.Span, "NonExhaustive", "a "+e.name+" is "+e.pair[0]+" or "+e.pair[1]+", and nothing else",
			"non-exhaustive %s match in authority case/of", e.name)
	}
}

// message is the first thing that a block sends.
type message struct {
	from  syntax.RoleRef
	label string // "" if the block does not begin with a message
}

// firstMessage looks through statements that send nothing, and into calls.
func (c *checker) firstMessage(list []syntax.Stmt) message {
	for _, s := range list {
		switch s := s.(type) {
		case *syntax.Send:
			return message{s.From, s.Message.Name.Text}
		case *syntax.Broadcast:
			return message{s.From, s.Message.Name.Text}
		case *syntax.CallProtocol:
			if h := c.helpers[s.Protocol.Text]; h != nil {
				return c.firstMessage(h.Body)
			}
			return message{}
		case *syntax.Let:
			if m := c.firstMessage(s.In); m.label != "" {
				return m
			}
		case *syntax.Publish, *syntax.Materialize, *syntax.Handoff, *syntax.DependentWork:
		case *syntax.Begin, *syntax.Await, *syntax.Resolve, *syntax.Invalidate:
		default:
			return message{}
		}
	}
	return message{}
}
