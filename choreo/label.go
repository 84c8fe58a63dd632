package choreo

import "strconv"

// Label names a message. Two labels are the same message only if all three fields agree; within one
// choice the names alone must differ.
type Label struct {
	Name string
	// Sort is the shape of the payload as the protocol machine checks it; the zero value is unit.
	Sort Sort
	// Payload is the application's type as written after "of", for example "shop.Item"; "" if none was.
	Payload string
}

func (l Label) String() string {
	s := l.Name
	if l.Sort.Kind != SortUnit {
		s += "(" + l.Sort.String() + ")"
	}
	if l.Payload != "" {
		s += " of " + l.Payload
	}
	return s
}

func (l Label) equal(o Label) bool {
	return l.Name == o.Name && l.Payload == o.Payload && l.Sort.Equal(o.Sort)
}

// SortKind is the outermost shape of a payload. The numbers are append-only.
type SortKind uint8

// The kinds of payload.
const (
	SortUnit   SortKind = 0
	SortNat    SortKind = 1
	SortBool   SortKind = 2
	SortString SortKind = 3
	SortReal   SortKind = 4
	// SortVector is Len numbers.
	SortVector SortKind = 5
	// SortProd is the pair (Left, Right).
	SortProd SortKind = 6
)

var sortNames = [...]string{
	SortUnit: "unit", SortNat: "nat", SortBool: "bool", SortString: "string", SortReal: "real",
	SortVector: "vector", SortProd: "prod",
}

// Sort is the shape of a payload. Len is used by vectors only; Left and Right by pairs only, where
// neither may be nil.
type Sort struct {
	Kind        SortKind
	Len         int
	Left, Right *Sort
}

func (s Sort) String() string {
	switch s.Kind {
	case SortVector:
		return "vector " + strconv.Itoa(s.Len)
	case SortProd:
		return "(" + s.Left.String() + ", " + s.Right.String() + ")"
	}
	if int(s.Kind) < len(sortNames) {
		return sortNames[s.Kind]
	}
	return "sort " + strconv.Itoa(int(s.Kind))
}

// Equal reports whether both sorts have the same shape.
func (s Sort) Equal(o Sort) bool {
	if s.Kind != o.Kind || s.Len != o.Len {
		return false
	}
	if s.Kind != SortProd {
		return true
	}
	return s.Left.Equal(*o.Left) && s.Right.Equal(*o.Right)
}
