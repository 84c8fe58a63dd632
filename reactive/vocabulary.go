package reactive

import (
	"maps"
	"slices"
	"strings"

	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/fact"
)

// The predicates of the aspects that every fact has beside its kind's columns.
const (
	aspectKind     = "kind"
	aspectAuthor   = "author"
	aspectPlace    = "place"
	aspectPosition = "position"
)

// Predicate is something that a [Logic] can ask for.
type Predicate struct {
	Name   string
	Terms  []string // their names, in order
	Domain string   // that the kind belongs to; empty: told of every fact
}

// Predicates returns the predicates that a query over the kinds of a registry can use, by name.
func Predicates(r *fact.Registry) []Predicate {
	v := newVocabulary(r)
	var all []Predicate
	for _, name := range v.names() {
		p := Predicate{Name: name}
		p.Terms, _ = v.terms(name)
		if k, ok := v.kinds[name]; ok {
			d, _ := r.Domain(k.Name)
			p.Domain = d.Name
		}
		all = append(all, p)
	}
	return all
}

// vocabulary is the set of predicates of a query: the kinds of a registry and the aspects of every fact.
type vocabulary struct {
	registry *fact.Registry
	kinds    map[string]fact.Kind // by predicate
}

func newVocabulary(r *fact.Registry) *vocabulary {
	v := &vocabulary{registry: r, kinds: map[string]fact.Kind{}}
	for _, d := range r.Domains() {
		for _, k := range d.Kinds {
			v.kinds[predicateOf(k.Name)] = k
		}
	}
	return v
}

// predicateOf returns the name under which facts of a kind appear. A name in Datalog has no dot, and a
// kind's name no colon, so no two kinds meet. A kind with a hyphen in its name cannot be asked for.
func predicateOf(kind string) string { return strings.ReplaceAll(kind, ".", ":") }

func (v *vocabulary) knows(name string) bool {
	_, ok := v.terms(name)
	return ok
}

// terms returns the names of the terms that a predicate has.
func (v *vocabulary) terms(name string) ([]string, bool) {
	switch name {
	case aspectKind, aspectAuthor, aspectPlace, aspectPosition:
		return []string{"id", name}, true
	}
	k, ok := v.kinds[name]
	if !ok {
		return nil, false
	}
	terms := []string{"id"}
	for _, c := range k.Columns {
		terms = append(terms, c.Name)
	}
	return terms, true
}

// names returns all predicates, ascending.
func (v *vocabulary) names() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(v.kinds)),
		aspectKind, aspectAuthor, aspectPlace, aspectPosition)))
}

// capabilities returns the capabilities that reading the kinds requires, all kinds if there is none.
func (v *vocabulary) capabilities(kinds map[string]fact.Kind) []string {
	if len(kinds) == 0 {
		kinds = v.kinds
	}
	var all []string
	for _, k := range kinds {
		if d, ok := v.registry.Domain(k.Name); ok {
			all = append(all, fact.QueryCapability(d.Name))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// bounded returns the limits with the defaults of queries.
func bounded(l datalog.Limits) datalog.Limits {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&l.Facts, 1_000_000)
	def(&l.Iterations, 1_000)
	def(&l.Steps, 100_000_000)
	def(&l.Bytes, 128<<20)
	return l
}
