package syntax

import (
	"strconv"
	"strings"
)

// String returns the index as written, with its brackets.
func (ix Index) String() string {
	switch ix.Kind {
	case IndexNumber, IndexSymbol:
		return "[" + ix.From.String() + "]"
	case IndexAll:
		return "[*]"
	case IndexRange:
		return "[" + ix.From.String() + ".." + ix.To.String() + "]"
	}
	return ""
}

func (b Bound) String() string {
	if b.Name != "" {
		return b.Name
	}
	return strconv.Itoa(b.Value)
}

// String returns the reference as written.
func (r RoleRef) String() string { return r.Name.Text + r.Index.String() }

// String returns the value as written.
func (v Value) String() string {
	if v.Kind == ValueString {
		return `"` + v.Text + `"`
	}
	return v.Text
}

// String returns the message as written.
func (m Message) String() string {
	text := m.Name.Text
	if m.Type != "" {
		text += " of " + m.Type
	}
	switch {
	case strings.HasPrefix(m.Payload, "("):
		text += m.Payload
	case m.Payload != "":
		text += " " + m.Payload
	}
	return text
}

// String returns the type as written.
func (t *TypeExpr) String() string {
	text := t.Name
	for _, a := range t.Args {
		text += " " + a.String()
	}
	return text
}

// String returns the expression as written.
func (e *Expr) String() string {
	switch e.Kind {
	case ExprCheck:
		return "check " + e.Call.String()
	case ExprObserve:
		return "observe " + e.Call.String()
	case ExprTransfer:
		return "transfer " + e.Resource.Text + " from " + e.From.String() + " to " + e.To.String()
	case ExprConstruct:
		if len(e.Path) > 1 {
			return e.Path[0].Text + "(" + e.Path[1].Text + ")"
		}
		return e.Path[0].Text
	case ExprCall:
		return e.Call.String()
	}
	texts := make([]string, len(e.Path))
	for i, n := range e.Path {
		texts[i] = n.Text
	}
	return strings.Join(texts, ".")
}

// String returns the call as written.
func (c *Call) String() string {
	text := c.Operation.Text + "(" + c.Args + ")"
	if c.Interface.Text != "" {
		text = c.Interface.Text + "." + text
	}
	return text
}

func (g *Guard) String() string {
	if g.Check == nil {
		return "when (" + g.Predicate + ")"
	}
	return "when check " + g.Check.String() + " yields " + g.Witness.Text
}

func (b *ChoiceBranch) header() string {
	text := "| " + b.Label.Text
	if b.Guard != nil {
		text += " " + b.Guard.String()
	}
	return text + " =>"
}

func (b *CaseBranch) header() string {
	text := "| " + b.Constructor.Text
	if len(b.Binds) > 0 {
		text += "(" + join(b.Binds) + ")"
	}
	return text + " =>"
}

func (l *Loop) header() string {
	switch l.Kind {
	case LoopDecide:
		return "loop decide by " + l.Decider.String()
	case LoopRepeat:
		return "loop repeat " + l.Count.String()
	case LoopWhile:
		return `loop while "` + l.While + `"`
	}
	return "loop forever"
}

func letText(l *Let) string {
	text := "let " + l.Name.Text + " = " + l.Value.String()
	if l.Class != "" {
		text = l.Class + " " + text
	}
	return text
}

func (c *Progress) String() string {
	text := "progress " + c.Name.Text
	for _, f := range c.Fields {
		switch f.Key.Text {
		case "timeout", "stall":
			text += " on " + f.Key.Text + " => " + f.Value.Text
		default:
			text += " " + f.Key.Text + " " + f.Value.Text
		}
	}
	return text
}

// optional returns "(name)", or nothing for no name.
func optional(n Name) string {
	if n.Text == "" {
		return ""
	}
	return "(" + n.Text + ")"
}

// simpleText prints the statements that are one line and have no parts of interest to layout.
func simpleText(s Stmt) string {
	switch s := s.(type) {
	case *Continue:
		return "continue " + s.Label.Text
	case *CallProtocol:
		return "call " + s.Protocol.Text
	case *Begin:
		text := "begin " + s.Operation.Text + s.Args
		if s.Progress != nil {
			text += " " + s.Progress.String()
		}
		return text
	case *Await:
		return "await " + s.Name.Text
	case *Resolve:
		return "resolve " + s.Name.Text + " as " + s.Outcome.Text + optional(s.Value)
	case *Invalidate:
		return "invalidate " + s.Name.Text
	case *Publish:
		if s.As.Text != "" {
			return "publish " + s.Name.Text + " as " + s.As.Text
		}
		return "publish " + s.Name.Text + optional(s.Value)
	case *Materialize:
		return "materialize " + s.Name.Text + " from " + s.From.Text
	case *Handoff:
		return "handoff " + s.Name.Text + " to " + s.To.String() + " with " + s.With.Text
	case *DependentWork:
		return "dependent work " + s.Name.Text + optional(s.Value) + " required for " + s.For.Text
	}
	return ""
}
