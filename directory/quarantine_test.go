package directory

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// planted is a reducer without a state.
type planted func(*fact.Record)

func (p planted) Apply(r *fact.Record)  { p(r) }
func (p planted) Version() int          { return 1 }
func (p planted) Save() ([]byte, error) { return []byte{1}, nil }
func (p planted) Restore([]byte) error  { return nil }

// TestIndexGoesOnBehindAFactThatPanics plants a fold with a bug between those of the domains: the index names
// the fact, folds what comes with it and after it, and does the same when it is made anew.
func TestIndexGoesOnBehindAFactThatPanics(t *testing.T) {
	own := aura.AuthorityOf([]byte("ada"))
	name := func(n byte, name string) fact.Record {
		d, err := domain.Caller{Authority: own}.Draft(contact.KindSelf, contact.Self{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return fact.Record{Position: fact.Position(n), ID: aura.FactID{n}, Fact: fact.Fact{
			Namespace: d.Namespace, Kind: d.Kind, Payload: d.Payload, Author: own, Logical: aura.Logical(n),
		}}
	}
	batch := []fact.Record{name(1, "Ada I"), name(2, "Ada II"), name(3, "Ada III")}
	for start := range 2 {
		folded := map[aura.FactID]bool{}
		index := New(modules(t), own, func(string) ([]byte, error) { return nil, nil })
		bug := journal.NewFold("planted", fact.Selection{}, planted(func(r *fact.Record) {
			if r.ID == batch[1].ID {
				panic("planted")
			}
			folded[r.ID] = true
		}), &index.lock)
		index.folds = append([]*journal.Fold{bug}, index.folds...)
		changed := task.NewWake()
		index.OnChange("", changed)
		index.Committed(batch)
		index.Committed([]fact.Record{name(4, "Ada IV")})

		held := index.Quarantined()
		if len(held) != 1 || held[0].ID != batch[1].ID || held[0].Fold != "planted" || held[0].Kind != contact.KindSelf || held[0].Cause == nil {
			t.Errorf("start %d: held are %v", start, held)
		}
		for range 100 {
			index.Committed(batch[:1])
		}
		if _, due, err := bug.Due(); due || err != nil {
			t.Errorf("start %d: a checkpoint would hide the fact from the next start: %v", start, err)
		}
		if !folded[batch[0].ID] || !folded[batch[2].ID] || !folded[aura.FactID{4}] {
			t.Errorf("start %d: folded are %v", start, folded)
		}
		index.Read(func(s *State) {
			if got := s.Contacts.Own(); got != "Ada IV" {
				t.Errorf("start %d: the fold beside it says %q", start, got)
			}
		})
	}
}

func modules(t *testing.T) *domain.Set {
	t.Helper()
	set, err := builtin.New()
	if err != nil {
		t.Fatal(err)
	}
	return set
}
