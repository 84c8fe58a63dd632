package choreo

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura/choreo/syntax"
)

// effectValues are the values that the fields of an effect operation may have.
var effectValues = map[string][]string{
	"class":         {"authoritative", "observational", "best_effort"},
	"progress":      {"immediate", "may_block"},
	"region":        {"session", "fragment", "global"},
	"agreement_use": {"required", "none", "forbidden"},
	"reentrancy":    {"allow", "reject_same_operation", "reject_same_fragment"},
}

// checkEffects checks the declared effect interfaces, then every use of one.
func (c *checker) checkEffects() {
	for _, d := range c.file.Decls {
		e, ok := d.(*syntax.Effect)
		if !ok {
			continue
		}
		if c.effects[e.Name.Text] != nil {
			c.problem(e.Name.Span, "DuplicateEffect", "", "effect %s is declared twice", e.Name.Text)
			continue
		}
		c.effects[e.Name.Text] = e
		c.checkOperations(e)
	}
	for _, u := range c.proto.Uses {
		if c.effects[u.Text] == nil {
			c.problem(u.Span, "UndefinedEffect", didYouMean(u.Text, c.effects), "effect %s is not declared", u.Text)
		}
	}
	for _, body := range c.bodies() {
		syntax.Walk(body, c.checkCallsOf)
	}
}

func (c *checker) checkOperations(e *syntax.Effect) {
	seen := map[string]bool{}
	for _, op := range e.Operations {
		if seen[op.Name.Text] {
			c.problem(op.Name.Span, "DuplicateOperation", "", "operation %s.%s is declared twice", e.Name.Text, op.Name.Text)
		}
		seen[op.Name.Text] = true
		given := map[string]bool{}
		for _, f := range op.Fields {
			if given[f.Key.Text] {
				c.problem(f.Key.Span, "DuplicateField", "", "%s is given twice", f.Key.Text)
			}
			given[f.Key.Text] = true
			if allowed := effectValues[f.Key.Text]; !slices.Contains(allowed, f.Value.Text) {
				c.problem(f.Value.Span, "UnsupportedValue", "one of "+strings.Join(allowed, ", "), "unsupported %s %s", f.Key.Text, f.Value.Text)
			}
		}
		class, progress := field(op, "class"), field(op, "progress")
		switch {
		case op.Class == "observe" && class != "" && class != "observational":
			c.problem(op.Span, "EffectClass", "", "observe operation %s must have the class observational", op.Name.Text)
		case op.Class == "observe" && field(op, "agreement_use") == "required":
			c.problem(op.Span, "EffectClass", "", "observe operation %s may not require agreement", op.Name.Text)
		case op.Class == "authoritative" && class != "" && class != "authoritative":
			c.problem(op.Span, "EffectClass", "", "authoritative operation %s must have the class authoritative", op.Name.Text)
		case op.Class == "authoritative" && progress == "immediate":
			c.problem(op.Span, "EffectClass", "", "authoritative operation %s may not be immediate", op.Name.Text)
		}
	}
}

func field(op *syntax.EffectOp, key string) string {
	for _, f := range op.Fields {
		if f.Key.Text == key {
			return f.Value.Text
		}
	}
	return ""
}

// classOf returns the class of an operation: that of its record, else that of its keyword.
func classOf(op *syntax.EffectOp) string {
	if class := field(op, "class"); class != "" {
		return class
	}
	switch op.Class {
	case "observe":
		return "observational"
	case "command":
		return "best_effort"
	}
	return op.Class
}

func (c *checker) checkCallsOf(s syntax.Stmt) {
	switch s := s.(type) {
	case *syntax.Let:
		op := c.operation(s.Value)
		kind := s.Value.Kind
		switch {
		case s.Class == "authoritative" && kind != syntax.ExprCheck:
			c.problem(s.Value.Span, "EffectClass", "", "authoritative let must bind a check")
		case s.Class == "observe" && kind != syntax.ExprObserve:
			c.problem(s.Value.Span, "EffectClass", "", "observe let must bind an observe")
		case s.Class != "authoritative" && kind == syntax.ExprCheck && op != nil && classOf(op) == "authoritative":
			c.problem(s.Span, "EffectClass", "write authoritative let", "authoritative operation %s must be bound by an authoritative let", op.Name.Text)
		}
	case *syntax.Case:
		c.operation(s.Subject)
	case *syntax.Choice:
		for _, b := range s.Branches {
			if b.Guard == nil || b.Guard.Check == nil {
				continue
			}
			if op := c.called(b.Guard.Check); op != nil && classOf(op) != "authoritative" {
				c.problem(b.Guard.Check.Span, "EffectClass", "", "an evidence guard needs an authoritative operation, and %s is %s", op.Name.Text, orNone(classOf(op)))
			}
		}
	}
}

// operation resolves the operation of an expression, if it calls one, and checks the verb.
func (c *checker) operation(e *syntax.Expr) *syntax.EffectOp {
	if e.Kind != syntax.ExprCheck && e.Kind != syntax.ExprObserve {
		return nil
	}
	op := c.called(e.Call)
	if op == nil {
		return nil
	}
	class := classOf(op)
	switch {
	case e.Kind == syntax.ExprCheck && class == "observational":
		c.problem(e.Span, "EffectClass", "write observe", "check on the observational operation %s", op.Name.Text)
	case e.Kind == syntax.ExprObserve && class != "observational":
		c.problem(e.Span, "EffectClass", "write check", "observe on the operation %s, whose class is %s", op.Name.Text, orNone(class))
	}
	return op
}

func orNone(class string) string {
	if class == "" {
		return "not given"
	}
	return class
}

func (c *checker) called(call *syntax.Call) *syntax.EffectOp {
	e := c.effects[call.Interface.Text]
	if e == nil {
		c.problem(call.Interface.Span, "UndefinedEffect", didYouMean(call.Interface.Text, c.effects), "effect %s is not declared", call.Interface.Text)
		return nil
	}
	if !slices.ContainsFunc(c.proto.Uses, func(u syntax.Name) bool { return u.Text == e.Name.Text }) {
		c.problem(call.Span, "MissingUses", "write: protocol "+c.proto.Name.Text+" uses "+e.Name.Text, "the protocol does not use the effect %s", e.Name.Text)
	}
	known := map[string]bool{}
	for _, op := range e.Operations {
		if op.Name.Text == call.Operation.Text {
			return op
		}
		known[op.Name.Text] = true
	}
	c.problem(call.Operation.Span, "UndefinedOperation", didYouMean(call.Operation.Text, known), "effect %s has no operation %s", e.Name.Text, call.Operation.Text)
	return nil
}
