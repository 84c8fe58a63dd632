package roster

import (
	"slices"

	"github.com/aura-runtime/aura"
)

// The makers return an entry that follows the heads of a state, without a signature: see [Entry.Sign]. Each maker checks
// what a person can get wrong; [Chain.Add] checks everything.

// Enrol returns the entry that adds a device: with the rights that it has there, its countersignature, and half of the
// sponsor's share. It returns aura.Conflict while the roster is contested, aura.Exhausted for the 17th device and
// aura.Denied when the device did not sign its keys.
func Enrol(s *State, sponsor aura.DeviceID, d Device) (Entry, error) {
	const op = "roster.Enrol"
	e, err := s.next(op, sponsor)
	if err != nil {
		return Entry{}, err
	}
	if len(e.Devices) >= MaxDevices {
		return Entry{}, aura.Errorf(op, aura.Exhausted, "%d devices are listed, the most is %d: remove one first", len(e.Devices), MaxDevices)
	}
	if err := d.verifyCountersignature(s.Authority); err != nil {
		return Entry{}, aura.Errorf(op, aura.Denied, "%w", err)
	}
	d.Share = 0
	if i := indexOf(e.Devices, sponsor); i >= 0 {
		d.Share = e.Devices[i].Share / 2
		e.Devices[i].Share -= d.Share
	}
	e.Devices = append(e.Devices, d)
	return s.complete(op, e)
}

// Remove returns the entry that no longer lists devices. Their shares go to the maker, which may spend them from the next
// budget epoch on, see [State.Usable]. It returns aura.NotFound for a device that is not listed.
func Remove(s *State, maker aura.DeviceID, devices ...aura.DeviceID) (Entry, error) {
	const op = "roster.Remove"
	e, err := s.next(op, maker)
	if err != nil {
		return Entry{}, err
	}
	freed := uint32(0)
	for _, id := range devices {
		i := indexOf(e.Devices, id)
		if i < 0 {
			return Entry{}, errNoDevice(op, s, id)
		}
		freed += e.Devices[i].Share
		e.Devices = slices.Delete(e.Devices, i, i+1)
	}
	if i := indexOf(e.Devices, maker); i >= 0 {
		e.Devices[i].Share += freed
	}
	return s.complete(op, e)
}

// SetRights returns the entry that gives a device other rights.
func SetRights(s *State, maker, device aura.DeviceID, rights Rights) (Entry, error) {
	const op = "roster.SetRights"
	e, err := s.next(op, maker)
	if err != nil {
		return Entry{}, err
	}
	i := indexOf(e.Devices, device)
	if i < 0 {
		return Entry{}, errNoDevice(op, s, device)
	}
	e.Devices[i].Rights = rights
	return s.complete(op, e)
}

// GiveShare returns the entry by which the maker gives a part of its share, or of the part that no device has, to another
// device. The part that no device had may be spent from the next budget epoch on, see [State.Usable]. The maker's part may
// be spent at once, so the maker must not have spent it in this epoch: an entry cannot tell, the maker's ledger can. GiveShare
// returns aura.Exhausted when both parts are less.
func GiveShare(s *State, maker, device aura.DeviceID, share uint32) (Entry, error) {
	const op = "roster.GiveShare"
	e, err := s.next(op, maker)
	if err != nil {
		return Entry{}, err
	}
	from, to := indexOf(e.Devices, maker), indexOf(e.Devices, device)
	if from < 0 {
		return Entry{}, errNoDevice(op, s, maker)
	}
	if to < 0 {
		return Entry{}, errNoDevice(op, s, device)
	}
	spare := uint32(Whole)
	for i := range e.Devices {
		spare -= e.Devices[i].Share
	}
	lowered := share - min(share, spare)
	if lowered > e.Devices[from].Share {
		return Entry{}, aura.Errorf(op, aura.Exhausted, "device %s has a share of %d and cannot give %d", aura.Short(maker), e.Devices[from].Share, lowered)
	}
	e.Devices[from].Share -= lowered
	e.Devices[to].Share += share
	return s.complete(op, e)
}

// SetRecovery returns the entry that names another recovery key, or none. Signed by the root key, it is pending for 14 days
// at each peer.
func SetRecovery(s *State, maker aura.DeviceID, recovery Recovery) (Entry, error) {
	const op = "roster.SetRecovery"
	e, err := s.next(op, maker)
	if err != nil {
		return Entry{}, err
	}
	e.Recovery = recovery
	return s.complete(op, e)
}

// Settle returns the entry that ends a contest: it names the heads (the first [MaxPrevious]) and lists the devices that
// count, and of those that wait the ones to keep. Where the heads name different recovery keys it has none. It
// returns aura.Denied when no one key can sign for all heads, and aura.NotFound for a device to keep that does not wait.
func Settle(s *State, maker aura.DeviceID, keep ...aura.DeviceID) (Entry, error) {
	const op = "roster.Settle"
	if len(s.Heads) < 2 {
		return Entry{}, aura.Errorf(op, aura.Conflict, "the roster of %s is not contested", aura.Short(s.Authority))
	}
	if s.Root == [32]byte{} {
		return Entry{}, aura.Errorf(op, aura.Denied, "the entries name different root keys: only the recovery key can end this")
	}
	e := s.entry(maker)
	for _, id := range keep {
		i := indexOf(s.Waiting, id)
		if i < 0 {
			return Entry{}, aura.Errorf(op, aura.NotFound, "device %s does not wait for the end of a contest", aura.Short(id))
		}
		e.Devices = append(e.Devices, s.Waiting[i])
	}
	// Each device must keep what it may be spending already; the smallest shares of a contest can be less.
	ids := make([]aura.DeviceID, len(e.Devices))
	for i := range e.Devices {
		ids[i] = e.Devices[i].ID()
	}
	rest := uint32(Whole)
	for i, floor := range s.fork.floors(ids, maker) {
		if ids[i] != maker {
			e.Devices[i].Share = floor
			rest -= floor
		}
	}
	if i := indexOf(e.Devices, maker); i >= 0 {
		e.Devices[i].Share = min(e.Devices[i].Share, rest)
	}
	return s.complete(op, e)
}

// Recover returns the entry of rank recovery by which guardians give the account to a new device: it alone is listed, with the
// whole share, and the root key is a new one. The state is that of [Chain.Under].
func Recover(s *State, d Device, root [32]byte) (Entry, error) {
	const op = "roster.Recover"
	if s.fork == nil || s.Recovery.None() {
		return Entry{}, aura.Errorf(op, aura.Denied, "%s has no recovery key, or two: see whose guardians sign", aura.Short(s.Authority))
	}
	if err := d.verifyCountersignature(s.Authority); err != nil {
		return Entry{}, aura.Errorf(op, aura.Denied, "%w", err)
	}
	e := s.entry(d.ID())
	d.Share = Whole
	e.Rank, e.Root, e.Devices = RankRecovery, root, []Device{d}
	return s.complete(op, e)
}

// next begins the entry after the only head.
func (s *State) next(op aura.Op, maker aura.DeviceID) (Entry, error) {
	switch {
	case s.fork == nil:
		return Entry{}, aura.Errorf(op, aura.NotFound, "%s has no roster", aura.Short(s.Authority))
	case s.Contested:
		return Entry{}, aura.Errorf(op, aura.Conflict, "the account says two things: end the contest first")
	}
	return s.entry(maker), nil
}

// entry begins the entry after the heads.
func (s *State) entry(maker aura.DeviceID) Entry {
	e := Entry{
		Authority: s.Authority, Maker: maker, Root: s.Root, Recovery: s.Recovery, Rank: RankRoot,
		Devices: slices.Clone(s.Devices),
	}
	for _, n := range s.fork.previous {
		e.Previous = append(e.Previous, n.hash)
		e.Number = max(e.Number, n.Entry.Number+1)
	}
	return e
}

// complete puts the devices in order and lists the removed ones.
func (s *State) complete(op aura.Op, e Entry) (Entry, error) {
	for _, n := range s.fork.previous {
		if n.ancestors.meets(&s.fork.places) {
			return Entry{}, aura.Errorf(op, aura.Conflict, "entry %d is pending: wait, or build on one of the two", n.Entry.Number)
		}
	}
	if e.Number == 0 {
		return Entry{}, aura.Errorf(op, aura.Exhausted, "the chain has its %d entries: found a new account", MaxEntries)
	}
	slices.SortFunc(e.Devices, compareDevices)
	ids := make([]aura.DeviceID, len(e.Devices))
	for i := range e.Devices {
		ids[i] = e.Devices[i].ID()
	}
	e.Removed = s.fork.removed(ids, e.Number)
	if err := e.check(); err != nil {
		return Entry{}, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	return e, nil
}

func errNoDevice(op aura.Op, s *State, id aura.DeviceID) error {
	return aura.Errorf(op, aura.NotFound, "%s is no device of %s", aura.Short(id), aura.Short(s.Authority))
}

func indexOf(devices []Device, id aura.DeviceID) int {
	return slices.IndexFunc(devices, func(d Device) bool { return d.ID() == id })
}
