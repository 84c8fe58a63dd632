package agent

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/device"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/service"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/session/reconfig"
	"github.com/aura-runtime/aura/task"
)

// reconfigure makes the programs known by which sessions go to other devices of the account.
func (a *Agent) reconfigure(engine *session.Engine, programs *session.Registry) error {
	ring := a.env.Ring
	a.moves = reconfig.New(reconfig.Options{
		Own: ring.Authority(), Device: ring.Device(), Context: device.OwnContext(ring.Authority()), Sign: ring.Sign, Engine: engine,
		Journal: a.env.Journal, Decider: a.env.Decider, Entropy: a.env.Entropy, Vouch: a.vouch, Meets: a.meets,
	})
	return a.moves.Play(programs)
}

// vouch returns the key with which a device signs, false for one that its authority does not list.
func (a *Agent) vouch(who aura.AuthorityID, d aura.DeviceID) (key [32]byte, listed bool) {
	if ring := a.env.Ring; who == ring.Authority() && d == ring.Device() {
		return ring.Listed().Signing, true
	}
	for _, p := range a.env.Directory.Peers() {
		if p.Authority == who && p.Device.ID() == d && !p.Refused {
			return p.Device.Signing, true
		}
	}
	return key, false
}

// meets reports whether an authority is known in a context.
func (a *Agent) meets(context aura.ContextID, who aura.AuthorityID) bool {
	return slices.ContainsFunc(a.env.Directory.Peers(), func(p directory.Peer) bool { return p.Context == context && p.Authority == who })
}

// movesSession carries out the intent to give a session to another device. It has what only a service can carry out: the plan is nil.
func (a *Agent) movesSession(service.IntentFunc) service.IntentFunc {
	return func(tc task.Context, in fact.Intent) (fact.Result, error) {
		var m seen.MoveIntent
		if err := fact.Unmarshal(in.Payload, &m); err != nil {
			return fact.Result{}, err
		}
		return fact.Result{Operation: in.Operation}, a.moves.Move(tc, in.Operation, m)
	}
}
