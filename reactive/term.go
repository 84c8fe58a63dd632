package reactive

import (
	"slices"
	"strconv"

	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/fact"
)

// statement holds one fact for a query: the terms of the columns that the query names, and null for the
// others. It is made when it is first needed.
type statement struct {
	logic  *Logic
	record *fact.Record
	id     datalog.Term
	own    []datalog.Term // of the fact's kind
	read   bool           // own was made; it is nil if the query does not name the kind or the payload does not fit it
}

// state adds a record's facts to a world, if it can take part in the answer.
func (l *Logic) state(w *datalog.World, r *fact.Record) error {
	s := statement{logic: l, record: r, id: datalog.NewBytes(r.ID[:])}
	if !slices.ContainsFunc(l.demanded, func(d demand) bool { return d.met(&s) }) {
		return nil
	}
	for _, name := range []string{aspectKind, aspectAuthor, aspectPlace, aspectPosition} {
		if !l.aspects[name] {
			continue
		}
		p := datalog.Predicate{Name: name, Terms: []datalog.Term{s.id, s.aspect(name)}}
		if err := w.AddFact(datalog.Authorizer, p); err != nil {
			return err
		}
	}
	if terms := s.terms(); terms != nil {
		return w.AddFact(datalog.Authorizer, datalog.Predicate{Name: predicateOf(r.Fact.Kind), Terms: terms})
	}
	return nil
}

// aspect returns the value of one of the predicates of every fact.
func (s *statement) aspect(name string) datalog.Term {
	switch f := &s.record.Fact; name {
	case aspectKind:
		return datalog.NewString(f.Kind)
	case aspectAuthor:
		return datalog.NewBytes(f.Author[:])
	case aspectPlace:
		return datalog.NewBytes(f.Namespace.ID[:])
	}
	return datalog.NewInteger(int64(s.record.Position))
}

// fits reports whether the fact has the constants of a predicate.
func (s *statement) fits(p *datalog.Predicate) bool {
	given := [2]datalog.Term{s.id}
	terms := given[:]
	if s.logic.aspects[p.Name] {
		given[1] = s.aspect(p.Name)
	} else if terms = s.terms(); terms == nil {
		return false
	}
	if id := p.Terms[0]; id.Kind() != datalog.KindVariable && !id.Equal(s.id) {
		return false
	}
	for i, t := range p.Terms[1:] {
		if t.Kind() != datalog.KindVariable && !t.Equal(terms[1+i]) {
			return false
		}
	}
	return true
}

// terms returns the identifier of the fact and the columns of its kind, nil when its payload does not fit the kind or was
// erased.
func (s *statement) terms() []datalog.Term {
	if s.read {
		return s.own
	}
	s.read = true
	if kind, asked := s.logic.kinds[predicateOf(s.record.Fact.Kind)]; asked && s.record.Fact.Erased == ([32]byte{}) {
		s.own = s.logic.columns(s.id, &kind, s.record.Fact.Payload)
	}
	return s.own
}

// columns returns the terms of a fact: its identifier and the columns of its kind, null for those at which no
// rule looks. A payload that does not fit its kind says nothing: nil.
func (l *Logic) columns(id datalog.Term, k *fact.Kind, payload []byte) []datalog.Term {
	fields := map[int64]any{}
	if len(k.Columns) > 0 {
		if err := fact.Unmarshal(payload, &fields); err != nil {
			return nil
		}
	}
	looked := l.looked[predicateOf(k.Name)]
	terms := make([]datalog.Term, 1+len(k.Columns))
	terms[0] = datalog.NewNull()
	if looked[0] {
		terms[0] = id
	}
	for i, c := range k.Columns {
		if terms[1+i] = datalog.NewNull(); looked[1+i] {
			terms[1+i] = termOf(fields[int64(c.Key)])
		}
	}
	return terms
}

// termOf returns a value of a payload as a term. A number beyond 63 bits becomes its digits, and a value without a term in the
// language becomes null.
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

// entriesOf returns the pairs of a map whose keys are strings or integers, in no order.
func entriesOf(m map[any]any) []datalog.Entry {
	var entries []datalog.Entry
	for key, value := range m {
		switch k := termOf(key); k.Kind() {
		case datalog.KindString, datalog.KindInteger:
			entries = append(entries, datalog.Entry{Key: k, Value: termOf(value)})
		}
	}
	return entries
}
