package draw

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// maxBends bounds the places at which links pass by a column.
const maxBends = 10 * maxDrawn

// link is all the edges from one state to another.
type link struct {
	from, to int
	labels   []string
	back     bool  // it closes a cycle
	via      []int // the bends on its way
}

// layers is a state machine in columns. The column of a state is the longest way to it that does not go round,
// so every link leads to the right but those that close a cycle. Where a link passes by a column it has a
// bend, which takes a row as a state does, so that it runs through none.
type layers struct {
	out    [][]*link // of each state, in the order of its edges
	column []int     // of each state, then of each bend; -1 for a state that nothing leads to
	row    []int
	tall   int // the most labels on one link
}

// layer places the states of a table. It returns aura.Exhausted for a picture of more than maxBends bends.
func layer(t *choreo.Table) (*layers, error) {
	l := &layers{out: make([][]*link, len(t.States)), column: make([]int, len(t.States))}
	for from := range t.States {
		l.connect(t, from)
		l.column[from] = -1
	}
	order := l.order(t.Start)
	l.column[t.Start] = 0
	for _, from := range order {
		for _, k := range l.out[from] {
			if !k.back {
				l.column[k.to] = max(l.column[k.to], l.column[from]+1)
			}
		}
	}
	if !l.bend(order) {
		return nil, aura.Errorf("draw.States", aura.Exhausted, "the picture would have more than %d bends", maxBends)
	}
	l.settle(order)
	return l, nil
}

// connect gathers the edges of a state into links.
func (l *layers) connect(t *choreo.Table, from int) {
	to := map[int]*link{}
	for _, e := range t.States[from].Edges {
		k := to[e.Next]
		if k == nil {
			k = &link{from: from, to: e.Next}
			to[e.Next] = k
			l.out[from] = append(l.out[from], k)
		}
		k.labels = append(k.labels, action(&t.States[from], e))
		l.tall = max(l.tall, len(k.labels))
	}
}

// order lists the states that start leads to, each before all that follow it, and finds the links that go back.
func (l *layers) order(start int) []int {
	const entered, left = 1, 2
	state := make([]int, len(l.out))
	var done []int
	var visit func(int)
	visit = func(i int) {
		state[i] = entered
		for _, k := range l.out[i] {
			k.back = state[k.to] == entered
			if state[k.to] == 0 {
				visit(k.to)
			}
		}
		state[i] = left
		done = append(done, i)
	}
	visit(start)
	slices.Reverse(done)
	return done
}

// bend gives each link a bend in every column that it passes by. Links that go to one state share theirs.
func (l *layers) bend(order []int) bool {
	type place struct{ to, column int }
	bends := map[place]int{}
	for _, from := range order {
		for _, k := range l.out[from] {
			for c := l.column[from] + 1; !k.back && c < l.column[k.to]; c++ {
				at := place{k.to, c}
				if _, ok := bends[at]; !ok {
					if len(bends) == maxBends {
						return false
					}
					bends[at] = len(l.column)
					l.column = append(l.column, c)
				}
				k.via = append(k.via, bends[at])
			}
		}
	}
	return true
}

// settle gives rows, column by column: a link from higher up stays higher up, and level if it can.
func (l *layers) settle(order []int) {
	l.row = make([]int, len(l.column))
	var columns [][]int
	wish := make([]int, len(l.column)) // the highest row that leads here
	entered := make([]bool, len(l.column))
	enter := func(i, row int) {
		c := l.column[i]
		for len(columns) <= c {
			columns = append(columns, nil)
		}
		if !entered[i] {
			entered[i], wish[i] = true, row
			columns[c] = append(columns[c], i)
		}
		wish[i] = min(wish[i], row)
	}
	following := l.following(order)
	enter(order[0], 0)
	for c := 0; c < len(columns); c++ {
		slices.SortStableFunc(columns[c], func(a, b int) int { return cmp.Compare(wish[a], wish[b]) })
		free := 0
		for _, i := range columns[c] {
			l.row[i] = max(free, wish[i])
			free = l.row[i] + 1
			for _, next := range following[i] {
				enter(next, l.row[i])
			}
		}
	}
}

// following lists for each state and bend its successors on links.
func (l *layers) following(order []int) [][]int {
	next := make([][]int, len(l.column))
	type step struct{ from, to int }
	seen := map[step]bool{}
	for _, from := range order {
		for _, k := range l.out[from] {
			if k.back {
				continue
			}
			at := from
			for _, i := range append(k.via[:len(k.via):len(k.via)], k.to) {
				if !seen[step{at, i}] {
					seen[step{at, i}] = true
					next[at] = append(next[at], i)
				}
				at = i
			}
		}
	}
	return next
}
