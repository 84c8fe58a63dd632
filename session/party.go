package session

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/task"
)

// call has the channels opened that the session needs.
func (l *live) call() {
	if fn := l.engine.options.Waiting; fn != nil {
		for i := range l.opening.Parties {
			if p := &l.opening.Parties[i]; l.waitsFor(p.Role) {
				fn(l.opening.Context, p.Authority)
			}
		}
	}
}

// Waits reports whether a session has something to say to a device of a peer, with which no channel speaks for it: a greeting, since it began,
// the agent started or the last channel ended, or messages.
func (e *Engine) Waits(tc task.Context, context aura.ContextID, peer Party) (bool, error) {
	talk := ChannelOptions{Context: context, Peer: peer}
	return ask(tc, e, func(task.Context) (bool, error) {
		for _, l := range e.live {
			if role, plays := l.roleOf(&talk); plays && l.waitsFor(role) {
				return true, nil
			}
		}
		return false, nil
	})
}

// Meets reports whether a channel to a device of a peer is up, on which sessions in a context are spoken for.
func (e *Engine) Meets(tc task.Context, context aura.ContextID, peer Party) (bool, error) {
	return ask(tc, e, func(task.Context) (bool, error) {
		return slices.ContainsFunc(e.speakers, func(s *speaker) bool {
			return s.talk.Context == context && s.talk.Peer.Authority == peer.Authority && s.talk.Peer.Device == peer.Device && s.talk.Only == (aura.SessionID{})
		}), nil
	})
}

// waitsFor reports whether a role that a peer plays may not know of the session, or how it is, or lacks messages.
func (l *live) waitsFor(role choreo.Role) bool {
	edge := l.edgeTo(role)
	return !l.ended && !l.met[role] || l.sent[edge] > l.confirmed[edge]
}

// roleOf returns the role that the peer of a channel plays.
func (l *live) roleOf(t *ChannelOptions) (role choreo.Role, plays bool) {
	if l.opening.Context != t.Context {
		return "", false
	}
	for i := range l.opening.Parties {
		p := &l.opening.Parties[i]
		if p.Authority != t.Peer.Authority {
			continue
		}
		switch l.device(p) {
		case t.Peer.Device:
			return p.Role, true
		case aura.DeviceID{}:
			if !plays {
				role, plays = p.Role, true
			}
		}
	}
	return role, plays
}

// device returns which device of a participant plays, zero while none has greeted.
func (l *live) device(p *Party) aura.DeviceID {
	if moves := l.moves[p.Role]; len(moves) > 0 {
		return moves[len(moves)-1].To
	}
	if p.Device != (aura.DeviceID{}) {
		return p.Device
	}
	return l.devices[p.Role]
}

// names reports whether the opening names the device of a role.
func (l *live) names(role choreo.Role) bool {
	return slices.ContainsFunc(l.opening.Parties, func(p Party) bool { return p.Role == role && p.Device != aura.DeviceID{} })
}

// bind notes which device plays a role: the first that speaks. The others of its authority are out of it.
func (l *live) bind(role choreo.Role, device aura.DeviceID) {
	if put(&l.met, role, true); device == (aura.DeviceID{}) {
		return
	}
	put(&l.devices, role, device)
	for _, o := range slices.Clone(l.channels) {
		if o.role == role && o.speaker.talk.Peer.Device != device {
			if o.greeted || o.heard {
				o.speaker.reply(l.opening.Name, RefusalPeer)
			}
			o.speaker.drop(o)
		}
	}
}
