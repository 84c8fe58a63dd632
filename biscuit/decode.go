package biscuit

import (
	"fmt"

	"github.com/aura-runtime/aura/datalog"
)

// decoder reads statements that refer to tables.
type decoder struct{ tables *tables }

func (d decoder) fact(s string) (p datalog.Predicate, err error) {
	has := false
	err = fields(s, func(f field) error {
		if f.number != 1 {
			return f.unknown()
		}
		has = true
		return message(f, &p, d.predicate)
	})
	if err == nil && !has {
		err = missing("fact", "predicate")
	}
	for _, t := range p.Terms {
		if t.Kind() == datalog.KindVariable && err == nil {
			err = fmt.Errorf("%w: fact with a variable", ErrForm)
		}
	}
	return p, err
}

func (d decoder) predicate(s string) (p datalog.Predicate, err error) {
	has := false
	err = fields(s, func(f field) error {
		switch f.number {
		case 1:
			has = true
			return d.symbol(f, &p.Name)
		case 2:
			return repeated(f, &p.Terms, d.term)
		}
		return f.unknown()
	})
	if err == nil && !has {
		err = missing("predicate", "name")
	}
	return p, err
}

// symbol sets a string that is given by number.
func (d decoder) symbol(f field, into *string) (err error) {
	if err := f.once(varint); err != nil {
		return err
	}
	*into, err = d.tables.symbol(f.value)
	return err
}

func (d decoder) rule(s string) (r datalog.Rule, err error) {
	has := false
	err = fields(s, func(f field) error {
		switch f.number {
		case 1:
			has = true
			return message(f, &r.Head, d.predicate)
		case 2:
			return repeated(f, &r.Body, d.predicate)
		case 3:
			return repeated(f, &r.Expressions, d.expression)
		case 4:
			return repeated(f, &r.Scopes, d.scope)
		}
		return f.unknown()
	})
	if err == nil && !has {
		err = missing("rule", "head")
	}
	return r, err
}

func (d decoder) scope(s string) (scope datalog.Scope, err error) {
	var has int
	err = fields(s, func(f field) error {
		has++
		switch f.number {
		case 1:
			if f.value > uint64(datalog.ScopePrevious) {
				return fmt.Errorf("%w: scope %d", ErrForm, f.value)
			}
			return number(f, &scope.Kind)
		case 2:
			var n int64
			if err := number(f, &n); err != nil {
				return err
			}
			scope.Kind = datalog.ScopeKey
			scope.Key, err = d.tables.key(n)
			return err
		}
		return f.unknown()
	})
	if err == nil && has != 1 {
		err = missing("scope", "one origin")
	}
	return scope, err
}

func (d decoder) check(s string) (c datalog.Check, err error) {
	err = fields(s, func(f field) error {
		switch f.number {
		case 1:
			return repeated(f, &c.Queries, d.rule)
		case 2:
			if f.value > uint64(datalog.CheckRejectIf) {
				return fmt.Errorf("%w: kind of check %d", ErrForm, f.value)
			}
			return number(f, &c.Kind)
		}
		return f.unknown()
	})
	if err == nil && len(c.Queries) == 0 {
		err = missing("check", "query")
	}
	return c, err
}
