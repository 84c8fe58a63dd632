package agent

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/session/reconfig"
	"github.com/aura-runtime/aura/task"
)

// reconfigure makes the programs known by which sessions go to other devices of the account.
func (a *Agent) reconfigure(engine *session.Engine, programs *session.Registry) (*reconfig.Controller, error) {
	ring := a.env.Ring
	c := reconfig.New(reconfig.Options{
		Own: ring.Authority(), Device: ring.Device(), Context: device.OwnContext(ring.Authority()), Sign: ring.Sign, Engine: engine,
		Journal: a.env.Journal, Decider: a.env.Decider, Entropy: a.env.Entropy, Vouch: a.vouch,
	})
	return c, c.Play(programs)
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

// Move gives a session to another device of the account and returns when that device acts on it. The errors are those of
// [reconfig.Controller.Move].
func (a *Agent) Move(tc task.Context, r reconfig.Request) error {
	return a.services.reconfig.Move(tc, r)
}
