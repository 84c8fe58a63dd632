package datalog

import (
	"slices"

	"github.com/aura-runtime/aura"
)

// Kind is the type of a [Term]. The numbers are those of the Biscuit schema.
type Kind uint8

// The kinds of terms.
const (
	KindVariable Kind = 1
	KindInteger  Kind = 2
	KindString   Kind = 3
	KindDate     Kind = 4
	KindBytes    Kind = 5
	KindBool     Kind = 6
	KindSet      Kind = 7
	KindNull     Kind = 8
	KindArray    Kind = 9
	KindMap      Kind = 10
)

var kindNames = [...]string{
	KindVariable: "variable", KindInteger: "integer", KindString: "string", KindDate: "date", KindBytes: "bytes", KindBool: "bool",
	KindSet: "set", KindNull: "null", KindArray: "array", KindMap: "map",
}

// String returns the name that the language's type() gives, "unknown" for no kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "unknown"
}

// Term is an immutable value, or a variable that stands for one. The zero Term is neither and no
// operation accepts it. A collection never holds a variable, so only a whole term can be one.
type Term struct {
	kind Kind
	num  uint64 // integer in two's complement, date, boolean
	str  string // string, bytes, variable name
	list []Term // elements; of a set sorted without duplicates; of a map key, value, key, value… sorted by key
}

// Entry is one pair of a map term. The key is a string or an integer.
type Entry struct{ Key, Value Term }

// NewVariable returns the variable of a name, without the dollar.
func NewVariable(name string) Term { return Term{kind: KindVariable, str: name} }

// NewInteger returns an integer term.
func NewInteger(i int64) Term { return Term{kind: KindInteger, num: uint64(i)} }

// NewString returns a string term. The evaluator compares strings by their bytes.
func NewString(s string) Term { return Term{kind: KindString, str: s} }

// NewDate returns an instant in seconds since 1970-01-01 UTC.
func NewDate(seconds uint64) Term { return Term{kind: KindDate, num: seconds} }

// NewBytes returns a byte string term. It keeps no reference to b.
func NewBytes(b []byte) Term { return Term{kind: KindBytes, str: string(b)} }

// NewBytesOf returns the byte string term with the bytes of s, without copying them.
func NewBytesOf(s string) Term { return Term{kind: KindBytes, str: s} }

// NewBool returns a boolean term.
func NewBool(b bool) Term {
	if b {
		return Term{kind: KindBool, num: 1}
	}
	return Term{kind: KindBool}
}

// NewNull returns the absence of a value.
func NewNull() Term { return Term{kind: KindNull} }

// NewSet returns the set of elems, which must be of one kind, neither variables nor sets.
// Duplicates merge. It keeps no reference to elems.
func NewSet(elems ...Term) (Term, error) {
	const op = "datalog.NewSet"
	for _, e := range elems {
		if err := storable(op, e); err != nil {
			return Term{}, err
		}
		if e.kind == KindSet {
			return Term{}, aura.Errorf(op, aura.Invalid, "a set cannot hold a set")
		}
		if e.kind != elems[0].kind {
			return Term{}, aura.Errorf(op, aura.Invalid, "a set cannot hold both %s and %s", elems[0].kind, e.kind)
		}
	}
	return setOf(slices.Clone(elems)), nil
}

// setOf takes ownership of elems, which the caller has checked.
func setOf(elems []Term) Term {
	slices.SortFunc(elems, Compare)
	return Term{kind: KindSet, list: slices.CompactFunc(elems, Term.Equal)}
}

// NewArray returns the array of elems, in order, of any kinds but variables. It keeps no reference
// to elems.
func NewArray(elems ...Term) (Term, error) {
	for _, e := range elems {
		if err := storable("datalog.NewArray", e); err != nil {
			return Term{}, err
		}
	}
	return Term{kind: KindArray, list: slices.Clone(elems)}, nil
}

// NewMap returns the map of entries. Keys must differ and be strings or integers; values are of any
// kind but variables. It keeps no reference to entries.
func NewMap(entries ...Entry) (Term, error) {
	const op = "datalog.NewMap"
	sorted := slices.SortedStableFunc(slices.Values(entries), func(a, b Entry) int { return Compare(a.Key, b.Key) })
	list := make([]Term, 0, 2*len(sorted))
	for i, e := range sorted {
		if e.Key.kind != KindInteger && e.Key.kind != KindString {
			return Term{}, aura.Errorf(op, aura.Invalid, "a map key must be an integer or a string, not %s", e.Key.kind)
		}
		if i > 0 && e.Key.Equal(sorted[i-1].Key) {
			return Term{}, aura.Errorf(op, aura.Invalid, "map key %s occurs twice", e.Key)
		}
		if err := storable(op, e.Value); err != nil {
			return Term{}, err
		}
		list = append(list, e.Key, e.Value)
	}
	return Term{kind: KindMap, list: list}, nil
}

func storable(op aura.Op, t Term) error {
	if t.kind == 0 || t.kind == KindVariable {
		return aura.Errorf(op, aura.Invalid, "a collection cannot hold a %s", t.kind)
	}
	return nil
}

// Kind returns the term's kind, 0 for the zero Term.
func (t Term) Kind() Kind { return t.kind }

// Integer returns the value of an integer term, 0 for any other.
func (t Term) Integer() int64 {
	if t.kind != KindInteger {
		return 0
	}
	return int64(t.num)
}

// Date returns the seconds since 1970-01-01 UTC of a date term, 0 for any other.
func (t Term) Date() uint64 {
	if t.kind != KindDate {
		return 0
	}
	return t.num
}

// Bool returns the value of a boolean term, false for any other.
func (t Term) Bool() bool { return t.kind == KindBool && t.num != 0 }

// Text returns the characters of a string, the bytes of a byte string, or the name of a variable
// without its dollar; "" for any other term.
func (t Term) Text() string { return t.str }

// Len returns the number of elements of a set or an array, or of entries of a map; 0 for any other
// term.
func (t Term) Len() int {
	if t.kind == KindMap {
		return len(t.list) / 2
	}
	return len(t.list)
}

// At returns element i of a set or an array, 0 ≤ i < [Term.Len].
func (t Term) At(i int) Term { return t.list[i] }

// EntryAt returns entry i of a map in the order of keys, 0 ≤ i < [Term.Len].
func (t Term) EntryAt(i int) Entry { return Entry{Key: t.list[2*i], Value: t.list[2*i+1]} }
