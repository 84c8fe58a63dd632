package syntax

import "strings"

func (p *formatter) stmts(list []Stmt) {
	for _, s := range list {
		p.stmt(s)
	}
}

func (p *formatter) stmt(s Stmt) {
	switch s := s.(type) {
	case *Send:
		p.send(s.Span, s.From, s.Annotations, "-> "+s.To.String()+" : "+s.Message.String())
	case *Broadcast:
		p.send(s.Span, s.From, s.Annotations, "->* : "+s.Message.String())
	case *Choice:
		p.line(p.past(Span{s.Start, s.Role.Span.End}, "at"), "choice "+s.Role.String()+" at")
		p.indented(s.Branches[0].Start, func() {
			for _, b := range s.Branches {
				p.branch(b.Span, b.header(), b.Body)
			}
		})
	case *Par:
		p.line(Span{s.Start, s.Start + Pos(len("par"))}, "par")
		p.indented(s.Start, func() {
			for _, b := range s.Branches {
				at := s.Span
				if len(b) > 0 {
					at = Span{b[0].Extent().Start, b[len(b)-1].Extent().End}
				} else {
					at.End = at.Start
				}
				p.branch(at, "|", b)
			}
		})
	case *Loop:
		p.block(s.Span, s.header(), s.Body)
	case *Rec:
		p.block(s.Span, "rec "+s.Label.Text, s.Body)
	case *Let:
		p.let(s)
	case *Case:
		p.line(p.past(Span{s.Start, s.Subject.End}, "of"), "case "+s.Subject.String()+" of")
		p.indented(s.Branches[0].Start, func() {
			for _, b := range s.Branches {
				p.branch(b.Span, b.header(), b.Body)
			}
		})
	case *Timeout:
		p.block(s.Span, "timeout "+s.Duration+" "+s.Role.String()+" at", s.Body)
		p.arm("on timeout =>", s.OnTimeout)
		if s.HasCancel {
			p.arm("on cancel =>", s.OnCancel)
		}
	default:
		p.line(s.Extent(), simpleText(s))
	}
}

// send prints a message on one line if it fits, and otherwise breaks it before the arrow, then inside
// the record: both places are free of layout.
func (p *formatter) send(span Span, from RoleRef, notes []*Annotation, rest string) {
	if len(notes) == 0 {
		p.line(span, from.String()+" "+rest)
		return
	}
	items := make([]string, len(notes))
	for i, a := range notes {
		items[i] = a.Key.Text + " : " + a.Value.String()
	}
	margin := "\n" + strings.Repeat("  ", p.level)
	record := from.String() + " { " + strings.Join(items, ", ") + " }"
	switch {
	case p.fits(record + " " + rest):
		p.line(span, record+" "+rest)
	case p.fits(record):
		p.line(span, record+margin+"  "+rest)
	default:
		p.line(span, from.String()+" {"+margin+"  "+strings.Join(items, ","+margin+"  ")+margin+"} "+rest)
	}
}

// branch prints one alternative: on the line of its header if it is a single plain statement that fits.
func (p *formatter) branch(span Span, header string, body []Stmt) {
	switch {
	case len(body) == 0:
		p.line(span, header+" {}")
		return
	case len(body) == 1:
		if text, ok := p.plain(body[0]); ok && p.fits(header+" "+text) {
			p.line(span, header+" "+text)
			return
		}
	}
	p.line(p.headerOf(span, body), header)
	p.indented(body[0].Extent().Start, func() { p.stmts(body) })
}

func (p *formatter) block(span Span, header string, body []Stmt) {
	if len(body) == 0 {
		p.line(span, header+" {}")
		return
	}
	p.line(p.headerOf(span, body), header)
	p.indented(body[0].Extent().Start, func() { p.stmts(body) })
}

// arm prints an alternative that has no span of its own: it stands where its body does.
func (p *formatter) arm(header string, body []Stmt) {
	at := Span{p.cursor, p.cursor}
	if len(body) > 0 {
		at = Span{body[0].Extent().Start, body[len(body)-1].Extent().End}
	}
	p.branch(at, header, body)
}

// headerOf returns the span of a header, up to the end of the last code before the body.
func (p *formatter) headerOf(span Span, body []Stmt) Span {
	end := body[0].Extent().Start
	for _, c := range p.comments {
		if c.Span.Start >= span.Start && c.Span.Start < end {
			end = c.Span.Start
			break
		}
	}
	head := strings.TrimRight(p.src.Slice(Span{span.Start, max(span.Start, end)}), " \t\r\n{(")
	return Span{span.Start, span.Start + Pos(len(head))}
}

// plain returns the text of a statement that always fits a line of its own, or false.
func (p *formatter) plain(s Stmt) (string, bool) {
	switch s := s.(type) {
	case *Send:
		if len(s.Annotations) == 0 {
			return s.From.String() + " -> " + s.To.String() + " : " + s.Message.String(), true
		}
	case *Broadcast:
		if len(s.Annotations) == 0 {
			return s.From.String() + " ->* : " + s.Message.String(), true
		}
	case *Let:
		if !s.HasIn {
			return letText(s), true
		}
	case *Choice, *Par, *Loop, *Rec, *Case, *Timeout:
	default:
		return simpleText(s), true
	}
	return "", false
}

func (p *formatter) let(s *Let) {
	if !s.HasIn {
		p.line(s.Span, letText(s))
		return
	}
	p.block(s.Span, letText(s)+" in", s.In)
}
