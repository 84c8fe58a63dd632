package biscuit

import (
	"slices"

	"github.com/aura-runtime/aura/datalog"
)

// The versions of a block's contents, and the additions of each.
const (
	version30 = 3 // the base
	version31 = 4 // scopes, check all, bitwise operations, !==
	version32 = 5 // third-party blocks with tables and signature payloads of their own
	version33 = 6 // reject if, null, arrays, maps, closures, ==, !=, get, type, try_or, foreign functions
)

// requiredVersion returns the least version that has all that p uses.
func requiredVersion(p *datalog.Program) uint32 {
	v := scopesVersion(p.Scopes)
	for i := range p.Facts {
		v = max(v, predicateVersion(&p.Facts[i]))
	}
	for i := range p.Rules {
		v = max(v, ruleVersion(&p.Rules[i]))
	}
	for _, c := range p.Checks {
		switch c.Kind {
		case datalog.CheckAll:
			v = max(v, version31)
		case datalog.CheckRejectIf:
			v = max(v, version33)
		}
		v = max(v, queriesVersion(c.Queries))
	}
	for _, q := range p.Policies {
		v = max(v, queriesVersion(q.Queries))
	}
	return v
}

func scopesVersion(s []datalog.Scope) uint32 {
	if len(s) > 0 {
		return version31
	}
	return version30
}

func queriesVersion(queries []datalog.Rule) (v uint32) {
	for i := range queries {
		v = max(v, ruleVersion(&queries[i]))
	}
	return v
}

func ruleVersion(r *datalog.Rule) uint32 {
	v := max(scopesVersion(r.Scopes), predicateVersion(&r.Head))
	for i := range r.Body {
		v = max(v, predicateVersion(&r.Body[i]))
	}
	for _, e := range r.Expressions {
		v = max(v, exprVersion(e))
	}
	return v
}

func predicateVersion(p *datalog.Predicate) (v uint32) {
	for i := range p.Terms {
		v = max(v, termVersion(p.Terms[i]))
	}
	return v
}

// termVersion looks into sets: they can hold newer terms.
func termVersion(t datalog.Term) uint32 {
	switch t.Kind() {
	case datalog.KindNull, datalog.KindArray, datalog.KindMap:
		return version33
	case datalog.KindSet:
		if t.Len() > 0 {
			return termVersion(t.At(0)) // its elements are of one kind
		}
	}
	return version30
}

var (
	opsOf31 = []datalog.Op{datalog.OpBitAnd, datalog.OpBitOr, datalog.OpBitXor, datalog.OpStrictNotEqual}
	opsOf30 = []datalog.Op{datalog.OpValue, datalog.OpNegate, datalog.OpParens, datalog.OpLength}
)

func exprVersion(e *datalog.Expr) uint32 {
	if e == nil {
		return version30
	}
	var v uint32 = version30
	switch {
	case e.Op == datalog.OpValue:
		v = termVersion(e.Term)
	case slices.Contains(opsOf30, e.Op) || e.Op >= datalog.OpLess && e.Op <= datalog.OpUnion:
	case slices.Contains(opsOf31, e.Op):
		v = version31
	default:
		v = version33
	}
	return max(v, exprVersion(e.Left), exprVersion(e.Right))
}
