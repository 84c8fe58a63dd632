package transport

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// DefaultBacklog is how many accepted channels wait for Accept, unless options say more or less.
const DefaultBacklog = 64

// Options tunes a hub. Production uses the zero value.
type Options struct {
	// KeepAlive is the silence after which a channel asks whether the peer is there. Default 8 min:
	// one cell each way, so that an idle contact costs less than 1 kB a minute.
	KeepAlive aura.Duration
	// DeadAfter is how long the peer may owe an answer before the channel ends. Default 30 s.
	DeadAfter aura.Duration
	// HandshakeWithin bounds a handshake, and the wait for a first cell. Default 10 s.
	HandshakeWithin aura.Duration
	// DialWithin bounds a dial with all its addresses and its handshake. Default 20 s.
	DialWithin aura.Duration
	// HalfOpen is how many incoming links may be unproven at once; more are closed. Default 64.
	HalfOpen int
	// Backlog is how many accepted channels may wait for Accept; more are closed. Default [DefaultBacklog].
	Backlog int
	// Channels is how many channels may be open before peers can open no more. Channels dialled here are
	// not bounded. Default 1,024.
	Channels int
}

func (o Options) withDefaults() Options {
	set := func(d *aura.Duration, v aura.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&o.KeepAlive, 8*60e9)
	set(&o.DeadAfter, 30e9)
	set(&o.HandshakeWithin, 10e9)
	set(&o.DialWithin, 20e9)
	bound := func(n *int, v int) {
		if *n <= 0 {
			*n = v
		}
	}
	bound(&o.HalfOpen, 64)
	bound(&o.Backlog, DefaultBacklog)
	bound(&o.Channels, 1024)
	return o
}

// pair is the key of a channel in a hub: a peer's agreement key in a context.
type pair struct {
	context aura.ContextID
	static  [32]byte
}

// pairState is the state of the channel and the dials of one pair.
type pairState struct {
	live     *Channel
	dial     *dial
	answered int         // incoming handshakes that were answered and not proven yet
	changed  *task.Latch // opened, and replaced, when something above changed
}

// HubStats counts the cells and links that a hub refused. None of it was answered.
type HubStats struct {
	UnknownTag uint64 // a context that is not known here
	Refused    uint64 // a first cell that fails its check, or a peer that is not a member
	Replayed   uint64 // a first cell that was seen before
	Malformed  uint64 // not a cell, or another version
	Unproven   uint64 // no first cell, or no sealed cell after the answer, in time
	Busy       uint64 // too many at once, or no caller accepted the channel
	Channels   uint64 // opened, for comparison
}

// Hub opens and answers channels over one network. It keeps at most one channel per (context, peer):
//
//   - A hub with a live channel, or with a dial under way, does not dial again: Dial returns that one.
//   - When both sides dial at once, the channel that the smaller [PeerID] dialled survives. The smaller
//     does not answer the larger while its own first cell is out, unless its own attempt fails.
//   - Otherwise the newest proven channel replaces the one before, which ends with [aura.Stale]: its
//     other end knew that it was over, or it would not have dialled.
//
// Its tasks live in the group that its owner gave; the hub ends when that group does.
type Hub struct {
	network   Network
	identity  identity
	directory Directory
	entropy   world.Entropy
	options   Options
	group     *task.Group
	accepted  *task.Mailbox[*Channel]

	lock     task.Mutex
	meetings map[pair]*pairState
	halfOpen int
	live     int // channels that are open
	replays  replays
	stats    HubStats
}

// OpenHub starts answering on network. agreement is this device's X25519 private key. It returns
// [aura.Invalid] for a key that is none. Owner: the caller's group.
func OpenHub(group *task.Group, network Network, agreement [32]byte, d Directory, e world.Entropy, o Options) (*Hub, error) {
	id, err := newIdentity(agreement)
	if err != nil {
		return nil, err
	}
	o = o.withDefaults()
	h := &Hub{
		network: network, identity: id, directory: d, entropy: e, options: o, group: group,
		accepted: task.NewMailbox[*Channel]("transport.accepted", o.Backlog),
		meetings: make(map[pair]*pairState),
	}
	group.Go("transport.accept", h.serve)
	return h, nil
}

// Accept returns the next channel that a peer opened and proved, unless a Dial waits for the same pair:
// then Dial returns it.
func (h *Hub) Accept(tc task.Context) (*Channel, error) { return h.accepted.Recv(tc) }

// Channel returns the live channel of a pair, if there is one.
func (h *Hub) Channel(context aura.ContextID, static [32]byte) (*Channel, bool) {
	h.lock.Lock()
	defer h.lock.Unlock()
	m := h.meetings[pair{context, static}]
	if m == nil || m.live == nil {
		return nil, false
	}
	return m.live, true
}

// Stats returns the counts so far.
func (h *Hub) Stats() HubStats {
	h.lock.Lock()
	defer h.lock.Unlock()
	return h.stats
}

// state returns the state of a pair. The lock is held.
func (h *Hub) state(p pair) *pairState {
	m := h.meetings[p]
	if m == nil {
		m = &pairState{changed: task.NewLatch()}
		h.meetings[p] = m
	}
	return m
}

// wake wakes the tasks that wait on the pair, and forgets its state when it is empty. The
// lock is held.
func (h *Hub) wake(p pair, m *pairState) {
	m.changed.Open()
	m.changed = task.NewLatch()
	if m.live == nil && m.dial == nil && m.answered == 0 {
		delete(h.meetings, p)
	}
}

// until waits until done, called with the lock held, says true of the pair's state. A change made by done
// wakes the other waiting tasks.
func (h *Hub) until(tc task.Context, p pair, done func(*pairState) bool) error {
	for {
		h.lock.Lock()
		m := h.state(p)
		changed := m.changed
		met := done(m)
		if met {
			h.wake(p, m)
		}
		h.lock.Unlock()
		if met {
			return nil
		}
		if err := changed.Wait(tc); err != nil {
			return err
		}
	}
}

// open starts a channel's tasks and makes it the pair's channel, replacing the one before. It goes to
// the dial that waits for the pair, else to Accept. by is the dial that made it, nil for an incoming
// one. A channel is dropped whose dial was answered otherwise, or which is one too many.
func (h *Hub) open(c *Channel, first []byte, by *dial) {
	p := pair{c.context, c.remote}
	h.lock.Lock()
	m := h.state(p)
	old, waiting := m.live, m.dial
	late := by != nil && waiting != by
	full := by == nil && old == nil && waiting == nil && h.live >= h.options.Channels
	switch {
	case late:
	case full:
		h.stats.Busy++
	default:
		if old == nil {
			h.live++
		}
		m.live, m.dial = c, nil
		h.stats.Channels++
	}
	h.wake(p, m)
	h.lock.Unlock()

	if late || full {
		c.link.Close()
		return
	}
	if old != nil {
		old.end(aura.Errorf("transport.Accept", aura.Stale, "a newer channel replaced this one"))
	}
	h.group.Go("transport.write", c.write)
	h.group.Go("transport.read", func(tc task.Context) error { return c.read(tc, first) })
	if waiting != nil {
		waiting.result.Resolve(c, nil)
	} else if !h.accepted.TrySend(c) {
		h.count(func(s *HubStats) { s.Busy++ })
		c.end(aura.Errorf("transport.Accept", aura.Exhausted, "too many channels wait to be taken"))
	}
}

// forget drops a channel that ended.
func (h *Hub) forget(c *Channel) {
	p := pair{c.context, c.remote}
	h.lock.Lock()
	defer h.lock.Unlock()
	if m := h.meetings[p]; m != nil && m.live == c {
		m.live = nil
		h.live--
		h.wake(p, m)
	}
}

func (h *Hub) count(f func(*HubStats)) {
	h.lock.Lock()
	defer h.lock.Unlock()
	f(&h.stats)
}
