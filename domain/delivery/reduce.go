package delivery

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// State is the fold of all facts about deliveries and of the agent's observations of them: the same for any order of
// arrival and any repetition. It grows with the peers of the shared contexts. One task at a time applies or reads.
type State struct {
	self     aura.AuthorityID
	acked    map[hop]map[aura.DeviceID]uint64 // the place, by the device of the peer
	failed   map[hop]*fold.Newest[failure]
	outboxes outboxes
}

// hop is the way of the facts of one own device, in a context, to a peer.
type hop struct {
	link
	device aura.DeviceID
}

// failure is a [Failed] and the position of its fact.
type failure struct {
	Failed
	At fact.Position `cbor:"6,keyasint,omitempty"`
}

// NewState returns an empty state for the owner's authority.
func NewState(self aura.AuthorityID) *State { return &State{self: self} }

// Apply folds one record. Facts of other domains, and facts that do not fit their kind, change nothing.
func (s *State) Apply(r *fact.Record) {
	if r.Fact.Author != s.self {
		return
	}
	switch r.Fact.Kind {
	case KindAcked:
		var p Acked
		if fold.Own(&r.Fact, &p) == nil {
			if s.acked == nil {
				s.acked = map[hop]map[aura.DeviceID]uint64{}
			}
			at := hop{link{p.Context, p.Peer}, r.Fact.Device}
			if s.acked[at] == nil {
				s.acked[at] = map[aura.DeviceID]uint64{}
			}
			s.acked[at][p.Device] = max(s.acked[at][p.Device], p.Through)
		}
	case KindFailed:
		var p Failed
		if fold.Own(&r.Fact, &p) == nil {
			at := hop{link{p.Context, p.Peer}, r.Fact.Device}
			if s.failed == nil {
				s.failed = map[hop]*fold.Newest[failure]{}
			}
			if s.failed[at] == nil {
				s.failed[at] = &fold.Newest[failure]{}
			}
			s.failed[at].Put(fold.Of(r), failure{p, r.Position})
		}
	}
}
