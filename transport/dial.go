package transport

import (
	"crypto/subtle"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// Target is a peer in a context, and where it may be.
type Target struct {
	Context   aura.ContextID
	PSK       [32]byte // the context's pre-shared key; its tag follows from it
	Static    [32]byte // the peer's agreement public key (X25519)
	Peer      PeerID
	Addresses []Address
}

// The first cell travels again after this long without an answer, then less and less often.
const (
	shakeRetry = 400e6
	shakeSlow  = 3e9
)

// dial is one attempt to reach a pair, shared by concurrent callers.
type dial struct {
	shaking bool // the first cell is out
	callers int  // that wait for it
	result  *task.Future[*Channel]
}

// Dial returns a channel to the target: the live one, or that of a dial which is under way, or a new one.
// It returns [aura.Unavailable] when the peer cannot be reached or does not answer, [aura.Denied] when it
// does not prove the context's secret, [aura.Invalid] for a target that is this device itself, and with a
// [VersionError] as its cause when the peer speaks another version. A caller that gives up does not end
// the attempt, which others may have joined. One that no caller waits for any more, and which has not found the peer
// yet, is not joined: the next caller may know where the peer is now.
func (h *Hub) Dial(tc task.Context, t Target) (*Channel, error) {
	if t.Peer == h.network.Self() || subtle.ConstantTimeCompare(t.Static[:], h.identity.key.Public) == 1 {
		return nil, aura.Errorf("transport.Dial", aura.Invalid, "the target is this device")
	}
	p := pair{t.Context, t.Static}
	h.lock.Lock()
	m := h.state(p)
	if c := m.live; c != nil {
		h.lock.Unlock()
		return c, nil
	}
	d := m.dial
	start := d == nil
	if start {
		d = &dial{result: task.NewFuture[*Channel]()}
		m.dial = d
	}
	d.callers++
	h.lock.Unlock()
	if start {
		h.group.Go("transport.dial", func(tc task.Context) error {
			tc, done := tc.WithBudget("transport.dial", h.options.DialWithin)
			defer done()
			c, err := h.attempt(tc, t, p, d)
			h.endAttempt(tc, p, d, c, err)
			return nil
		})
	}
	c, err := d.result.Await(tc)
	h.lock.Lock()
	defer h.lock.Unlock()
	if d.callers--; d.callers == 0 && !d.shaking {
		if m := h.meetings[p]; m != nil && m.dial == d {
			m.dial = nil
			h.wake(p, m)
		}
	}
	return c, err
}

// endAttempt ends an attempt. If a channel that the peer opened was proven meanwhile, the attempt has been
// answered with it and its own result is dropped. One that failed waits for an incoming handshake that
// was answered: the peer may have preferred it to ours.
func (h *Hub) endAttempt(tc task.Context, p pair, d *dial, c *Channel, err error) {
	if err == nil {
		h.open(c, nil, d)
		return
	}
	_ = h.until(tc, p, func(m *pairState) bool { // its own bound ends it, and then the attempt's error stands
		d.shaking = false
		return m.dial != d || m.answered == 0
	})
	h.lock.Lock()
	m := h.state(p)
	unanswered := m.dial == d
	if unanswered {
		m.dial = nil
	}
	h.wake(p, m)
	h.lock.Unlock()
	if unanswered { // else the dial that replaced this one is about to give its channel
		d.result.Resolve(nil, err)
	}
}

// attempt makes a link and a handshake.
func (h *Hub) attempt(tc task.Context, t Target, p pair, d *dial) (*Channel, error) {
	link, err := h.network.Dial(tc, t.Peer, t.Addresses)
	if err != nil {
		return nil, err
	}
	s, err := h.initiate(tc, link, t, p, d)
	if err != nil {
		link.Close()
		return nil, err
	}
	return newChannel(tc, h, link, t.Context, s, true), nil
}

// initiate runs the initiator's half of a handshake. It steps back whenever an incoming handshake for the
// pair has been answered: that one is further, and two channels must not open.
func (h *Hub) initiate(tc task.Context, link Link, t Target, p pair, d *dial) (session, error) {
	in, err := initiate(h.identity, t.Static, t.PSK, h.entropy)
	if err != nil {
		return session{}, err
	}
	if err := h.awaitAnswers(tc, p, d); err != nil {
		return session{}, err
	}
	within, done := tc.WithBudget("transport.handshake", h.options.HandshakeWithin)
	defer done()
	s, err := h.exchange(within, link, in)
	if err != nil {
		return session{}, err
	}
	// Only the larger side can find an answered handshake here: the peer's own, which survives if the
	// peer proves it.
	return s, h.awaitAnswers(tc, p, d)
}

// awaitAnswers waits until no incoming handshake for the pair is answered but unproven, and marks the dial as
// shaking. It returns [aura.Stale] when a proven one has taken the dial's place.
func (h *Hub) awaitAnswers(tc task.Context, p pair, d *dial) error {
	var err error
	ended := h.until(tc, p, func(m *pairState) bool {
		if m.dial != d {
			err = aura.Errorf("transport.Dial", aura.Stale, "the peer opened a channel meanwhile")
			return true
		}
		d.shaking = m.answered == 0
		return d.shaking
	})
	if ended != nil {
		return ended
	}
	return err
}

// exchange sends the first cell until the reply comes.
func (h *Hub) exchange(tc task.Context, link Link, in *initiator) (session, error) {
	const op = "transport.Dial"
	cell := make([]byte, CellSize)
	again := task.Backoff{Base: shakeRetry, Max: shakeSlow, Jitter: 0.1}
	for {
		if err := link.Send(tc, in.first[:]); err != nil {
			return session{}, err
		}
		wait, done := tc.WithBudget("transport.reply", again.Next(h.entropy))
		err := link.Recv(wait, cell)
		done()
		if aura.KindOf(err) == aura.Timeout && tc.Err() == nil {
			continue
		}
		if aura.KindOf(err) == aura.Timeout {
			return session{}, aura.Errorf(op, aura.Unavailable, "the peer does not answer")
		}
		if err != nil {
			return session{}, err
		}
		switch kind, err := cellKind(cell); {
		case err != nil:
			return session{}, err
		case kind == kindReply:
			return in.finish(cell)
		}
	}
}
