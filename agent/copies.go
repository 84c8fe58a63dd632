package agent

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/journal"
)

// Branches returns the devices whose facts have branches, as the status names them: the own one first, then those of
// the members of all contexts, by authority.
func Branches(j *journal.Journal, x *directory.Index, self aura.AuthorityID, own aura.DeviceID) (all []status.Branches) {
	branchings := j.Branchings()
	if len(branchings) == 0 {
		return nil
	}
	of := map[aura.DeviceID]*status.Branches{own: {Authority: self, Device: own}}
	for _, p := range x.Peers() {
		device := p.Device.ID()
		of[device] = &status.Branches{Authority: p.Authority, Device: device}
	}
	for _, b := range branchings {
		switch to := of[b.Device]; {
		case to == nil: // a contact that was removed
		case b.Heads > 1:
			to.Open, to.Most = to.Open+1, max(to.Most, b.Heads)
		default:
			to.Joined++
		}
	}
	for _, b := range of {
		if b.Open+b.Joined > 0 {
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
