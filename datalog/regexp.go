package datalog

import (
	"fmt"
	"regexp"
	"regexp/syntax"
)

// pattern is a compiled regular expression and the number of its instructions.
type pattern struct {
	*regexp.Regexp
	size int
}

// matches searches a text for a regular expression in the syntax of RE2, in time linear in the
// text.
func (m *machine) matches(text, expression Term) (Term, error) {
	if text.kind != String || expression.kind != String {
		return Term{}, typeError(methods[OpMatches], text, expression)
	}
	p, err := m.w.pattern(expression.str)
	if err != nil {
		return Term{}, err
	}
	// The search may visit each instruction at each character.
	if err := m.w.budget.work((len(text.str) + 1) * p.size >> 4); err != nil {
		return Term{}, err
	}
	return NewBool(p.MatchString(text.str)), nil
}

// pattern compiles a regular expression once.
func (w *World) pattern(expression string) (pattern, error) {
	if p, ok := w.regexps[expression]; ok {
		return p, nil
	}
	p, err := compilePattern(expression)
	if err != nil {
		return pattern{}, invalid("datalog.Evaluate", fmt.Errorf("%w: %w", ErrRegexp, err))
	}
	if err := w.budget.hold(64 * p.size); err != nil {
		return pattern{}, err
	}
	if w.regexps == nil {
		w.regexps = map[string]pattern{}
	}
	w.regexps[expression] = p
	return p, nil
}

// compilePattern compiles twice, because only the inner package tells the size: a short expression
// can stand for a long one, as (a{20}){20} does, but for no more than a few thousand instructions a
// character of its text.
func compilePattern(expression string) (pattern, error) {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return pattern{}, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return pattern{}, err
	}
	r, err := regexp.Compile(expression)
	return pattern{r, len(program.Inst)}, err
}
