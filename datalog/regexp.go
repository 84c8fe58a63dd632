package datalog

import (
	"fmt"
	"regexp"
	"regexp/syntax"
)

// MaxPattern is the most bytes that a regular expression may have. A short one can stand for a lot.
const MaxPattern = 1 << 10

// pattern is a compiled regular expression and about the number of its instructions.
type pattern struct {
	*regexp.Regexp
	size int
}

// matches searches a text for a regular expression in the syntax of RE2, in time linear in the
// text.
func (m *machine) matches(text, expression Term) (Term, error) {
	if text.kind != KindString || expression.kind != KindString {
		return Term{}, typeError(methods[OpMatches], text, expression)
	}
	p, err := m.w.pattern(expression.str)
	if err != nil {
		return Term{}, err
	}
	// The search may visit each instruction at each character.
	if err := m.w.budget.work((len(text.str) + 1) * p.size >> 2); err != nil {
		return Term{}, err
	}
	return NewBool(p.MatchString(text.str)), nil
}

// pattern compiles a regular expression once.
func (w *World) pattern(expression string) (pattern, error) {
	const op = "datalog.Expr"
	if p, ok := w.regexps[expression]; ok {
		return p, nil
	}
	if len(expression) > MaxPattern {
		return pattern{}, invalid(op, fmt.Errorf("%w: longer than %d bytes", ErrRegexp, MaxPattern))
	}
	if err := w.budget.work(16 * len(expression)); err != nil {
		return pattern{}, err
	}
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return pattern{}, invalid(op, fmt.Errorf("%w: %w", ErrRegexp, err))
	}
	p := pattern{size: instructions(tree)}
	if err := w.budget.hold(64 * p.size); err != nil {
		return pattern{}, err
	}
	if p.Regexp, err = regexp.Compile(expression); err != nil {
		return pattern{}, invalid(op, fmt.Errorf("%w: %w", ErrRegexp, err))
	}
	if w.regexps == nil {
		w.regexps = map[string]pattern{}
	}
	w.regexps[expression] = p
	return p, nil
}

// instructions estimates the size of the program that a tree compiles to, where (a{20}){20} becomes
// four hundred a's. The parser has refused trees beyond some millions.
func instructions(tree *syntax.Regexp) int {
	n := 2 + len(tree.Rune)/8
	for _, sub := range tree.Sub {
		n += instructions(sub)
	}
	if tree.Op == syntax.OpRepeat {
		n *= max(tree.Max, tree.Min+1)
	}
	if tree.Op == syntax.OpLiteral {
		n = 2 + len(tree.Rune)
	}
	return n
}
