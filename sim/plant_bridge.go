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
	turn func(*fact.Record)
}

// Watch implements [app.Bridge].
func (m misled) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	return m.Bridge.Watch(tc, sel, func(up fact.Update) error {
		up.Records = slices.Clone(up.Records) // they belong to the agent
		for i := range up.Records {
			m.turn(&up.Records[i])
		}
		return sink(up)
	})
}

// followName replaces the owner's label for a peer by the peer's own name.
func (p *person) followName(r *fact.Record) {
	context, shared := r.Fact.Namespace.Context()
	var profile contact.Profile
	if !shared || r.Fact.Kind != contact.KindProfile || r.Fact.Author == p.self() || fact.Unmarshal(r.Fact.Payload, &profile) != nil {
		return
	}
	if payload, err := fact.Marshal(contact.Renamed{Context: context, Name: profile.Name}); err == nil {
		r.Fact.Namespace, r.Fact.Author, r.Fact.Device = fact.OwnNamespace(p.self()), p.self(), p.ring.Device()
		r.Fact.Kind, r.Fact.Payload = contact.KindRenamed, payload
	}
}

// claimDelivery makes of a receipt one for the next message, too.
func claimDelivery(r *fact.Record) {
	var acked delivery.Acked
	if r.Fact.Kind != delivery.KindAcked || fact.Unmarshal(r.Fact.Payload, &acked) != nil {
		return
	}
	acked.Through++
	if payload, err := fact.Marshal(acked); err == nil {
		r.Fact.Payload = payload
	}
}

// place is a place in a stream.
type place struct {
	namespace fact.Namespace
	device    aura.DeviceID
	seq       uint64
}

// voidBranch makes a message void when another fact has its place.
func (p *person) voidBranch(r *fact.Record) {
	at := place{r.Fact.Namespace, r.Fact.Device, r.Seq}
	if _, taken := p.places[at]; !taken {
		p.places[at] = r.ID
	}
	if p.places[at] != r.ID && r.Fact.Kind == chat.KindMessage {
		r.Fact.Kind = "void"
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
