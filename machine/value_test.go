package machine_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

// content is the parts of a value, which its accessors must give back.
type content struct {
	sort        choreo.Sort
	nat         uint64
	truth       bool
	real        float64
	bytes       []byte
	vector      []float64
	left, right *content
}

func drawContent(t *rapid.T, depth int) *content {
	kinds := []choreo.SortKind{
		choreo.SortUnit, choreo.SortNat, choreo.SortBool, choreo.SortString, choreo.SortReal, choreo.SortVector, choreo.SortProd,
	}
	if depth == 0 {
		kinds = kinds[:len(kinds)-1]
	}
	c := &content{sort: choreo.Sort{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}}
	number := rapid.SampledFrom([]float64{0, 1, -1, 0.5, math.MaxFloat64, math.Inf(-1)})
	switch c.sort.Kind {
	case choreo.SortNat:
		c.nat = rapid.OneOf(rapid.Uint64Range(0, 2), rapid.Uint64()).Draw(t, "nat")
	case choreo.SortBool:
		c.truth = rapid.Bool().Draw(t, "bool")
	case choreo.SortReal:
		c.real = number.Draw(t, "real")
	case choreo.SortString:
		c.bytes = rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "bytes")
	case choreo.SortVector:
		c.vector = rapid.SliceOfN(number, 0, 3).Draw(t, "vector")
		c.sort.Len = len(c.vector)
	case choreo.SortProd:
		c.left, c.right = drawContent(t, depth-1), drawContent(t, depth-1)
		c.sort.Left, c.sort.Right = &c.left.sort, &c.right.sort
	}
	return c
}

func (c *content) value() machine.Value {
	switch c.sort.Kind {
	case choreo.SortNat:
		return machine.Nat(c.nat)
	case choreo.SortBool:
		return machine.Bool(c.truth)
	case choreo.SortReal:
		return machine.Real(c.real)
	case choreo.SortString:
		return machine.Bytes(c.bytes)
	case choreo.SortVector:
		return machine.Vector(c.vector...)
	case choreo.SortProd:
		return machine.Pair(c.left.value(), c.right.value())
	}
	return machine.Unit()
}

// holds reports whether a value gives back the content, and nothing of another kind.
func (c *content) holds(v machine.Value) bool {
	ok := v.Kind() == c.sort.Kind && v.Is(c.sort) && v.Nat() == c.nat && v.Bool() == c.truth && v.Real() == c.real &&
		bytes.Equal(v.Bytes(), c.bytes) && slices.Equal(v.Vector(), c.vector)
	left, right := v.Pair()
	if c.left == nil {
		return ok && left.Equal(machine.Unit()) && right.Equal(machine.Unit())
	}
	return ok && c.left.holds(left) && c.right.holds(right)
}

func TestAValueGivesBackWhatItWasMadeOf(t *testing.T) {
	for _, c := range []content{{sort: choreo.Sort{Kind: choreo.SortBool}, truth: true}, {sort: choreo.Sort{Kind: choreo.SortBool}}} {
		if v := c.value(); !c.holds(v) {
			t.Errorf("%v became %v", c.truth, v.Bool())
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawContent(t, 3), drawContent(t, 3)
		v, w := a.value(), b.value()
		if !a.holds(v) || !b.holds(w) {
			t.Fatalf("%+v became another value", a)
		}
		encoded := v.Append(nil)
		again, err := machine.ParseValue(encoded)
		if err != nil || !a.holds(again) || !again.Equal(v) {
			t.Fatalf("%+v was read as another value: %v", a, err)
		}
		same := bytes.Equal(encoded, w.Append(nil))
		if v.Equal(w) != same || w.Equal(v) != same || same != (a.holds(w) && b.holds(v)) {
			t.Fatalf("%+v and %+v: the same encoding %t", a, b, same)
		}
		if _, err := machine.ParseValue(encoded[:len(encoded)-1]); !errors.Is(err, aura.Corrupt) {
			t.Fatalf("a value cut short: %v", err)
		}
		if _, err := machine.ParseValue(append(encoded, 0)); !errors.Is(err, aura.Corrupt) {
			t.Fatalf("a value and a byte: %v", err)
		}
	})
}

// TestPayloadsNestAsDeepEverywhere: a compiled image can be loaded, and a value of the deepest type can be read.
func TestPayloadsNestAsDeepEverywhere(t *testing.T) {
	sort, value := choreo.Sort{Kind: choreo.SortNat}, machine.Nat(1)
	for depth := 1; depth <= 40; depth++ {
		inner := sort
		sort, value = choreo.Sort{Kind: choreo.SortProd, Left: &inner, Right: &choreo.Sort{Kind: choreo.SortUnit}}, machine.Pair(value, machine.Unit())
		im, err := machine.CompileGlobal("deep", &choreo.GlobalComm{From: "A", To: "B", Branches: []choreo.GlobalBranch{
			{Label: choreo.Label{Name: "m", Sort: sort}, Next: choreo.GlobalEnd{}}}})
		if deep := depth > 32; deep != errors.Is(err, aura.Exhausted) {
			t.Fatalf("depth %d compiles: %v", depth, err)
		}
		if _, read := machine.ParseValue(value.Append(nil)); (read == nil) != (err == nil) {
			t.Errorf("depth %d is read: %v", depth, read)
		}
		if err != nil {
			continue
		}
		again, err := machine.Load(im.Encode())
		if err != nil || again.Digest() != im.Digest() {
			t.Errorf("depth %d is loaded: %v", depth, err)
		}
	}
}
