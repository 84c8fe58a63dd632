package syntax

import "strconv"

func (p *parser) begin(start Pos) Stmt {
	p.next()
	b := &Begin{Operation: p.name("an operation")}
	if p.is(tParen) {
		b.Args = "(" + p.opaque(tParen, tParenEnd) + ")"
	}
	b.Progress = p.progress()
	b.Span = p.since(start)
	return b
}

func (p *parser) await(start Pos) Stmt {
	p.next()
	s := &Await{Name: p.name("what to await")}
	s.Span = p.since(start)
	return s
}

func (p *parser) invalidate(start Pos) Stmt {
	p.next()
	s := &Invalidate{Name: p.name("what to invalidate")}
	s.Span = p.since(start)
	return s
}

func (p *parser) resolve(start Pos) Stmt {
	p.next()
	s := &Resolve{Name: p.name("what to resolve")}
	p.expectWord("as")
	s.Outcome = p.name("Success, Failure, Timeout or Cancelled")
	switch s.Outcome.Text {
	case "Success", "Failure", "Timeout":
		s.Value = p.optionalName()
	case "Cancelled":
	default:
		p.fail(s.Outcome.Span, "Syntax", "", "expected Success, Failure, Timeout or Cancelled, found %s", strconv.Quote(s.Outcome.Text))
	}
	s.Span = p.since(start)
	return s
}

// optionalName parses "(name)", or nothing.
func (p *parser) optionalName() Name {
	if !p.accept(tParen) {
		return Name{}
	}
	n := p.name("a name")
	p.expect(tParenEnd)
	return n
}

func (p *parser) let(start Pos) Stmt {
	l := &Let{}
	if p.isWord("authoritative", "observe") {
		l.Class = p.next().text
	}
	p.expectWord("let")
	l.Name = p.name("a name to bind")
	p.expect(tEqual)
	l.Value = p.expr()
	if p.acceptWord("in") {
		l.HasIn, l.In = true, p.block(true)
	}
	l.Span = p.since(start)
	return l
}

func (p *parser) publish(start Pos) Stmt {
	p.next()
	s := &Publish{Name: p.name("what to publish")}
	if p.acceptWord("as") {
		s.As = p.name("a name to publish as")
	} else {
		s.Value = p.optionalName()
	}
	s.Span = p.since(start)
	return s
}

func (p *parser) materialize(start Pos) Stmt {
	p.next()
	s := &Materialize{Name: p.name("what to materialize")}
	p.expectWord("from")
	s.From = p.name("its source")
	s.Span = p.since(start)
	return s
}

func (p *parser) handoff(start Pos) Stmt {
	p.next()
	s := &Handoff{Name: p.name("what to hand off")}
	p.expectWord("to")
	s.To = p.roleRef()
	p.expectWord("with")
	s.With = p.name("a receipt")
	s.Span = p.since(start)
	return s
}

func (p *parser) dependentWork(start Pos) Stmt {
	p.next()
	p.expectWord("work")
	s := &DependentWork{Name: p.name("the work")}
	s.Value = p.optionalName()
	p.expectWord("required")
	p.expectWord("for")
	s.For = p.name("what needs it")
	s.Span = p.since(start)
	return s
}

// expr parses the expression of a let or a case.
func (p *parser) expr() *Expr {
	start := p.tok().span.Start
	e := &Expr{Kind: ExprPath}
	switch {
	case p.isWord("check", "observe") && p.ahead(1).kind == tIdent:
		e.Kind = ExprCheck
		if p.next().text == "observe" {
			e.Kind = ExprObserve
		}
		e.Call = p.effectCall()
	case p.isWord("transfer") && p.ahead(1).kind == tIdent:
		p.next()
		e.Kind, e.Resource = ExprTransfer, p.name("what to transfer")
		p.expectWord("from")
		e.From = p.roleRef()
		p.expectWord("to")
		e.To = p.roleRef()
	case p.isWord("Ok", "Err", "Just", "Nothing"):
		e.Kind = ExprConstruct
		e.Path = []Name{p.name("a constructor")}
		if e.Path[0].Text != "Nothing" {
			if n := p.optionalName(); n.Text != "" {
				e.Path = append(e.Path, n)
			}
		}
	case p.is(tIdent) && p.ahead(1).kind == tParen:
		e.Kind = ExprCall
		at := p.tok().span.Start
		e.Call = &Call{Operation: p.name("a name")}
		e.Call.Args = p.opaque(tParen, tParenEnd)
		e.Call.Span = p.since(at)
	default:
		e.Path = []Name{p.name("an expression")}
		for p.accept(tDot) {
			e.Path = append(e.Path, p.name("a name after the dot"))
		}
	}
	e.Span = p.since(start)
	return e
}

// effectCall parses "Interface.operation(args)".
func (p *parser) effectCall() *Call {
	start := p.tok().span.Start
	c := &Call{Interface: p.name("an effect")}
	p.expect(tDot)
	c.Operation = p.name("an operation")
	c.Args = p.opaque(tParen, tParenEnd)
	c.Span = p.since(start)
	return c
}

func (p *parser) guard() *Guard {
	start := p.next().span.Start
	g := &Guard{}
	if p.acceptWord("check") {
		g.Check = p.effectCall()
		p.expectWord("yields")
		g.Witness = p.name("a name for the evidence")
	} else {
		g.Predicate = p.predicate()
	}
	g.Span = p.since(start)
	return g
}
