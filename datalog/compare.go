package datalog

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// Compare is a total order over terms: by kind, then by value; strings and bytes by their bytes,
// collections element by element. It is the order of the elements of a set.
func Compare(a, b Term) int {
	if c := cmp.Compare(a.kind, b.kind); c != 0 {
		return c
	}
	switch a.kind {
	case KindInteger:
		return cmp.Compare(int64(a.num), int64(b.num))
	case KindDate, KindBool:
		return cmp.Compare(a.num, b.num)
	case KindString, KindBytes, KindVariable:
		return strings.Compare(a.str, b.str)
	case KindSet, KindArray, KindMap:
		return slices.CompareFunc(a.list, b.list, Compare)
	}
	return 0
}

// Equal reports whether a and b are the same term, of the same kind.
func (t Term) Equal(u Term) bool {
	return t.kind == u.kind && t.num == u.num && t.str == u.str && slices.EqualFunc(t.list, u.list, Term.Equal)
}

// size is an estimate of the memory that a term takes, in bytes. It is part of the limits, so it
// must not depend on the machine.
func (t Term) size() int {
	n := 64 + len(t.str)
	for _, e := range t.list {
		n += e.size()
	}
	return n
}

// Size returns about how many bytes the text form of t has.
func (t Term) Size() int {
	n := len(t.str)
	switch t.kind {
	case KindInteger, KindDate:
		n = 8
	case KindBytes:
		n = 4 + 2*len(t.str)
	}
	for _, e := range t.list {
		n += 2 + e.Size()
	}
	return n
}

// weight is how many steps it takes to look at all of t, beside the first.
func (t Term) weight() int {
	n := len(t.str) >> 6
	for _, e := range t.list {
		n += 1 + e.weight()
	}
	return n
}

// appendCanonical appends an encoding of t that no other term has.
func (t Term) appendCanonical(b []byte) []byte {
	b = append(b, byte(t.kind))
	b = binary.AppendUvarint(b, t.num)
	b = binary.AppendUvarint(b, uint64(len(t.str)))
	b = append(b, t.str...)
	b = binary.AppendUvarint(b, uint64(len(t.list)))
	for _, e := range t.list {
		b = e.appendCanonical(b)
	}
	return b
}
