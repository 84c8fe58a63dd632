package syntax

import (
	"strings"
	"unicode/utf8"
)

// lineWidth is where the formatter looks for a place to break a line that can be broken.
const lineWidth = 100

// Format returns a file in canonical form: two blanks per level, one statement a line, one blank line at
// most, and every comment, before or after the line that it belongs to. It refuses text that does not
// parse. Formatting the result again changes nothing.
func Format(name, text string) (string, Diagnostics) {
	f, problems := Parse(name, text)
	if len(problems) > 0 {
		return "", problems
	}
	return f.Format(), nil
}

// Format prints a file that was parsed without problems.
func (f *File) Format() string {
	p := &formatter{src: f.Source, comments: f.Comments}
	p.file(f)
	return p.out.String()
}

// formatter prints line by line and keeps its place in the source, so that it knows which comments and
// blank lines come before the next line.
type formatter struct {
	src      *Source
	comments []Comment // those not yet printed
	out      strings.Builder
	level    int
	// cursor is the end, in the source, of the last printed part.
	cursor Pos
	// tight suppresses, and loose demands, a blank line before the next part.
	tight, loose bool
}

// line prints one line for the part at span in the source; a span may end with the header of a block.
func (p *formatter) line(span Span, text string) {
	for len(p.comments) > 0 && p.comments[0].Span.Start < span.End {
		p.ownLine()
	}
	p.blank(span.Start)
	p.write(text)
	p.cursor = max(p.cursor, span.End)
	for len(p.comments) > 0 && p.followsOnLine(p.comments[0]) {
		p.out.WriteString(" " + p.comments[0].Text)
		p.pop()
	}
	p.out.WriteByte('\n')
}

func (p *formatter) write(text string) {
	p.out.WriteString(strings.Repeat("  ", p.level) + text)
}

// ownLine prints the next comment on a line of its own.
func (p *formatter) ownLine() {
	p.blank(p.comments[0].Span.Start)
	p.write(p.comments[0].Text + "\n")
	p.pop()
}

func (p *formatter) pop() {
	p.cursor = max(p.cursor, p.comments[0].Span.End)
	p.comments = p.comments[1:]
}

// followsOnLine reports whether only blanks are between the cursor and c.
func (p *formatter) followsOnLine(c Comment) bool {
	return c.Span.Start >= p.cursor && strings.Trim(p.src.Slice(Span{p.cursor, c.Span.Start}), " \t") == ""
}

// blank prints an empty line if the source has one between the cursor and start.
func (p *formatter) blank(start Pos) {
	empty := p.loose
	if start > p.cursor && !p.tight {
		gap := p.src.Slice(Span{p.cursor, start})
		lines := strings.Split(gap, "\n")
		for _, l := range lines[1:max(1, len(lines)-1)] {
			empty = empty || strings.TrimSpace(l) == ""
		}
	}
	if empty && p.out.Len() > 0 {
		p.out.WriteByte('\n')
	}
	p.tight, p.loose = false, false
}

// indented prints what f prints one level deeper, then the comments that end the block: those that stand
// no further left than its first line, at start.
func (p *formatter) indented(start Pos, f func()) {
	p.level++
	p.tight = true
	f()
	_, column := p.src.Position(start)
	for len(p.comments) > 0 {
		c := p.comments[0]
		_, at := p.src.Position(c.Span.Start)
		between := p.src.Slice(Span{p.cursor, max(p.cursor, c.Span.Start)})
		if c.Trailing || at < column || strings.Trim(between, " \t\r\n") != "" {
			break
		}
		p.ownLine()
	}
	p.level--
}

func (p *formatter) fits(text string) bool {
	return 2*p.level+utf8.RuneCountInString(text) <= lineWidth
}

func (p *formatter) file(f *File) {
	if f.Module != nil {
		p.line(f.Module.Span, "module "+f.Module.Name.Text+" exposing ("+f.Module.Exposing+")")
	}
	for i, im := range f.Imports {
		p.loose = i == 0 && f.Module != nil
		p.line(im.Span, importText(im))
	}
	// Declarations keep their order among themselves; the one protocol keeps its place between them.
	protocol := f.Protocol
	for _, d := range f.Decls {
		if protocol != nil && protocol.Span.Start < d.Extent().Start {
			p.separate()
			p.protocol(protocol)
			protocol = nil
		}
		p.separate()
		p.decl(d)
	}
	if protocol != nil {
		p.separate()
		p.protocol(protocol)
	}
	for len(p.comments) > 0 {
		p.ownLine()
	}
}

func (p *formatter) separate() { p.loose = p.out.Len() > 0 }

func importText(im *Import) string {
	text := "import " + im.Name.Text
	if im.Alias.Text != "" {
		text += " as " + im.Alias.Text
	}
	if im.Exposing != nil {
		text += " exposing (" + *im.Exposing + ")"
	}
	return text
}

func (p *formatter) protocol(proto *Protocol) {
	text := "protocol " + proto.Name.Text
	head := proto.Name.Span.End
	if len(proto.Header) > 0 {
		text += "(" + roleDeclsText(proto.Header) + ")"
		head = proto.Header[len(proto.Header)-1].Span.End
	}
	for _, clause := range []struct {
		word string
		list []Name
	}{{"requires", proto.Requires}, {"uses", proto.Uses}, {"under", proto.Under}} {
		if n := len(clause.list); n > 0 {
			text += " " + clause.word + " " + join(clause.list)
			head = clause.list[n-1].Span.End
		}
	}
	p.bodied(Span{proto.Span.Start, head}, text+" =", proto.Roles, proto.Body)
	if len(proto.Where) == 0 {
		return
	}
	p.line(Span{proto.Where[0].Span.Start, proto.Where[0].Span.Start}, "where")
	p.indented(proto.Where[0].Span.Start, func() {
		for i, w := range proto.Where {
			p.loose = i > 0
			p.protocol(w)
		}
	})
}

// bodied prints a header and the body of a protocol or an operation.
func (p *formatter) bodied(head Span, text string, roles []*RoleDecl, body []Stmt) {
	if len(roles)+len(body) == 0 {
		p.line(head, text+" {}")
		return
	}
	p.line(p.past(head, "="), text)
	var start Pos
	if len(roles) > 0 {
		start = roles[0].Span.Start - Pos(len("roles "))
	} else {
		start = body[0].Extent().Start
	}
	p.indented(max(0, start), func() {
		if n := len(roles); n > 0 {
			p.line(Span{roles[0].Span.Start, roles[n-1].Span.End}, "roles "+roleDeclsText(roles))
		}
		p.stmts(body)
	})
}

// past extends a header's span over the symbol that ends it, so that a comment after it stays behind it.
func (p *formatter) past(head Span, symbol string) Span {
	rest := p.src.Text[head.End:]
	trimmed := strings.TrimLeft(rest, " \t\r\n)")
	if strings.HasPrefix(trimmed, symbol) {
		head.End += Pos(len(rest) - len(trimmed) + len(symbol))
	}
	return head
}

func roleDeclsText(roles []*RoleDecl) string {
	texts := make([]string, len(roles))
	for i, r := range roles {
		texts[i] = r.Name.Text + r.Size.String()
	}
	return strings.Join(texts, ", ")
}

func join(names []Name) string {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = n.Text
	}
	return strings.Join(texts, ", ")
}
