package datalog

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// terms reads terms with commas between them up to and with the closing punctuation.
func (p *parser) terms(end string, variables bool) (terms []Term, err error) {
	if p.accept(end) {
		return nil, nil
	}
	for {
		t, err := p.term(variables)
		if err != nil {
			return nil, err
		}
		if terms = append(terms, t); p.accept(end) {
			return terms, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}

// term reads one term. Collections are read without variables, which they cannot hold.
func (p *parser) term(variables bool) (Term, error) {
	if err := p.enter(); err != nil {
		return Term{}, err
	}
	defer func() { p.depth-- }()
	p.space()
	rest := p.src[p.pos:]
	switch {
	case rest == "":
		return Term{}, p.fail("a term")
	case rest[0] == '$' && variables:
		p.pos++
		name, err := p.variable()
		return NewVariable(name), err
	case rest[0] == '"':
		return p.quoted()
	case rest[0] == '[':
		p.pos++
		elems, err := p.terms("]", false)
		return Term{kind: KindArray, list: elems}, err
	case rest[0] == '{':
		return p.braces()
	case rest[0] == '-' || isDigit(rest[0]):
		return p.number()
	case strings.HasPrefix(rest, "hex:"):
		return p.hexadecimal()
	}
	return p.constant()
}

func (p *parser) constant() (Term, error) {
	switch {
	case p.word("true"):
		return NewBool(true), nil
	case p.word("false"):
		return NewBool(false), nil
	case p.word("null"):
		return NewNull(), nil
	}
	return Term{}, p.fail("a term")
}

func (p *parser) hexadecimal() (Term, error) {
	p.pos += len("hex:")
	start := p.pos
	for p.pos < len(p.src) && nameLength(p.src[p.pos:p.pos+1]) > 0 {
		p.pos++
	}
	b, err := hex.DecodeString(p.src[start:p.pos])
	if err != nil {
		p.pos = start
		return Term{}, p.fail("pairs of hexadecimal digits")
	}
	return NewBytes(b), nil
}

// quoted reads a string, in which \", \\ and \n stand for a quote, a backslash and a line feed.
func (p *parser) quoted() (Term, error) {
	var out strings.Builder
	for i := p.pos + 1; i < len(p.src); i++ {
		switch c := p.src[i]; c {
		case '"':
			p.pos = i + 1
			return NewString(out.String()), nil
		case '\\':
			i++
			at := -1
			if i < len(p.src) {
				at = strings.IndexByte(`"\n`, p.src[i])
			}
			if at < 0 {
				p.pos = i - 1
				return Term{}, p.fail(`\", \\ or \n`)
			}
			out.WriteByte("\"\\\n"[at])
		default:
			out.WriteByte(c)
		}
	}
	return Term{}, p.fail("a string with its closing quote")
}

// number reads an integer, or a date, which starts like one.
func (p *parser) number() (Term, error) {
	start := p.pos
	end := start
	if p.src[end] == '-' {
		end++
	}
	for end < len(p.src) && isDigit(p.src[end]) {
		end++
	}
	if end == start+4 && strings.HasPrefix(p.src[end:], "-") && len(p.src) > end+6 && p.src[end+6] == 'T' {
		return p.date()
	}
	i, err := strconv.ParseInt(p.src[start:end], 10, 64)
	if err != nil {
		return Term{}, p.fail("an integer of 64 bits")
	}
	p.pos = end
	return NewInteger(i), nil
}

func (p *parser) date() (Term, error) {
	end := p.pos
	for end < len(p.src) && (isDigit(p.src[end]) || strings.IndexByte("-+:.TZ", p.src[end]) >= 0) {
		end++
	}
	// A method call may follow at once: its point belongs to no date.
	text := strings.TrimRight(p.src[p.pos:end], ".")
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Unix() < 0 {
		return Term{}, p.fail("a date since 1970 as in RFC 3339")
	}
	p.pos += len(text)
	return NewDate(uint64(t.Unix())), nil
}

// braces reads a placeholder, a set or a map.
func (p *parser) braces() (Term, error) {
	start := p.pos
	p.pos++
	if t, ok := p.placeholder(); ok {
		return t, nil
	}
	p.pos = start + 1
	if p.accept(",") {
		return Term{kind: KindSet}, p.expect("}")
	}
	if p.accept("}") {
		return Term{kind: KindMap}, nil
	}
	first, err := p.term(false)
	if err != nil {
		return Term{}, err
	}
	if p.accept(":") {
		return p.entries(first)
	}
	elems := []Term{first}
	if !p.accept("}") {
		if err := p.expect(","); err != nil {
			return Term{}, err
		}
		rest, err := p.terms("}", false)
		if err != nil {
			return Term{}, err
		}
		elems = append(elems, rest...)
	}
	return NewSet(elems...)
}

// placeholder reads {name} and returns the parameter's value; ok is false for anything else.
func (p *parser) placeholder() (t Term, ok bool) {
	p.space()
	name := p.name()
	if name == "" || !p.accept("}") {
		return Term{}, false
	}
	t, ok = p.params[name]
	return t, ok && t.kind != 0 && t.kind != KindVariable
}

// entries reads a map after its first key and colon.
func (p *parser) entries(key Term) (Term, error) {
	var entries []Entry
	for {
		value, err := p.term(false)
		if err != nil {
			return Term{}, err
		}
		entries = append(entries, Entry{Key: key, Value: value})
		if p.accept("}") {
			return NewMap(entries...)
		}
		if err := p.expect(","); err != nil {
			return Term{}, err
		}
		if key, err = p.term(false); err != nil {
			return Term{}, err
		}
		if err := p.expect(":"); err != nil {
			return Term{}, err
		}
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
