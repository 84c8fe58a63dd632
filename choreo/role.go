package choreo

import (
	"cmp"
	"strconv"
	"strings"
)

// Role names a participant: a plain name such as "Chair", or one member of a family such as "Voter[2]".
type Role string

// Member returns the role of the member with the given index of a family, counted from 0.
func Member(family string, index int) Role {
	return Role(family + "[" + strconv.Itoa(index) + "]")
}

// Family splits a role into its family and index. A role that is no member of a family is its own
// family and has index -1.
func (r Role) Family() (name string, index int) {
	s := string(r)
	open := strings.IndexByte(s, '[')
	if open < 0 || s[len(s)-1] != ']' {
		return s, -1
	}
	i, err := strconv.Atoi(s[open+1 : len(s)-1])
	if err != nil || i < 0 {
		return s, -1
	}
	return s[:open], i
}

// Compare orders roles by family, then by index as a number: Voter[2] comes before Voter[10].
func (r Role) Compare(o Role) int {
	rf, ri := r.Family()
	of, oi := o.Family()
	return cmp.Or(strings.Compare(rf, of), cmp.Compare(ri, oi), strings.Compare(string(r), string(o)))
}

// Binding gives numbers to the parameters of a protocol: "N" for a family declared as Voter[N] and for
// an index or a repetition written as N, and the family's own name for one declared as Voter[*].
type Binding map[string]int
