package syntax

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	// maxSource bounds a text, so that a Pos can hold any offset in it with room to spare.
	maxSource = 4 << 20
	// maxNesting bounds blocks and parentheses inside each other, and with them the depth of recursion.
	maxNesting = 200
	// maxProblems bounds the report of one run; more would not be read.
	maxProblems = 100
)

// Parse reads a choreography file. The tree holds the understood parts and is never nil; the problems are
// in the order of the text, and none means that all of it was understood.
func Parse(name, text string) (*File, Diagnostics) {
	src := NewSource(name, text)
	if len(text) > maxSource {
		return &File{Source: src}, Diagnostics{{Source: src, Code: "TooLarge",
			Message: fmt.Sprintf("the file has %d bytes and may have %d", len(text), maxSource)}}
	}
	l := lex(src)
	p := &parser{src: src, tokens: l.tokens, problems: l.problems, cut: len(l.brackets) > 0}
	f := p.file()
	f.Comments = l.comments
	problems := p.problems.Sorted()
	return f, problems[:min(len(problems), maxProblems)]
}

// parser descends the grammar. After a mistake it is lost: nothing is consumed and nothing reported until
// recover has found the next place where it can go on. So the methods below need no error results.
type parser struct {
	src      *Source
	tokens   []token
	i        int
	end      Pos // where the last consumed token ends
	lost     bool
	nesting  int
	open     int  // how many brackets and blocks are open here
	cut      bool // the end of the file comes too early, and that has been said
	problems Diagnostics
}

func (p *parser) tok() token { return p.tokens[p.i] }

// ahead returns the nth token after the current one.
func (p *parser) ahead(n int) token { return p.tokens[min(p.i+n, len(p.tokens)-1)] }

func (p *parser) is(k kind) bool { return !p.lost && p.tok().kind == k }

func (p *parser) isWord(words ...string) bool {
	if !p.is(tIdent) {
		return false
	}
	for _, w := range words {
		if p.tok().text == w {
			return true
		}
	}
	return false
}

func (p *parser) next() token {
	t := p.tok()
	if t.kind != tEOF && !p.lost {
		p.i++
		p.end = t.span.End
		p.open += t.kind.opens()
	}
	return t
}

func (p *parser) accept(k kind) bool {
	ok := p.is(k)
	if ok {
		p.next()
	}
	return ok
}

func (p *parser) acceptWord(w string) bool {
	ok := p.isWord(w)
	if ok {
		p.next()
	}
	return ok
}

// since returns the span from start to the end of the last consumed token.
func (p *parser) since(start Pos) Span { return Span{start, max(start, p.end)} }

func (p *parser) fail(span Span, code, hint, format string, args ...any) {
	if p.lost {
		return
	}
	p.lost = true
	p.report(span, code, hint, format, args...)
}

// report notes a problem that does not hinder parsing.
func (p *parser) report(span Span, code, hint, format string, args ...any) {
	p.problems = append(p.problems, Diagnostic{
		Source: p.src, Span: span, Code: code, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// want fails with the name of the expected token.
func (p *parser) want(what string) {
	t := p.tok()
	if t.kind == tEOF && p.cut {
		p.lost = true
		return
	}
	found := t.kind.String()
	switch t.kind {
	case tIdent, tInt, tOther:
		found = strconv.Quote(t.text)
	}
	p.fail(t.span, "Syntax", "", "expected %s, found %s", what, found)
}

func (p *parser) expect(k kind) token {
	if !p.is(k) {
		p.want(k.String())
		return token{span: p.tok().span}
	}
	return p.next()
}

func (p *parser) expectWord(w string) {
	if !p.acceptWord(w) {
		p.want(strconv.Quote(w))
	}
}

func (p *parser) name(what string) Name {
	if !p.is(tIdent) {
		p.want(what)
		return Name{Span: p.tok().span}
	}
	t := p.next()
	return Name{Span: t.span, Text: t.text}
}

func (p *parser) names(what string) []Name {
	list := []Name{p.name(what)}
	for p.accept(tComma) {
		list = append(list, p.name(what))
	}
	return list
}

func (p *parser) number(what string) int {
	if !p.is(tInt) {
		p.want(what)
		return 0
	}
	t := p.next()
	n, err := strconv.ParseInt(t.text, 10, 32)
	if err != nil {
		p.fail(t.span, "Syntax", "", "the number %s is too large", t.text)
	}
	return int(n)
}

// deeper runs f one level further in; past the bound the rest of the file is given up.
func (p *parser) deeper(f func()) {
	if p.nesting == maxNesting {
		p.fail(p.tok().span, "TooDeep", "", "more than %d levels of nesting", maxNesting)
		p.i, p.cut = len(p.tokens)-1, true
		return
	}
	p.nesting++
	f()
	p.nesting--
}

// place is where the parser was when it began a line that it may get lost in.
type place struct{ i, open int }

func (p *parser) here() place { return place{p.i, p.open} }

// recover ends being lost: it skips to the next line, or the end, of the block that was current at start.
// Lines that begin with "|" are skipped unless bars is set.
func (p *parser) recover(start place, bars bool) {
	p.lost = false
	depth := p.open - start.open
	p.open = start.open
	if p.i == start.i && p.tok().kind != tEOF {
		depth += p.tok().kind.opens()
		p.i++ // the mistake is the first word of the line
	}
	for ; p.tok().kind != tEOF; p.i++ {
		t := p.tok()
		step := t.kind.opens()
		if depth <= 0 && (step < 0 || step == 0 && t.first && (bars || t.kind != tBar)) {
			return
		}
		depth = max(0, depth+step)
	}
}

// opaque consumes a bracketed text that the grammar does not look into and returns it without its
// brackets, with the blanks between its words made even.
func (p *parser) opaque(open, closer kind) string {
	p.expect(open)
	var b strings.Builder
	depth, last := 0, Pos(-1)
	for !p.lost {
		t := p.tok()
		switch {
		case t.kind == tEOF || t.kind == tDedent:
			p.want(closer.String())
			return ""
		case t.kind == closer && depth == 0:
			p.next()
			return b.String()
		}
		switch t.kind {
		case tOpen, tParen, tBracket:
			depth++
		case tClose, tParenEnd, tBracketEnd:
			depth--
		}
		if last >= 0 && last < t.span.Start {
			b.WriteByte(' ')
		}
		b.WriteString(p.src.Slice(t.span))
		last = t.span.End
		p.next()
	}
	return ""
}

// indented runs f until it returns false, and again inside an indented block or braces that may follow.
func (p *parser) indented(f func() bool) {
	for f() {
	}
	closer := tDedent
	switch {
	case p.is(tIndent):
	case p.is(tOpen):
		closer = tClose
	default:
		return
	}
	p.next()
	for f() {
	}
	p.expect(closer)
}
