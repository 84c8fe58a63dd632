package syntax

func (p *parser) file() *File {
	f := &File{Source: p.src}
	if p.isWord("module") {
		f.Module = p.module()
	}
	for !p.is(tEOF) {
		start := p.here()
		if p.lost {
			start.i = -1 // lost in the module line
		} else {
			p.toplevel(f)
		}
		if p.lost {
			p.recover(start, false)
		}
	}
	if f.Protocol == nil && len(p.problems) == 0 {
		p.report(p.tok().span, "EmptyChoreography", "", "the file has no protocol")
	}
	return f
}

func (p *parser) toplevel(f *File) {
	switch {
	case p.isWord("import"):
		f.Imports = append(f.Imports, p.importing())
	case p.isWord("protocol"):
		proto := p.protocol(true)
		if f.Protocol == nil {
			f.Protocol = proto
		} else if !p.lost {
			p.report(proto.Name.Span, "DuplicateProtocol", "put helpers after \"where\"", "the file already has the protocol %s", f.Protocol.Name.Text)
		}
	case p.isWord("module"):
		p.fail(p.tok().span, "Syntax", "", "the module line comes first and only once")
	default:
		if d := p.declaration(); d != nil {
			f.Decls = append(f.Decls, d)
		}
	}
}

func (p *parser) module() *Module {
	start := p.next().span.Start
	m := &Module{Name: p.name("the name of the module")}
	p.expectWord("exposing")
	m.Exposing = p.opaque(tParen, tParenEnd)
	m.Span = p.since(start)
	return m
}

func (p *parser) importing() *Import {
	start := p.next().span.Start
	im := &Import{Name: p.name("the name of a module")}
	if p.acceptWord("as") {
		im.Alias = p.name("a name for the module")
	}
	if p.acceptWord("exposing") {
		text := p.opaque(tParen, tParenEnd)
		im.Exposing = &text
	}
	im.Span = p.since(start)
	return im
}

// protocol parses the protocol of the file, the outer one, or one after its where. The latter has neither
// clauses nor helpers of its own.
func (p *parser) protocol(outer bool) *Protocol {
	start := p.next().span.Start
	proto := &Protocol{Name: p.name("the name of the protocol")}
	if p.accept(tParen) {
		proto.Header = p.roleDecls()
		p.expect(tParenEnd)
	}
	for _, clause := range []struct {
		word, what string
		list       *[]Name
	}{
		{"requires", "the name of a proof bundle", &proto.Requires},
		{"uses", "the name of an effect", &proto.Uses},
		{"under", "the name of a profile", &proto.Under},
	} {
		if outer && p.acceptWord(clause.word) {
			*clause.list = p.names(clause.what)
		}
	}
	p.expect(tEqual)
	proto.Roles, proto.Body = p.body()
	if outer && p.acceptWord("where") {
		p.indented(func() bool {
			if !p.isWord("protocol") {
				return false
			}
			proto.Where = append(proto.Where, p.protocol(false))
			return !p.lost
		})
	}
	proto.Span = p.since(start)
	return proto
}

// body is a block that may begin with a line of roles.
func (p *parser) body() (roles []*RoleDecl, stmts []Stmt) {
	p.deeper(func() {
		closer, ok := p.openBlock()
		if !ok {
			p.want("an indented block")
			return
		}
		if p.acceptWord("roles") {
			roles = p.roleDecls()
		}
		stmts = p.stmts(closer)
		p.expect(closer)
	})
	return roles, stmts
}

func (p *parser) roleDecls() []*RoleDecl {
	var list []*RoleDecl
	for {
		start := p.tok().span.Start
		d := &RoleDecl{Name: p.name("the name of a role")}
		d.Size = p.index(false)
		d.Span = p.since(start)
		list = append(list, d)
		if !p.accept(tComma) {
			return list
		}
	}
}

// index parses the brackets after a role.
func (p *parser) index(ranges bool) Index {
	if !p.accept(tBracket) {
		return Index{}
	}
	ix := Index{Kind: IndexAll}
	if !p.accept(tStar) {
		ix.From = p.bound()
		ix.Kind = IndexNumber
		if ix.From.Name != "" {
			ix.Kind = IndexSymbol
		}
		if ranges && p.accept(tRange) {
			ix.Kind, ix.To = IndexRange, p.bound()
		}
	}
	p.expect(tBracketEnd)
	return ix
}

func (p *parser) bound() Bound {
	b := Bound{Span: p.tok().span}
	if p.is(tIdent) {
		b.Name = p.next().text
	} else {
		b.Value = p.number("a number, a name or \"*\"")
	}
	return b
}

func (p *parser) roleRef() RoleRef {
	start := p.tok().span.Start
	r := RoleRef{Name: p.name("a role")}
	r.Index = p.index(true)
	r.Span = p.since(start)
	return r
}
