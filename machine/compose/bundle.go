package compose

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Bounds on the images of a bundle in bytes, for each role, each protocol and all of them.
const (
	maxRoleBytes     = 64 << 10
	maxProtocolBytes = 128 << 10
	maxBundleBytes   = 256 << 10
)

// Bundle is a set of protocols that are admitted, linked and handed over together.
type Bundle struct {
	ID               string
	Images           []*machine.Image
	Exports, Imports []string
	// Sessions are those that belong to the bundle.
	Sessions    []aura.SessionID
	Certificate Certificate
	// Policy says how its members may change; nil if they may not.
	Policy *MembershipPolicy
	// Members take part from the beginning.
	Members []string
}

// Certificate is the evidence that comes with a bundle.
type Certificate struct {
	// Artifact names the evidence.
	Artifact string
	// Images are the digests of the images that the evidence speaks of: those of the bundle, or more.
	Images [][32]byte
	// LinkOK: the bundle was shown to be compatible with the bundles it may be linked with.
	LinkOK bool
	// Modes and Schedulers are those that the evidence covers; OutputGating whether it rests on the output
	// gate.
	Modes        []machine.Determinism
	Schedulers   []machine.Scheduler
	OutputGating bool
}

// MembershipPolicy says how the members of a bundle may change.
type MembershipPolicy struct {
	// Dynamic: members may change at all.
	Dynamic bool
	// Overlap: at least one member must stay in every step.
	Overlap bool
}

// Needs are the conditions under which a bundle will run.
type Needs struct {
	Mode      machine.Determinism
	Scheduler machine.Scheduler
	// Gated is whether the output policy is on.
	Gated bool
	// Contracts are those of the runtime; nil if there are none.
	Contracts *machine.Contracts
}

// CapabilityReconfiguration is the capability of a runtime that a bundle with dynamic members asks for.
const CapabilityReconfiguration = "reconfiguration_safety"

// admissible checks a bundle in the order in which the reasons count.
func (b *Bundle) admissible(op aura.Op, n Needs) error {
	denied := func(why string) error { return aura.Errorf(op, aura.Denied, "bundle %s: %s", b.ID, why) }
	c := &b.Certificate
	special := n.Mode != machine.DeterminismFull || (n.Scheduler != machine.SchedulerCooperative && n.Scheduler != machine.SchedulerRoundRobin)
	switch {
	case b.ID == "" || len(b.Images) == 0:
		return aura.Errorf(op, aura.Invalid, "a bundle needs a name and a protocol")
	case !c.LinkOK:
		return denied("missing compatibility proof")
	case slices.ContainsFunc(b.Images, func(im *machine.Image) bool { return !slices.Contains(c.Images, im.Digest()) }):
		return denied("its evidence speaks of another image")
	case special && n.Contracts == nil:
		return denied("missing runtime contracts")
	case special && !slices.Contains(n.Contracts.Modes, n.Mode) && n.Mode != machine.DeterminismFull:
		return denied("missing capability determinism_profile::" + n.Mode.String())
	case !slices.Contains(c.Schedulers, n.Scheduler):
		return denied("missing capability scheduler::" + n.Scheduler.String())
	case !slices.Contains(c.Modes, n.Mode):
		return denied("missing capability determinism_profile::" + n.Mode.String())
	case c.OutputGating && !n.Gated:
		return denied("its evidence rests on the output gate, which is off")
	case b.Policy != nil && b.Policy.Dynamic && (n.Contracts == nil || !slices.Contains(n.Contracts.Capabilities, CapabilityReconfiguration)):
		return denied("missing capability " + CapabilityReconfiguration)
	}
	return b.sized(op)
}

// sized holds the images to their bounds.
func (b *Bundle) sized(op aura.Op) error {
	total := 0
	for _, im := range b.Images {
		n := len(im.Encode())
		total += n
		if n > maxProtocolBytes || n > maxRoleBytes*len(im.Roles()) || total > maxBundleBytes {
			return aura.Errorf(op, aura.Exhausted, "bundle %s: budget exceeded by protocol %s", b.ID, im.Name())
		}
	}
	return nil
}

// clone copies the parts that a change could touch.
func (b *Bundle) clone() *Bundle {
	c := *b
	c.Sessions, c.Members = slices.Clone(b.Sessions), slices.Clone(b.Members)
	c.Exports, c.Imports = slices.Clone(b.Exports), slices.Clone(b.Imports)
	c.Images = slices.Clone(b.Images)
	return &c
}
