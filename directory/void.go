package directory

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
)

// Standing is which facts are void by what rosters and bounds say, as far as that differs from the journal.
type Standing struct {
	// Void is for [journal.Entry.Void].
	Void []journal.Void
	// Rosters says that an authority announced devices, so that the answer depends on the time.
	Rosters bool

	limited map[aura.DeviceID]bool // devices of which some facts are void, or would be
}

// Concerns reports whether the answer may be another one after a fact was committed.
func (s *Standing) Concerns(r *fact.Record) bool {
	return s.limited[r.Fact.Device] || fact.MatchKind(device.Kinds, r.Fact.Kind)
}

// spoken names the facts of a device in a namespace.
type spoken struct {
	namespace fact.Namespace
	device    aura.DeviceID
}

// Standing asks the rosters which facts of the journal are void now. It does not wait. It returns the errors of the store.
func (x *Index) Standing(j *journal.Journal, now aura.Instant) (Standing, error) {
	x.Look(now)
	out := Standing{limited: map[aura.DeviceID]bool{}}
	limits, streams, err := x.limits(j, &out)
	if err != nil {
		return Standing{}, err
	}
	before := map[spoken][]journal.Range{}
	for _, v := range j.Voids() {
		of := spoken{v.Namespace, v.Device}
		if before[of] = v.Ranges; limits[of] == nil {
			streams = append(streams, of) // an entry overruled the removal
		}
	}
	for _, of := range streams {
		var lists [][]journal.Range
		for _, l := range limits[of] {
			if l.All {
				lists = append(lists, []journal.Range{{From: 1}})
			}
			for _, heads := range l.Bounds {
				ranges, err := j.Beyond(of.namespace, of.device, heads)
				if err != nil {
					return Standing{}, err
				}
				lists = append(lists, ranges)
			}
		}
		if void := journal.Join(lists...); !slices.Equal(before[of], void) {
			out.Void = append(out.Void, journal.Void{Namespace: of.namespace, Device: of.device, Ranges: void})
		}
	}
	return out, nil
}

// limits returns the limits of all devices in the namespaces in which they spoke, and these in a fixed order. The
// own facts of the owner's device are never void: they say nothing to others, and an agent does not run without them.
func (x *Index) limits(j *journal.Journal, out *Standing) (limits map[spoken][]roster.Limit, streams []spoken, err error) {
	limits = map[spoken][]roster.Limit{}
	var spoke map[aura.DeviceID][]fact.Namespace
	x.Read(func(s *State) {
		for _, who := range s.Devices.Announcing() {
			out.Rosters = true
			if spoke == nil {
				spoke = j.Streams()
			}
			there := map[spoken]bool{}
			var spaces []fact.Namespace
			for _, id := range s.Devices.Listed(who) {
				for _, ns := range spoke[id] {
					if ns.Space != fact.SpaceAuthority || who == x.self && id != s.own {
						there[spoken{ns, id}] = true
						spaces = append(spaces, ns)
					}
				}
			}
			slices.SortFunc(spaces, fact.Namespace.Compare)
			for _, ns := range slices.Compact(spaces) {
				context, _ := ns.Context()
				below := func(device aura.DeviceID, place, head fact.Place) (bool, bool) {
					below, known, failed := j.Below(ns, device, place, head)
					if err == nil {
						err = failed
					}
					return below, known
				}
				says := s.Roster(who, s.first(context, who, x.self))
				for _, l := range s.Devices.Bounds(context, says, below).Limits() {
					out.limited[l.Device] = true
					if of := (spoken{ns, l.Device}); there[of] {
						if limits[of] == nil {
							streams = append(streams, of)
						}
						limits[of] = append(limits[of], l)
					}
				}
			}
		}
	})
	return limits, streams, err
}

// first returns the certificate by which an authority is known in a context, the zero value for the owner and where it is
// known by none.
func (s *State) first(context aura.ContextID, who, self aura.AuthorityID) (cert fact.Certificate) {
	if c, ok := s.Contacts.ByContext(context); ok {
		if c.Authority == who {
			cert, _ = s.Contacts.Certificate(context)
		}
		return cert
	}
	group, ok := s.Chats.Membership(context)
	if !ok {
		return cert
	}
	for i, known := range s.certificates(context, &group) {
		if group.Members[i].Authority == who && who != self {
			return known
		}
	}
	return cert
}

// renewal is the time in which an index is made anew beside the one in use.
type renewal struct{ missed []fact.Record } // committed meanwhile

// Renew makes the index anew when facts that it folded became void, or count again, since it was loaded. Until then the
// one in use goes on as it is. It costs as much as [Index.Load] without checkpoints.
func (x *Index) Renew(tc task.Context, j *journal.Journal) error {
	x.lock.Lock()
	if x.era == j.Era() {
		x.lock.Unlock()
		return nil
	}
	r, own := &renewal{}, x.state.own
	x.renewal = r
	x.lock.Unlock()
	fresh := New(x.set, x.self, x.meta)
	err := fresh.Load(tc, j, own)
	for _, wake := range x.replace(fresh, r, err) {
		wake.Notify()
	}
	return err
}

// replace puts a new index in the place of this one, unless it could not be made, and returns whom to tell.
func (x *Index) replace(fresh *Index, r *renewal, failed error) (wakes []*task.Wake) {
	x.lock.Lock()
	defer x.lock.Unlock()
	x.renewal = nil
	if failed != nil {
		return nil
	}
	fresh.Committed(r.missed) // what it has already changes nothing
	now, links, through := x.state.now, x.state.links, x.state.Through
	x.era, x.state, x.folds, x.recent = fresh.era, fresh.state, fresh.folds, fresh.recent
	x.blind, x.quarantine = fresh.blind, fresh.quarantine
	x.state.now, x.state.links, x.state.Through = now, links, through
	x.state.turn()
	for _, c := range x.changed {
		wakes = append(wakes, c.wake)
	}
	return wakes
}
