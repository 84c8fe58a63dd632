package datalog

// interner numbers terms, so that joins compare and hash numbers. Equal terms have equal numbers.
type interner struct {
	terms []Term
	ids   map[scalar]uint32
}

// keyBytes is the memory of a term's number beside the term.
const keyBytes = 64

// scalar is the identity of a term: for collections, str is the canonical encoding.
type scalar struct {
	kind Kind
	num  uint64
	str  string
}

func identity(t Term) scalar {
	if len(t.list) > 0 {
		return scalar{kind: t.kind, str: string(t.appendCanonical(nil))}
	}
	return scalar{kind: t.kind, num: t.num, str: t.str}
}

// intern returns the number of t, giving it the next one if it is new.
func (in *interner) intern(t Term, b *budget) (uint32, error) {
	key := identity(t)
	if id, ok := in.ids[key]; ok {
		return id, nil
	}
	// A scalar's key shares its text; that of a collection is a copy.
	size := t.size() + keyBytes
	if len(t.list) > 0 {
		size += len(key.str)
	}
	if err := b.hold(size); err != nil {
		return 0, err
	}
	id := uint32(len(in.terms))
	in.terms = append(in.terms, t)
	in.ids[key] = id
	return id, nil
}
