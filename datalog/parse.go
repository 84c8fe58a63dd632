package datalog

import (
	"strings"
	"unicode/utf8"

	"github.com/aura-runtime/aura"
)

// Params are values for the placeholders {name} of a source text. They are how a value that came
// from elsewhere enters a program: as a term, never as text. A name is letters, digits, underscores
// and colons.
type Params map[string]Term

// Parse reads a program: statements that end in semicolons, and comments. A placeholder that is not
// in params is an error, and so is text that is not valid UTF-8. The error, of kind [aura.Invalid],
// names line and column.
func Parse(src string, params Params) (*Program, error) {
	return parse(src, params, (*parser).program)
}

// ParseRule reads one rule, with or without a semicolon.
func ParseRule(src string, params Params) (Rule, error) {
	return parse(src, params, (*parser).rule)
}

// ParseBody reads the body of a rule, as in "a($x), $x > 1", with or without a semicolon. The head of the rule is
// name without terms.
func ParseBody(name, src string, params Params) (Rule, error) {
	return parse(src, params, func(p *parser) (Rule, error) { return p.body(Predicate{Name: name}) })
}

func parse[T any](src string, params Params, production func(*parser) (T, error)) (T, error) {
	var zero T
	if !utf8.ValidString(src) {
		return zero, aura.Errorf("datalog.Parse", aura.Invalid, "source is not valid UTF-8")
	}
	p := &parser{src: src, params: params}
	v, err := production(p)
	if err != nil {
		return zero, err
	}
	p.accept(";")
	if p.space(); p.pos < len(p.src) {
		return zero, p.fail("the end of the text")
	}
	return v, nil
}

func (p *parser) program() (*Program, error) {
	prog := &Program{}
	if p.word("trusting") {
		var err error
		if prog.Scopes, err = p.scopes(); err != nil {
			return nil, err
		}
		if err := p.expect(";"); err != nil {
			return nil, err
		}
	}
	for p.space(); p.pos < len(p.src); p.space() {
		if err := p.statement(prog); err != nil {
			return nil, err
		}
		if err := p.expect(";"); err != nil {
			return nil, err
		}
	}
	return prog, nil
}

// introductions are the words that start a check or a policy.
var introductions = []struct {
	first, second string
	policy        bool
	kind          uint8
}{
	{"check", "if", false, uint8(CheckIf)},
	{"check", "all", false, uint8(CheckAll)},
	{"reject", "if", false, uint8(CheckRejectIf)},
	{"allow", "if", true, uint8(PolicyAllow)},
	{"deny", "if", true, uint8(PolicyDeny)},
}

func (p *parser) statement(prog *Program) error {
	start := p.pos
	for _, in := range introductions {
		if !p.word(in.first) || !p.word(in.second) {
			p.pos = start
			continue
		}
		queries, err := p.queries()
		if err != nil {
			return err
		}
		if in.policy {
			prog.Policies = append(prog.Policies, Policy{Kind: PolicyKind(in.kind), Queries: queries})
		} else {
			prog.Checks = append(prog.Checks, Check{Kind: CheckKind(in.kind), Queries: queries})
		}
		return nil
	}
	head, err := p.predicate()
	if err != nil {
		return err
	}
	if p.accept("<-") {
		rule, err := p.body(head)
		prog.Rules = append(prog.Rules, rule)
		return err
	}
	prog.Facts = append(prog.Facts, head)
	return p.ground(head)
}

// ground refuses a fact with a variable.
func (p *parser) ground(fact Predicate) error {
	for _, t := range fact.Terms {
		if t.kind == KindVariable {
			return p.fail("a fact without variables, or <- and the body of a rule")
		}
	}
	return nil
}

func (p *parser) rule() (Rule, error) {
	head, err := p.predicate()
	if err != nil {
		return Rule{}, err
	}
	if err := p.expect("<-"); err != nil {
		return Rule{}, err
	}
	return p.body(head)
}

func (p *parser) queries() (queries []Rule, err error) {
	for {
		q, err := p.body(Predicate{Name: "query"})
		if err != nil {
			return nil, err
		}
		if queries = append(queries, q); !p.word("or") {
			return queries, nil
		}
	}
}

func (p *parser) body(head Predicate) (Rule, error) {
	r := Rule{Head: head}
	for {
		if err := p.element(&r); err != nil {
			return Rule{}, err
		}
		if !p.accept(",") {
			break
		}
	}
	if !p.word("trusting") {
		return r, nil
	}
	var err error
	r.Scopes, err = p.scopes()
	return r, err
}

// element reads a predicate or an expression. Only a predicate starts with a name and a
// parenthesis.
func (p *parser) element(r *Rule) error {
	p.space()
	start := p.pos
	if p.name() != "" && strings.HasPrefix(p.src[p.pos:], "(") {
		p.pos = start
		pred, err := p.predicate()
		r.Body = append(r.Body, pred)
		return err
	}
	p.pos = start
	e, err := p.expression()
	if err != nil {
		return err
	}
	r.Expressions = append(r.Expressions, e)
	// A chain of operators makes a deep tree without any nesting in the text.
	if e.deeper(MaxDepth) {
		return invalid("datalog.Parse", ErrDepth)
	}
	return nil
}

func (p *parser) predicate() (Predicate, error) {
	p.space()
	name := p.name()
	if name == "" {
		return Predicate{}, p.fail("a name")
	}
	if !strings.HasPrefix(p.src[p.pos:], "(") {
		return Predicate{}, p.fail(`"(" after the name of a predicate`)
	}
	p.pos++
	terms, err := p.terms(")", true)
	if err == nil && len(terms) == 0 {
		err = p.fail("at least one term before this")
	}
	return Predicate{Name: name, Terms: terms}, err
}

func (p *parser) scopes() (scopes []Scope, err error) {
	for {
		s, err := p.scope()
		if err != nil {
			return nil, err
		}
		if scopes = append(scopes, s); !p.accept(",") {
			return scopes, nil
		}
	}
}

func (p *parser) scope() (Scope, error) {
	switch {
	case p.word("authority"):
		return Scope{Kind: ScopeAuthority}, nil
	case p.word("previous"):
		return Scope{Kind: ScopePrevious}, nil
	}
	start := p.pos
	end := start
	for end < len(p.src) && (p.src[end] == '/' || nameLength(p.src[end:end+1]) > 0) {
		end++
	}
	k, err := ParseKey(p.src[start:end])
	if err != nil {
		return Scope{}, p.fail("authority, previous or a public key")
	}
	p.pos = end
	return Scope{Kind: ScopeKey, Key: k}, nil
}
