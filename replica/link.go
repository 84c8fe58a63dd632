package replica

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// link is the way to one device of a member of a context: it dials when something waits for the peer or a person should
// see that it is there, or takes the channel that the peer opened, runs a session over it, and begins again
// when that ends.
type link struct {
	sync    *Replicator
	key     linkKey
	path    *path       // shared by all links to the device
	group   *task.Group // set before the task starts
	wake    *task.Wake  // own facts were released, or wait for a decision
	changed *task.Wake  // the own network or an introduction, of which the peer should learn
	forked  *task.Wake  // a stream of the context forked, of which the peer should learn

	// arrivals holds the channel that the peer opened last: one, since a newer replaces an older. A nil
	// channel says that something about the peer has changed. It has two places, because one may hold
	// a channel that was handed over and that the link's task has not taken yet.
	arrivals *task.Mailbox[*transport.Channel]

	lock            task.Mutex
	peer            directory.Peer
	clock           peerClock          // of the peer
	clockDifference aura.Duration      // by which it was ahead, as published
	released        uint64             // own facts durable and paid for, up to this number
	idle            bool               // it has no session, and waits
	differs         bool               // the peer has other facts of this device, or had more of them, and no hello came since
	journalQuota    limiter            // of addresses of the peer that the journal keeps
	acked           uint64             // own facts that the peer has by durable facts, up to this number
	counted         bool               // acked was read from the journal
	version         uint64             // of the newest card of the peer
	hints           limiter            // of signs of life that say nothing new
	knowledge       knowledge          // of facts of this device, compared with the peer
	claimed         []fact.Place       // of facts of this device that the peer named, after it had had none but those here
	full            bool               // the peer has as many branches of this device as a journal takes, and not all are here
	via             []transport.PeerID // mutual contacts who knew the way
	end             *task.Latch        // of the last session, nil before the first

	// The path's lock guards these.
	ignored task.Backoff  // dials that the device did not answer in this context
	next    aura.Duration // no dial before it, while the device is there

	// Only the link's own task uses these.
	status     status.Link   // as published
	since      aura.Instant  // when status changed last
	reason     string        // why nothing moves, as published
	shownAcked uint64        // own facts that the peer has, as published
	fresh      bool          // the peer may not know yet that this side takes part in the context
	first      aura.Duration // while it is fresh: no dial before it
	count      uint64        // own facts at the last call of nextDial
	awaits     bool          // a session waited for a channel then
	greeted    bool          // the peer's hello was accepted, in this session or the last
	dismissed  int           // hasty sessions in a row that the peer ended after its hello
}

func newLink(s *Replicator, p *directory.Peer) *link {
	l := &link{
		journalQuota: limiter{burst: journalBurst}, hints: limiter{burst: introBurst}, ignored: absentPause(),
		sync: s, key: keyOf(p), peer: *p, wake: task.NewWake(), changed: task.NewWake(), forked: task.NewWake(),
		arrivals: task.NewMailbox[*transport.Channel]("sync.arrivals", 2),
		path:     s.pathOf(p.Device.Link),
	}
	l.path.add(l)
	return l
}

func sortLinks(links []*link) {
	slices.SortFunc(links, func(a, b *link) int {
		return a.key.compare(b.key)
	})
}

// update takes the peer as the directory has it now.
func (l *link) update(p *directory.Peer) {
	l.lock.Lock()
	turned := l.peer.Refused != p.Refused || l.peer.Left != p.Left
	elsewhere := !slices.Equal(l.peer.Addresses, p.Addresses)
	l.peer = *p
	l.lock.Unlock()
	if elsewhere {
		l.path.signOfLife(nil)
	}
	if turned {
		// A channel that is there already has the same effect.
		l.arrivals.TrySend(nil)
		l.wake.Notify()
	}
}

func (l *link) member() directory.Peer {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.peer
}

func (l *link) release(through uint64) {
	l.lock.Lock()
	l.released = max(l.released, through)
	l.lock.Unlock()
	l.notify()
}

// notify says that own facts wait: to the session, or to a link without a session.
func (l *link) notify() {
	l.wake.Notify()
	l.recheck()
}

// recheck makes a link without a session look again whether to dial, and what to show.
func (l *link) recheck() {
	l.lock.Lock()
	idle := l.idle
	l.lock.Unlock()
	if idle {
		l.arrivals.TrySend(nil) // a channel that is there already has the same effect
	}
}

// compare makes a link without a session dial: the peer has other facts of this device than this home. One that waits after
// a session, or whose session is about to end, does so later: the session may be with a home that is gone.
func (l *link) compare() {
	l.lock.Lock()
	l.differs = true
	l.lock.Unlock()
	l.recheck()
}

// toCompare reports whether compare was called since the peer's last hello.
func (l *link) toCompare() bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.differs
}

// compared notes that a session knows what the peer has.
func (l *link) compared() {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.differs = false
}

// listed returns aura.Denied when the peer's account removed the device: no channel to it is opened or taken from then on.
func (l *link) listed() error {
	if peer := l.member(); l.sync.env.Directory.Unlisted(&peer) {
		return aura.Errorf("replica.listed", aura.Denied, "a channel to a device that its account removed")
	}
	return nil
}

// sessionBegins notes that there is a session. The caller opens the latch when it has ended.
func (l *link) sessionBegins() *task.Latch {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.end = task.NewLatch()
	return l.end
}

// sessionEnd returns what opens when the session ends, nil when none was there since the link began.
func (l *link) sessionEnd() *task.Latch {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.end
}

func (l *link) setIdle(idle bool) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.idle = idle
}

// paidThrough returns the number through which own facts were released.
func (l *link) paidThrough() uint64 {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.released
}

// setAcked notes that a durable fact says which own facts the peer has.
func (l *link) setAcked(through uint64) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.acked, l.counted = max(l.acked, through), true
}

// ackedThrough returns the number up to which durable facts say that the peer has the own facts, and false when the
// journal has not kept count, or a failing disk hides it.
func (l *link) ackedThrough() (number uint64, counted bool) {
	l.lock.Lock()
	number, counted = l.acked, l.counted
	l.lock.Unlock()
	if counted {
		return number, true
	}
	peer := l.member()
	number, counted, err := l.sync.env.watermarks().AckedBy(receiver(&peer))
	if counted = counted && err == nil; counted {
		l.setAcked(number)
	}
	return number, counted
}

// journalBurst is how often at once the journal keeps new addresses of a peer: a peer must not fill it.
const journalBurst = 8

// mayJournal reports whether the journal keeps something more that the peer says of itself.
func (l *link) mayJournal(tc task.Context) bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.journalQuota.admit(tc.Elapsed())
}

// arrive hands over a channel that the peer opened. A newer one replaces one that waits.
func (l *link) arrive(tc task.Context, c *transport.Channel) {
	for !l.arrivals.TrySend(c) {
		if old, ok := l.arrivals.TryRecv(); ok && old != nil && old != c {
			old.Close(tc)
		}
	}
}

func (l *link) namespace() fact.Namespace { return fact.ContextNamespace(l.key.context) }

// linksTo returns the links to the devices of a peer in a context, in order.
func (s *Replicator) linksTo(context aura.ContextID, peer aura.AuthorityID) []*link {
	s.lock.Lock()
	defer s.lock.Unlock()
	return slices.Clone(s.peers[member{context, peer}])
}

// Release implements [interp.Sender]: the facts are durable and paid for, so the links may send them. It
// does not wait. A session reads their receipts from the journal, in the order of their chain.
func (s *Replicator) Release(_ task.Context, e effect.Envelope) {
	for _, l := range s.linksTo(e.Context, e.Peer) {
		l.release(e.Through)
	}
}
