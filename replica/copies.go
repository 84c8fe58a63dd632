package replica

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// peerHas notes which heads of this device the peer named and which of them are not here, and publishes it. A peer gets facts of
// this device from this device alone. So a peer that had none which is not here, and has one now, got it from another copy
// of this home, which ran meanwhile. It is believed when it has shown the fact: see [link.noteCopy].
func (l *link) peerHas(tc task.Context, heads, unknown []fact.Place) {
	l.lock.Lock()
	before := l.knowledge
	l.knowledge = knowledgeSame
	if len(unknown) > 0 {
		l.knowledge = knowledgeLess
	}
	now := l.knowledge
	l.full = len(unknown) > 0 && len(heads) == fact.MaxHeads
	if before == knowledgeSame && now == knowledgeLess {
		l.claimed = unknown
	}
	l.lock.Unlock()
	if (before == knowledgeLess) != (now == knowledgeLess) {
		l.wake.Notify() // the sending task publishes
	}
}

// noteCopy notes that another copy of this home ran when one of the facts that the peer got from it has come back: a
// name alone shows nothing.
func (l *link) noteCopy(tc task.Context) error {
	l.lock.Lock()
	claimed := l.claimed
	l.lock.Unlock()
	for _, p := range claimed {
		here, err := l.sync.env.Journal.Has(l.namespace(), l.sync.env.Ring.Device(), p)
		if err != nil {
			return err
		}
		if here {
			l.lock.Lock()
			l.claimed = nil
			l.lock.Unlock()
			l.sync.noteCopy(tc.Now().At)
			return nil
		}
	}
	return nil
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

// runsTwice reports whether the agent is said to run beside another copy of its home, see [status.RecentlyTwice].
func (s *Replicator) runsTwice(now aura.Instant) bool {
	at := s.RanTwice()
	return at > 0 && now.Sub(at) < status.RecentlyTwice
}
