package datalog_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
)

// load returns a world with the facts and rules of a program, all of block 0.
func load(tb testing.TB, limits datalog.Limits, source string) (*datalog.World, *datalog.Program, error) {
	tb.Helper()
	p, err := datalog.Parse(source, nil)
	if err != nil {
		tb.Fatal(err)
	}
	w := datalog.NewWorld(limits, nil)
	for _, f := range p.Facts {
		if err := w.AddFact(datalog.Block(0), f); err != nil {
			return nil, nil, err
		}
	}
	for i := range p.Rules {
		if err := w.AddRule(datalog.Block(0), datalog.Block(0), &p.Rules[i]); err != nil {
			return nil, nil, err
		}
	}
	return w, p, w.Run()
}

// query returns all that [datalog.World.Select] finds.
func query(w *datalog.World, origin, trusted datalog.Origin, r *datalog.Rule) ([]datalog.Fact, error) {
	found, err := w.Select(origin, trusted, r)
	if err != nil {
		return nil, err
	}
	return slices.Collect(found), nil
}

func TestChecksHoldAsTheirKindSays(t *testing.T) {
	const facts = `n(1); n(2); ok(1); `
	for check, want := range map[string]bool{
		`check if n($x), $x > 1`:                   true,
		`check if n($x), $x > 2`:                   false,
		`check if n(3) or n(1)`:                    true,
		`check all n($x), $x > 0`:                  true,
		`check all n($x), $x > 1`:                  false,
		`check all n($x), ok($x)`:                  true,
		`check all m($x), $x > 0`:                  false,
		`check all m($x) or n($x), $x > 0`:         true,
		`check all n($x), $x > 1 or ok($x)`:        true,
		`reject if n($x), $x > 2`:                  true,
		`reject if n($x), $x > 1`:                  false,
		`reject if m(1) or n(1)`:                   false,
		`reject if m(1) or m(2)`:                   true,
		`check if true`:                            true,
		`check all false`:                          false,
		`check if n($x), n($y), $x !== $y, ok($y)`: true,
		`check if n(1, 1)`:                         false,
	} {
		w, p, err := load(t, datalog.Limits{}, facts+check+";")
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.Check(&p.Checks[0], func(*datalog.Rule) datalog.Origin { return datalog.Block(0) })
		if got != want || err != nil {
			t.Errorf("%s: %v, %v", check, got, err)
		}
	}
}

func TestFactsOfUntrustedOriginAreNotSeen(t *testing.T) {
	w := datalog.NewWorld(datalog.Limits{}, nil)
	f := datalog.Predicate{Name: "right", Terms: []datalog.Term{datalog.NewInteger(1)}}
	both := datalog.Block(0) | datalog.Block(1)
	if err := w.AddFact(both, f); err != nil {
		t.Fatal(err)
	}
	r := must(datalog.ParseRule("query(1) <- right(1)", nil))
	for trusted, want := range map[datalog.Origin]bool{
		datalog.Block(0): false, datalog.Block(1): false, both: true, both | datalog.Authorizer: true,
	} {
		if got, err := w.Matches(&r, trusted); got != want || err != nil {
			t.Errorf("trusting %s: %v, %v", trusted, got, err)
		}
	}
}

func TestRulesThatCannotBeEvaluatedAreRefused(t *testing.T) {
	for source, want := range map[string]error{
		`a($x) <- b($y)`:                          datalog.ErrUnbound,
		`a(1) <- b(1), $x > 1`:                    datalog.ErrUnbound,
		`a($x) <- b($x), {1}.any($x -> $x === 1)`: datalog.ErrShadowed,
	} {
		r := must(datalog.ParseRule(source, nil))
		w := datalog.NewWorld(datalog.Limits{}, nil)
		if err := w.AddRule(0, 0, &r); !errors.Is(err, want) || !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v", source, err)
		}
	}
	w := datalog.NewWorld(datalog.Limits{}, nil)
	if err := w.AddFact(0, datalog.Predicate{Name: "a", Terms: []datalog.Term{datalog.NewVariable("x")}}); !errors.Is(err, aura.Invalid) {
		t.Errorf("a fact with a variable: %v", err)
	}
}

func TestLimitsEndTheEvaluation(t *testing.T) {
	chain := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "edge(%d, %d);", i, i+1)
		}
		return b.String()
	}
	product := "pair($a, $b, $c) <- n($a), n($b), n($c);"
	var numbers strings.Builder
	for i := range 30 {
		fmt.Fprintf(&numbers, "n(%d);", i)
	}
	for name, c := range map[string]struct {
		source string
		want   error
	}{
		"facts":            {numbers.String() + product, datalog.ErrFacts},
		"facts given":      {chain(1001), datalog.ErrFacts},
		"iterations":       {chain(150) + "at(0); at($y) <- at($x), edge($x, $y);", datalog.ErrIterations},
		"steps":            {chain(400) + "x(1) <- edge($a, $b), edge($c, $d), edge($e, $f), $a > $f, $f > $a;", datalog.ErrSteps},
		"steps of regexps": {`t("` + strings.Repeat("a", 50_000) + `"); x(1) <- t($t), $t.matches("(a{30}){30}b");`, datalog.ErrSteps},
		"bytes": {`t("` + strings.Repeat("a", 1<<18) + `"); x(1) <- t($t),
			($t + $t + $t + $t + $t + $t + $t + $t + $t + $t).length() === 0;`, datalog.ErrBytes},
		"bytes not caught": {`t("` + strings.Repeat("a", 1<<18) + `"); x(1) <- t($t),
			(($t + $t + $t + $t + $t + $t + $t + $t + $t + $t).length() === 0).try_or(true);`, datalog.ErrBytes},
	} {
		if _, _, err := load(t, datalog.Limits{}, c.source); !errors.Is(err, c.want) || !errors.Is(err, aura.Exhausted) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSpendingIsTheSameEveryTime(t *testing.T) {
	source := "e(1, 2); e(2, 3); e(3, 1); p($x, $y) <- e($x, $y); p($x, $z) <- p($x, $y), e($y, $z), $x != $z || true;"
	var spent, rounds int
	for i := range 5 {
		w, _, err := load(t, datalog.Limits{}, source)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && (w.Spent() != spent || w.Rounds() != rounds) {
			t.Fatalf("spent %d steps in %d rounds, before %d in %d", w.Spent(), w.Rounds(), spent, rounds)
		}
		spent, rounds = w.Spent(), w.Rounds()
		if w.Refill(); w.Spent() != 0 || w.Rounds() != 0 {
			t.Error("refilled, but spent")
		}
	}
}

func TestOrigins(t *testing.T) {
	o := datalog.Authorizer | datalog.Block(3) | datalog.Block(0)
	if got := o.String(); got != "authorizer, 0, 3" {
		t.Error(got)
	}
	if datalog.Block(-1) != 0 || datalog.Block(datalog.MaxBlocks) != 0 || datalog.BlocksBefore(-1) != 0 {
		t.Error("a block out of range has an origin")
	}
	if datalog.BlocksBefore(datalog.MaxBlocks)|datalog.Authorizer != ^datalog.Origin(0) {
		t.Error("not all blocks stand before the last")
	}
}

func TestQueriesLeaveNothingBehind(t *testing.T) {
	w, _, err := load(t, datalog.Limits{Facts: 20, Bytes: 20_000}, "n(1); n(2); n(3); n(4);")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		q := must(datalog.ParseRule(`pair($x, $y) <- n($x), n($y), $x < {limit}, ("a" + "b").length() === 2`, datalog.Params{"limit": datalog.NewInteger(int64(i))}))
		if _, err := query(w, 0, datalog.Block(0), &q); err != nil {
			t.Fatalf("query %d: %v", i, err)
		}
		w.Refill()
	}
}

// BenchmarkJoin loads two relations of 10,000 facts each and joins them on one column.
func BenchmarkJoin(b *testing.B) {
	const n = 10_000
	q := must(datalog.ParseRule("out($x, $z) <- left($x, $y), right($y, $z)", nil))
	left, right := datalog.Predicate{Name: "left"}, datalog.Predicate{Name: "right"}
	load := func() *datalog.World {
		w := datalog.NewWorld(datalog.Limits{Facts: 4 * n, Bytes: 64 << 20}, nil)
		for i := range int64(n) {
			left.Terms = []datalog.Term{datalog.NewInteger(i), datalog.NewInteger(i * 7919 % n)}
			right.Terms = []datalog.Term{datalog.NewInteger(i), datalog.NewInteger(-i)}
			if err := errors.Join(w.AddFact(1, left), w.AddFact(1, right)); err != nil {
				b.Fatal(err)
			}
		}
		return w
	}
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			load()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(2*n), "ns/fact")
	})
	b.Run("join", func(b *testing.B) {
		w := load()
		for b.Loop() {
			w.Refill()
			if facts, err := query(w, 1, 1, &q); err != nil || len(facts) != n {
				b.Fatal(len(facts), err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/fact")
	})
}

// BenchmarkClosure derives the transitive closure of 1,000 edges: in a chain, which has 500,500
// paths, and in a hundred chains of ten, which have 5,500.
func BenchmarkClosure(b *testing.B) {
	const n = 1_000
	for _, length := range []int64{n, 10} {
		b.Run(fmt.Sprintf("chain=%d", length), func(b *testing.B) {
			p := must(datalog.Parse("path($x, $y) <- edge($x, $y); path($x, $z) <- path($x, $y), edge($y, $z);", nil))
			paths := int(n / length * length * (length + 1) / 2)
			b.ReportAllocs()
			for b.Loop() {
				w := datalog.NewWorld(datalog.Limits{Facts: 1 << 20, Iterations: 2 * n, Steps: 1 << 30, Bytes: 1 << 30}, nil)
				for i := range int64(n) {
					from := i + i/length // a gap after each chain
					edge := datalog.Predicate{Name: "edge", Terms: []datalog.Term{datalog.NewInteger(from), datalog.NewInteger(from + 1)}}
					if err := w.AddFact(1, edge); err != nil {
						b.Fatal(err)
					}
				}
				for i := range p.Rules {
					if err := w.AddRule(1, 1, &p.Rules[i]); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Run(); err != nil {
					b.Fatal(err)
				}
				facts := 0
				for range w.Facts() {
					facts++
				}
				if facts != n+paths {
					b.Fatal(facts)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(paths), "ns/path")
		})
	}
}

func TestAWorldThatFailedAnswersNothing(t *testing.T) {
	// The rule fails on one fact, so a check that rejects its derived facts must not pass afterwards.
	p := must(datalog.Parse(`n(0); n(1); bad(1) <- n($x), 1 / $x === 1; reject if bad(1);`, nil))
	w := datalog.NewWorld(datalog.Limits{}, nil)
	for _, f := range p.Facts {
		if err := w.AddFact(1, f); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.AddRule(1, 1, &p.Rules[0]); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		run := w.Run()
		w.Refill()
		ok, check := w.Check(&p.Checks[0], func(*datalog.Rule) datalog.Origin { return 1 })
		_, asked := query(w, 1, 1, &p.Rules[0])
		for name, err := range map[string]error{"run": run, "check": check, "query": asked} {
			if ok || !errors.Is(err, datalog.ErrDivideByZero) {
				t.Errorf("%s: %v, %v", name, ok, err)
			}
		}
	}
}

func TestEmptyCollectionsAreOneTerm(t *testing.T) {
	w := datalog.NewWorld(datalog.Limits{}, nil)
	for _, elems := range [][]datalog.Term{nil, {}} {
		for _, term := range []datalog.Term{must(datalog.NewSet(elems...)), must(datalog.NewArray(elems...))} {
			if err := w.AddFact(1, datalog.Predicate{Name: "p", Terms: []datalog.Term{term}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	n := 0
	for range w.Facts() {
		n++
	}
	if n != 2 {
		t.Errorf("%d facts", n)
	}
}

// TestOtherElementsMakeAnotherTerm: collections are told apart by all that is in them, however deep.
func TestOtherElementsMakeAnotherTerm(t *testing.T) {
	integer, text := datalog.NewInteger, datalog.NewString
	scalars := []datalog.Term{
		integer(1), integer(2), integer(-1), text("1"), text("12"), text(""), datalog.NewBytes([]byte("1")), datalog.NewBytes(nil),
		datalog.NewDate(1), datalog.NewDate(2), datalog.NewBool(true), datalog.NewBool(false),
	}
	all := slices.Clone(scalars)
	for _, e := range scalars {
		array := must(datalog.NewArray(e))
		all = append(all, array, must(datalog.NewSet(e)), must(datalog.NewArray(e, e)), must(datalog.NewArray(array)),
			must(datalog.NewMap(datalog.Entry{Key: text("k"), Value: e})), must(datalog.NewMap(datalog.Entry{Key: integer(1), Value: e})))
	}
	all = append(all, must(datalog.NewArray(text("1"), text("2"))), must(datalog.NewMap(datalog.Entry{Key: integer(2), Value: integer(1)})))
	w := datalog.NewWorld(datalog.Limits{}, nil)
	for range 2 {
		for _, term := range all {
			if err := w.AddFact(1, datalog.Predicate{Name: "p", Terms: []datalog.Term{term}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	n := 0
	for range w.Facts() {
		n++
	}
	if n != len(all) {
		t.Errorf("%d terms are %d facts", len(all), n)
	}
}

// TestOrderingABodyCountsAsWork: a rule of many atoms takes time before its first row.
func TestOrderingABodyCountsAsWork(t *testing.T) {
	source := "a(1); x(1) <- a($v)" + strings.Repeat(", none($v)", 60) + ";"
	if _, _, err := load(t, datalog.Limits{}, source); err != nil {
		t.Fatal(err)
	}
	if _, _, err := load(t, datalog.Limits{Steps: 200}, source); !errors.Is(err, datalog.ErrSteps) {
		t.Errorf("got %v, want the limit of steps", err)
	}
	enough := errors.New("enough")
	asked := 0
	w, _, err := load(t, datalog.Limits{}, "a(1);")
	if err != nil {
		t.Fatal(err)
	}
	w.Interrupt(func() error {
		if asked++; asked > 1 {
			return nil
		}
		return enough
	})
	long, err := datalog.Parse("x(1) <- a($v)"+strings.Repeat(", none($v)", 200)+";", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.AddRule(datalog.Block(0), datalog.Block(0), &long.Rules[0]); err != nil {
		t.Fatal(err)
	}
	if err := w.Run(); !errors.Is(err, enough) {
		t.Errorf("interrupted after it was asked %d times, it ends with %v", asked, err)
	}
}

func TestALimitIsNamed(t *testing.T) {
	var err error
	w := datalog.NewWorld(datalog.Limits{Facts: 1500}, nil)
	for i := range int64(1501) {
		if err = w.AddFact(1, datalog.Predicate{Name: "n", Terms: []datalog.Term{datalog.NewInteger(i)}}); err != nil {
			break
		}
	}
	limit, ok := errors.AsType[*datalog.LimitError](err)
	if !ok || limit.Of != datalog.ErrFacts || limit.Most != 1500 || limit.Error() != "more than 1,500 facts" {
		t.Errorf("%v", err)
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -1000: "-1,000", -100: "-100", 1234567: "1,234,567"} {
		if got := datalog.Grouped(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestAnEvaluationCanBeInterrupted(t *testing.T) {
	p := must(datalog.Parse(`far($a, $d) <- n($a), n($b), n($c), n($d), ($a + $b + $c + $d < 0).try_or(true), $a + $b < 0;`, nil))
	w := datalog.NewWorld(datalog.Limits{Steps: 1 << 40}, nil)
	for i := range int64(1000) {
		if err := w.AddFact(1, datalog.Predicate{Name: "n", Terms: []datalog.Term{datalog.NewInteger(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.AddRule(1, 1, &p.Rules[0]); err != nil {
		t.Fatal(err)
	}
	gone := errors.New("the caller has gone")
	asked := 0
	w.Interrupt(func() error {
		if asked++; asked == 10 {
			return gone
		}
		return nil
	})
	before := w.Spent()
	if err := w.Run(); err != gone {
		t.Fatalf("%v", err)
	}
	// The evaluation of all combinations would take 10^12 steps.
	if spent := w.Spent() - before; asked != 10 || spent > 100_000 {
		t.Errorf("%d questions, %d steps", asked, spent)
	}
	if _, err := query(w, 1, 1, &p.Rules[0]); err != gone {
		t.Errorf("an interrupted world answers: %v", err)
	}
}

// TestMemoryIsCountedTheSameOnEveryMachine: the limit of bytes is part of the meaning of a program. Each
// row is counted as 24 bytes and 4 for each of its columns, once a term is known.
func TestMemoryIsCountedTheSameOnEveryMachine(t *testing.T) {
	fit := func(arity int) (n int) {
		w := datalog.NewWorld(datalog.Limits{Facts: 1 << 20, Steps: 1 << 30, Bytes: 1 << 20}, nil)
		values := func(i int) []datalog.Term {
			terms := make([]datalog.Term, arity)
			for c := range terms {
				terms[c] = datalog.NewInteger(int64(i & 1))
				i >>= 1
			}
			return terms
		}
		for i := range 1 << arity {
			if err := w.AddFact(1, datalog.Predicate{Name: "p", Terms: values(i)}); err != nil {
				return n
			}
			n++
		}
		return n
	}
	const limit = 1 << 20
	for _, arity := range []int{14, 16, 20} {
		got, rows := fit(arity), limit/(24+4*arity)
		if want := min(1<<arity, rows); got > want || got < want-want/100 {
			t.Errorf("%d columns: %d rows fit, want about %d", arity, got, want)
		}
	}
}
