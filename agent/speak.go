package agent

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/replica"
	"github.com/aura-runtime/aura/service"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// speaking lets links carry the frames of sessions.
type speaking struct {
	engine   *session.Engine
	registry *session.Registry
	device   aura.DeviceID
	own      aura.AuthorityID
	siblings *service.Siblings
}

// Speak implements [replica.Sessions].
func (s speaking) Speak(tc task.Context, with replica.PeerDevice, c replica.Frames) error {
	if with.Peer == s.own {
		defer s.siblings.Meet(tc, with.Device)(tc)
	}
	return s.engine.Speak(tc, session.ChannelOptions{
		Context: with.Context, Peer: session.Party{Authority: with.Peer, Device: with.Device}, Payments: c, Ahead: c.Ahead,
	}, c)
}

// Waits implements [replica.Sessions].
func (s speaking) Waits(tc task.Context, with replica.PeerDevice) (bool, error) {
	return s.engine.Waits(tc, with.Context, session.Party{Authority: with.Peer, Device: with.Device})
}

// Stream implements [replica.Sessions].
func (s speaking) Stream(tc task.Context, binding [32]byte, fromDialler, sends bool) (replica.Stream, error) {
	return s.registry.Stream(tc, s.device, session.StreamName(binding, fromDialler), deliveryID, sends)
}

// Sessions returns the engine that runs the agent's sessions. An application opens its own with it, of the protocols that
// [Options.Sessions] added.
func (a *Agent) Sessions() *session.Engine { return a.services.sessions }

// waiting tells the links, which are made after the engine, that a session waits.
func waiting(links **replica.Replicator) func(aura.ContextID, aura.AuthorityID) {
	return func(context aura.ContextID, peer aura.AuthorityID) {
		if *links != nil {
			(*links).Waiting(context, peer)
		}
	}
}
