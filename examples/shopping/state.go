package shopping

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// limit is how much of one conversation this agent holds: the newest items, and the newest purchases.
var limit = fold.Limit{Items: 500, Bytes: -1}

// State is the fold of all lists: the same for any order of arrival and any repetition. A purchase may arrive before
// its item.
type State struct{ lists map[aura.ContextID]*list }

type list struct {
	items  fold.Window[entry]
	bought fold.Window[aura.FactID]
}

type entry struct {
	Name string           `cbor:"1,keyasint"`
	By   aura.AuthorityID `cbor:"2,keyasint"`
}

// Apply implements [domain.State].
func (s *State) Apply(r *fact.Record) {
	switch r.Fact.Kind {
	case KindItem:
		var p Item
		if fold.Shared(&r.Fact, &p) == nil && checkName(p.Name) == nil {
			s.list(r).items.Put(limit, fold.Item[entry]{Stamp: fold.Of(r), Value: entry{p.Name, r.Fact.Author}})
		}
	case KindBought:
		var p Bought
		if fold.Shared(&r.Fact, &p) == nil && !p.Item.IsZero() {
			s.list(r).bought.Put(limit, fold.Item[aura.FactID]{Stamp: fold.Of(r), Value: p.Item})
		}
	}
}

func (s *State) list(r *fact.Record) *list {
	context, _ := r.Fact.Namespace.Context()
	if s.lists == nil {
		s.lists = map[aura.ContextID]*list{}
	}
	if s.lists[context] == nil {
		s.lists[context] = &list{}
	}
	return s.lists[context]
}

// List holds the items still to be bought in a conversation, oldest first.
type List struct {
	Context aura.ContextID `cbor:"1,keyasint" json:"context"`
	Open    []Entry        `cbor:"2,keyasint,omitempty" json:"open"`
}

// Entry is one item on a [List].
type Entry struct {
	ID   aura.FactID      `cbor:"1,keyasint" json:"id"`
	Name string           `cbor:"2,keyasint" json:"name"`
	By   aura.AuthorityID `cbor:"3,keyasint" json:"by"`
}

// List returns the list of a conversation.
func (s *State) List(context aura.ContextID) List {
	out := List{Context: context, Open: []Entry{}}
	l := s.lists[context]
	if l == nil {
		return out
	}
	bought := map[aura.FactID]bool{}
	for _, b := range l.bought.Items() {
		bought[b.Value] = true
	}
	for _, i := range l.items.Items() {
		if !bought[i.Stamp.ID] {
			out.Open = append(out.Open, Entry{ID: i.Stamp.ID, Name: i.Value.Name, By: i.Value.By})
		}
	}
	return out
}

// String returns one line for each item.
func (l List) String() string {
	if len(l.Open) == 0 {
		return "nothing is to be bought"
	}
	names := make([]string, len(l.Open))
	for i, e := range l.Open {
		names[i] = e.Name
	}
	return strings.Join(names, "\n")
}

// Find returns an open item by its whole name. It returns aura.NotFound for anything else.
func (l List) Find(name string) (Entry, error) {
	for _, e := range l.Open {
		if e.Name == name {
			return e, nil
		}
	}
	return Entry{}, aura.Errorf("shopping.Find", aura.NotFound, "%q is not on the list", name)
}

// Lists returns every list, by context.
func (s *State) Lists() []List {
	var all []List
	for _, context := range slices.SortedFunc(maps.Keys(s.lists), aura.ContextID.Compare) {
		all = append(all, s.List(context))
	}
	return all
}

// saved is the form of a saved [State], ascending by context.
type saved struct {
	Lists []savedList `cbor:"1,keyasint,omitempty"`
}

type savedList struct {
	Context aura.ContextID                `cbor:"1,keyasint"`
	Items   fold.SavedWindow[entry]       `cbor:"2,keyasint"`
	Bought  fold.SavedWindow[aura.FactID] `cbor:"3,keyasint"`
}

// Version implements [domain.State].
func (s *State) Version() int { return 1 }

// Save implements [domain.State].
func (s *State) Save() ([]byte, error) {
	var out saved
	for context, l := range s.lists {
		out.Lists = append(out.Lists, savedList{context, l.items.Save(), l.bought.Save()})
	}
	slices.SortFunc(out.Lists, func(a, b savedList) int { return bytes.Compare(a.Context[:], b.Context[:]) })
	return fact.MarshalState(out)
}

// Restore implements [domain.State].
func (s *State) Restore(state []byte) error {
	var in saved
	if err := fact.UnmarshalState(state, &in); err != nil {
		return err
	}
	s.lists = map[aura.ContextID]*list{}
	for _, from := range in.Lists {
		l := &list{}
		l.items.Restore(from.Items)
		l.bought.Restore(from.Bought)
		s.lists[from.Context] = l
	}
	return nil
}
