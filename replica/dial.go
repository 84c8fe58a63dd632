package replica

import (
	"cmp"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

const dialBudget = 25 * time.Second

// nextChannel returns a channel to the peer: the one that it opened, or a new one. Nil says to look again. Its
// errors are those of tc.
func (l *link) nextChannel(tc task.Context) (*transport.Channel, error) {
	switch peer := l.member(); {
	case peer.Refused:
		l.setIdle(true)
		defer l.setIdle(false)
		l.publishOffline(tc, reasonBlocked)
		c, err := l.arrivals.Recv(tc)
		if c != nil {
			c.Close(tc) // it opened a moment before the owner's decision took effect
		}
		return nil, err
	case peer.Left:
		// The peer may still ask how far its last words were taken. Nothing else is said to it.
		l.setIdle(true)
		defer l.setIdle(false)
		l.sync.env.Presence.SetAll(tc, l.sync.idle(&peer, reasonLeft))
		return l.arrivals.Recv(tc)
	}
	for {
		c, ok := l.arrivals.TryRecv()
		if c != nil {
			return c, nil
		}
		if !ok {
			break
		}
	}
	l.setIdle(true)
	defer l.setIdle(false)
	if at := l.nextDial(tc); at > tc.Elapsed() {
		if acked, _ := l.ackedThrough(); l.status == 0 || acked != l.shownAcked {
			l.publishOffline(tc, cmp.Or(l.reason, reasonOffline)) // an acknowledgement may be recorded after its session ended
		}
		channel, _, err := l.arrivals.RecvUntil(tc, at)
		return channel, err
	}
	return l.dial(tc)
}

// nextDial returns when to dial: at once, or after the pause of an absent device, if something waits for the peer or the
// link leads those of the device; else [task.Forever], until a recheck.
func (l *link) nextDial(tc task.Context) aura.Duration {
	count := l.sync.env.Journal.Count(l.namespace(), l.sync.env.Ring.Device())
	waits, news := l.awaited(tc)
	news = news || count > l.count
	l.count = count
	if !waits && !l.fresh && !l.toCompare() && !l.path.leads(l) {
		// Given-up messages are no reason to dial. A device with a session gets them all the same.
		// While the metadata cannot be read, the link dials as if facts waited.
		if through, err := l.doneThrough(); err == nil && through >= count {
			return task.Forever
		}
	}
	at := l.path.nextDial(l, tc.Elapsed(), news)
	if l.fresh {
		at = max(at, l.first)
	}
	return at
}

// doneThrough returns the number through which nothing waits for the peer: it has the facts or, while it has no session,
// they were given up.
func (l *link) doneThrough() (uint64, error) {
	marks, peer := l.sync.env.watermarks(), l.member()
	if !l.path.present() {
		return marks.SettledBy(receiver(&peer))
	}
	through, _, err := marks.AckedBy(receiver(&peer))
	return through, err
}

// dial opens a channel, unless another link dials the device already.
func (l *link) dial(tc task.Context) (*transport.Channel, error) {
	if !l.path.beginDial(l) {
		return nil, nil
	}
	l.fresh = false
	if l.status == 0 {
		l.publishOffline(tc, reasonDialling)
	}
	channel, err := l.connect(tc)
	if err == nil {
		return channel, nil
	}
	l.path.dialFailed(l, tc.Elapsed(), l.epochTurn(tc, err), l.sync.env.Entropy)
	if tc.Err() != nil {
		return nil, tc.Err()
	}
	reason := reasonOffline
	if d, ok := denial(err); ok {
		reason = l.withClocks(tc, denialText(d))
	}
	l.publishOffline(tc, reason)
	return nil, nil
}

// permitted asks the guard whether there may be a channel to the peer, which the peer opened.
func (l *link) permitted(tc task.Context) error {
	request := guard.Request{
		Capability: delivery.CapLink, Context: l.key.context, Authority: l.sync.env.Ring.Authority(),
	}
	_, err := l.sync.env.Decider.Decide(tc, &request)
	return err
}

// connect opens a channel to the peer. A sign of life of the peer ends it early.
func (l *link) connect(tc task.Context) (channel *transport.Channel, err error) {
	g := task.NewGroup(tc, "dial")
	g.Go("dial", func(tc task.Context) error {
		tc, done := tc.WithBudget("dial", dialBudget)
		defer done()
		channel, err = l.open(tc)
		return nil
	})
	l.path.setAbort(l, g.Cancel)
	tc, done := tc.Irrevocable("dial") // it ends with the group, and must not leave a channel behind
	defer done()
	if failed := g.Wait(tc); failed != nil {
		return nil, failed
	}
	return channel, err
}

func (l *link) open(tc task.Context) (*transport.Channel, error) {
	pass, err := l.sync.env.Decider.Charge(tc, egress.Party{Context: l.key.context, Peer: l.key.peer}, egress.Message{Kind: egress.KindOpening})
	if err != nil {
		return nil, err
	}
	peer := l.member()
	target := peer.Target()
	target.Addresses = slices.Concat(l.path.addresses(), target.Addresses)
	l.lock.Lock()
	via := slices.Clone(l.via)
	l.lock.Unlock()
	target.Addresses = append(target.Addresses, l.sync.circuits(via)...)
	if err := l.listed(); err != nil {
		return nil, err // the link ends as soon as those before it have
	}
	return egress.Dial(tc, l.sync.env.Channels, pass, egress.KindOpening, target)
}
