package reactive

import (
	"slices"
	"strconv"

	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/fact"
)

// state adds what a record says to a world.
func (l *Logic) state(w *datalog.World, r *fact.Record) error {
	id := datalog.NewBytes(r.ID[:])
	aspects := []struct {
		name  string
		value func() datalog.Term
	}{
		{aspectKind, func() datalog.Term { return datalog.NewString(r.Fact.Kind) }},
		{aspectAuthor, func() datalog.Term { return datalog.NewBytes(r.Fact.Author[:]) }},
		{aspectPlace, func() datalog.Term { return datalog.NewBytes(r.Fact.Namespace.ID[:]) }},
		{aspectPosition, func() datalog.Term { return datalog.NewInteger(int64(r.Position)) }},
	}
	for _, a := range aspects {
		if !l.aspects[a.name] {
			continue
		}
		if err := w.AddFact(datalog.Authorizer, datalog.Predicate{Name: a.name, Terms: []datalog.Term{id, a.value()}}); err != nil {
			return err
		}
	}
	name := predicateOf(r.Fact.Kind)
	kind, asked := l.kinds[name]
	if !asked {
		return nil
	}
	terms, ok := columns(id, &kind, r.Fact.Payload)
	if !ok {
		return nil // a payload that does not fit its kind says nothing
	}
	return w.AddFact(datalog.Authorizer, datalog.Predicate{Name: name, Terms: terms})
}

// columns returns the terms of a fact: its identifier and the columns of its kind.
func columns(id datalog.Term, k *fact.Kind, payload []byte) ([]datalog.Term, bool) {
	fields := map[int64]any{}
	if len(k.Columns) > 0 {
		if err := fact.Unmarshal(payload, &fields); err != nil {
			return nil, false
		}
	}
	terms := make([]datalog.Term, 0, 1+len(k.Columns))
	terms = append(terms, id)
	for _, c := range k.Columns {
		terms = append(terms, termOf(fields[int64(c.Key)]))
	}
	return terms, true
}

// termOf returns a value of a payload as a term. A number beyond 63 bits becomes its digits, and what the
// language has no term for is null.
func termOf(v any) datalog.Term {
	switch v := v.(type) {
	case string:
		return datalog.NewString(v)
	case []byte:
		return datalog.NewBytes(v)
	case bool:
		return datalog.NewBool(v)
	case int64:
		return datalog.NewInteger(v)
	case uint64:
		if v > 1<<63-1 {
			return datalog.NewString(strconv.FormatUint(v, 10))
		}
		return datalog.NewInteger(int64(v))
	case []any:
		elems := make([]datalog.Term, len(v))
		for i := range v {
			elems[i] = termOf(v[i])
		}
		if array, err := datalog.NewArray(elems...); err == nil {
			return array
		}
	case map[any]any:
		if m, err := datalog.NewMap(entriesOf(v)...); err == nil {
			return m
		}
	}
	return datalog.NewNull()
}

// entriesOf returns the pairs of a map whose keys are strings or integers, by key.
func entriesOf(m map[any]any) []datalog.Entry {
	var entries []datalog.Entry
	for key, value := range m {
		switch k := termOf(key); k.Kind() {
		case datalog.String, datalog.Integer:
			entries = append(entries, datalog.Entry{Key: k, Value: termOf(value)})
		}
	}
	slices.SortFunc(entries, func(a, b datalog.Entry) int { return datalog.Compare(a.Key, b.Key) })
	return entries
}
