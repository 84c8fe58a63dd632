package choreo

import (
	"slices"

	"github.com/aura-runtime/aura"
)

// Verdict says whether a role of a new version may meet the old versions of the others. The numbers are
// append-only.
type Verdict uint8

// The verdicts.
const (
	// VerdictUnchanged: the part is the same.
	VerdictUnchanged Verdict = 1
	// VerdictRefined: step by step the new part does no more and accepts no less ([Subtype]).
	VerdictRefined Verdict = 2
	// VerdictReordered: the same, with messages sent or received earlier ([AsyncSubtype]).
	VerdictReordered Verdict = 3
	// VerdictIncompatible: the others may not understand the new part.
	VerdictIncompatible Verdict = 4
	// VerdictUndecided: the bounds of AsyncSubtype did not suffice; treat it as incompatible.
	VerdictUndecided Verdict = 5
	// VerdictAdded: the old version has no such role.
	VerdictAdded Verdict = 6
	// VerdictRemoved: the new version has no such role.
	VerdictRemoved Verdict = 7
)

var verdictNames = [...]string{
	VerdictUnchanged: "unchanged", VerdictRefined: "refined", VerdictReordered: "reordered", VerdictIncompatible: "incompatible",
	VerdictUndecided: "undecided", VerdictAdded: "added", VerdictRemoved: "removed",
}

func (v Verdict) String() string {
	if int(v) < len(verdictNames) && verdictNames[v] != "" {
		return verdictNames[v]
	}
	return "unknown verdict"
}

// Compatible reports whether an agent with the new part may join agents with the old parts.
func (v Verdict) Compatible() bool {
	return v == VerdictUnchanged || v == VerdictRefined || v == VerdictReordered
}

// Comparison is the verdict on one role. Reason is the difference found if it is not compatible.
type Comparison struct {
	Role    Role
	Verdict Verdict
	Reason  error
}

// Compare gives a verdict on every role of two versions of a protocol, in the order of [Role.Compare].
// It returns aura.Invalid if one of the versions has no part for one of its roles.
func Compare(old, updated *Instance) ([]Comparison, error) {
	roles := slices.Concat(old.Roles, updated.Roles)
	slices.SortFunc(roles, Role.Compare)
	var out []Comparison
	for _, role := range slices.Compact(roles) {
		switch {
		case !slices.Contains(old.Roles, role):
			out = append(out, Comparison{Role: role, Verdict: VerdictAdded})
			continue
		case !slices.Contains(updated.Roles, role):
			out = append(out, Comparison{Role: role, Verdict: VerdictRemoved})
			continue
		}
		before, err := old.Local(role)
		if err != nil {
			return nil, &aura.Error{Op: "choreo.Compare", Kind: aura.KindOf(err), Err: err}
		}
		after, err := updated.Local(role)
		if err != nil {
			return nil, &aura.Error{Op: "choreo.Compare", Kind: aura.KindOf(err), Err: err}
		}
		verdict, reason := CompareLocal(before, after)
		out = append(out, Comparison{Role: role, Verdict: verdict, Reason: reason})
	}
	return out, nil
}

// CompareLocal gives a verdict on one role's part. The reason is nil for a compatible one.
func CompareLocal(old, updated Local) (Verdict, error) {
	if EqualLocal(old, updated) {
		return VerdictUnchanged, nil
	}
	parted := Subtype(updated, old)
	if parted == nil {
		return VerdictRefined, nil
	}
	err := AsyncSubtype(updated, old)
	switch aura.KindOf(err) {
	case 0:
		return VerdictReordered, nil
	case aura.Exhausted:
		return VerdictUndecided, err
	}
	// Where they part step by step says more than where the last of many ways to reorder them failed.
	return VerdictIncompatible, parted
}
