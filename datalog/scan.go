package datalog

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aura-runtime/aura"
)

// parser reads text form by recursive descent over the source itself: the grammar needs no tokens,
// only spaces, words and punctuation.
type parser struct {
	src    string
	pos    int
	depth  int
	params Params
}

// fail returns the error that something else than want stands at the current position.
func (p *parser) fail(want string) error {
	before := p.src[:p.pos]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return aura.Errorf("datalog.Parse", aura.Invalid, "line %d, column %d: expected %s", line, column, want)
}

// enter counts one level of nesting; the caller leaves it by p.depth--.
func (p *parser) enter() error {
	if p.depth++; p.depth > MaxDepth {
		return invalid("datalog.Parse", ErrDepth)
	}
	return nil
}

// space skips white space and comments.
func (p *parser) space() {
	for p.pos < len(p.src) {
		rest := p.src[p.pos:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			p.pos++
		case strings.HasPrefix(rest, "//"):
			p.skipPast(rest, "\n")
		case strings.HasPrefix(rest, "/*"):
			p.skipPast(rest, "*/")
		default:
			return
		}
	}
}

func (p *parser) skipPast(rest, end string) {
	if i := strings.Index(rest, end); i >= 0 {
		p.pos += i + len(end)
	} else {
		p.pos = len(p.src)
	}
}

// accept consumes punctuation after optional space, if it is there.
func (p *parser) accept(s string) bool {
	p.space()
	if !strings.HasPrefix(p.src[p.pos:], s) {
		return false
	}
	p.pos += len(s)
	return true
}

// expect consumes punctuation after optional space.
func (p *parser) expect(s string) error {
	if !p.accept(s) {
		return p.fail(`"` + s + `"`)
	}
	return nil
}

// word consumes a whole word after optional space, if it is there and followed by no character of a
// name.
func (p *parser) word(w string) bool {
	p.space()
	rest := p.src[p.pos:]
	if !strings.HasPrefix(rest, w) || nameLength(rest) > len(w) {
		return false
	}
	p.pos += len(w)
	return true
}

// isName reports whether s can be written as the name of a predicate.
func isName(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r) && nameLength(s) == len(s)
}

// name consumes a name, "" if there is none. It skips no space.
func (p *parser) name() string {
	rest := p.src[p.pos:]
	if r, _ := utf8.DecodeRuneInString(rest); !unicode.IsLetter(r) {
		return ""
	}
	n := nameLength(rest)
	p.pos += n
	return rest[:n]
}

// variable consumes the name of a variable after its dollar.
func (p *parser) variable() (string, error) {
	n := nameLength(p.src[p.pos:])
	if n == 0 {
		return "", p.fail("the name of a variable")
	}
	p.pos += n
	return p.src[p.pos-n : p.pos], nil
}

// nameLength returns how many bytes at the start of s are characters of a name.
func nameLength(s string) int {
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != ':' {
			return i
		}
	}
	return len(s)
}
