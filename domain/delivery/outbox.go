package delivery

import (
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// ObservedOutbox is the kind of the observations that say how far the delivery to a peer is. Their key
// is an [OutboxKey], their payload an [Outbox].
const ObservedOutbox = "delivery.outbox"

// Outbox is how far delivery to one peer in one context is. It is runtime-local: it vanishes with the agent.
type Outbox struct {
	// Places up to which all own facts that are here were handed to the peer's channel, and that the guard allowed.
	Sent    uint64 `cbor:"1,keyasint,omitempty"`
	Charged uint64 `cbor:"2,keyasint,omitempty"`
	Reason  string `cbor:"3,keyasint,omitempty"` // why nothing moves now; empty: it moves
	// Acked is the place up to which durable facts say that the peer has all of them. If it is Counted, they say no more, so
	// that who asks about one message need not read all the facts about deliveries.
	Acked   uint64 `cbor:"4,keyasint,omitempty"`
	Counted bool   `cbor:"5,keyasint,omitempty"`
	// Head is the position of the last record when the places were noted: they say nothing of facts behind it on other
	// branches. Zero where there are none.
	Head fact.Position `cbor:"6,keyasint,omitempty"`
}

// OutboxKey returns the key of the observation about a peer in a context.
func OutboxKey(context aura.ContextID, peer aura.AuthorityID) string {
	return context.String() + "/" + peer.String()
}

// outboxes holds the newest observation for each context and peer. The zero value knows nothing, like a frontend
// without an agent.
type outboxes struct {
	known map[link]Outbox
	acked map[link]mark // as counted; it stays true when the agent has gone
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
	at, ok := parseOutboxKey(ob.Key)
	if !ok {
		return false
	}
	if len(ob.Payload) == 0 {
		delete(o.known, at)
		return true
	}
	var box Outbox
	if fact.Unmarshal(ob.Payload, &box) != nil {
		return false
	}
	if o.known == nil {
		o.known, o.acked = map[link]Outbox{}, map[link]mark{}
	}
	o.known[at] = box
	if box.Counted {
		o.acked[at] = farther(o.acked[at], mark{box.Acked, box.Head + 1})
	}
	return true
}

func parseOutboxKey(key string) (link, bool) {
	context, peer, found := strings.Cut(key, "/")
	if !found {
		return link{}, false
	}
	c, err := aura.ParseContextID(context)
	if err != nil {
		return link{}, false
	}
	p, err := aura.ParseAuthorityID(peer)
	return link{context: c, peer: p}, err == nil
}

// Outbox returns how far the delivery to a peer in a context is, as observed last; false when no agent says so.
func (s *State) Outbox(context aura.ContextID, peer aura.AuthorityID) (Outbox, bool) {
	o := &s.outboxes
	at := link{context: context, peer: peer}
	box, ok := o.known[at]
	if acked, counted := o.acked[at]; counted {
		acked = farther(acked, mark{box.Acked, box.Head + 1})
		box.Acked, box.Head, box.Counted = acked.Through, acked.At-1, true
	}
	return box, ok
}

// ObservedContext returns the context that an observation of an outbox is about, false for another observation.
func ObservedContext(o fact.Observation) (aura.ContextID, bool) {
	if o.Kind != ObservedOutbox {
		return aura.ContextID{}, false
	}
	at, ok := parseOutboxKey(o.Key)
	return at.context, ok
}
