package agent

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/protocols"
	"github.com/aura-runtime/aura/replica"
	"github.com/aura-runtime/aura/service"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// JoinerOptions tunes how a device joins an account. Name is required.
type JoinerOptions struct {
	// Name is what the person calls the device.
	Name string
	// Modules are those of the agent that is to run here. Default: none.
	Modules []domain.Module
	// Offered is told of the account, and Compare the digits that both screens show, by any task. Default: nothing is told.
	Offered func(enrol.Offer)
	Compare func(digits string)
	// Transport, Hardening and Wrap are those of [Options].
	Transport transport.Options
	Hardening machine.Hardening
	Wrap      func(interp.Interpreter) interp.Interpreter
}

// Join lets the device whose hands these are join the account that a code leads to, and returns the certificate by which
// the account vouches for it. The store is the one of its home, empty at first. A Join that was interrupted goes on in the next one with
// the same code. It leaves the store closed.
//
// It returns the errors of [service.Joiner.Run], and aura.Conflict for keys that were made for another account.
func Join(tc task.Context, h Hands, code enrol.Code, o JoinerOptions) (cert fact.Certificate, err error) {
	const op = "agent.Join"
	if h.Ring.Authority() != code.Authority() {
		return cert, aura.Errorf(op, aura.Conflict, "this home joins another account")
	}
	set, err := builtin.New(o.Modules...)
	if err != nil {
		return cert, err
	}
	store, err := openJournal(tc, h, set.Registry())
	if err != nil {
		return cert, err
	}
	network, err := h.Network(Gate{Contacts: func(transport.PeerID) bool { return false }, Strangers: func() bool { return false }})
	if err != nil {
		_ = store.Close(tc)
		return cert, err
	}
	own, device := h.Ring.Authority(), h.Ring.Device()
	var interpreter interp.Interpreter = interp.NewProduction(own, device, store.journal, h.Ring, sender{new(*replica.Replicator)})
	if o.Wrap != nil {
		interpreter = o.Wrap(interpreter)
	}
	decider := &egress.Decider{Authority: own, Chain: chain.New(own, device, store.journal, joining{}, interpreter, h.Entropy, chain.Options{})}
	programs := session.NewRegistry()
	if err := addPlayed(programs, service.EnrolmentID); err != nil {
		return cert, err
	}
	engine := session.NewEngine(session.Options{
		Own: own, Registry: programs, Decider: decider, Journal: store.journal, Entropy: h.Entropy, Hardening: o.Hardening,
	})
	channels := &channels{network: network, hands: h, directory: joining{}, options: o.Transport}
	j := &service.Joiner{
		Ring: h.Ring, Journal: store.journal, Decider: decider, Sessions: engine, Channels: channels, Entropy: h.Entropy, Code: code, Name: o.Name,
		Addresses: func() []string { return addressesOf(network) }, Offered: o.Offered, Compare: o.Compare,
	}
	if err := j.Play(programs); err != nil {
		return cert, err
	}
	t := tree{}
	group := task.NewGroup(tc, "join")
	t.add(group.Child("storage"), store)
	t.add(group.Child("network"), channels)
	t.add(group.Child("sessions"), engine)
	if err = t.start(tc); err == nil {
		cert, err = j.Run(tc)
	}
	if stopped := t.stop(tc); err == nil {
		err = stopped
	}
	return cert, err
}

// joining is what a device may do that no account lists yet: to join one, and nothing else.
type joining struct{}

// Frontier implements [chain.Frontiers].
func (joining) Frontier(task.Context, frontier.Claim) (guard.Frontier, error) {
	return guard.NewFrontier(enrol.CapJoin), nil
}

// Policy implements [chain.Frontiers].
func (joining) Policy(task.Context, aura.ContextID) (guard.Policy, error) {
	return guard.DefaultPolicy(), nil
}

// Share implements [chain.Frontiers].
func (joining) Share(aura.Instant, aura.Instant) guard.Share { return guard.WholeShare }

// ByTag implements [transport.Directory]: no channel to this device opens.
func (joining) ByTag(transport.Tag) (transport.Secret, bool) { return transport.Secret{}, false }

// addPlayed makes one protocol of package protocols known.
func addPlayed(r *session.Registry, id string) error {
	for _, e := range protocols.All() {
		if e.Defaults.ProtocolID != id {
			continue
		}
		i, err := e.Instantiate()
		if err != nil {
			return err
		}
		return r.Add(i, e.Defaults)
	}
	return aura.Errorf("agent.Join", aura.NotFound, "there is no protocol %s", id)
}
