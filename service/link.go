package service

import (
	"cmp"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// CapLink is what opening a channel to a member requires. Hello and acknowledgements inside the channel
// are part of it: they carry nothing of the owner's but how far deliveries are.
const CapLink = "delivery:link"

// Delivery returns what may be permitted of the links. They have no facts of their own.
func Delivery() fact.Domain {
	return fact.Domain{Name: "delivery", Capabilities: []string{CapLink, CapResend}}
}

// The reasons that an outbox shows.
const (
	reasonOffline  = "peer is not reachable"
	reasonBudget   = "flow budget of this epoch is used up"
	reasonDialling = "connecting"
)

const dialBudget = 25 * time.Second

// redial paces the attempts to reach an absent peer. A peer that comes back dials at once itself, so the
// longest pause only matters when both sides lost each other's network.
func redial() task.Backoff {
	return task.Backoff{Base: 500 * time.Millisecond, Max: time.Minute, Factor: 2, Jitter: 0.3}
}

// link is the way to one member of a context: it dials, or takes the channel that the peer opened, runs a
// session over it, and begins again when that ends.
type link struct {
	sync  *Sync
	key   linkKey
	group *task.Group // set before the task starts
	bell  *task.Bell  // own facts were released, or wait for a decision

	// arrivals holds the channel that the peer opened last: one, since a newer replaces an older.
	arrivals *task.Mailbox[*transport.Channel]

	lock     task.Leaf
	peer     Peer
	released uint64           // own facts durable and paid for, up to this Seq
	fresh    []effect.Receipt // released since the session took the last ones
}

func newLink(s *Sync, p *Peer) *link {
	return &link{
		sync: s, key: linkKey{p.Context, p.Authority}, peer: *p, bell: task.NewBell(),
		arrivals: task.NewMailbox[*transport.Channel]("sync.arrivals", 1),
	}
}

func sortLinks(links []*link) {
	slices.SortFunc(links, func(a, b *link) int {
		return cmp.Or(a.key.context.Compare(b.key.context), a.key.peer.Compare(b.key.peer))
	})
}

// moved takes the peer's newest addresses.
func (l *link) moved(p *Peer) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.peer = *p
}

func (l *link) who() Peer {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.peer
}

func (l *link) release(through uint64, receipts []effect.Receipt) {
	l.lock.Lock()
	l.released = max(l.released, through)
	l.fresh = append(l.fresh, receipts...)
	l.lock.Unlock()
	l.bell.Ring()
}

// arrive hands over a channel that the peer opened. A newer one replaces one that nobody took.
func (l *link) arrive(tc task.Context, c *transport.Channel) {
	for !l.arrivals.TrySend(c) {
		if old, ok := l.arrivals.TryRecv(); ok {
			old.Close(tc)
		}
	}
}

// run is the link's task.
func (l *link) run(tc task.Context) error {
	pause := redial()
	l.show(tc, reasonDialling)
	for {
		channel, err := l.connect(tc)
		if err != nil {
			if tc.Err() != nil {
				return tc.Err()
			}
			l.show(tc, reasonOffline)
			arrived, ok, err := l.arrivals.RecvUntil(tc, tc.Elapsed()+pause.Next(l.sync.desk.Entropy))
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			channel = arrived
		}
		began := tc.Elapsed()
		err = l.session(tc, channel)
		if tc.Err() != nil {
			return tc.Err()
		}
		l.show(tc, reasonOffline)
		if aura.KindOf(err) == aura.Denied || aura.KindOf(err) == aura.Corrupt {
			tc.Emit(ingress("sync", "rejected", err))
		}
		// A peer that ends every session at once is given the same pauses as one that is not there.
		if tc.Elapsed()-began > time.Minute {
			pause = redial()
		}
		if err := l.breathe(tc, pause.Next(l.sync.desk.Entropy)); err != nil {
			return err
		}
	}
}

// breathe waits before the next attempt, unless the peer has opened a channel meanwhile.
func (l *link) breathe(tc task.Context, d aura.Duration) error {
	channel, ok, err := l.arrivals.RecvUntil(tc, tc.Elapsed()+d)
	if ok {
		l.arrive(tc, channel)
	}
	return err
}

// connect returns a channel to the peer: the one that it opened, or a new one.
func (l *link) connect(tc task.Context) (*transport.Channel, error) {
	if c, ok := l.arrivals.TryRecv(); ok {
		return c, nil
	}
	tc, done := tc.WithBudget("dial", dialBudget)
	defer done()
	request := guard.Request{
		Capability: CapLink, Context: l.key.context, Authority: l.sync.desk.Ring.Authority(),
	}
	if _, err := l.sync.desk.decide(tc, &request); err != nil {
		return nil, err
	}
	peer := l.who()
	return l.sync.channels.Dial(tc, peer.Target())
}

// session runs one session over a channel and ends when the channel does, when the peer breaks the rules,
// or when the peer has opened a newer channel.
func (l *link) session(tc task.Context, c *transport.Channel) error {
	defer c.Close(tc)
	s, err := newSession(l, c)
	if err != nil {
		return err
	}
	work := task.NewGroup(tc, "sync.session")
	work.Go("sync.receive", s.receive)
	work.Go("sync.keep", s.keep)
	work.Go("sync.send", s.send)
	work.Go("sync.record", s.record)
	work.Go("sync.reach", s.reach)
	work.Go("sync.newer", func(tc task.Context) error {
		newer, err := l.arrivals.Recv(tc)
		if err != nil {
			return err
		}
		l.arrive(tc, newer)
		return aura.Errorf("service.Sync", aura.Stale, "the peer opened a newer channel")
	})
	err = work.Wait(tc)
	if closing := work.Close(tc, syncGrace); err == nil {
		err = closing
	}
	return err
}

// show publishes that the peer is not connected: nothing counts as sent that it did not acknowledge.
func (l *link) show(tc task.Context, reason string) {
	desk := l.sync.desk
	charge := desk.Journal.Charge(l.key.context, l.key.peer)
	key := chat.OutboxKey(l.key.context, l.key.peer)
	desk.Board.Show(tc, chat.ObservedOutbox, key, chat.Outbox{Charged: charge.Through, Reason: reason})
	l.connection(tc, &status.Connection{Reach: status.Offline, Since: tc.Now().At, Reason: reason})
}

// vanish takes the link's observations away.
func (l *link) vanish(tc task.Context) {
	key := chat.OutboxKey(l.key.context, l.key.peer)
	l.sync.desk.Board.Show(tc, chat.ObservedOutbox, key, nil)
	l.connection(tc, nil)
}

// connection publishes whether the peer is connected. Of the contexts shared with one peer, its own speaks.
func (l *link) connection(tc task.Context, c *status.Connection) {
	if !l.who().Direct {
		return
	}
	if c == nil {
		l.sync.desk.Board.Show(tc, status.Observed, l.key.peer.String(), nil)
		return
	}
	l.sync.desk.Board.Show(tc, status.Observed, l.key.peer.String(), *c)
}

func (l *link) namespace() fact.Namespace { return fact.ContextNamespace(l.key.context) }
