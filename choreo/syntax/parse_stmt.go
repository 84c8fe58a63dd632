package syntax

import "strconv"

// openBlock consumes the beginning of a block and returns the token that will end it.
func (p *parser) openBlock() (closer kind, ok bool) {
	switch {
	case p.accept(tIndent):
		return tDedent, true
	case p.accept(tOpen):
		return tClose, true
	case p.accept(tParen):
		return tParenEnd, true
	}
	return tEOF, false
}

// stmts parses statements up to closer and goes on after mistakes.
func (p *parser) stmts(closer kind) []Stmt {
	var list []Stmt
	for !p.is(closer) && !p.is(tEOF) {
		start := p.here()
		if s := p.stmt(); s != nil && !p.lost {
			list = append(list, s)
		}
		if p.lost {
			p.recover(start, false)
		}
	}
	return list
}

// block parses a block, or a single statement where oneLine allows one.
func (p *parser) block(oneLine bool) (list []Stmt) {
	p.deeper(func() {
		open := p.tok()
		closer, ok := p.openBlock()
		switch {
		case ok:
			list = p.stmts(closer)
			if closer == tParenEnd && len(list) == 0 {
				p.fail(open.span, "Syntax", "write {} for a branch that does nothing", "a block in parentheses may not be empty")
			}
			p.expect(closer)
		case !oneLine:
			p.want("an indented block")
		default:
			start := p.here()
			if s := p.stmt(); s != nil && !p.lost {
				list = []Stmt{s}
			}
			if p.accept(tIndent) { // the lines below the first statement belong to the same branch
				list = append(list, p.stmts(tDedent)...)
				p.expect(tDedent)
			}
			if p.lost {
				p.recover(start, true)
			}
		}
	})
	return list
}

// bytecode are words of the protocol machine that are no statements.
var bytecode = map[string]bool{
	"acquire": true, "release": true, "fork": true, "join": true, "abort": true, "delegate": true, "tag": true,
	"heartbeat": true,
}

// stmt returns nil only when lost.
func (p *parser) stmt() Stmt {
	if !p.is(tIdent) {
		if p.is(tIndent) {
			p.fail(p.tok().span, "Syntax", "a line that continues a statement begins with \"->\" or stands inside brackets",
				"this line is indented deeper than the statement before it")
		}
		p.want("a statement")
		return nil
	}
	t := p.tok()
	switch p.ahead(1).kind {
	case tArrow, tArrowAll:
		return p.send()
	}
	if parse := p.keyword(t.text); parse != nil {
		return parse(t.span.Start)
	}
	if bytecode[t.text] && p.ahead(1).kind != tBracket && p.ahead(1).kind != tOpen {
		p.fail(t.span, "Syntax", "to hand over ownership write transfer and handoff",
			"%s is an instruction of the protocol machine, not a statement", strconv.Quote(t.text))
		return nil
	}
	return p.send()
}

// keyword returns the parser of the statement that begins with word, nil if none does.
func (p *parser) keyword(word string) func(Pos) Stmt {
	switch word {
	case "choice":
		return p.choice
	case "par":
		return p.par
	case "loop":
		return p.loop
	case "rec":
		return p.rec
	case "continue":
		return p.continuing
	case "call":
		return p.calling
	case "begin":
		return p.begin
	case "await":
		return p.await
	case "resolve":
		return p.resolve
	case "invalidate":
		return p.invalidate
	case "authoritative", "observe", "let":
		return p.let
	case "case":
		return p.caseOf
	case "timeout":
		return p.timeout
	case "publish":
		return p.publish
	case "materialize":
		return p.materialize
	case "handoff":
		return p.handoff
	case "dependent":
		return p.dependentWork
	}
	return nil
}

func (p *parser) send() Stmt {
	start := p.tok().span.Start
	from := p.roleRef()
	var notes []*Annotation
	if p.accept(tOpen) {
		notes = p.annotations()
	}
	if p.accept(tArrowAll) {
		p.expect(tColon)
		b := &Broadcast{From: from, Annotations: notes, Message: p.message()}
		b.Span = p.since(start)
		return b
	}
	if !p.accept(tArrow) {
		p.want(`"->"`)
		return nil
	}
	s := &Send{From: from, Annotations: notes, To: p.roleRef()}
	p.expect(tColon)
	s.Message = p.message()
	s.Span = p.since(start)
	return s
}

// annotations parses a sender's record after its brace.
func (p *parser) annotations() []*Annotation {
	var list []*Annotation
	for !p.lost && !p.is(tClose) {
		start := p.tok().span.Start
		a := &Annotation{Key: p.name("the key of an annotation")}
		p.expect(tColon)
		a.Value = p.value()
		a.Span = p.since(start)
		list = append(list, a)
		if !p.accept(tComma) {
			break
		}
	}
	p.expect(tClose)
	return list
}

func (p *parser) message() Message {
	start := p.tok().span.Start
	m := Message{Name: p.name("the name of a message")}
	if p.acceptWord("of") {
		m.Type = p.typePath()
	}
	switch {
	case p.is(tParen):
		m.Payload = "(" + p.opaque(tParen, tParenEnd) + ")"
	case p.is(tOpen):
		m.Payload = braced(p.opaque(tOpen, tClose))
	}
	m.Span = p.since(start)
	return m
}

func (p *parser) choice(start Pos) Stmt {
	p.next()
	c := &Choice{Role: p.roleRef()}
	p.expectWord("at")
	p.indented(func() bool {
		at := p.tok().span.Start
		if !p.accept(tBar) {
			return false
		}
		b := &ChoiceBranch{Label: p.name("the label of a branch")}
		if p.isWord("when") {
			b.Guard = p.guard()
		}
		p.expect(tFat)
		b.Body = p.block(true)
		b.Span = p.since(at)
		c.Branches = append(c.Branches, b)
		return !p.lost
	})
	if len(c.Branches) == 0 {
		p.want(`"|" and a branch`)
	}
	c.Span = p.since(start)
	return c
}

func (p *parser) par(start Pos) Stmt {
	par := p.next()
	s := &Par{}
	p.indented(func() bool {
		if !p.accept(tBar) {
			return false
		}
		s.Branches = append(s.Branches, p.block(true))
		return !p.lost
	})
	s.Span = p.since(start)
	if len(s.Branches) < 2 && !p.lost {
		p.report(par.span, "Syntax", "", "par needs two branches or more")
	}
	return s
}

func (p *parser) loop(start Pos) Stmt {
	p.next()
	l := &Loop{}
	switch {
	case p.acceptWord("decide"):
		p.expectWord("by")
		l.Kind, l.Decider = LoopDecide, p.roleRef()
	case p.acceptWord("repeat"):
		l.Kind, l.Count = LoopRepeat, p.bound()
	case p.acceptWord("while"):
		l.Kind, l.While = LoopWhile, p.expect(tString).text
	case p.acceptWord("forever"):
	default:
		p.want(`"decide by", "repeat", "while" or "forever"`)
	}
	l.Body = p.block(false)
	l.Span = p.since(start)
	return l
}

func (p *parser) rec(start Pos) Stmt {
	p.next()
	r := &Rec{Label: p.name("a label for the recursion")}
	r.Body = p.block(false)
	r.Span = p.since(start)
	return r
}

func (p *parser) continuing(start Pos) Stmt {
	p.next()
	c := &Continue{Label: p.name("the label of a recursion")}
	c.Span = p.since(start)
	return c
}

func (p *parser) calling(start Pos) Stmt {
	p.next()
	c := &CallProtocol{Protocol: p.name("the name of a protocol")}
	c.Span = p.since(start)
	return c
}

func (p *parser) caseOf(start Pos) Stmt {
	p.next()
	c := &Case{Subject: p.expr()}
	p.expectWord("of")
	p.indented(func() bool {
		at := p.tok().span.Start
		if !p.accept(tBar) {
			return false
		}
		b := &CaseBranch{Constructor: p.name("a constructor")}
		b.Binds = p.params()
		p.expect(tFat)
		b.Body = p.block(true)
		b.Span = p.since(at)
		c.Branches = append(c.Branches, b)
		return !p.lost
	})
	if len(c.Branches) == 0 {
		p.want(`"|" and a branch`)
	}
	c.Span = p.since(start)
	return c
}

func (p *parser) timeout(start Pos) Stmt {
	p.next()
	t := &Timeout{Duration: p.duration()}
	t.Role = p.roleRef()
	p.expectWord("at")
	t.Body = p.block(false)
	p.expectWord("on")
	p.expectWord("timeout")
	p.expect(tFat)
	t.OnTimeout = p.block(true)
	if p.isWord("on") && p.ahead(1).text == "cancel" {
		p.next()
		p.next()
		p.expect(tFat)
		t.HasCancel, t.OnCancel = true, p.block(true)
	}
	t.Span = p.since(start)
	return t
}
