package draw

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// Sequence draws a protocol with one line of life for each role, in the order given; roles that act in g
// and are not given follow. Choices are frames with a section for each branch, recursions are frames that
// an "again" goes back to, and what follows a choice in all its branches is drawn once, below it.
//
// It returns aura.Invalid if g is not well-formed, and aura.Exhausted if it has more than 2,000 rows.
func Sequence(title string, g choreo.Global, roles []choreo.Role) ([]byte, error) {
	const op = "draw.Sequence"
	if err := choreo.WellFormed(g); err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	roles = slices.Clone(roles)
	for _, r := range choreo.RolesOf(g) {
		if !slices.Contains(roles, r) {
			roles = append(roles, r)
		}
	}
	s := &script{loops: map[string]string{}}
	s.until(g, nil)
	if len(s.rows) > maxDrawn {
		return nil, aura.Errorf(op, aura.Exhausted, "the picture would have more than %d rows", maxDrawn)
	}
	return render(title, roles, s.rows), nil
}

type rowKind uint8

const (
	rowMessage rowKind = iota
	rowOpen            // a frame begins
	rowSection         // the next branch of a frame
	rowClose           // a frame ends
	rowNote            // a word about the next rows
)

type row struct {
	kind     rowKind
	from, to choreo.Role
	text     string
	note     string // of a message
}

// noteHeight is how much higher a row is that has a note.
const noteHeight = 16

func (r *row) height() int {
	if r.note != "" {
		return heights[r.kind] + noteHeight
	}
	return heights[r.kind]
}

// decidedLoop is the variable of every "loop decide by".
const decidedLoop = "RoleDecidesLoop"

// script is a protocol as rows from top to bottom.
type script struct {
	rows  []row
	loops map[string]string // the name of a variable's loop
}

func (s *script) row(r row) { s.rows = append(s.rows, r) }

// until writes g down to the part stop, which another call writes.
func (s *script) until(g, stop choreo.Global) {
	for len(s.rows) <= maxDrawn {
		if stop != nil && g == stop {
			return
		}
		switch t := g.(type) {
		case choreo.GlobalVar:
			s.row(row{kind: rowNote, text: strings.TrimSpace("again " + s.loops[t.Var])})
			return
		case *choreo.GlobalRec:
			s.loop(t, stop)
			return
		case *choreo.GlobalComm:
			if len(t.Branches) > 1 {
				join := joinOf(t)
				s.choice(t, join, stop)
				if join == nil {
					return
				}
				g = join
				continue
			}
			s.row(row{kind: rowMessage, from: t.From, to: t.To, text: t.Branches[0].Label.String()})
			g = t.Branches[0].Next
		default:
			return
		}
	}
}

// loop writes a recursion. One that stands for "loop decide by" has a name that is not in the source.
func (s *script) loop(t *choreo.GlobalRec, stop choreo.Global) {
	outer, title := s.loops[t.Var], "loop "+t.Var
	s.loops[t.Var] = t.Var
	if c, ok := t.Body.(*choreo.GlobalComm); ok && t.Var == decidedLoop {
		s.loops[t.Var], title = "", fmt.Sprintf("loop, as long as %s decides", c.From)
	}
	s.row(row{kind: rowOpen, text: title})
	s.until(t.Body, stop)
	s.row(row{kind: rowClose})
	s.loops[t.Var] = outer
}

func (s *script) choice(c *choreo.GlobalComm, join, stop choreo.Global) {
	if join == nil {
		join = stop
	}
	for i, b := range c.Branches {
		kind := rowSection
		if i == 0 {
			kind = rowOpen
		}
		s.row(row{kind: kind, text: fmt.Sprintf("%s chooses %s", c.From, b.Label.Name)})
		s.row(row{kind: rowMessage, from: c.From, to: c.To, text: b.Label.String()})
		s.until(b.Next, join)
	}
	s.row(row{kind: rowClose})
}

// joinOf returns the first part that all branches of a choice share, nil if there is none.
func joinOf(c *choreo.GlobalComm) choreo.Global {
	first := parts(c.Branches[0].Next)
	for _, b := range c.Branches[1:] {
		in := map[choreo.Global]bool{}
		for _, g := range parts(b.Next) {
			in[g] = true
		}
		first = slices.DeleteFunc(first, func(g choreo.Global) bool { return !in[g] })
	}
	if len(first) == 0 {
		return nil
	}
	return first[0]
}

// parts lists the messages and recursions of g, each before its successors.
func parts(g choreo.Global) []choreo.Global {
	var out []choreo.Global
	seen := map[choreo.Global]bool{}
	var visit func(choreo.Global)
	visit = func(g choreo.Global) {
		if seen[g] || len(out) > maxDrawn {
			return
		}
		switch t := g.(type) {
		case *choreo.GlobalComm:
			seen[g] = true
			out = append(out, g)
			for _, b := range t.Branches {
				visit(b.Next)
			}
		case *choreo.GlobalRec:
			seen[g] = true
			out = append(out, g)
			visit(t.Body)
		}
	}
	visit(g)
	return out
}

const (
	headTop    = margin + 20
	headHeight = 28
	tail       = 24 // of the lines of life below the last row
	inset      = 8  // how much a frame is narrower than the one around it
)

// heights are the heights of the rows. A row's drawing stands at its lower end, a frame around it.
var heights = [...]int{rowMessage: 32, rowOpen: 34, rowSection: 32, rowClose: 16, rowNote: 24}

// render places the rows.
func render(title string, roles []choreo.Role, rows []row) []byte {
	c := &canvas{}
	lane := laneWidth(roles, rows)
	depth, deepest, height := 0, 0, 0
	for _, r := range rows {
		height += r.height()
		switch r.kind {
		case rowOpen:
			depth++
			deepest = max(deepest, depth)
		case rowClose:
			depth--
		}
	}
	left := margin + deepest*inset + lane/2
	at := map[choreo.Role]int{}
	for i, r := range roles {
		at[r] = left + i*lane
	}
	right := left + max(0, len(roles)-1)*lane + lane/2 + deepest*inset
	top := headTop + headHeight
	c.text(margin, margin, "start", "name", title)
	for _, r := range roles {
		c.line(at[r], top, at[r], top+height+tail, "life")
	}
	for _, r := range roles {
		c.box(at[r]-lane/2+6, headTop, lane-12, headHeight, "head")
		c.text(at[r], headTop+18, "middle", "name", string(r))
	}
	rowsAt(c, rows, at, left-lane/2, right, top)
	return c.document(title)
}

func rowsAt(c *canvas, rows []row, at map[choreo.Role]int, left, right, y int) {
	const above = 18 // from the first words in a frame up to its edge
	var open []int   // where each open frame begins
	frameLeft := func() int { return left + (len(open)-1)*inset - inset }
	for _, r := range rows {
		y += heights[r.kind]
		switch r.kind {
		case rowMessage:
			x1, x2 := at[r.from], at[r.to]
			c.line(x1, y, x2, y, "arrow")
			c.text((x1+x2)/2, y-6, "middle", "label", r.text)
			if r.note != "" {
				c.text((x1+x2)/2, y+13, "middle", "note", r.note)
				y += noteHeight
			}
		case rowOpen:
			open = append(open, y-above)
			c.text(frameLeft()+6, y, "start", "note", r.text)
		case rowSection:
			c.line(frameLeft(), y-above, right-len(open)*inset, y-above, "section")
			c.text(frameLeft()+6, y, "start", "note", r.text)
		case rowNote:
			c.text(frameLeft()+6, y, "start", "note", r.text)
		case rowClose:
			x, begin := frameLeft(), open[len(open)-1]
			c.box(x, begin, right-len(open)*inset-x, y-begin, "frame")
			open = open[:len(open)-1]
		}
	}
}

// laneWidth is wide enough for every name, and for every label between its roles.
func laneWidth(roles []choreo.Role, rows []row) int {
	lane := 120
	index := map[choreo.Role]int{}
	for i, r := range roles {
		index[r] = i
		lane = max(lane, width(string(r))+32)
	}
	for _, r := range rows {
		if r.kind == rowMessage {
			span := max(index[r.from]-index[r.to], index[r.to]-index[r.from], 1)
			lane = max(lane, (width(r.text)+40)/span, (width(r.note)+40)/span)
		}
	}
	return lane
}
