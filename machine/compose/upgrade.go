package compose

import (
	"slices"
	"strconv"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// UpgradeRequest asks for a runtime upgrade: a plan, and the parts of the past that are carried over.
type UpgradeRequest struct {
	ID   string
	Plan Plan
	// Execution says which execution profile the upgraded bundle may have.
	Execution ExecutionConstraint
	// OwnershipContinuity: the first step must keep one of the present members.
	OwnershipContinuity bool
	Pending             PendingTreatment
	Publications        PublicationContinuity
	// The publications carried over and those given up, by identifier; none may be both.
	CarriedPublications, InvalidatedPublications []string
	CarriedObligations, InvalidatedObligations   []string
	// Mode is the determinism mode after the upgrade.
	Mode machine.Determinism
}

// ExecutionConstraint says how an upgrade may change execution. The numbers are append-only.
type ExecutionConstraint uint8

// The constraints.
const (
	ExecutionPreserveProfile  ExecutionConstraint = 1
	ExecutionMixedDeterminism ExecutionConstraint = 2
)

// PendingTreatment is the fate of effects that are under way. The numbers are append-only.
type PendingTreatment uint8

// The treatments.
const (
	PendingPreserve          PendingTreatment = 1
	PendingInvalidateBlocked PendingTreatment = 2
)

// PublicationContinuity is the fate of canonical publications. The numbers are append-only.
type PublicationContinuity uint8

// The continuities.
const (
	PublicationPreserveCanonical PublicationContinuity = 1
	PublicationReissueCanonical  PublicationContinuity = 2
)

// Phase is how far an upgrade came. The numbers are append-only.
type Phase uint8

// The phases. An upgrade passes staged, admitted, committed; or staged, failed, if the request is not valid;
// or staged, admitted, rolled back, if a step does not hold.
const (
	PhaseStaged     Phase = 1
	PhasePermitted  Phase = 2
	PhaseCommitted  Phase = 3
	PhaseRolledBack Phase = 4
	PhaseFailed     Phase = 5
)

func (p Phase) String() string {
	names := [...]string{PhaseStaged: "staged", PhasePermitted: "admitted", PhaseCommitted: "committed_cutover", PhaseRolledBack: "rolled_back", PhaseFailed: "failed"}
	if int(p) < len(names) && names[p] != "" {
		return names[p]
	}
	return "phase " + strconv.Itoa(int(p))
}

// UpgradeExecution is the outcome of a request. It is kept also when the upgrade failed.
type UpgradeExecution struct {
	Request UpgradeRequest
	Phases  []Phase
	// Before and After are the epochs; they are equal unless the upgrade was committed.
	Before, After uint64
	// Reason is why it was not committed.
	Reason string
}

// Upgrade executes a request. The membership changes as the plan says, or not at all; what became of the
// request is recorded in either case and returned with the error.
func (r *Runtime) Upgrade(bundle string, req UpgradeRequest) (UpgradeExecution, error) {
	const op = "compose.Upgrade"
	m, ok := r.members[bundle]
	if !ok {
		return UpgradeExecution{}, aura.Errorf(op, aura.NotFound, "bundle %s is not here", bundle)
	}
	x := UpgradeExecution{Request: req, Phases: []Phase{PhaseStaged}, Before: m.Epoch, After: m.Epoch}
	record := func(to *Membership, phase Phase, err error) (UpgradeExecution, error) {
		x.Phases = append(x.Phases, phase)
		if err != nil {
			x.Reason = aura.Reason(err)
		}
		to.Upgrades = keep(to.Upgrades, x)
		r.members[bundle] = to
		return x, err
	}
	if err := req.check(op, m, r.bundles[bundle]); err != nil {
		return record(m.clone(), PhaseFailed, err)
	}
	x.Phases = append(x.Phases, PhasePermitted)
	next, exec, err := m.try(op, req.Plan)
	if err != nil {
		return record(m.clone(), PhaseRolledBack, err)
	}
	next.Executions = keep(next.Executions, exec)
	x.After = next.Epoch
	return record(next, PhaseCommitted, nil)
}

// check validates a request in the order in which the reasons count.
func (q *UpgradeRequest) check(op aura.Op, m *Membership, b *Bundle) error {
	bad := func(why string) error { return aura.Errorf(op, aura.Denied, "upgrade %s: %s", q.ID, why) }
	both := func(a, b []string) bool {
		return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
	}
	switch {
	case q.ID == "" || len(q.Plan.Steps) == 0:
		return aura.Errorf(op, aura.Invalid, "an upgrade needs a name and a plan with steps")
	case both(q.CarriedPublications, q.InvalidatedPublications):
		return bad("a publication is carried over and given up")
	case both(q.CarriedObligations, q.InvalidatedObligations):
		return bad("an obligation is carried over and given up")
	case q.Execution != ExecutionPreserveProfile && q.Execution != ExecutionMixedDeterminism:
		return bad("it does not say which execution profile it may have")
	case q.Execution == ExecutionPreserveProfile && q.Mode != 0 && !slices.Contains(b.Certificate.Modes, q.Mode):
		return bad("the determinism mode " + q.Mode.String() + " is not one of the bundle's")
	case q.OwnershipContinuity && !both(q.Plan.Steps[0].Next, m.Members):
		return bad("no present owner would stay")
	case q.Pending != PendingPreserve && q.Pending != PendingInvalidateBlocked:
		return bad("it does not say what becomes of pending effects")
	case q.Pending == PendingInvalidateBlocked && len(q.CarriedObligations)+len(q.InvalidatedObligations) == 0:
		return bad("blocked effects are invalidated without an obligation")
	case q.Publications != PublicationPreserveCanonical && q.Publications != PublicationReissueCanonical:
		return bad("it does not say what becomes of publications")
	case q.Publications == PublicationPreserveCanonical && len(q.InvalidatedPublications) > 0:
		return bad("canonical truth is preserved and given up")
	}
	return nil
}
