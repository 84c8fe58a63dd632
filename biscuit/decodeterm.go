package biscuit

import (
	"fmt"

	"github.com/aura-runtime/aura/datalog"
)

func (d decoder) term(s string) (datalog.Term, error) { return d.nested(s, 0) }

// nested reads a term inside of depth collections. The fields of the message are the kinds of
// terms.
func (d decoder) nested(s string, depth int) (t datalog.Term, err error) {
	if depth > datalog.MaxDepth {
		return t, fmt.Errorf("%w: %w", ErrForm, datalog.ErrDepth)
	}
	err = fields(s, func(f field) (err error) {
		if t.Kind() != 0 {
			return fmt.Errorf("%w: term with two values", ErrForm)
		}
		if err := f.once(wireOf(datalog.Kind(f.number))); err != nil {
			return err
		}
		t, err = d.value(f, depth)
		return err
	})
	if err == nil && t.Kind() == 0 {
		err = missing("term", "value")
	}
	return t, err
}

// wireOf returns the wire type of a kind of term.
func wireOf(k datalog.Kind) int {
	switch k {
	case datalog.KindBytes, datalog.KindSet, datalog.KindNull, datalog.KindArray, datalog.KindMap:
		return counted
	}
	return varint
}

func (d decoder) value(f field, depth int) (datalog.Term, error) {
	switch datalog.Kind(f.number) {
	case datalog.KindVariable:
		name, err := d.tables.symbol(f.value)
		return datalog.NewVariable(name), err
	case datalog.KindInteger:
		return datalog.NewInteger(int64(f.value)), nil
	case datalog.KindString:
		s, err := d.tables.symbol(f.value)
		return datalog.NewString(s), err
	case datalog.KindDate:
		return datalog.NewDate(f.value), nil
	case datalog.KindBytes:
		return datalog.NewBytesOf(f.bytes), nil
	case datalog.KindBool:
		return datalog.NewBool(f.value != 0), nil
	case datalog.KindNull:
		if f.bytes != "" {
			return datalog.Term{}, fmt.Errorf("%w: null with a value", ErrForm)
		}
		return datalog.NewNull(), nil
	case datalog.KindSet:
		elems, err := d.elements(f.bytes, depth)
		return made(elems, err, datalog.NewSet)
	case datalog.KindArray:
		elems, err := d.elements(f.bytes, depth)
		return made(elems, err, datalog.NewArray)
	case datalog.KindMap:
		entries, err := d.entries(f.bytes, depth)
		return made(entries, err, datalog.NewMap)
	}
	return datalog.Term{}, f.unknown()
}

// made builds a collection of parts that were read.
func made[T any](parts []T, err error, build func(...T) (datalog.Term, error)) (datalog.Term, error) {
	if err != nil {
		return datalog.Term{}, err
	}
	t, err := build(parts...)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrForm, err)
	}
	return t, err
}

func (d decoder) elements(s string, depth int) (elems []datalog.Term, err error) {
	err = fields(s, func(f field) error {
		if f.number != 1 {
			return f.unknown()
		}
		return repeated(f, &elems, func(s string) (datalog.Term, error) { return d.nested(s, depth+1) })
	})
	return elems, err
}

func (d decoder) entries(s string, depth int) (entries []datalog.Entry, err error) {
	err = fields(s, func(f field) error {
		if f.number != 1 {
			return f.unknown()
		}
		return repeated(f, &entries, func(s string) (datalog.Entry, error) { return d.entry(s, depth+1) })
	})
	return entries, err
}

func (d decoder) entry(s string, depth int) (e datalog.Entry, err error) {
	err = fields(s, func(f field) error {
		switch f.number {
		case 1:
			return message(f, &e.Key, d.mapKey)
		case 2:
			return message(f, &e.Value, func(s string) (datalog.Term, error) { return d.nested(s, depth) })
		}
		return f.unknown()
	})
	if err == nil && (e.Key.Kind() == 0 || e.Value.Kind() == 0) {
		err = missing("map entry", "key or value")
	}
	return e, err
}

func (d decoder) mapKey(s string) (t datalog.Term, err error) {
	err = fields(s, func(f field) error {
		if err := f.once(varint); err != nil || t.Kind() != 0 {
			return missing("map key", "one value")
		}
		switch f.number {
		case 1:
			t = datalog.NewInteger(int64(f.value))
		case 2:
			s, err := d.tables.symbol(f.value)
			t = datalog.NewString(s)
			return err
		default:
			return f.unknown()
		}
		return nil
	})
	return t, err
}
