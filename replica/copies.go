package replica

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// peerHas notes which heads of this device the peer named and how many of them are not here, and publishes it. A peer gets facts of
// this device from this device alone. So a peer that had none which is not here, and has one now, got it from another copy
// of this home, which ran meanwhile.
func (l *link) peerHas(tc task.Context, heads []fact.Place, unknown int) {
	l.lock.Lock()
	before := l.knowledge
	l.knowledge = knowledgeSame
	if unknown > 0 {
		l.knowledge = knowledgeLess
	}
	now := l.knowledge
	l.full = unknown > 0 && len(heads) == fact.MaxHeads
	l.lock.Unlock()
	if before == knowledgeSame && now == knowledgeLess {
		l.sync.noteCopy(tc.Now().At)
	}
	if (before == knowledgeLess) != (now == knowledgeLess) {
		l.wake.Notify() // the sending task publishes
	}
}

// knowledge says which facts of its own device this home has, compared with a peer.
type knowledge uint8

// The values of knowledge.
const (
	knowledgeUnknown knowledge = 0 // no hello came since the agent started
	knowledgeSame    knowledge = 1 // all that the peer has
	knowledgeLess    knowledge = 2 // the peer has more
)

// lacks reports whether the peer has facts of this device that are not here.
func (l *link) lacks() bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.knowledge == knowledgeLess
}

// refusesBranch reports whether the peer takes no more branches of this device, of which it has some that are not here.
func (l *link) refusesBranch() bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.full
}

func (s *Replicator) noteCopy(at aura.Instant) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.ranTwice = max(s.ranTwice, at)
}

// RanTwice returns when a peer last named facts of this device that another copy of its home wrote while this agent ran;
// zero: not since the agent started.
func (s *Replicator) RanTwice() aura.Instant {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.ranTwice
}
