package roster

import (
	"bytes"
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
)

// fork is the entries that another one names, or shall name, as previous: one, or several that contradict each other.
type fork struct {
	nodes    []node // of the chain; they do not change but for the times at which they were seen
	previous []*node
	at       []int // their places
	places   set   // the same
	// union are the previous entries with all before them, common those that are before or at each.
	union, common set
}

func (c *Chain) forkAt(previous []Hash) *fork {
	f := &fork{nodes: c.nodes}
	for k, h := range previous {
		i := c.byHash[h]
		n := &c.nodes[i]
		f.previous = append(f.previous, n)
		f.at = append(f.at, i)
		f.places.add(i)
		with := n.ancestors
		with.add(i)
		f.union = f.union.or(with)
		if k == 0 {
			f.common = with
		}
		f.common = f.common.and(with)
	}
	return f
}

// follow checks an entry against the previous ones and completes its node.
func (f *fork) follow(n *node, message []byte) error {
	e := &n.Entry
	n.ancestors = f.union
	greatest := uint8(0)
	for _, p := range f.previous {
		greatest = max(greatest, p.Entry.Number)
		if p.ancestors.meets(&f.places) {
			return aura.Errorf("", aura.Invalid, "entry %d names entry %d and one before it as previous: name the later alone", e.Number, p.Entry.Number)
		}
	}
	if int(e.Number) != int(greatest)+1 {
		return aura.Errorf("", aura.Invalid, "entry %d follows entry %d: numbers have no gap, make entry %d", e.Number, greatest, int(greatest)+1)
	}
	if err := f.checkSignature(n, message); err != nil {
		return err
	}
	if err := f.checkDevices(n); err != nil {
		return err
	}
	if want := f.removed(n.ids, e.Number); !slices.Equal(e.Removed, want) {
		return aura.Errorf("", aura.Invalid, "entry %d lists %d removed devices, and the entries before it give %d: list each device that is no longer there, the last %d",
			e.Number, len(e.Removed), len(want), MaxRemoved)
	}
	if err := f.checkShares(n); err != nil {
		return err
	}
	for _, p := range f.previous {
		if key := p.Entry.Recovery.Key; key != e.Recovery.Key {
			n.introduces = n.introduces || !e.Recovery.None()
			if !p.Entry.Recovery.None() && !slices.Contains(n.retires, key) {
				n.retires = append(n.retires, key)
			}
		}
	}
	return nil
}

// checkSignature finds the key that all previous entries name for the rank and verifies the entry with it.
func (f *fork) checkSignature(n *node, message []byte) error {
	e := &n.Entry
	for k, p := range f.previous {
		key := p.Entry.Root
		if e.Rank == RankRecovery {
			if key = p.Entry.Recovery.Key; p.Entry.Recovery.None() {
				return aura.Errorf("", aura.Denied, "entry %d has rank recovery, and entry %d names no recovery key", e.Number, p.Entry.Number)
			}
		}
		if k > 0 && key != n.signer {
			return aura.Errorf("", aura.Denied, "entry %d ends a contest of entries with different %s keys: let each side say the same, or end it with the key that both name",
				e.Number, e.Rank)
		}
		n.signer = key
	}
	if e.Rank == RankRoot && e.Root != n.signer {
		return aura.Errorf("", aura.Denied, "entry %d changes the root key: only an entry of rank recovery can", e.Number)
	}
	if !verify(&n.signer, message, &e.Signature) {
		return aura.Errorf("", aura.Denied, "entry %d is not signed by the %s key of the entry before it", e.Number, e.Rank)
	}
	return nil
}

// checkDevices holds a device to the keys that it had, to its countersignature and to its removal.
func (f *fork) checkDevices(n *node) error {
	e := &n.Entry
	n.ids = f.ids(e)
	n.gone = f.gone(n.ids)
	listed := slices.Contains(n.ids, e.Maker)
	for _, p := range f.previous {
		listed = listed || slices.Contains(p.ids, e.Maker)
	}
	if !listed {
		return aura.Errorf("", aura.Denied, "entry %d was made by %s, which is no device of this account: let one of its devices make it", e.Number, aura.Short(e.Maker))
	}
	if n.gone[e.Maker] >= e.Rank {
		return aura.Errorf("", aura.Denied, "entry %d was made by %s, which was removed: let another device make it", e.Number, aura.Short(e.Maker))
	}
	for i := range e.Devices {
		d := &e.Devices[i]
		if n.gone[n.ids[i]] >= e.Rank {
			return aura.Errorf("", aura.Denied, "entry %d lists device %s, which was removed: enrol it anew, with fresh keys", e.Number, aura.Short(n.ids[i]))
		}
		if n.gone[n.ids[i]] != 0 {
			delete(n.gone, n.ids[i])
		}
		if err := f.checkDevice(e, d, n.ids[i]); err != nil {
			return err
		}
	}
	for _, p := range f.previous {
		for _, id := range p.ids {
			if !slices.Contains(n.ids, id) && !slices.Contains(n.drops, id) {
				n.gone[id] = max(n.gone[id], e.Rank)
				n.drops = append(n.drops, id)
			}
		}
	}
	return nil
}

func (f *fork) checkDevice(e *Entry, d *Device, id aura.DeviceID) error {
	for _, p := range f.previous {
		k := slices.Index(p.ids, id)
		if k < 0 {
			continue
		}
		before := &p.Entry.Devices[k]
		if !before.sameKeys(d) {
			return aura.Errorf("", aura.Denied, "entry %d gives device %s other keys: remove it and enrol it anew", e.Number, aura.Short(id))
		}
		if before.Countersignature == d.Countersignature {
			return nil // verified with the entry before
		}
	}
	if f.founded(d) {
		return nil
	}
	if err := d.verifyCountersignature(e.Authority); err != nil {
		return aura.Errorf("", aura.Denied, "entry %d: %w", e.Number, err)
	}
	return nil
}

// ids returns the names of an entry's devices. Hashes of the previous entry are used again.
func (f *fork) ids(e *Entry) []aura.DeviceID {
	p := f.previous[0]
	ids := make([]aura.DeviceID, len(e.Devices))
	for i := range e.Devices {
		d := &e.Devices[i]
		if k, there := slices.BinarySearchFunc(p.Entry.Devices, *d, compareDevices); there {
			ids[i] = p.ids[k]
		} else {
			ids[i] = d.ID()
		}
	}
	return ids
}

// founded reports whether the device is that of an entry 0, which its certificate vouches for.
func (f *fork) founded(d *Device) bool {
	if d.Countersignature != [64]byte{} {
		return false
	}
	for i := range f.union.all {
		if e := &f.nodes[i].Entry; e.Number == 0 && e.Devices[0].sameKeys(d) {
			return true
		}
	}
	return false
}

// unchanged reports whether devices with these names are those of the only previous entry.
func (f *fork) unchanged(ids []aura.DeviceID) bool {
	return len(f.previous) == 1 && slices.Equal(f.previous[0].ids, ids)
}

// gone returns the devices that were removed up to here, with the rank that did it. When the devices are
// unchanged it is the map of the previous entry, and nothing is written to it.
func (f *fork) gone(ids []aura.DeviceID) map[aura.DeviceID]Rank {
	if f.unchanged(ids) {
		return f.previous[0].gone
	}
	gone := map[aura.DeviceID]Rank{}
	for _, p := range f.previous {
		for id, rank := range p.gone {
			gone[id] = max(gone[id], rank)
		}
	}
	return gone
}

// removed returns the removed devices that an entry with this number lists when its devices are ids: those of the
// previous entries, each with its lowest number, and the devices that are dropped now. The last ones, [MaxRemoved].
func (f *fork) removed(ids []aura.DeviceID, number uint8) []Removed {
	if f.unchanged(ids) {
		return f.previous[0].Entry.Removed
	}
	numbers := map[[12]byte]uint8{}
	note := func(r Removed) {
		if n, there := numbers[r.Device]; !there || r.Number < n {
			numbers[r.Device] = r.Number
		}
	}
	for _, p := range f.previous {
		for _, r := range p.Entry.Removed {
			note(r)
		}
	}
	for _, p := range f.previous {
		for _, id := range p.ids {
			note(Removed{[12]byte(id[:12]), number})
		}
	}
	for _, id := range ids {
		delete(numbers, [12]byte(id[:12]))
	}
	var list []Removed
	for _, device := range slices.SortedFunc(maps.Keys(numbers), func(a, b [12]byte) int { return bytes.Compare(a[:], b[:]) }) {
		list = append(list, Removed{device, numbers[device]})
	}
	slices.SortFunc(list, compareRemoved)
	return list[max(0, len(list)-MaxRemoved):]
}
