package choreo

import (
	"fmt"
	"slices"
)

// maxBranches bounds the alternatives of one choice: comparing two choices may take the square of it.
const maxBranches = 1024

// WellFormed refuses a global type that means nothing: a variable without binder, a choice without
// branches or with the same label twice, a role that sends to itself, a recursion that comes back to
// itself without a message, a choice of more than 1,024 branches. It returns nil, or an aura.Invalid error
// (aura.Exhausted for too many branches) whose cause is the first [*Flaw] in the order of [Flaws].
func WellFormed(g Global) error {
	flaws := Flaws(g)
	if len(flaws) == 0 {
		return nil
	}
	return flaws[0].in("choreo.WellFormed")
}

// Flaws returns everything that [WellFormed] would refuse, outermost part first; nil if there is nothing.
func Flaws(g Global) []*Flaw {
	var flaws []*Flaw
	add := func(code Code, at Global, format string, args ...any) {
		flaws = append(flaws, &Flaw{Code: code, At: at, Detail: fmt.Sprintf(format, args...)})
	}
	eachGlobal(g, func(g Global) {
		switch t := g.(type) {
		case nil:
			add(CodeIncompletePart, g, "a part of the type is missing")
		case *GlobalComm:
			checkComm(t, add)
		case *GlobalRec:
			if v, bad := returnsTo(t); bad {
				add(CodeUnguardedRecursion, g, "recursion %s comes back to %s without a message", t.Var, v)
			}
		}
	})
	if len(flaws) == 0 { // a type with missing parts has no variables worth speaking of
		for _, v := range FreeVars(g) {
			add(CodeUnboundVariable, g, "variable %s has no enclosing recursion", v)
		}
	}
	return flaws
}

func checkComm(c *GlobalComm, add func(Code, Global, string, ...any)) {
	if c.From == "" || c.To == "" {
		add(CodeIncompletePart, c, "a message needs a sender and a receiver")
	} else if c.From == c.To {
		add(CodeSelfCommunication, c, "%s sends to itself", c.From)
	}
	if len(c.Branches) == 0 {
		add(CodeEmptyBranches, c, "the choice of %s offers nothing to %s", c.From, c.To)
	}
	if len(c.Branches) > maxBranches {
		add(CodeTooLarge, c, "the choice of %s has more than %d branches", c.From, maxBranches)
		return
	}
	for i, b := range c.Branches {
		if b.Label.Name == "" {
			add(CodeIncompletePart, c, "a message from %s to %s has no label", c.From, c.To)
		} else if twice(c.Branches[:i], b.Label.Name) {
			add(CodeDuplicateLabel, c, "the choice of %s has two branches %s", c.From, b.Label.Name)
		}
		if !b.Label.Sort.complete() {
			add(CodeIncompletePart, c, "the payload of %s is half a pair", b.Label.Name)
		}
	}
}

// twice reports whether name is among the labels before it. Choices are short.
func twice(before []GlobalBranch, name string) bool {
	return slices.ContainsFunc(before, func(b GlobalBranch) bool { return b.Label.Name == name })
}

func (s Sort) complete() bool {
	if s.Kind != SortProd {
		return true
	}
	return s.Left != nil && s.Right != nil && s.Left.complete() && s.Right.complete()
}

// returnsTo reports whether the body of rec is, after further binders, only a variable.
func returnsTo(rec *GlobalRec) (string, bool) {
	body := rec.Body
	for {
		switch b := body.(type) {
		case *GlobalRec:
			body = b.Body
		case GlobalVar:
			return b.Var, true
		default:
			return "", false
		}
	}
}
