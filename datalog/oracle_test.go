package datalog_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura/datalog"
)

// sourced is a rule with its origin and the origins it trusts.
type sourced struct {
	rule            datalog.Rule
	origin, trusted datalog.Origin
}

// naive derives all facts by trying every combination of all facts, again and again: the definition
// of the language, without indexes, orders or deltas.
func naive(facts map[string]datalog.Fact, rules []sourced) {
	for grown := true; grown; {
		grown = false
		for _, r := range rules {
			for _, f := range applyNaively(facts, r, 0, map[string]datalog.Term{}, r.origin) {
				if key := describe(f); facts[key].Name == "" {
					facts[key], grown = f, true
				}
			}
		}
	}
}

func applyNaively(facts map[string]datalog.Fact, r sourced, at int, bound map[string]datalog.Term, o datalog.Origin) (out []datalog.Fact) {
	if at == len(r.rule.Body) {
		head := datalog.Predicate{Name: r.rule.Head.Name}
		for _, t := range r.rule.Head.Terms {
			head.Terms = append(head.Terms, resolve(t, bound))
		}
		for _, e := range r.rule.Expressions { // the generator makes only $a != $b
			if resolve(e.Left.Term, bound).Equal(resolve(e.Right.Term, bound)) {
				return nil
			}
		}
		return []datalog.Fact{{Predicate: head, Origin: o}}
	}
	for _, f := range facts {
		want := r.rule.Body[at]
		if f.Name != want.Name || len(f.Terms) != len(want.Terms) || !f.Origin.Within(r.trusted) {
			continue
		}
		next := map[string]datalog.Term{}
		for k, v := range bound {
			next[k] = v
		}
		matches := true
		for i, t := range want.Terms {
			t = resolve(t, next)
			if t.Kind() == datalog.KindVariable {
				next[t.Text()] = f.Terms[i]
			} else if !t.Equal(f.Terms[i]) {
				matches = false
			}
		}
		if matches {
			out = append(out, applyNaively(facts, r, at+1, next, o|f.Origin)...)
		}
	}
	return out
}

func resolve(t datalog.Term, bound map[string]datalog.Term) datalog.Term {
	if v, ok := bound[t.Text()]; ok && t.Kind() == datalog.KindVariable {
		return v
	}
	return t
}

func describe(f datalog.Fact) string { return fmt.Sprintf("%s of %s", f.Predicate, f.Origin) }

// places draws the origins that facts and rules come from.
var places = rapid.SampledFrom([]datalog.Origin{datalog.Block(0), datalog.Block(1), datalog.Block(2), datalog.Authorizer})

func predicates(terms *rapid.Generator[datalog.Term]) *rapid.Generator[datalog.Predicate] {
	return rapid.Custom(func(t *rapid.T) datalog.Predicate {
		name := rapid.SampledFrom([]string{"p", "q", "r"}).Draw(t, "name")
		arity := map[string]int{"p": 1, "q": 2, "r": 3}[name]
		return datalog.Predicate{Name: name, Terms: rapid.SliceOfN(terms, arity, arity).Draw(t, "terms")}
	})
}

func rules() *rapid.Generator[sourced] {
	constant := rapid.Map(rapid.Int64Range(0, 4), datalog.NewInteger)
	variable := rapid.Map(rapid.SampledFrom([]string{"a", "b", "c"}), datalog.NewVariable)
	return rapid.Custom(func(t *rapid.T) sourced {
		r := datalog.Rule{Body: rapid.SliceOfN(predicates(rapid.OneOf(variable, variable, constant)), 1, 3).Draw(t, "body")}
		free := []datalog.Term{datalog.NewInteger(0)}
		for _, p := range r.Body {
			for _, term := range p.Terms {
				if term.Kind() == datalog.KindVariable {
					free = append(free, term)
				}
			}
		}
		r.Head = predicates(rapid.SampledFrom(free)).Draw(t, "head")
		if rapid.Bool().Draw(t, "filter") {
			value := func(t datalog.Term) *datalog.Expr { return &datalog.Expr{Op: datalog.OpValue, Term: t} }
			r.Expressions = []*datalog.Expr{{Op: datalog.OpNotEqual, Left: value(free[len(free)-1]), Right: value(free[0])}}
		}
		origin := places.Draw(t, "origin")
		return sourced{r, origin, origin | places.Draw(t, "trusted") | places.Draw(t, "trusted too")}
	})
}

// The evaluator derives exactly the facts that the definition does, origins included, even when facts and
// rules arrive between runs, and answers queries alike.
func TestWorldDerivesWhatTheDefinitionSays(t *testing.T) {
	fact := predicates(rapid.Map(rapid.Int64Range(0, 4), datalog.NewInteger))
	rapid.Check(t, func(t *rapid.T) {
		w := datalog.NewWorld(datalog.Limits{Facts: 100_000}, nil)
		want := map[string]datalog.Fact{}
		var all []sourced
		for range rapid.IntRange(1, 3).Draw(t, "runs") {
			for _, p := range rapid.SliceOfN(fact, 0, 25).Draw(t, "facts") {
				f := datalog.Fact{Predicate: p, Origin: places.Draw(t, "place")}
				want[describe(f)] = f
				if err := w.AddFact(f.Origin, f.Predicate); err != nil {
					t.Fatal(err)
				}
			}
			for _, r := range rapid.SliceOfN(rules(), 0, 3).Draw(t, "rules") {
				all = append(all, r)
				if err := w.AddRule(r.origin, r.trusted, &r.rule); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Run(); err != nil {
				t.Fatal(err)
			}
		}
		naive(want, all)
		var got []string
		for f := range w.Facts() {
			got = append(got, describe(f))
		}
		slices.Sort(got)
		if diff := cmp.Diff(keys(want), got); diff != "" {
			t.Fatalf("-definition +world:\n%s", diff)
		}
		q := rules().Draw(t, "query")
		answer, err := query(w, q.origin, q.trusted, &q.rule)
		if err != nil {
			t.Fatal(err)
		}
		asked := map[string]datalog.Fact{}
		for _, f := range applyNaively(want, q, 0, map[string]datalog.Term{}, q.origin) {
			asked[describe(f)] = f
		}
		got = nil
		for _, f := range answer {
			got = append(got, describe(f))
		}
		slices.Sort(got)
		if diff := cmp.Diff(keys(asked), got); diff != "" {
			t.Fatalf("query %s (-definition +world):\n%s", q.rule, diff)
		}
	})
}

func keys(m map[string]datalog.Fact) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
