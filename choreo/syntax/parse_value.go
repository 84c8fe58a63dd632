package syntax

import (
	"fmt"
	"strings"
)

// value parses the value of an annotation.
func (p *parser) value() Value {
	t := p.tok()
	v := Value{Text: t.text}
	switch {
	case p.is(tString):
		p.next()
		v.Kind = ValueString
	case p.is(tInt) && p.unitFollows():
		v.Kind, v.Text = ValueDuration, p.duration()
	case p.is(tInt):
		p.next()
		v.Kind, v.Text = ValueInt, canonicalInt(t.text)
	case p.is(tIdent):
		p.next()
		v.Kind = ValueName
	case p.accept(tBracket):
		v.Kind = ValueNumbers
		v.Text = "[" + p.list(tBracketEnd, tInt) + "]"
	case p.accept(tParen):
		v.Kind = ValueNames
		v.Text = "(" + p.list(tParenEnd, tIdent) + ")"
	default:
		p.want("a value")
	}
	v.Span = p.since(t.span.Start)
	return v
}

func (p *parser) list(closer, item kind) string {
	var items []string
	for {
		t := p.expect(item)
		if item == tInt {
			t.text = canonicalInt(t.text)
		}
		items = append(items, t.text)
		if !p.accept(tComma) {
			break
		}
	}
	p.expect(closer)
	return strings.Join(items, ", ")
}

func canonicalInt(s string) string {
	if s = strings.TrimLeft(s, "0"); s == "" {
		return "0"
	}
	return s
}

// unitFollows reports whether the number here is directly followed by a unit of time.
func (p *parser) unitFollows() bool {
	unit := p.ahead(1)
	return unit.kind == tIdent && unit.span.Start == p.tok().span.End && isUnit(unit.text)
}

func isUnit(s string) bool { return s == "ms" || s == "s" || s == "m" || s == "h" }

// duration parses a number with a unit of time and returns both as one word.
func (p *parser) duration() string {
	if !p.is(tInt) {
		p.want("a duration such as 5s")
		return ""
	}
	n := p.next()
	unit := p.tok()
	if unit.kind != tIdent || !isUnit(unit.text) {
		p.want(`a unit of time ("ms", "s", "m" or "h")`)
		return ""
	}
	p.next()
	return canonicalInt(n.text) + unit.text
}

// typePath parses "a.b.C<d, e<f>>".
func (p *parser) typePath() string {
	var b strings.Builder
	p.deeper(func() {
		b.WriteString(p.name("a type").Text)
		for p.accept(tDot) {
			b.WriteString("." + p.name("a name after the dot").Text)
		}
		if !p.accept(tLess) {
			return
		}
		b.WriteString("<" + p.typePath())
		for p.accept(tComma) {
			b.WriteString(", " + p.typePath())
		}
		p.expect(tGreater)
		b.WriteString(">")
	})
	return b.String()
}

// predicate parses "(condition)" and returns the condition in even spacing. The condition is evaluated by
// the host, so only its form is checked: it must be something that can be true or false.
func (p *parser) predicate() string {
	first := p.i
	p.expect(tParen)
	boolean := p.condition()
	span := p.since(p.tokens[min(first+1, len(p.tokens)-1)].span.Start)
	p.expect(tParenEnd)
	if p.lost {
		return ""
	}
	if !boolean {
		p.report(span, "InvalidCondition", "compare it with something, for example x > 0", "%s is not true or false", p.src.Slice(span))
	}
	p.i = first
	return p.opaque(tParen, tParenEnd)
}

func (p *parser) acceptOperator(texts ...string) bool {
	if p.lost {
		return false
	}
	t := p.tok()
	for _, text := range texts {
		if p.src.Slice(t.span) == text && t.kind != tString {
			p.next()
			return true
		}
	}
	return false
}

// condition parses comparisons joined by and, or; it reports whether the whole can be true or false.
func (p *parser) condition() bool {
	boolean := p.comparison()
	for p.acceptOperator("&&", "||", "and", "or") {
		boolean = p.comparison() && boolean
	}
	return boolean
}

func (p *parser) comparison() (boolean bool) {
	p.deeper(func() {
		if p.acceptOperator("!", "not") {
			boolean = p.comparison()
			return
		}
		boolean = p.sum()
		if p.acceptOperator("==", "!=", ">=", "<=", ">", "<") {
			p.sum()
			boolean = true
		}
	})
	return boolean
}

func (p *parser) sum() bool {
	boolean := p.operand()
	for p.acceptOperator("+", "-", "*", "/") {
		p.operand()
		boolean = false
	}
	return boolean
}

func (p *parser) operand() (boolean bool) {
	switch {
	case p.is(tInt), p.is(tString):
		p.next()
		return false
	case p.accept(tParen):
		p.deeper(func() { boolean = p.condition() })
		p.expect(tParenEnd)
		return boolean
	case p.is(tIdent):
		p.next()
		for p.accept(tDot) {
			p.name("a name after the dot")
		}
		if p.is(tParen) {
			p.opaque(tParen, tParenEnd)
		}
		return true
	}
	p.want(fmt.Sprintf("a condition, for example %s", "ready or x > y"))
	return false
}
