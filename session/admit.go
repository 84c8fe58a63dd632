package session

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/task"
)

// Admit decides whether a peer may begin a session here. From is the peer with the role that it plays, by what its channel proved, and
// context the shared context of the channel. It returns how the session begins on this side, or why not: aura.Stale for one
// that has ended here, as facts say, aura.Exhausted or aura.Unavailable when the peer may ask again later, and
// any other error, or a panic, for one that is not admitted. It runs in the task that reads the channel, so it must not wait for a person or a peer.
type Admit func(tc task.Context, from Party, context aura.ContextID, g *Greeting) (Opening, error)

// Answer says that peers may begin sessions of a protocol in which this agent plays a role, or a member of a family, when admit
// allows it. A peer begins no session of a protocol without an entry. It returns aura.NotFound when the registry has no such
// protocol or the protocol no such role, and aura.Conflict for a second entry.
func (r *Registry) Answer(protocol string, role choreo.Role, admit Admit) error {
	const op = "session.Answer"
	if err := r.has(op, protocol, role); err != nil {
		return err
	}
	key := part{protocol, role}
	if _, twice := r.answers[key]; twice {
		return aura.Errorf(op, aura.Conflict, "who may begin sessions of protocol %s towards %s is said twice", protocol, role)
	}
	r.answers[key] = admit
	return nil
}

// answerOf returns who decides about a greeting, and the role that is played here: the one that the greeting names or, of an
// earlier build, the only one. Nil: peers begin no such session.
func (r *Registry) answerOf(g *Greeting) (Admit, choreo.Role) {
	if role := choreo.Role(g.To); role != "" {
		family, _ := role.Family()
		return r.answers[part{g.Protocol, choreo.Role(family)}], role
	}
	var found part
	n := 0
	for key := range r.answers {
		if key.protocol == g.Protocol && string(key.role) != g.Role {
			found, n = key, n+1
		}
	}
	if n != 1 {
		return nil, ""
	}
	return r.answers[found], found.role
}
