package roster

import (
	"slices"

	"github.com/aura-runtime/aura"
)

// checkShares lets an entry lower the share of its maker alone. The part that the maker gives away, the shares of removed
// devices and the part that no device has may go to any device, the last two from the next budget epoch on.
func (f *fork) checkShares(n *node) error {
	e := &n.Entry
	given := uint64(0)
	floors := f.floors(n.ids, e.Maker)
	for i := range e.Devices {
		d := &e.Devices[i]
		if n.ids[i] != e.Maker && d.Share < floors[i] {
			return aura.Errorf("", aura.Invalid, "entry %d lowers the share of device %s from %d to %d: a device lowers its own share only",
				e.Number, aura.Short(n.ids[i]), floors[i], d.Share)
		}
		given += uint64(d.Share)
	}
	had := uint64(0)
	for _, floor := range floors {
		had += uint64(floor)
	}
	n.frees = len(n.drops) > 0 || given > had
	return nil
}

// floors returns for each of the devices the share that it may be spending, which an entry of another maker must leave to
// it; 0 for a new device. The maker's own, which it may lower, is among them.
//
// Where entries contradict each other, a device may know one of them alone and spend what that gives it, so the
// greatest share counts; but each device knows the entries that it made itself. Only when both sides gave away one removed
// device's share, or what no device had, can those of the others sum to more than there is; then the
// smallest counts, as while the contest lasts.
func (f *fork) floors(ids []aura.DeviceID, maker aura.DeviceID) []uint32 {
	most, least := make([]uint32, len(ids)), make([]uint32, len(ids))
	sum := uint64(0)
	for i, id := range ids {
		most[i], least[i] = f.span(id)
		if id != maker {
			sum += uint64(most[i])
		}
	}
	if sum > Whole {
		return least
	}
	return most
}

// span returns the greatest share on which a device may rely while it knows some of the previous entries, and the smallest.
func (f *fork) span(id aura.DeviceID) (most, least uint32) {
	var made set
	for i := range f.union.minus(f.common).all {
		if f.nodes[i].Entry.Maker == id {
			made.add(i)
		}
	}
	least = Whole
	found := false
	for j, p := range f.previous {
		k := slices.Index(p.ids, id)
		if k < 0 {
			continue
		}
		share := p.Entry.Devices[k].Share
		found = true
		least = min(least, share)
		with := p.ancestors
		with.add(f.at[j])
		if missing := made.minus(with); missing.empty() {
			most = max(most, share)
		}
	}
	if !found {
		return 0, 0
	}
	return max(most, least), least
}

// Usable returns the share that a device may spend in a budget epoch that began under an earlier state of the chain, when the
// state is now s. It is the share of s, unless an entry gave away since then what its maker did not have. A removed device may
// have spent its share in this epoch, and two entries that contradict each other may both give away what no device had. So
// the smallest share since then counts, and nothing for a device that came later. It is 0 for a device that is not listed.
func (s *State) Usable(began *State, device aura.DeviceID) uint32 {
	usable, listed := s.share(device)
	if !listed {
		return 0
	}
	smallest, _ := began.share(device)
	freed := false
	for i := range s.line.minus(began.line).all {
		n := &s.fork.nodes[i]
		freed = freed || n.frees
		if k := slices.Index(n.ids, device); k >= 0 {
			smallest = min(smallest, n.Entry.Devices[k].Share)
		}
	}
	if freed {
		return min(usable, smallest)
	}
	return usable
}

// Share returns the share that a device may spend now in a budget epoch that began at an instant, see [State.Usable]. It
// goes by when this peer first saw the entries, so a device that gets its chain from a sibling takes over these times.
func (c *Chain) Share(device aura.DeviceID, began, now aura.Instant) uint32 {
	return c.State(now).Usable(c.stateAt(began), device)
}

func (s *State) share(device aura.DeviceID) (share uint32, listed bool) {
	for i := range s.Devices {
		if s.Devices[i].ID() == device {
			return s.Devices[i].Share, true
		}
	}
	return 0, false
}
