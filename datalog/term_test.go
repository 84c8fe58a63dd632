package datalog_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
)

// terms draws terms that a fact can hold, up to a depth.
func terms(depth int) *rapid.Generator[datalog.Term] {
	text := rapid.SampledFrom([]string{"", "a", "b", "\"", "\\n", "line\nfeed", "tab\té", "read", "$x", "{p}"})
	scalar := rapid.OneOf(
		rapid.Map(rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64()), datalog.NewInteger),
		rapid.Map(text, datalog.NewString),
		rapid.Map(rapid.Uint64Range(0, 253402300799), datalog.NewDate),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 3), datalog.NewBytes),
		rapid.Map(rapid.Bool(), datalog.NewBool),
		rapid.Just(datalog.NewNull()),
	)
	if depth == 0 {
		return scalar
	}
	inner := terms(depth - 1)
	set := rapid.Map(rapid.SliceOfN(inner, 0, 5), func(elems []datalog.Term) datalog.Term {
		elems = slices.DeleteFunc(elems, func(t datalog.Term) bool { return t.Kind() != elems[0].Kind() || t.Kind() == datalog.KindSet })
		return must(datalog.NewSet(elems...))
	})
	array := rapid.Map(rapid.SliceOfN(inner, 0, 3), func(e []datalog.Term) datalog.Term { return must(datalog.NewArray(e...)) })
	dict := rapid.Map(rapid.MapOfN(rapid.Int64Range(-2, 2), inner, 0, 3), func(m map[int64]datalog.Term) datalog.Term {
		var entries []datalog.Entry
		for k, v := range m {
			key := datalog.NewInteger(k)
			if k%2 != 0 {
				key = datalog.NewString(key.String())
			}
			entries = append(entries, datalog.Entry{Key: key, Value: v})
		}
		return must(datalog.NewMap(entries...))
	})
	return rapid.OneOf(scalar, set, array, dict)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestTermsPrintAndParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := terms(3).Draw(t, "term")
		p, err := datalog.Parse("p("+want.String()+");", nil)
		if err != nil || !p.Facts[0].Terms[0].Equal(want) {
			t.Fatalf("%s: %v, %v", want, p, err)
		}
	})
}

func TestCompareIsAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := terms(2)
		a, b, c := g.Draw(t, "a"), g.Draw(t, "b"), g.Draw(t, "c")
		if datalog.Compare(a, b) != -datalog.Compare(b, a) || (datalog.Compare(a, b) == 0) != a.Equal(b) {
			t.Fatalf("%s and %s", a, b)
		}
		if datalog.Compare(a, b) <= 0 && datalog.Compare(b, c) <= 0 && datalog.Compare(a, c) > 0 {
			t.Fatalf("%s, %s, %s", a, b, c)
		}
	})
}

func TestCollectionsRefuseWhatTheyCannotHold(t *testing.T) {
	one, set := datalog.NewInteger(1), must(datalog.NewSet())
	for name, make := range map[string]func() (datalog.Term, error){
		"set in a set":        func() (datalog.Term, error) { return datalog.NewSet(set) },
		"mixed set":           func() (datalog.Term, error) { return datalog.NewSet(one, datalog.NewString("1")) },
		"variable in a set":   func() (datalog.Term, error) { return datalog.NewSet(datalog.NewVariable("x")) },
		"variable in array":   func() (datalog.Term, error) { return datalog.NewArray(datalog.NewVariable("x")) },
		"nothing in an array": func() (datalog.Term, error) { return datalog.NewArray(datalog.Term{}) },
		"key of another kind": func() (datalog.Term, error) {
			return datalog.NewMap(datalog.Entry{Key: datalog.NewBool(true), Value: one})
		},
		"key twice": func() (datalog.Term, error) {
			return datalog.NewMap(datalog.Entry{Key: one, Value: one}, datalog.Entry{Key: one, Value: set})
		},
		"variable as value": func() (datalog.Term, error) {
			return datalog.NewMap(datalog.Entry{Key: one, Value: datalog.NewVariable("x")})
		},
	} {
		if _, err := make(); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCollectionsKeepNoReference(t *testing.T) {
	elems := []datalog.Term{datalog.NewInteger(2), datalog.NewInteger(1)}
	set, array := must(datalog.NewSet(elems...)), must(datalog.NewArray(elems...))
	elems[0] = datalog.NewInteger(9)
	if set.String() != "{1, 2}" || array.String() != "[2, 1]" {
		t.Errorf("%s, %s", set, array)
	}
}

func TestAccessorsOfAnotherKindAreZero(t *testing.T) {
	s := datalog.NewString("7")
	if s.Integer() != 0 || s.Date() != 0 || s.Bool() || s.Len() != 0 || datalog.NewInteger(7).Text() != "" {
		t.Error("an accessor read another kind")
	}
}
