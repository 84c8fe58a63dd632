package draw

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

const (
	radius   = 16
	rowSpace = 88
)

// States draws a role's state machine from left to right: a column for each number of steps from the
// start, "B!M" for sending M to B and "B?M" for receiving it from B, and a ring for the end. A step back
// is an arc below. It returns aura.Exhausted for more than 2,000 states.
func States(title string, t *choreo.Table) ([]byte, error) {
	if len(t.States) > maxDrawn {
		return nil, aura.Errorf("draw.States", aura.Exhausted, "the picture would have more than %d states", maxDrawn)
	}
	m := place(t)
	c := &canvas{}
	c.text(margin, margin, "start", "name", title)
	for from := range t.States {
		for i, e := range t.States[from].Edges {
			m.edge(c, from, i, e)
		}
	}
	for i, s := range t.States {
		p := m.at[i]
		if p.x < 0 {
			continue // nothing leads here
		}
		class := "state"
		if s.Kind == choreo.StateEnd {
			class = "final"
		}
		c.reach(p.x+radius, p.y+radius)
		c.add(`<circle cx="%d" cy="%d" r="%d" class="%s"/>`, p.x, p.y, radius, class)
		c.text(p.x, p.y+4, "middle", "name", fmt.Sprint(i+1))
	}
	return c.document(title), nil
}

type point struct{ x, y int }

// machine is a table whose states have places.
type machine struct {
	table *choreo.Table
	at    []point
	rank  []int // steps from the start, -1 if unreachable
}

// place puts each state in the column of its distance from the start.
func place(t *choreo.Table) *machine {
	m := &machine{table: t, at: make([]point, len(t.States)), rank: make([]int, len(t.States))}
	for i := range m.rank {
		m.rank[i], m.at[i] = -1, point{-1, -1}
	}
	gap := 80
	for _, s := range t.States {
		for _, e := range s.Edges {
			gap = max(gap, width(action(&s, e))+2*radius+24)
		}
	}
	queue, rows := []int{t.Start}, map[int]int{}
	m.rank[t.Start] = 0
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		m.at[i] = point{margin + radius + m.rank[i]*gap, 2*margin + radius + 24 + rows[m.rank[i]]*rowSpace}
		rows[m.rank[i]]++
		for _, e := range t.States[i].Edges {
			if m.rank[e.Next] < 0 {
				m.rank[e.Next] = m.rank[i] + 1
				queue = append(queue, e.Next)
			}
		}
	}
	return m
}

func action(s *choreo.State, e choreo.Edge) string {
	sign := "!"
	if s.Kind == choreo.StateRecv {
		sign = "?"
	}
	return string(s.Partner) + sign + e.Label.String()
}

// edge draws the ith edge of a state. Edges between the same two states fan out.
func (m *machine) edge(c *canvas, from, i int, e choreo.Edge) {
	a, b := m.at[from], m.at[e.Next]
	if a.x < 0 {
		return
	}
	text := action(&m.table.States[from], e)
	switch {
	case from == e.Next:
		c.reach(a.x+radius, a.y)
		c.add(`<path d="M%d %dC%d %d %d %d %d %d" class="arrow"/>`,
			a.x-8, a.y-radius+2, a.x-20, a.y-radius-32, a.x+20, a.y-radius-32, a.x+8, a.y-radius+2)
		c.text(a.x, a.y-radius-26, "middle", "label", text)
	case m.rank[e.Next] > m.rank[from]:
		bend := i * 20 // the first edge is straight
		x, y := (a.x+b.x)/2, (a.y+b.y)/2+bend
		c.reach(x, y)
		c.add(`<path d="M%d %dQ%d %d %d %d" class="arrow"/>`, a.x+radius, a.y, x, y+bend, b.x-radius, b.y)
		c.text(x, y-5, "middle", "label", text)
	default:
		low := max(a.y, b.y) + radius + 36 + 14*i
		c.reach(max(a.x, b.x), low)
		c.add(`<path d="M%d %dC%d %d %d %d %d %d" class="arrow"/>`, a.x, a.y+radius, a.x, low, b.x, low, b.x, b.y+radius)
		c.text((a.x+b.x)/2, low-8, "middle", "label", text)
	}
}
