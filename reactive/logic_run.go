package reactive

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// maxAnswer is the default of [LogicOptions.Answer].
const maxAnswer = 4 << 20

// Run implements [Query]. The answer is that of one position; later commits do not change it. It returns
// aura.NotFound for a position that the journal has not reached, aura.Exhausted when the evaluation exceeds
// its limits, aura.Invalid when an expression fails and, within moments, the cancellation of tc.
func (l *Logic) Run(tc task.Context, source Reader) (Rows, error) {
	rows := Rows{Position: source.Head()}
	if l.options.AsOf > rows.Position {
		return Rows{}, aura.Errorf("reactive.Run", aura.NotFound, "the journal ends at position %d", rows.Position)
	}
	if l.options.AsOf > 0 {
		rows.Position = l.options.AsOf
	}
	w := datalog.NewWorld(l.options.Limits, nil)
	w.Interrupt(tc.Err)
	if err := l.load(tc, source, w, rows.Position); err != nil {
		return Rows{}, advised(err)
	}
	if err := l.derive(w, &rows); err != nil {
		return Rows{}, advised(err)
	}
	return rows, nil
}

// load adds the journal's facts up to a position.
func (l *Logic) load(tc task.Context, source Reader, w *datalog.World, upTo fact.Position) error {
	sel := l.Predicates()
	sel.Through = min(upTo, l.reach.beyond)
	if sel.Through <= sel.After {
		return nil
	}
	return source.Read(tc, sel, func(r *fact.Record) error { return l.state(w, r) })
}

// derive adds the program to the world and takes the answer.
func (l *Logic) derive(w *datalog.World, rows *Rows) error {
	for _, f := range l.program.Facts {
		if err := w.AddFact(datalog.Authorizer, f); err != nil {
			return err
		}
	}
	for i := range l.program.Rules {
		if err := w.AddRule(datalog.Authorizer, datalog.Authorizer, &l.program.Rules[i]); err != nil {
			return err
		}
	}
	if err := w.Run(); err != nil {
		return err
	}
	found, err := w.Select(datalog.Authorizer, datalog.Authorizer, &l.answer)
	if err != nil {
		return err
	}
	for _, t := range l.answer.Head.Terms {
		name := ""
		if t.Kind() == datalog.KindVariable {
			name = t.Text()
		}
		rows.Columns = append(rows.Columns, name)
	}
	room := l.options.Answer
	for f := range found {
		room -= rowBytes
		for _, t := range f.Terms {
			room -= valueBytes + t.Size()
		}
		if room < 0 {
			return aura.Errorf("reactive.Run", aura.Exhausted,
				"the answer is larger than %s bytes: ask for fewer columns or rows, with $n < 1000 on position($id, $n) for one",
				datalog.Grouped(l.options.Answer))
		}
		rows.Rows = append(rows.Rows, f.Terms)
	}
	return nil
}

const (
	// rowBytes and valueBytes are about the bytes that a row and a value take beside their texts. A list on the wire ends
	// at 131,072 elements: an answer of the default size has fewer rows.
	rowBytes   = 32
	valueBytes = 8
)

// advised adds to a limit that was reached how the query can stay below it.
func advised(err error) error {
	limit, ok := errors.AsType[*datalog.LimitError](err)
	if !ok {
		return err
	}
	most, way := datalog.Grouped(limit.Most), ""
	switch limit.Of {
	case datalog.ErrFacts:
		way = "made more than " + most + " rows: bind more variables or select by kind"
	case datalog.ErrSteps:
		way = "took more than " + most + " steps: bind more variables or select by kind"
	case datalog.ErrBytes:
		way = "needs more than " + most + " bytes: use fewer columns or bind more variables"
	case datalog.ErrIterations:
		way = "did not come to rest in " + most + " rounds: a rule makes ever new facts, or a chain is too long"
	}
	return &aura.Error{Op: "reactive.Run", Kind: aura.Exhausted, Err: &adviceError{"the query " + way, limit}}
}

// adviceError says of a limit how to stay below it.
type adviceError struct {
	text  string
	limit error
}

func (e *adviceError) Error() string { return e.text }
func (e *adviceError) Unwrap() error { return e.limit }
