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
	// Unchanged: the part is the same.
	Unchanged Verdict = 1
	// Refined: step by step the new part does no more and accepts no less ([Subtype]).
	Refined Verdict = 2
	// Reordered: the same, with messages sent or received earlier ([AsyncSubtype]).
	Reordered Verdict = 3
	// Incompatible: the others may not understand the new part.
	Incompatible Verdict = 4
	// Undecided: the bounds of AsyncSubtype did not suffice; treat it as incompatible.
	Undecided Verdict = 5
	// Added: the old version has no such role.
	Added Verdict = 6
	// Removed: the new version has no such role.
	Removed Verdict = 7
)

var verdictNames = [...]string{
	Unchanged: "unchanged", Refined: "refined", Reordered: "reordered", Incompatible: "incompatible",
	Undecided: "undecided", Added: "added", Removed: "removed",
}

func (v Verdict) String() string {
	if int(v) < len(verdictNames) && verdictNames[v] != "" {
		return verdictNames[v]
	}
	return "unknown verdict"
}

// Compatible reports whether an agent with the new part may join agents with the old parts.
func (v Verdict) Compatible() bool { return v == Unchanged || v == Refined || v == Reordered }

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
			out = append(out, Comparison{Role: role, Verdict: Added})
			continue
		case !slices.Contains(updated.Roles, role):
			out = append(out, Comparison{Role: role, Verdict: Removed})
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
		return Unchanged, nil
	}
	parted := Subtype(updated, old)
	if parted == nil {
		return Refined, nil
	}
	err := AsyncSubtype(updated, old)
	switch aura.KindOf(err) {
	case 0:
		return Reordered, nil
	case aura.Exhausted:
		return Undecided, err
	}
	// Where they part step by step says more than where the last of many ways to reorder them failed.
	return Incompatible, parted
}
