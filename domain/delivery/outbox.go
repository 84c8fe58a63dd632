package delivery

import (
	"maps"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// ObservedOutbox is the kind of the observations that say how far the delivery to a peer is. Their key
// is an [OutboxKey], their payload an [Outbox].
const ObservedOutbox = "delivery.outbox"

// Outbox is how far delivery to one device of a peer in one context is. It is runtime-local: it vanishes with the agent.
type Outbox struct {
	// Places up to which all own facts that are here were handed to the peer's channel, and that the guard allowed.
	Sent    uint64 `cbor:"1,keyasint,omitempty"`
	Charged uint64 `cbor:"2,keyasint,omitempty"`
	Reason  string `cbor:"3,keyasint,omitempty"` // why nothing moves now; empty: it moves
	// Acked is the place up to which durable facts say that the peer has all of them. If it is Counted, they say no more, so
	// that who asks about one message need not read all the facts about deliveries.
	Acked   uint64 `cbor:"4,keyasint,omitempty"`
	Counted bool   `cbor:"5,keyasint,omitempty"`
	// AckedAt, SentAt and ChargedAt are set where the own facts have several branches, see Branched: the positions up to which all own facts
	// that are here are so far. The places say nothing then.
	AckedAt fact.Position `cbor:"6,keyasint,omitempty"`
	// From is the own device whose facts these are; zero: the only one, of an earlier build.
	From      aura.DeviceID `cbor:"7,keyasint,omitzero"`
	SentAt    fact.Position `cbor:"8,keyasint,omitempty"`
	ChargedAt fact.Position `cbor:"9,keyasint,omitempty"`
	Branched  bool          `cbor:"10,keyasint,omitempty"`
}

// reached reports whether a fact is at or before a place or, where there are branches, a position.
func (b *Outbox) reached(of *Place, place uint64, at fact.Position) bool {
	if b.Branched {
		return of.Position <= at
	}
	return of.within(place)
}

func (b *Outbox) acked(of *Place) bool { return b.reached(of, b.Acked, b.AckedAt) }

// OutboxKey returns the key of the observation about a device of a peer in a context.
func OutboxKey(context aura.ContextID, peer aura.AuthorityID, device aura.DeviceID) string {
	return context.String() + "/" + peer.String() + "/" + device.String()
}

// outboxes holds the newest observation for each context, peer and device. The zero value knows nothing, like a frontend
// without an agent.
type outboxes struct {
	known map[link]map[aura.DeviceID]Outbox
	acked map[link]map[aura.DeviceID]Outbox // how far it was counted; it stays true when the agent has gone
	from  aura.DeviceID                     // the own device that the observations are of; zero: any, of an earlier build
}

type link struct {
	context aura.ContextID
	peer    aura.AuthorityID
}

// Observe implements [domain.Observer]: it takes one observation. It reports whether it was about an outbox and well
// formed.
func (s *State) Observe(ob fact.Observation) bool {
	o := &s.outboxes
	if ob.Kind != ObservedOutbox {
		return false
	}
	at, device, ok := parseOutboxKey(ob.Key)
	if !ok {
		return false
	}
	if len(ob.Payload) == 0 {
		if delete(o.known[at], device); len(o.known[at]) == 0 {
			delete(o.known, at)
		}
		return true
	}
	var box Outbox
	if fact.Unmarshal(ob.Payload, &box) != nil {
		return false
	}
	if o.known == nil {
		o.known, o.acked = map[link]map[aura.DeviceID]Outbox{}, map[link]map[aura.DeviceID]Outbox{}
	}
	if o.known[at] == nil {
		o.known[at] = map[aura.DeviceID]Outbox{}
	}
	o.known[at][device], o.from = box, box.From
	if box.Counted {
		if o.acked[at] == nil {
			o.acked[at] = map[aura.DeviceID]Outbox{}
		}
		before := o.acked[at][device]
		o.acked[at][device] = Outbox{
			Acked: max(before.Acked, box.Acked), AckedAt: max(before.AckedAt, box.AckedAt), Branched: box.Branched, Counted: true,
		}
	}
	return true
}

// counted reports whether the observations say all that is known of how far the facts of an own device are at a device of a peer.
func (o *outboxes) counted(at link, device, own aura.DeviceID) bool {
	return o.concerns(own) && o.acked[at][device].Counted
}

// concerns reports whether the observations say how far the facts of an own device are: those of another one leave from there.
func (o *outboxes) concerns(device aura.DeviceID) bool { return o.from.IsZero() || o.from == device }

func parseOutboxKey(key string) (link, aura.DeviceID, bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 3 {
		return link{}, aura.DeviceID{}, false
	}
	c, err := aura.ParseContextID(parts[0])
	if err != nil {
		return link{}, aura.DeviceID{}, false
	}
	p, err := aura.ParseAuthorityID(parts[1])
	if err != nil {
		return link{}, aura.DeviceID{}, false
	}
	d, err := aura.ParseDeviceID(parts[2])
	return link{context: c, peer: p}, d, err == nil
}

// outboxes returns how far the deliveries to the devices of a peer are, ascending by device, as observed last.
func (o *outboxes) of(at link) []Outbox {
	devices := slices.SortedFunc(maps.Keys(o.known[at]), aura.DeviceID.Compare)
	for d := range o.acked[at] {
		if _, here := o.known[at][d]; !here && o.counts(at, d) {
			devices = append(devices, d)
		}
	}
	boxes := make([]Outbox, 0, len(devices))
	for _, d := range devices {
		box := o.known[at][d]
		if acked, counted := o.acked[at][d]; counted {
			box.Acked, box.AckedAt, box.Counted = max(acked.Acked, box.Acked), max(acked.AckedAt, box.AckedAt), true
			box.Branched = box.Branched || acked.Branched
		}
		boxes = append(boxes, box)
	}
	return boxes
}

// counts reports whether a device is still one of the peer's, as far as is known: an agent observes the deliveries to all of
// them, and without an agent each device that ever took facts may be one.
func (o *outboxes) counts(at link, device aura.DeviceID) bool {
	_, here := o.known[at][device]
	return here || len(o.known[at]) == 0
}

// Counted reports whether the agent keeps count of the deliveries to a peer in a context, on each device that it knows: the
// facts about them say no more then.
func (s *State) Counted(context aura.ContextID, peer aura.AuthorityID) bool {
	boxes := s.outboxes.of(link{context: context, peer: peer})
	return len(boxes) > 0 && !slices.ContainsFunc(boxes, func(b Outbox) bool { return !b.Counted })
}

// ObservedContext returns the context that an observation of an outbox is about, false for another observation.
func ObservedContext(o fact.Observation) (aura.ContextID, bool) {
	if o.Kind != ObservedOutbox {
		return aura.ContextID{}, false
	}
	at, _, ok := parseOutboxKey(o.Key)
	return at.context, ok
}
