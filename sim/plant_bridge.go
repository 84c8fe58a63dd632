package sim

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// misled is a way to an agent on which some facts become others.
type misled struct {
	app.Bridge
	turn func(*fact.Record) (drop bool)
	see  func(*fact.Observation) // nil: it sees what the agent shows
}

// Watch implements [app.Bridge].
func (m misled) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	return m.Bridge.Watch(tc, sel, func(up fact.Update) error {
		var turned []fact.Record // the others belong to the agent
		for _, r := range up.Records {
			if !m.turn(&r) {
				turned = append(turned, r)
			}
		}
		up.Records, up.Observations = turned, slices.Clone(up.Observations)
		for i := range up.Observations {
			if m.see != nil {
				m.see(&up.Observations[i])
			}
		}
		return sink(up)
	})
}

// followName replaces the owner's label for a peer by the peer's own name.
func (p *person) followName(r *fact.Record) (drop bool) {
	context, shared := r.Fact.Namespace.Context()
	var profile contact.Profile
	if !shared || r.Fact.Kind != contact.KindProfile || r.Fact.Author == p.self() || fact.Unmarshal(r.Fact.Payload, &profile) != nil {
		return false
	}
	if payload, err := fact.Marshal(contact.Renamed{Context: context, Name: profile.Name}); err == nil {
		r.Fact.Namespace, r.Fact.Author, r.Fact.Device = fact.OwnNamespace(p.self()), p.self(), p.ring.Device()
		r.Fact.Kind, r.Fact.Payload = contact.KindRenamed, payload
	}
	return false
}

// claimDelivery makes of a receipt one for the next message, too.
func claimDelivery(r *fact.Record) (drop bool) {
	var acked delivery.Acked
	if r.Fact.Kind != delivery.KindAcked || fact.Unmarshal(r.Fact.Payload, &acked) != nil {
		return false
	}
	acked.Through++
	if payload, err := fact.Marshal(acked); err == nil {
		r.Fact.Payload = payload
	}
	return false
}

// place is a place in a stream.
type place struct {
	namespace fact.Namespace
	device    aura.DeviceID
	seq       uint64
}

// taken reports whether a frontend has another fact at the place of a fact.
func (p *person) taken(r *fact.Record) bool {
	at := place{r.Fact.Namespace, r.Fact.Device, r.Seq}
	if _, taken := p.places[at]; !taken {
		p.places[at] = r.ID
	}
	return p.places[at] != r.ID
}

// voidBranch makes a message void when another fact has its place.
func (p *person) voidBranch(r *fact.Record) (drop bool) {
	if p.taken(r) && r.Fact.Kind == chat.KindMessage {
		r.Fact.Kind = "void"
	}
	return false
}

// dropTaken drops a fact of a conversation when another fact has its place.
func (p *person) dropTaken(r *fact.Record) (drop bool) {
	return r.Fact.Namespace.Space == fact.SpaceContext && p.taken(r)
}

// countAlone makes an own fact one of a device whose home was never copied.
func (p *person) countAlone(r *fact.Record) (drop bool) {
	if r.Fact.Author == p.self() {
		r.Fork, r.Sole = 0, false
	}
	return false
}

// countAck makes of how far the delivery to a peer is how many facts of this device the peer has.
func (p *person) countAck(o *fact.Observation) {
	context, is := delivery.ObservedContext(*o)
	var box delivery.Outbox
	if !is || fact.Unmarshal(o.Payload, &box) != nil {
		return
	}
	for _, peer := range p.world.people {
		if peer.last == nil || o.Key != delivery.OutboxKey(context, peer.self(), peer.ring.Device()) {
			continue
		}
		box.Acked, box.Counted = max(box.Acked, peer.last.Count(fact.ContextNamespace(context), p.ring.Device())), true
		if payload, err := fact.Marshal(box); err == nil {
			o.Payload = payload
		}
	}
}

// claimObserved makes of how far the delivery to a peer is one message more.
func claimObserved(o *fact.Observation) {
	var box delivery.Outbox
	if o.Kind != delivery.ObservedOutbox || len(o.Payload) == 0 || fact.Unmarshal(o.Payload, &box) != nil {
		return
	}
	box.Acked++
	if payload, err := fact.Marshal(box); err == nil {
		o.Payload = payload
	}
}

// refusing is a way to an agent that says of one action in sixteen that it was refused, when it was done.
type refusing struct {
	app.Bridge
	chance *chance
}

// Submit implements [app.Bridge].
func (r refusing) Submit(tc task.Context, in fact.Intent) (fact.Result, error) {
	result, err := r.Bridge.Submit(tc, in)
	if err == nil && r.chance.IntN(16) == 0 {
		return fact.Result{}, aura.Errorf("sim.Submit", aura.Denied, "planted")
	}
	return result, err
}
