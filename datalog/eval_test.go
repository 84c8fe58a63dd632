package datalog_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
)

// evaluate returns whether an expression is true.
func evaluate(tb testing.TB, expression string, functions datalog.Functions) (bool, error) {
	tb.Helper()
	r, err := datalog.ParseRule("query(1) <- "+expression, nil)
	if err != nil {
		tb.Fatalf("%s: %v", expression, err)
	}
	return datalog.NewWorld(datalog.Limits{}, functions).Matches(&r, datalog.Authorizer)
}

func TestExpressionsAreTrue(t *testing.T) {
	for _, expression := range []string{
		`1 + 2 * 3 === 7`, `(1 + 2) * 3 === 9`, `7 / -2 === -3`, `10 - 3 - 2 === 5`, `1 | 2 ^ 3 === 0`, `6 & 3 | 8 === 10`,
		`-9223372036854775808 + 9223372036854775807 === -1`, `3 -1 === 2`,
		`!false && true`, `!(true && false)`, `true || 1 / 0 === 1`, `!(false && 1 / 0 === 1)`,
		`"é".length() === 2`, `hex:00ff.length() === 2`, `"ab" + "c" === "abc"`, `"abc".contains("")`,
		`"abc".starts_with("ab")`, `!"abc".starts_with("abcd")`, `"abc".ends_with("bc")`, `"file12.txt".matches("^file[0-9]+\\.txt$")`,
		`{1, 2}.contains({2})`, `!{1, 2}.contains({2, 3})`, `{1, 2}.contains({,})`, `!{1, 2}.contains("1")`, `{3, 1, 3, 2}.length() === 3`,
		`{1, 2}.union({2, 3}) === {3, 2, 1}`, `{1, 2}.intersection({3}).length() === 0`, `{1, 2}.union({,}) === {1, 2}`,
		`[1, [2, null]] == [1, [2, null]]`, `[1, 2].contains(2)`, `![1].starts_with([1, 2])`, `[1, 2].get(-1) == null`,
		`{"a": {1: [true]}}.get("a").get(1).get(0)`, `{"a": 1}.contains("a")`, `!{"a": 1}.contains(1)`,
		`null === null`, `null != 0`, `1 != "1"`, `{1} != {"1"}`, `{} == {}`, `{} != {,}`, `[].all($x -> false)`, `![].any($x -> true)`,
		`{1, 2}.any($x -> {2, 3}.any($y -> $x === $y))`, `{"k": 2}.all($e -> $e.get(0) === "k" && $e.get(1) === 2)`,
		`(1 / 0 === 1).try_or(true)`, `(1 === 1).try_or(false)`, `{1}.all($x -> ($x / 0 === 1).try_or(true))`,
		`[1].type() === "array"`, `{}.type() === "map"`, `{,}.type() === "set"`, `1.type() === "integer"`,
		`2020-01-01T00:00:00Z < 2020-01-01T00:00:01Z`, `2020-01-01T01:00:00+01:00 === 2020-01-01T00:00:00Z`,
	} {
		if ok, err := evaluate(t, expression, nil); !ok || err != nil {
			t.Errorf("%s: %v, %v", expression, ok, err)
		}
	}
}

func TestFailedExpressionsFailTheEvaluation(t *testing.T) {
	for expression, want := range map[string]error{
		`9223372036854775807 + 1 === 0`:      datalog.ErrOverflow,
		`-9223372036854775808 - 1 === 0`:     datalog.ErrOverflow,
		`-9223372036854775808 * -1 === 0`:    datalog.ErrOverflow,
		`-9223372036854775808 / -1 === 0`:    datalog.ErrOverflow,
		`1 / 0 === 0`:                        datalog.ErrDivideByZero,
		`1 === "1"`:                          datalog.ErrType,
		`1 < "1"`:                            datalog.ErrType,
		`"a" < "b"`:                          datalog.ErrType,
		`1`:                                  datalog.ErrType,
		`!1`:                                 datalog.ErrType,
		`true && 1`:                          datalog.ErrType,
		`1 || true`:                          datalog.ErrType,
		`1.length() === 1`:                   datalog.ErrType,
		`"a".union({1}) === {1}`:             datalog.ErrType,
		`{1}.union({"a"}) === {1}`:           datalog.ErrType,
		`1.contains(1)`:                      datalog.ErrType,
		`{1}.any($x -> $x)`:                  datalog.ErrType,
		`[1].get("0") === 1`:                 datalog.ErrType,
		`"a".matches("(")`:                   datalog.ErrRegexp,
		`"a".matches("a{1001}")`:             datalog.ErrRegexp,
		`true.try_or(1 / 0 === 1)`:           datalog.ErrDivideByZero,
		`$x === 1`:                           datalog.ErrUnbound,
		`{1}.any($x -> true) && $x === 1`:    datalog.ErrUnbound,
		`{1}.any($x -> {1}.all($x -> true))`: datalog.ErrShadowed,
		`true.extern::f()`:                   datalog.ErrFunction,
		`("a".extern::f("b") === "c") && 1 / 0 === 0`:     datalog.ErrFunction,
		`"aaaaaaaaaaaaaaaaaaaa".matches("(a{30}){33}b")`:  nil,
		`{2}.all($x -> {1}.any($y -> $x / 0 === $y))`:     datalog.ErrDivideByZero,
		`(true === 1).try_or(1 / 0 === 1)`:                datalog.ErrDivideByZero,
		`("a".matches("[") === true).try_or(1 === "one")`: datalog.ErrType,
	} {
		ok, err := evaluate(t, expression, nil)
		if ok || !errors.Is(err, want) || want != nil && !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v, %v; want %v", expression, ok, err, want)
		}
	}
}

// No regular expression makes the evaluator do much more than its limits say.
func TestRegularExpressionsAreBounded(t *testing.T) {
	for name, pattern := range map[string]string{
		"long":       strings.Repeat("a", datalog.MaxPattern+1),
		"nested":     strings.Repeat("(", datalog.MaxPattern/2) + strings.Repeat(")", datalog.MaxPattern/2),
		"repeated":   strings.Repeat("(a{30}){30}", 90),
		"classes":    strings.Repeat(`[\\pL\\pN]{900}`, 60),
		"alternates": strings.Repeat("(a|b|ab)*", 100) + "c",
	} {
		source := `"` + strings.Repeat("ab", 10_000) + `".matches("` + pattern + `")`
		if ok, err := evaluate(t, source, nil); ok || err == nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
}

func TestClosuresOnlyWhereTheyAreOperands(t *testing.T) {
	value := &datalog.Expr{Op: datalog.OpValue, Term: datalog.NewBool(true)}
	closure := &datalog.Expr{Op: datalog.OpClosure, Left: value}
	set := &datalog.Expr{Op: datalog.OpValue, Term: datalog.NewNull()}
	for name, e := range map[string]*datalog.Expr{
		"alone":              closure,
		"nil":                nil,
		"of an eager and":    {Op: datalog.OpAnd, Left: value, Right: closure},
		"of a negation":      {Op: datalog.OpNegate, Left: closure},
		"missing in lazy":    {Op: datalog.OpLazyAnd, Left: value, Right: value},
		"without parameter":  {Op: datalog.OpAll, Left: set, Right: closure},
		"nested in itself":   {Op: datalog.OpLazyAnd, Left: value, Right: &datalog.Expr{Op: datalog.OpClosure, Left: closure}},
		"unknown operation":  {Op: 0x77, Left: value, Right: value},
		"missing left":       {Op: datalog.OpNegate},
		"missing right":      {Op: datalog.OpAnd, Left: value},
		"on the wrong side":  {Op: datalog.OpTryOr, Left: value, Right: closure},
		"too many arguments": {Op: datalog.OpLazyOr, Left: value, Right: &datalog.Expr{Op: datalog.OpClosure, Params: []string{"x"}, Left: value}},
	} {
		r := datalog.Rule{Head: datalog.Predicate{Name: "q"}, Expressions: []*datalog.Expr{e}}
		if _, err := datalog.NewWorld(datalog.Limits{}, nil).Matches(&r, 0); !errors.Is(err, datalog.ErrType) {
			t.Errorf("closure %s: %v", name, err)
		}
	}
}

// functions is a foreign function "twice", and "broken", which gives no term.
type functions struct{}

func (functions) Call(name string, args ...datalog.Term) (datalog.Term, error) {
	switch {
	case name == "twice" && len(args) == 1:
		return datalog.NewInteger(2 * args[0].Integer()), nil
	case name == "sum" && len(args) == 2:
		return datalog.NewInteger(args[0].Integer() + args[1].Integer()), nil
	case name == "broken":
		return datalog.NewVariable("x"), nil
	}
	return datalog.Term{}, datalog.ErrFunction
}

func TestForeignFunctions(t *testing.T) {
	if ok, err := evaluate(t, `2.extern::twice().extern::sum(3) === 7`, functions{}); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	if _, err := evaluate(t, `1.extern::twice(2) === 4`, functions{}); !errors.Is(err, datalog.ErrFunction) {
		t.Errorf("wrong number of arguments: %v", err)
	}
	if _, err := evaluate(t, `1.extern::broken() === 4`, functions{}); !errors.Is(err, aura.Invalid) {
		t.Errorf("a function that returns a variable: %v", err)
	}
}

func TestArithmeticIsExactOrFails(t *testing.T) {
	edges := rapid.SampledFrom([]int64{0, 1, -1, 2, -2, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1, 1 << 32, -1 << 32, 3037000500})
	operand := rapid.OneOf(edges, rapid.Int64())
	rapid.Check(t, func(t *rapid.T) {
		x, y := operand.Draw(t, "x"), operand.Draw(t, "y")
		op := rapid.SampledFrom([]datalog.Op{datalog.OpAdd, datalog.OpSub, datalog.OpMul}).Draw(t, "op")
		want := exact(op, x, y)
		value := func(i int64) *datalog.Expr { return &datalog.Expr{Op: datalog.OpValue, Term: datalog.NewInteger(i)} }
		r := datalog.Rule{Head: datalog.Predicate{Name: "q"}, Expressions: []*datalog.Expr{{
			Op: datalog.OpEqual, Left: &datalog.Expr{Op: op, Left: value(x), Right: value(y)}, Right: value(want.Int64()),
		}}}
		ok, err := datalog.NewWorld(datalog.Limits{}, nil).Matches(&r, 0)
		if want.IsInt64() && !ok || !want.IsInt64() && !errors.Is(err, datalog.ErrOverflow) {
			t.Fatalf("%d %#x %d: %v, %v; want %s", x, uint8(op), y, ok, err, want)
		}
	})
}
