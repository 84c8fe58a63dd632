package agent

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/replica"
)

// Branches returns the devices whose facts have branches, here or by the evidence of a member, as the status names them:
// the own one first, then those of the members of all contexts, by authority.
func Branches(j *journal.Journal, x *directory.Index, self aura.AuthorityID, own aura.DeviceID) (all []status.Branches) {
	of := map[aura.DeviceID]*status.Branches{own: {Authority: self, Device: own}}
	var last aura.ContextID
	for _, p := range x.Peers() {
		device := p.Device.ID()
		if of[device] == nil {
			of[device] = &status.Branches{Authority: p.Authority, Device: device}
		}
		if shown(j, p.Context, device) {
			of[device].Shown++
		}
		if p.Context != last && shown(j, p.Context, own) {
			of[own].Shown++
		}
		last = p.Context
	}
	for _, b := range j.Branchings() {
		switch to := of[b.Device]; {
		case to == nil: // a contact that was removed
		case b.Heads > 1:
			to.Open, to.Most = to.Open+1, max(to.Most, b.Heads)
		default:
			to.Joined++
		}
	}
	for _, b := range of {
		if b.Open+b.Joined+b.Shown > 0 {
			all = append(all, *b)
		}
	}
	slices.SortFunc(all, func(x, y status.Branches) int {
		if (x.Device == own) != (y.Device == own) {
			if x.Device == own {
				return -1
			}
			return 1
		}
		return cmp.Or(x.Authority.Compare(y.Authority), x.Device.Compare(y.Device))
	})
	return all
}

// shown reports whether a member showed that a device's stream forked, of which one branch is here.
func shown(j *journal.Journal, context aura.ContextID, device aura.DeviceID) bool {
	return !j.Branched(fact.ContextNamespace(context), device) && replica.Shown(j.Meta, context, device)
}
