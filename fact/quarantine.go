package fact

import (
	"slices"

	"github.com/aura-runtime/aura"
)

// maxQuarantined bounds how many facts a quarantine names. Facts beyond it are set aside all the same.
const maxQuarantined = 64

// Quarantine lets folds go on behind a fact that makes one of them panic: it sets the fact aside, names it,
// and hands over the rest. Nothing of it is kept over a restart: the fact is tried again then, so a program
// whose fold was mended takes it. Only the owner of the folds calls its methods.
type Quarantine struct {
	contain func(func()) error
	held    []Quarantined
}

// Quarantined is a fact that a fold could not take.
type Quarantined struct {
	Fold      string // whose fold: "contact", "chat"
	ID        aura.FactID
	Kind      string
	Namespace Namespace
	Author    aura.AuthorityID
	Cause     error // the panic
}

// NewQuarantine returns an empty quarantine. contain calls a function and returns the argument of its panic, as
// task.Contain does.
func NewQuarantine(contain func(func()) error) *Quarantine { return &Quarantine{contain: contain} }

// Fold hands records to apply. If apply panics it gets them again one by one, which changes nothing for those
// that it had folded, and the ones that panic then are held.
func (q *Quarantine) Fold(fold string, records []Record, apply func([]Record)) {
	if len(records) == 0 || q.contain(func() { apply(records) }) == nil {
		return
	}
	one := func(r *Record) { apply([]Record{*r}) }
	for i := range records {
		q.Take(fold, &records[i], one)
	}
}

// Take hands one record to apply, and holds it if apply panics. It reports whether apply took it: if not, it may have
// taken half of it.
func (q *Quarantine) Take(fold string, r *Record, apply func(*Record)) bool {
	err := q.contain(func() { apply(r) })
	if err != nil {
		q.hold(fold, r, err)
	}
	return err == nil
}

func (q *Quarantine) hold(fold string, r *Record, err error) {
	known := slices.ContainsFunc(q.held, func(h Quarantined) bool { return h.Fold == fold && h.ID == r.ID })
	if known || len(q.held) == maxQuarantined {
		return
	}
	q.held = append(q.held, Quarantined{
		Fold: fold, ID: r.ID, Kind: r.Fact.Kind, Namespace: r.Fact.Namespace, Author: r.Fact.Author, Cause: err,
	})
}

// Held returns the facts that were set aside, in the order in which that happened.
func (q *Quarantine) Held() []Quarantined { return slices.Clone(q.held) }
