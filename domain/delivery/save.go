package delivery

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// saved is the form of a saved [State]. Observations are of the moment and not in it.
type saved struct {
	Self aura.AuthorityID `cbor:"1,keyasint"`
	Hops []savedHop       `cbor:"2,keyasint,omitempty"` // ascending by context, peer and device
}

type savedHop struct {
	Context aura.ContextID           `cbor:"1,keyasint"`
	Peer    aura.AuthorityID         `cbor:"2,keyasint"`
	Device  aura.DeviceID            `cbor:"3,keyasint"`           // the own one
	Acked   map[aura.DeviceID]uint64 `cbor:"4,keyasint,omitempty"` // the place, by the device of the peer
	Failed  *fold.Newest[failure]    `cbor:"5,keyasint,omitempty"`
}

// Version implements [domain.State].
func (s *State) Version() int { return 4 }

// Save implements [domain.State].
func (s *State) Save() ([]byte, error) {
	hops := map[hop]savedHop{}
	of := func(at hop) savedHop {
		if h, there := hops[at]; there {
			return h
		}
		return savedHop{Context: at.context, Peer: at.peer, Device: at.device}
	}
	for at, through := range s.acked {
		h := of(at)
		h.Acked = through
		hops[at] = h
	}
	for at, failed := range s.failed {
		h := of(at)
		h.Failed = failed.Save()
		hops[at] = h
	}
	all := slices.SortedFunc(maps.Values(hops), func(a, b savedHop) int {
		return cmp.Or(a.Context.Compare(b.Context), a.Peer.Compare(b.Peer), a.Device.Compare(b.Device))
	})
	return fact.MarshalState(saved{Self: s.self, Hops: all})
}

// Restore implements [domain.State].
func (s *State) Restore(state []byte) error {
	var from saved
	if err := fact.UnmarshalState(state, &from); err != nil {
		return err
	}
	if from.Self != s.self {
		return aura.Errorf("delivery.Restore", aura.Corrupt, "the deliveries are another authority's")
	}
	s.acked, s.failed = map[hop]map[aura.DeviceID]uint64{}, map[hop]*fold.Newest[failure]{}
	for _, h := range from.Hops {
		at := hop{link{h.Context, h.Peer}, h.Device}
		if len(h.Acked) > 0 {
			s.acked[at] = h.Acked
		}
		if h.Failed != nil {
			s.failed[at] = h.Failed
		}
	}
	return nil
}
