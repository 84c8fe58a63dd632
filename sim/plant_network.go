package sim

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// weary is a network whose pauses between dials only grow, through restarts, too.
type weary struct {
	*transport.SimPeer
	person *person
}

// The pauses of a weary network double from the first to the last.
const firstPause, lastPause = time.Second, time.Hour

// pausing is how a weary network treats one peer.
type pausing struct{ pause, next aura.Duration }

// Dial implements [transport.Network].
func (w weary) Dial(tc task.Context, peer transport.PeerID, addrs []transport.Address) (transport.Link, error) {
	p := w.person.pausing[peer]
	if tc.Elapsed() < p.next {
		return nil, aura.Errorf("sim.Dial", aura.Unavailable, "planted")
	}
	link, err := w.SimPeer.Dial(tc, peer, addrs)
	if aura.KindOf(err) == aura.Unavailable {
		p.pause = min(max(firstPause, 2*p.pause), lastPause)
		p.next = tc.Elapsed() + p.pause
		w.person.pausing[peer] = p
	}
	return link, err
}

// resentful is a network that refuses peers that were away for long.
type resentful struct {
	*transport.SimPeer
	person *person
}

// forgivesFor is how long a peer may be away.
const forgivesFor = 14 * 24 * time.Hour

// forgives reports whether a peer was there, or came to be known, not long ago.
func (r resentful) forgives(tc task.Context, peer transport.PeerID) bool {
	seen, known := r.person.seen[peer]
	if known && tc.Elapsed()-seen > forgivesFor {
		return false
	}
	if !known {
		r.person.seen[peer] = tc.Elapsed()
	}
	return true
}

// Dial implements [transport.Network].
func (r resentful) Dial(tc task.Context, peer transport.PeerID, addrs []transport.Address) (transport.Link, error) {
	if !r.forgives(tc, peer) {
		return nil, aura.Errorf("sim.Dial", aura.Unavailable, "planted")
	}
	link, err := r.SimPeer.Dial(tc, peer, addrs)
	if err == nil {
		r.person.seen[peer] = tc.Elapsed()
	}
	return link, err
}

// Accept implements [transport.Network].
func (r resentful) Accept(tc task.Context) (transport.Link, error) {
	for {
		link, err := r.SimPeer.Accept(tc)
		if err != nil || r.forgives(tc, link.Peer()) {
			if err == nil {
				r.person.seen[link.Peer()] = tc.Elapsed()
			}
			return link, err
		}
		link.Close()
	}
}

// stale is a network that says it is where it was first, and does not tell when it moves.
type stale struct {
	transport.Network
	person *person
}

// Addresses implements [transport.Network].
func (s stale) Addresses() []transport.Address { return []transport.Address{s.person.home()} }
