package roster

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
)

// delay is how long a root-signed change of the recovery key is pending, from when this peer first saw it. An entry by the
// old key that comes within it wins; within it once more, the two are contested; later it is void.
const delay = 14 * 24 * hour

const hour = 3600 * 1e9

// State is what a chain says at a time. The caller must not change what it points to.
type State struct {
	Authority aura.AuthorityID
	// Heads are the newest entries that count, ascending; none for a chain without entries.
	Heads []Hash
	// Number is that of the newest of the heads.
	Number uint8
	// Contested says that the heads contradict each other: the owner must be asked.
	Contested bool
	// Root and Recovery are what all heads name, or zero.
	Root     [32]byte
	Recovery Recovery
	// Pending is the change of the recovery key that is not in force yet, or nil.
	Pending *Pending
	// Devices are those that count, ascending by signing key. While the roster is contested they are those of every head,
	// with the smallest share and the rights that all of them give.
	Devices []Device
	// Waiting are the devices of some heads only that no head removed: they count when the contest ends with them.
	Waiting []Device
	// Missing are the entries that others name and that are not there, ascending.
	Missing []Hash

	fork  *fork // the heads, at most MaxPrevious of them
	heads []int // the places of all heads
	line  set   // all heads and what they build on
}

// Pending is a root-signed change of the recovery key: until then the old one wins.
type Pending struct {
	Until aura.Instant
	Old   Recovery
}

// Device returns a device that counts. It returns aura.NotFound for any other.
func (s *State) Device(id aura.DeviceID) (Device, error) {
	for i := range s.Devices {
		if s.Devices[i].ID() == id {
			return s.Devices[i], nil
		}
	}
	return Device{}, aura.Errorf("roster.Device", aura.NotFound, "%s is no device of %s", aura.Short(id), aura.Short(s.Authority))
}

// Removed names the devices that entries removed, ascending: while the roster is contested, those that any side removed.
func (s *State) Removed() (ids []aura.DeviceID) {
	for _, i := range s.heads {
		ids = slices.AppendSeq(ids, maps.Keys(s.fork.nodes[i].gone))
	}
	slices.SortFunc(ids, aura.DeviceID.Compare)
	return slices.Compact(ids)
}

// State folds the entries to what they say now: one list, or a contested one.
func (c *Chain) State(now aura.Instant) *State {
	v := c.view(now)
	heads := v.heads()
	s := c.stateOf(heads)
	s.Pending = v.pendingChange(heads)
	return s
}

// stateAt returns what the chain said at a time: the entries that came later, and what builds on them, are not counted.
func (c *Chain) stateAt(at aura.Instant) *State {
	var later set
	for i := range c.nodes { // each after those before it
		if c.nodes[i].At > at || c.nodes[i].ancestors.meets(&later) {
			later.add(i)
		}
	}
	return c.stateOf(c.viewWithout(later, at).heads())
}

// At returns what some entries say, whatever contradicts them: the two sides of a contest one by one, or the
// state on which guardians build, see [Chain.Under]. It returns aura.NotFound for an entry that is not there.
func (c *Chain) At(entries ...Hash) (*State, error) {
	var heads []int
	for _, h := range entries {
		i, there := c.byHash[h]
		if !there {
			return nil, aura.Errorf("roster.At", aura.NotFound, "entry %x… is not there", h[:4])
		}
		heads = append(heads, i)
	}
	c.sort(heads)
	return c.stateOf(heads), nil
}

// Under returns the newest entries that name a recovery key, ascending: on them its guardians build, also when a thief of
// the root key has replaced their key since.
func (c *Chain) Under(key [32]byte) (list []Hash) {
	var naming set
	for i := range c.nodes {
		if c.nodes[i].Entry.Recovery.Key == key {
			naming.add(i)
		}
	}
	naming = c.newest(naming)
	for i := range naming.all {
		list = append(list, c.nodes[i].hash)
	}
	slices.SortFunc(list, compareHashes)
	return list
}

// stateOf returns what heads say, ascending by hash.
func (c *Chain) stateOf(heads []int) *State {
	s := &State{Authority: c.authority, Missing: c.missing(), heads: heads}
	if len(heads) == 0 {
		return s
	}
	for _, i := range heads {
		s.Heads = append(s.Heads, c.nodes[i].hash)
		s.line.add(i)
		s.line = s.line.or(c.nodes[i].ancestors)
		s.Number = max(s.Number, c.nodes[i].Entry.Number)
	}
	s.fork = c.forkAt(s.Heads[:min(len(s.Heads), MaxPrevious)])
	first := &c.nodes[heads[0]].Entry
	s.Root, s.Recovery = first.Root, first.Recovery
	for _, i := range heads[1:] {
		e := &c.nodes[i].Entry
		if e.Root != first.Root {
			s.Root = [32]byte{}
		}
		if e.Recovery != first.Recovery {
			s.Recovery = Recovery{}
		}
		s.Contested = s.Contested || e.Root != first.Root || e.Recovery != first.Recovery || !slices.Equal(e.Devices, first.Devices)
	}
	s.Devices, s.Waiting = c.count(heads)
	return s
}

// Current returns the entries from which another peer gets the same state, each after those before it: what a new
// contact is given.
func (c *Chain) Current(now aura.Instant) (list []Entry) {
	var all set
	for _, i := range c.view(now).heads() {
		all.add(i)
		all = all.or(c.nodes[i].ancestors)
	}
	for i := range all.all {
		list = append(list, c.nodes[i].Entry)
	}
	slices.SortFunc(list, func(a, b Entry) int { return cmp.Compare(a.Number, b.Number) })
	return list
}

func (c *Chain) missing() (list []Hash) {
	for _, w := range c.waiting {
		for _, h := range w.Entry.Previous {
			if _, there := c.byHash[h]; !there && !slices.Contains(list, h) {
				list = append(list, h)
			}
		}
	}
	slices.SortFunc(list, compareHashes)
	return list
}

func compareHashes(a, b Hash) int { return bytes.Compare(a[:], b[:]) }

// count returns the devices that all heads list, and those that wait.
func (c *Chain) count(heads []int) (devices, waiting []Device) {
	all := map[aura.DeviceID]*Device{}
	in := map[aura.DeviceID]int{}
	for _, h := range heads {
		n := &c.nodes[h]
		for i, id := range n.ids {
			d := n.Entry.Devices[i]
			if before, there := all[id]; there {
				d.Share, d.Rights = min(d.Share, before.Share), d.Rights&before.Rights
			}
			all[id] = &d
			in[id]++
		}
	}
	for id, d := range all {
		switch {
		case in[id] == len(heads):
			devices = append(devices, *d)
		case !slices.ContainsFunc(heads, func(h int) bool { return c.nodes[h].gone[id] != 0 }):
			waiting = append(waiting, *d)
		}
	}
	slices.SortFunc(devices, compareDevices)
	slices.SortFunc(waiting, compareDevices)
	return devices, waiting
}

// view is how the entries stand to each other at a time.
type view struct {
	chain *Chain
	now   aura.Instant
	// since is for each entry when this peer had it with all that it builds on.
	since []aura.Instant
	// lost are the entries that never count: beaten within the delay, or too late, with all that was built on them.
	lost set
	// weak are entries of rank recovery that beat nothing here and now, and all that was built on them: they contradict
	// whatever else there is.
	weak set
}

func (c *Chain) view(now aura.Instant) *view { return c.viewWithout(set{}, now) }

// viewWithout is view as if some entries, and all that build on them, were not there.
func (c *Chain) viewWithout(absent set, now aura.Instant) *view {
	v := &view{chain: c, now: now, since: make([]aura.Instant, len(c.nodes)), lost: absent}
	for i := range c.nodes {
		v.since[i] = c.nodes[i].At
		for _, h := range c.nodes[i].Entry.Previous {
			v.since[i] = max(v.since[i], v.since[c.byHash[h]])
		}
	}
	// A change that is beaten or not decides about entries that came at least a delay later, so the order of their
	// times is one in which each needs the ones before it alone.
	var unbeaten []int
	for _, x := range v.changes() {
		if v.lost.has(x) || c.nodes[x].ancestors.meets(&v.lost) {
			continue
		}
		if c.nodes[x].Entry.Rank == RankRoot && v.isBeaten(x, unbeaten) {
			v.lost.add(x)
			continue
		}
		unbeaten = append(unbeaten, x)
	}
	for i := range c.nodes {
		if c.nodes[i].Entry.Rank != RankRecovery {
			continue
		}
		late, weak := v.standing(i, unbeaten)
		if late {
			v.lost.add(i)
		} else if weak {
			v.weak.add(i)
		}
	}
	v.lost, v.weak = c.withBuilt(v.lost), c.withBuilt(v.weak)
	v.weak = v.weak.minus(v.lost)
	return v
}

// changes returns the entries that retire a recovery key, by the time at which they were first seen.
func (v *view) changes() (list []int) {
	c := v.chain
	for i := range c.nodes {
		if len(c.nodes[i].retires) > 0 {
			list = append(list, i)
		}
	}
	slices.SortFunc(list, func(a, b int) int {
		x, y := &c.nodes[a], &c.nodes[b]
		return cmp.Or(cmp.Compare(v.since[a], v.since[b]), cmp.Compare(x.Entry.Number, y.Entry.Number), compareHashes(x.hash, y.hash))
	})
	return list
}

// isBeaten reports whether an entry of a recovery key that x retires came in time and does not build on x.
func (v *view) isBeaten(x int, unbeaten []int) bool {
	for r := range v.chain.nodes {
		n := &v.chain.nodes[r]
		if n.Entry.Rank != RankRecovery || v.lost.has(r) || n.ancestors.meets(&v.lost) {
			continue
		}
		age, applies := v.age(r, x)
		if !applies || age > delay {
			continue
		}
		if late, weak := v.standing(r, unbeaten); !late && !weak {
			return true
		}
	}
	return false
}

// standing says how an entry of rank recovery stands to the changes that retire its key: late, so that it is void, or
// weak, because it came shortly after one or because its own key is pending.
func (v *view) standing(r int, unbeaten []int) (late, weak bool) {
	for _, x := range unbeaten {
		if age, applies := v.age(r, x); applies {
			late = late || age > 2*delay
			weak = weak || age > delay && v.chain.nodes[x].Entry.Rank == RankRoot
		}
	}
	n := &v.chain.nodes[r]
	_, pending := v.pendingSince(n.ancestors, n.signer)
	return late, weak || pending
}

// age returns how long after a change the entry r came, or the first entry below it by the key that the change retires.
// It applies when one of these contradicts the change.
func (v *view) age(r, x int) (age aura.Duration, applies bool) {
	c := v.chain
	change := &c.nodes[x]
	line := c.nodes[r].ancestors
	line.add(r)
	for q := range line.all {
		n := &c.nodes[q]
		if n.Entry.Rank != RankRecovery || !slices.Contains(change.retires, n.signer) || c.comparable(q, x) {
			continue
		}
		if d := v.since[q].Sub(v.since[x]); !applies || d < age {
			age, applies = d, true
		}
	}
	return age, applies
}

// comparable reports whether one of the entries builds on the other, or both are one.
func (c *Chain) comparable(a, b int) bool {
	return a == b || c.nodes[a].ancestors.has(b) || c.nodes[b].ancestors.has(a)
}

// pendingSince returns the latest root-signed entry of a line that introduces the key and is not in force yet.
func (v *view) pendingSince(line set, key [32]byte) (latest int, pending bool) {
	for i := range line.all {
		n := &v.chain.nodes[i]
		if n.introduces && n.Entry.Rank == RankRoot && n.Entry.Recovery.Key == key && v.now < v.since[i].Add(delay) &&
			(!pending || v.since[i] > v.since[latest]) {
			latest, pending = i, true
		}
	}
	return latest, pending
}

// withBuilt adds everything that was built on entries.
func (c *Chain) withBuilt(s set) set {
	if s.empty() {
		return s
	}
	for i := range c.nodes { // each after those before it
		if c.nodes[i].ancestors.meets(&s) {
			s.add(i)
		}
	}
	return s
}

// heads returns the newest entries that count, ascending by hash. An entry of rank recovery beats every root-signed one
// that does not build on it and on which no other entry of rank recovery builds.
func (v *view) heads() []int {
	c := v.chain
	var plain, strong set
	for i := range c.nodes {
		if v.lost.has(i) || v.weak.has(i) {
			continue
		}
		plain.add(i)
		if c.nodes[i].Entry.Rank == RankRecovery {
			strong.add(i)
		}
	}
	if !strong.empty() {
		plain = plain.and(c.withBuilt(c.newest(strong)))
	}
	both := c.newest(plain).or(c.newest(v.weak))
	var list []int
	for i := range both.all {
		list = append(list, i)
	}
	c.sort(list)
	return list
}

// sort puts entries in the order of their hashes, which does not depend on the order in which they came.
func (c *Chain) sort(list []int) {
	slices.SortFunc(list, func(a, b int) int { return compareHashes(c.nodes[a].hash, c.nodes[b].hash) })
}

// newest returns the entries on which no other of them builds.
func (c *Chain) newest(s set) set {
	var older set
	for i := range s.all {
		older = older.or(c.nodes[i].ancestors)
	}
	return s.minus(older)
}

// pendingChange returns the change of the recovery key that the heads name and that is not in force yet.
func (v *view) pendingChange(heads []int) *Pending {
	latest, pending := 0, false
	for _, i := range heads {
		n := &v.chain.nodes[i]
		line := n.ancestors
		line.add(i)
		if p, is := v.pendingSince(line, n.Entry.Recovery.Key); is && (!pending || v.since[p] > v.since[latest]) {
			latest, pending = p, true
		}
	}
	if !pending {
		return nil
	}
	p := &Pending{Until: v.since[latest].Add(delay)}
	change := &v.chain.nodes[latest].Entry
	for _, h := range change.Previous {
		if old := v.chain.nodes[v.chain.byHash[h]].Entry.Recovery; old.Key != change.Recovery.Key {
			p.Old = old
		}
	}
	return p
}
