package draw

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

const (
	radius    = 16
	rowSpace  = 92 // between the states of a column
	lineSpace = 15 // between the labels of a link
	returnGap = 20 // between a row and the links that go back above it
)

// States draws a role's state machine from left to right, the start at the left: "B!M" for sending M to B, "B?M"
// for receiving it from B, and a ring for the end. Edges that go back run above the rows. It returns
// aura.Exhausted for more than 2,000 states.
func States(title string, t *choreo.Table) ([]byte, error) {
	if len(t.States) > maxDrawn {
		return nil, aura.Errorf("draw.States", aura.Exhausted, "the picture would have more than %d states", maxDrawn)
	}
	l, err := layer(t)
	if err != nil {
		return nil, err
	}
	m := place(l)
	c := &canvas{}
	c.text(margin, margin, "start", "name", title)
	for _, links := range l.out {
		for _, k := range links {
			m.link(c, k)
		}
	}
	for i, s := range t.States {
		if l.column[i] < 0 {
			continue // nothing leads here
		}
		p, class := m.at[i], "state"
		if s.Kind == choreo.StateEnd {
			class = "final"
		}
		c.reach(p.x+radius, p.y+radius)
		c.add(`<circle cx="%d" cy="%d" r="%d" class="%s"/>`, p.x, p.y, radius, class)
		c.text(p.x, p.y+4, "middle", "name", fmt.Sprint(i+1))
	}
	return c.document(title), nil
}

func action(s *choreo.State, e choreo.Edge) string {
	sign := "!"
	if s.Kind == choreo.StateRecv {
		sign = "?"
	}
	return string(s.Partner) + sign + e.Label.String()
}

type point struct{ x, y int }

// machine is a state machine whose states and bends have places.
type machine struct {
	*layers
	at []point
	// returns counts the links that go back above each row: they lie above one another.
	returns map[int]int
}

func place(l *layers) *machine {
	m := &machine{layers: l, at: make([]point, len(l.column)), returns: map[int]int{}}
	gap, tall := 80, rowSpace+(l.tall-1)*lineSpace
	for _, links := range l.out {
		for _, k := range links {
			for _, label := range k.labels {
				gap = max(gap, width(label)+2*radius+32)
			}
		}
	}
	for i := range m.at {
		m.at[i] = point{margin + radius + l.column[i]*gap, margin + (l.row[i]+1)*tall}
	}
	return m
}

func (m *machine) link(c *canvas, k *link) {
	switch {
	case m.column[k.from] < 0:
	case k.from == k.to:
		m.around(c, k)
	case k.back:
		m.goBack(c, k)
	default:
		m.goOn(c, k)
	}
}

// goOn draws a link to the right, by way of its bends, level at each. The labels are on its first part.
func (m *machine) goOn(c *canvas, k *link) {
	a := m.at[k.from]
	a.x += radius
	path := fmt.Sprintf("M%d %d", a.x, a.y)
	var label point
	for n, i := range append(k.via[:len(k.via):len(k.via)], k.to) {
		b := m.at[i]
		if i == k.to {
			b.x -= radius
		}
		middle := (a.x + b.x) / 2
		path += fmt.Sprintf("C%d %d %d %d %d %d", middle, a.y, middle, b.y, b.x, b.y)
		c.reach(b.x, max(a.y, b.y)+radius)
		if n == 0 {
			label = point{middle, (a.y+b.y)/2 - 6}
		}
		a = b
	}
	c.add(`<path d="%s" class="arrow"/>`, path)
	m.labels(c, k, label.x, label.y)
}

// goBack draws a link to the left above the row of its state and, if that is another, above the row of the state
// that it leads to.
func (m *machine) goBack(c *canvas, k *link) {
	a, b := m.at[k.from], m.at[k.to]
	high := func(row, y int) int {
		m.returns[row]++
		return y - radius - returnGap - (m.returns[row]-1)%3*12
	}
	from := high(m.row[k.from], a.y)
	turns := []point{{a.x - 6, a.y - radius}, {a.x - 6, from}}
	last := b.x + 6
	if m.row[k.from] != m.row[k.to] {
		to, aside := high(m.row[k.to], b.y), b.x+radius+12
		turns = append(turns, point{aside, from}, point{aside, to}, point{last, to})
	} else {
		turns = append(turns, point{last, from})
	}
	turns = append(turns, point{last, b.y - radius})
	c.add(`<path d="%s" class="arrow"/>`, rounded(turns))
	m.labels(c, k, (a.x+b.x)/2, from-4)
}

// around draws a link that stays.
func (m *machine) around(c *canvas, k *link) {
	a := m.at[k.from]
	c.reach(a.x+radius, a.y)
	c.add(`<path d="M%d %dC%d %d %d %d %d %d" class="arrow"/>`,
		a.x-8, a.y-radius+2, a.x-20, a.y-radius-32, a.x+20, a.y-radius-32, a.x+8, a.y-radius+2)
	m.labels(c, k, a.x, a.y-radius-26)
}

// labels writes the labels of a link above one another, the first one on top.
func (m *machine) labels(c *canvas, k *link, x, y int) {
	for i, label := range k.labels {
		c.text(x, y-(len(k.labels)-1-i)*lineSpace, "middle", "label", label)
	}
}

// rounded is a path along straight lines whose corners are round.
func rounded(turns []point) string {
	const corner = 10
	path := fmt.Sprintf("M%d %d", turns[0].x, turns[0].y)
	for i := 1; i < len(turns)-1; i++ {
		in, out := toward(turns[i], turns[i-1], corner), toward(turns[i], turns[i+1], corner)
		path += fmt.Sprintf("L%d %dQ%d %d %d %d", in.x, in.y, turns[i].x, turns[i].y, out.x, out.y)
	}
	last := turns[len(turns)-1]
	return path + fmt.Sprintf("L%d %d", last.x, last.y)
}

// toward is the point at most far from a on the way to b, which is level or upright.
func toward(a, b point, far int) point {
	step := func(from, to int) int { return from + max(-far, min(far, (to-from)/2)) }
	return point{step(a.x, b.x), step(a.y, b.y)}
}
