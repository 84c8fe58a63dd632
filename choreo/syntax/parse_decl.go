package syntax

import "strconv"

func (p *parser) declaration() Decl {
	start := p.tok().span.Start
	if !p.is(tIdent) {
		p.want("a declaration or a protocol")
		return nil
	}
	switch p.tok().text {
	case "proof_bundle":
		return p.proofBundle(start)
	case "profile":
		d := &Profile{Name: p.declared("profile")}
		d.Fields = p.fields("fairness", "admissibility", "escalation_window")
		d.Span = p.since(start)
		return d
	case "agreement_profile":
		d := &AgreementProfile{Name: p.declared("agreement profile")}
		d.Fields = p.fields("visibility", "rule", "usable_at", "finalized_at", "evidence")
		d.Span = p.since(start)
		return d
	case "role_set":
		return p.roleSet(start)
	case "cluster", "ring", "mesh":
		shape := p.next()
		d := &Topology{Shape: Name{shape.span, shape.text}, Name: p.name("the name of the topology")}
		p.expect(tEqual)
		d.Members = p.names("a role")
		d.Span = p.since(start)
		return d
	case "type":
		return p.typeDecl(start)
	case "effect":
		return p.effect(start)
	case "fragment":
		d := &Fragment{Name: p.declared("fragment")}
		d.Params = p.params()
		d.Span = p.since(start)
		return d
	case "operation":
		return p.operation(start)
	case "guest":
		return p.guest(start)
	}
	p.fail(p.tok().span, "Syntax", "", "%s begins no declaration", strconv.Quote(p.tok().text))
	return nil
}

// declared consumes the keyword and returns the name after it.
func (p *parser) declared(what string) Name {
	p.next()
	return p.name("the name of the " + what)
}

// fields parses "key value" pairs with the given keys.
func (p *parser) fields(keys ...string) []Field {
	var list []Field
	p.indented(func() bool {
		if !p.isWord(keys...) {
			return false
		}
		key := p.next()
		f := Field{Key: Name{key.span, key.text}, Value: p.name("a value for " + key.text)}
		f.Span = p.since(key.span.Start)
		list = append(list, f)
		return true
	})
	return list
}

func (p *parser) params() []Name {
	if !p.accept(tParen) {
		return nil
	}
	list := p.names("a name")
	p.expect(tParenEnd)
	return list
}

func (p *parser) proofBundle(start Pos) Decl {
	d := &ProofBundle{Name: p.declared("proof bundle")}
	p.indented(func() bool {
		switch {
		case p.acceptWord("version"):
			d.Version = p.expect(tString).text
		case p.acceptWord("issuer"):
			d.Issuer = p.expect(tString).text
		case p.acceptWord("constraint"):
			d.Constraints = append(d.Constraints, p.expect(tString).text)
		case p.acceptWord("requires"):
			p.expect(tBracket)
			for !p.lost && !p.is(tBracketEnd) {
				d.Requires = append(d.Requires, p.name("a capability"))
				if !p.accept(tComma) {
					break
				}
			}
			p.expect(tBracketEnd)
		default:
			return false
		}
		return !p.lost
	})
	d.Span = p.since(start)
	return d
}

func (p *parser) roleSet(start Pos) Decl {
	d := &RoleSet{Name: p.declared("role set")}
	p.expect(tEqual)
	if p.isWord("subset") && p.ahead(1).kind == tParen {
		p.next()
		p.next()
		d.Of = p.name("a role set")
		p.expect(tComma)
		d.Range.Kind = IndexRange
		d.Range.From = p.bound()
		p.expect(tRange)
		d.Range.To = p.bound()
		p.expect(tParenEnd)
	} else {
		d.Members = p.names("a role")
	}
	d.Span = p.since(start)
	return d
}

func (p *parser) typeDecl(start Pos) Decl {
	p.next()
	if p.isWord("alias") && p.ahead(1).kind == tIdent {
		p.next()
		d := &TypeAlias{Name: p.name("the name of the type")}
		p.expect(tEqual)
		d.Type = p.typeExpr()
		d.Span = p.since(start)
		return d
	}
	d := &TypeDecl{Name: p.name("the name of the type")}
	p.expect(tEqual)
	p.indented(func() bool {
		at := p.tok().span.Start
		if !p.accept(tBar) {
			return false
		}
		v := &Variant{Name: p.name("the name of a variant")}
		if p.accept(tParen) {
			v.Type = p.typeExpr()
			p.expect(tParenEnd)
		}
		v.Span = p.since(at)
		d.Variants = append(d.Variants, v)
		return !p.lost
	})
	if len(d.Variants) == 0 {
		p.want(`"|" and a variant`)
	}
	d.Span = p.since(start)
	return d
}

func (p *parser) typeExpr() *TypeExpr {
	t := &TypeExpr{}
	start := p.tok().span.Start
	p.deeper(func() {
		if p.is(tOpen) {
			t.Name = braced(p.opaque(tOpen, tClose))
			return
		}
		first := p.name("a type")
		t.Name = first.Text
		switch {
		case first.Text == "Result":
			t.Args = []*TypeExpr{p.typeExpr(), p.typeExpr()}
		case first.Text == "Maybe":
			t.Args = []*TypeExpr{p.typeExpr()}
		default:
			for p.accept(tDot) {
				t.Name += "." + p.name("a name after the dot").Text
			}
		}
	})
	t.Span = p.since(start)
	return t
}

func braced(text string) string {
	if text == "" {
		return "{}"
	}
	return "{ " + text + " }"
}

func (p *parser) effect(start Pos) Decl {
	d := &Effect{Name: p.declared("effect")}
	p.indented(func() bool {
		op := p.effectOp()
		if op != nil {
			d.Operations = append(d.Operations, op)
		}
		return op != nil && !p.lost
	})
	if len(d.Operations) == 0 {
		p.want("an operation of the effect")
	}
	d.Span = p.since(start)
	return d
}

func (p *parser) effectOp() *EffectOp {
	start := p.tok().span.Start
	op := &EffectOp{}
	if p.isWord("authoritative", "command", "observe") && p.ahead(1).kind == tIdent {
		op.Class = p.next().text
	} else if !p.is(tIdent) || p.ahead(1).kind != tColon {
		return nil
	}
	op.Name = p.name("the name of the operation")
	p.expect(tColon)
	op.In = p.typeExpr()
	p.expect(tArrow)
	op.Out = p.typeExpr()
	if p.accept(tOpen) {
		for p.is(tIdent) {
			at := p.next()
			f := Field{Key: Name{at.span, at.text}}
			switch at.text {
			case "class", "progress", "region", "agreement_use", "reentrancy":
			default:
				p.fail(at.span, "Syntax", "", "an operation has class, progress, region, agreement_use and reentrancy, not %s", at.text)
			}
			p.expect(tColon)
			f.Value = p.name("a value")
			f.Span = p.since(at.span.Start)
			op.Fields = append(op.Fields, f)
			p.accept(tComma)
		}
		p.expect(tClose)
	}
	op.Span = p.since(start)
	return op
}

func (p *parser) operation(start Pos) Decl {
	d := &Operation{Name: p.declared("operation")}
	if p.accept(tParen) {
		for {
			at := p.tok().span.Start
			param := &Param{Name: p.name("a parameter")}
			p.expect(tColon)
			param.Type = p.typeExpr()
			param.Span = p.since(at)
			d.Params = append(d.Params, param)
			if !p.accept(tComma) {
				break
			}
		}
		p.expect(tParenEnd)
	}
	p.expectWord("at")
	d.At = p.roleRef()
	if p.acceptWord("within") {
		d.Within = p.name("a fragment")
		d.Args = p.params()
	}
	d.Progress = p.progress()
	if p.acceptWord("agreement") {
		d.Agreement = p.name("an agreement profile")
		if p.acceptWord("prestate") {
			d.Prestate = p.name("a prestate")
		}
	}
	if p.acceptWord("compose") {
		d.Compose = p.name("a composition")
		if p.accept(tParen) {
			b := Bound{Span: p.tok().span, Value: p.number("a number")}
			d.Parts = &b
			p.expect(tParenEnd)
		}
	}
	p.expect(tEqual)
	d.Roles, d.Body = p.body()
	d.Span = p.since(start)
	return d
}

// progress returns nil if no progress contract stands here.
func (p *parser) progress() *Progress {
	if !p.isWord("progress") {
		return nil
	}
	start := p.next().span.Start
	c := &Progress{Name: p.name("a progress contract")}
	for !p.lost {
		at := p.tok()
		key := Name{at.span, at.text}
		switch {
		case p.isWord("requires", "within"):
			p.next()
		case p.isWord("on") && p.ahead(2).kind == tFat && (p.ahead(1).text == "timeout" || p.ahead(1).text == "stall"):
			p.next()
			word := p.next()
			key = Name{word.span, word.text}
			p.next()
		default:
			c.Span = p.since(start)
			return c
		}
		f := Field{Key: key, Value: p.name("a value for " + key.Text)}
		f.Span = p.since(at.span.Start)
		c.Fields = append(c.Fields, f)
	}
	c.Span = p.since(start)
	return c
}

func (p *parser) guest(start Pos) Decl {
	p.next()
	p.expectWord("runtime")
	d := &GuestRuntime{Name: p.name("the name of the guest runtime")}
	p.expect(tEqual)
	p.indented(func() bool {
		switch {
		case p.acceptWord("uses"):
			d.Uses = append(d.Uses, p.names("an effect")...)
		case p.acceptWord("entry"):
			d.Entry = append(d.Entry, p.name("an entry"))
		default:
			return false
		}
		return !p.lost
	})
	if len(d.Uses)+len(d.Entry) == 0 {
		p.want(`"uses" or "entry"`)
	}
	d.Span = p.since(start)
	return d
}
