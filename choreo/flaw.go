package choreo

import "github.com/aura-runtime/aura"

// Code names a flaw, for tools and tests. Codes are append-only; texts may change.
type Code string

// The flaws of a type, or of its projection for a role.
const (
	CodeUnboundVariable    Code = "UnboundVariable"
	CodeEmptyBranches      Code = "EmptyBranches"
	CodeSelfCommunication  Code = "SelfCommunication"
	CodeUnguardedRecursion Code = "UnguardedRecursion"
	CodeDuplicateLabel     Code = "DuplicateLabel"
	CodeIncompletePart     Code = "IncompletePart"
	CodeEndMismatch        Code = "EndMismatch"
	CodePartnerMismatch    Code = "PartnerMismatch"
	CodeDirectionMismatch  Code = "DirectionMismatch"
	CodeSendBranchMismatch Code = "SendBranchMismatch"
	CodePayloadMismatch    Code = "PayloadMismatch"
	CodeGuardMismatch      Code = "GuardMismatch"
	CodeIncompatibleTypes  Code = "IncompatibleTypes"
	CodeIncompatibleBranch Code = "IncompatibleBranch"
	CodeTooLarge           Code = "TooLarge"
	CodeNotASubtype        Code = "NotASubtype"
	CodeUndecidedInBound   Code = "UndecidedInBound"
)

// Flaw is one thing that is wrong with a type. It is the cause inside the aura.Error that a function
// returns: errors.As finds it.
type Flaw struct {
	Code Code
	// Role is the role that cannot play its part; "" if the type is wrong for every role.
	Role Role
	// At is the part of the global type where the flaw shows; nil if it was found in a local type.
	At Global
	// Detail describes the flaw, naming labels and partners.
	Detail string
}

func (f *Flaw) Error() string {
	if f.Role == "" {
		return f.Detail
	}
	return "role " + string(f.Role) + ": " + f.Detail
}

func (f *Flaw) in(op aura.Op) error {
	kind := aura.Invalid
	if f.Code == CodeTooLarge || f.Code == CodeUndecidedInBound {
		kind = aura.Exhausted
	}
	return &aura.Error{Op: op, Kind: kind, Err: f}
}
