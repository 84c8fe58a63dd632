package choreo

import (
	"cmp"
	"fmt"
	"slices"
)

// maxMergeSteps bounds the pairs of parts that one projection compares. A type within the bounds of
// Instantiate needs a few for each of its parts; only one made to be hard needs more.
const maxMergeSteps = 1 << 20

// merger joins a role's behaviours in the branches of a choice that it does not see.
type merger struct {
	done  map[[2]Local]Local
	steps int
}

// Merge joins a and b into one type that is right in both situations, by the rules of [Project]. Where
// both are equal the result is a.
func Merge(a, b Local) (Local, error) {
	var m merger
	l, flaw := m.merge(a, b)
	if flaw != nil {
		return nil, flaw.in("choreo.Merge")
	}
	return l, nil
}

func (m *merger) merge(a, b Local) (Local, *Flaw) {
	if a == b {
		return a, nil
	}
	key := [2]Local{a, b}
	if l, ok := m.done[key]; ok {
		return l, nil
	}
	if m.steps++; m.steps > maxMergeSteps {
		return nil, &Flaw{Code: CodeTooLarge, Detail: "the branches are too many to compare"}
	}
	l, flaw := m.join(a, b)
	if flaw != nil {
		return nil, flaw
	}
	if m.done == nil {
		m.done = map[[2]Local]Local{}
	}
	m.done[key] = l
	return l, nil
}

func (m *merger) join(a, b Local) (Local, *Flaw) {
	switch a := a.(type) {
	case *LocalSend:
		if b, ok := b.(*LocalSend); ok {
			return m.sends(a, b)
		}
	case *LocalRecv:
		if b, ok := b.(*LocalRecv); ok {
			return m.receives(a, b)
		}
	case *LocalRec:
		if b, ok := b.(*LocalRec); ok && a.Var == b.Var {
			body, flaw := m.merge(a.Body, b.Body)
			if flaw != nil || body == a.Body {
				return a, flaw
			}
			return &LocalRec{Var: a.Var, Body: body}, nil
		}
	}
	return nil, mismatch(a, b)
}

// sends merges two sends: a role that does not know the outcome must offer the same in both.
func (m *merger) sends(a, b *LocalSend) (Local, *Flaw) {
	if a.Partner != b.Partner {
		return nil, mismatch(a, b)
	}
	if len(a.Branches) != len(b.Branches) {
		return nil, &Flaw{Code: CodeSendBranchMismatch, Detail: fmt.Sprintf(
			"it offers %d messages to %s in one branch and %d in another", len(a.Branches), a.Partner, len(b.Branches))}
	}
	out := make([]LocalBranch, len(a.Branches))
	for i, x := range a.Branches {
		j := indexLabel(b.Branches, i, x.Label.Name)
		if j < 0 {
			return nil, &Flaw{Code: CodeSendBranchMismatch, Detail: fmt.Sprintf(
				"it sends %s to %s in one branch and not in another, without being told which", x.Label.Name, a.Partner)}
		}
		y := b.Branches[j]
		if x.Site != y.Site {
			return nil, &Flaw{Code: CodeGuardMismatch, Detail: fmt.Sprintf(
				"its message %s to %s has different guard annotations in the branches", x.Label.Name, a.Partner)}
		}
		next, flaw := m.branch(x, y)
		if flaw != nil {
			return nil, flaw
		}
		out[i] = LocalBranch{Label: x.Label, Site: x.Site, Next: next}
	}
	if sameBranches(out, a.Branches) && sameOrder(a.Branches, b.Branches) {
		return a, nil
	}
	return &LocalSend{Partner: a.Partner, Branches: sortBranches(out)}, nil
}

// receives merges two receives: the label that arrives tells the role where it is.
func (m *merger) receives(a, b *LocalRecv) (Local, *Flaw) {
	if a.Partner != b.Partner {
		return nil, mismatch(a, b)
	}
	out := make([]LocalBranch, 0, len(a.Branches)+len(b.Branches))
	for i, x := range a.Branches {
		if j := indexLabel(b.Branches, i, x.Label.Name); j >= 0 {
			next, flaw := m.branch(x, b.Branches[j])
			if flaw != nil {
				return nil, flaw
			}
			if x.Site != b.Branches[j].Site {
				x.Site = 0 // hints that hold in one branch only are no hints
			}
			x.Next = next
		}
		out = append(out, x)
	}
	if sameBranches(out, a.Branches) && sameOrder(a.Branches, b.Branches) {
		return a, nil
	}
	for i, y := range b.Branches {
		if indexLabel(a.Branches, i, y.Label.Name) < 0 {
			out = append(out, y)
		}
	}
	return &LocalRecv{Partner: a.Partner, Branches: sortBranches(out)}, nil
}

// branch merges the continuations of one label that both sides have.
func (m *merger) branch(x, y LocalBranch) (Local, *Flaw) {
	if !x.Label.equal(y.Label) {
		return nil, &Flaw{Code: CodePayloadMismatch, Detail: fmt.Sprintf(
			"message %s carries one payload in one branch (%s) and another in another (%s)", x.Label.Name, x.Label, y.Label)}
	}
	next, flaw := m.merge(x.Next, y.Next)
	if flaw != nil {
		flaw.Detail = fmt.Sprintf("after %s, %s", x.Label.Name, flaw.Detail)
	}
	return next, flaw
}

func mismatch(a, b Local) *Flaw {
	code := CodeIncompatibleTypes
	ap, ab := branchesOf(a)
	bp, bb := branchesOf(b)
	_, aEnd := a.(LocalEnd)
	_, bEnd := b.(LocalEnd)
	switch {
	case aEnd || bEnd:
		code = CodeEndMismatch
	case ab != nil && bb != nil && ap != bp:
		code = CodePartnerMismatch
	case ab != nil && bb != nil:
		code = CodeDirectionMismatch
	}
	return &Flaw{Code: code, Detail: fmt.Sprintf("it %s in one branch and %s in another", firstStep(a), firstStep(b))}
}

// firstStep describes the first step of l.
func firstStep(l Local) string {
	switch l := l.(type) {
	case *LocalSend:
		return fmt.Sprintf("sends %s to %s", firstLabel(l.Branches), l.Partner)
	case *LocalRecv:
		return fmt.Sprintf("waits for %s from %s", firstLabel(l.Branches), l.Partner)
	case *LocalRec:
		return "starts the recursion " + l.Var
	case LocalVar:
		return "goes back to " + l.Var
	}
	return "is done"
}

func firstLabel(branches []LocalBranch) string {
	if len(branches) == 0 {
		return "nothing"
	}
	return branches[0].Label.Name
}

// indexLabel finds a label by name; the label is usually at the place hint.
func indexLabel(branches []LocalBranch, hint int, name string) int {
	if hint < len(branches) && branches[hint].Label.Name == name {
		return hint
	}
	return slices.IndexFunc(branches, func(b LocalBranch) bool { return b.Label.Name == name })
}

func sameBranches(a, b []LocalBranch) bool {
	return slices.EqualFunc(a, b, func(x, y LocalBranch) bool { return x.Next == y.Next && x.Site == y.Site })
}

func sameOrder(a, b []LocalBranch) bool {
	return slices.EqualFunc(a, b, func(x, y LocalBranch) bool { return x.Label.Name == y.Label.Name })
}

func sortBranches(branches []LocalBranch) []LocalBranch {
	slices.SortFunc(branches, func(a, b LocalBranch) int { return cmp.Compare(a.Label.Name, b.Label.Name) })
	return branches
}
