package token

import (
	"slices"

	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
)

// Contents are the claims of an encoded token. Its signatures are not verified.
type Contents struct {
	Names  []string // granted by the first block and not taken away by name in a later one, ascending
	Code   []string // of each block
	Blocks [][]byte // the revocation identifier of each block
}

// Read returns the contents of an encoded token.
func Read(encoded []byte) (Contents, error) {
	u, err := biscuit.Decode(encoded)
	if err != nil {
		return Contents{}, err
	}
	blocks, err := u.Blocks()
	if err != nil {
		return Contents{}, err
	}
	w := Contents{Blocks: u.RevocationIDs()}
	for i, b := range blocks {
		w.Code = append(w.Code, b.Code())
		if i == 0 {
			w.Names = rights(&b.Program)
			continue
		}
		for j := range b.Program.Checks {
			if kept, ok := narrows(&b.Program.Checks[j]); ok {
				w.Names = slices.DeleteFunc(w.Names, func(name string) bool { return !slices.Contains(kept, name) })
			}
		}
	}
	return w, nil
}

// rights returns the names that a first block grants, as [Mint] writes it.
func rights(p *datalog.Program) (names []string) {
	for _, f := range p.Facts {
		if f.Name == "right" && len(f.Terms) == 1 && f.Terms[0].Kind() == datalog.KindString {
			names = append(names, f.Terms[0].Text())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// narrows returns the names of a check of the form that [Delegate] writes: operation($op), {…}.contains($op).
func narrows(c *datalog.Check) (names []string, ok bool) {
	if c.Kind != datalog.CheckIf || len(c.Queries) != 1 {
		return nil, false
	}
	q := &c.Queries[0]
	if len(q.Body) != 1 || q.Body[0].Name != "operation" || len(q.Body[0].Terms) != 1 || len(q.Expressions) != 1 {
		return nil, false
	}
	e := q.Expressions[0]
	if e.Op != datalog.OpContains || e.Left.Op != datalog.OpValue || e.Right.Op != datalog.OpValue ||
		e.Left.Term.Kind() != datalog.KindSet || !e.Right.Term.Equal(q.Body[0].Terms[0]) {
		return nil, false
	}
	for i := range e.Left.Term.Len() {
		names = append(names, e.Left.Term.At(i).Text())
	}
	return names, true
}
