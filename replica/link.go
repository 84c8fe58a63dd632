package replica

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// The reasons that an outbox shows.
const (
	reasonOffline  = status.ReasonAbsent
	reasonDialling = "connecting"
	reasonBreach   = status.ReasonContradicts
	reasonDismiss  = status.ReasonDismisses
	reasonBlocked  = "you blocked this contact"
	reasonLeft     = "left the group"
	reasonLeaving  = "you left the group"
	reasonBudget   = "flow budget of this epoch is used up"
	reasonControl  = "budget for control messages of this epoch is used up"
	reasonTooLarge = "more than the flow budget of a whole epoch"
)

const dialBudget = 25 * time.Second

// A session that ends before hasty is followed by a pause, also when the peer has opened a channel already. After one
// that lasted, the pauses begin anew.
const (
	hasty      = time.Second
	hastyPause = 100 * time.Millisecond
	lasting    = time.Minute
)

// dismissedOften is after how many hasty sessions in a row which the peer ended after its hello that is shown: a restart
// or a change of channels ends one or two.
const dismissedOften = 4

// A channel that broke is there again at once or, when a network changes, after some seconds; trying more
// often than once a minute does not help after that.
const redialBase, redialMost = 500 * time.Millisecond, time.Minute

// redial paces what is tried again while the other side, or the disk, is there: sessions that end, records. An
// absent device is dialled by the pauses of its [path].
func redial() task.Backoff {
	return task.Backoff{Base: redialBase, Max: redialMost, Factor: 2, Jitter: 0.3}
}

// link is the way to one member of a context: it dials when something waits for the peer or a person should
// see that it is there, or takes the channel that the peer opened, runs a session over it, and begins again
// when that ends.
type link struct {
	sync    *Replicator
	key     linkKey
	path    *path       // shared by all links to the device
	group   *task.Group // set before the task starts
	wake    *task.Wake  // own facts were released, or wait for a decision
	changed *task.Wake  // what the peer should know of the own network has changed

	// arrivals holds the channel that the peer opened last: one, since a newer replaces an older. A nil
	// channel says that something about the peer has changed. There are two places, because one may hold
	// what the link's task was promised and has not taken yet.
	arrivals *task.Mailbox[*transport.Channel]

	lock            task.Mutex
	peer            directory.Peer
	clock           peerClock          // of the peer
	clockDifference aura.Duration      // by which it was ahead, as published
	released        uint64             // own facts durable and paid for, up to this Seq
	idle            bool               // it has no session, and waits
	journalQuota    limiter            // of what the peer says of itself and the journal keeps
	acked           uint64             // own facts that the peer has by durable facts, up to this Seq
	counted         bool               // acked is what the journal says
	version         uint64             // of the newest card of the peer
	hints           limiter            // of signs of life that say nothing new
	via             []transport.PeerID // mutual contacts who knew the way

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
	greeted    bool          // the peer's hello was accepted, in this session or the last
	dismissed  int           // hasty sessions in a row that the peer ended after its hello
}

func newLink(s *Replicator, p *directory.Peer) *link {
	l := &link{
		journalQuota: limiter{burst: journalBurst}, hints: limiter{burst: introBurst}, ignored: absentPause(),
		sync: s, key: linkKey{p.Context, p.Authority}, peer: *p, wake: task.NewWake(), changed: task.NewWake(),
		arrivals: task.NewMailbox[*transport.Channel]("sync.arrivals", 2),
		path:     s.pathOf(p.Certificate.Link),
	}
	l.path.add(l)
	return l
}

func sortLinks(links []*link) {
	slices.SortFunc(links, func(a, b *link) int {
		return cmp.Or(a.key.context.Compare(b.key.context), a.key.peer.Compare(b.key.peer))
	})
}

// update takes what the directory says of the peer now.
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

func (l *link) setIdle(idle bool) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.idle = idle
}

// paidThrough returns the Seq through which own facts were released.
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

// ackedThrough returns the Seq up to which durable facts say that the peer has the own facts, and false when the
// journal has not kept count, or a failing disk hides it.
func (l *link) ackedThrough() (seq uint64, counted bool) {
	l.lock.Lock()
	seq, counted = l.acked, l.counted
	l.lock.Unlock()
	if counted {
		return seq, true
	}
	seq, counted, err := l.sync.env.watermarks().Acked(l.key.context, l.key.peer)
	if counted = counted && err == nil; counted {
		l.setAcked(seq)
	}
	return seq, counted
}

// outbox describes the delivery to the peer.
func (l *link) outbox(sent uint64, reason string) delivery.Outbox {
	box := delivery.Outbox{Sent: sent, Charged: l.sync.env.Journal.Charge(l.key.context, l.key.peer).Through, Reason: reason}
	box.Acked, box.Counted = l.ackedThrough()
	return box
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

// run is the link's task.
func (l *link) run(tc task.Context) error {
	pause := redial()
	for {
		channel, err := l.nextChannel(tc)
		if err != nil {
			return err
		}
		if channel == nil {
			continue
		}
		began := tc.Elapsed()
		l.fresh, l.greeted = false, false
		l.path.sessionOpened(l)
		err = l.session(tc, channel)
		l.path.sessionClosed()
		lasted := tc.Elapsed() - began
		if lasted < hasty {
			// A peer that opens one channel after the other must not keep this agent busy.
			_ = tc.Sleep(hastyPause)
		}
		if tc.Err() != nil {
			return tc.Err()
		}
		if _, panicked := errors.AsType[*task.PanicError](err); panicked {
			tc.Emit(world.InvariantViolated("sync", "a session does not panic", aura.FactID{}, err))
		}
		reason := reasonOffline
		if d, own := denial(err); own {
			reason = l.withClocks(tc, denialText(d))
		} else if isBreach(err) {
			tc.Emit(world.IngressRejected(syncName, "session broke the protocol", err))
			reason = l.withClocks(tc, reasonBreach)
		} else if l.dismisses(lasted, err) {
			reason = l.withClocks(tc, reasonDismiss)
		}
		if peer := l.member(); peer.Refused || peer.Left {
			continue
		}
		l.publishOffline(tc, reason)
		// A peer that ends every session at once is given the same pauses as one that is not there.
		if tc.Elapsed()-began > lasting {
			pause = redial()
		}
		if err := l.awaitRetry(tc, max(l.epochTurn(tc, err), pause.Next(l.sync.env.Entropy))); err != nil {
			return err
		}
	}
}

// dismisses counts the sessions that the peer ended at once after its hello, and reports whether it does so each time.
func (l *link) dismisses(lasted aura.Duration, err error) bool {
	switch {
	case aura.KindOf(err) == aura.Stale: // a newer channel takes its place
	case lasted >= hasty:
		l.dismissed = 0
	case l.greeted:
		l.dismissed++
	}
	return l.dismissed >= dismissedOften
}

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
		l.sync.publishIdle(tc, &peer, reasonLeft)
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
			l.publishOffline(tc, cmp.Or(l.reason, reasonOffline)) // what the last session heard may be kept after its end
		}
		channel, _, err := l.arrivals.RecvUntil(tc, at)
		return channel, err
	}
	return l.dial(tc)
}

// nextDial returns when to dial: at once, or after the pause of an absent device, if something waits for the peer
// or it is for this link to see that the device is there; else when it is roused.
func (l *link) nextDial(tc task.Context) aura.Duration {
	count := l.sync.env.Journal.Count(l.namespace(), l.sync.env.Ring.Device())
	news := count > l.count
	l.count = count
	if !l.fresh && !l.path.leads(l) {
		// Nobody is looked for because of what was given up. A device that is there gets it all the same.
		marks := l.sync.env.watermarks()
		through, err := marks.Settled(l.key.context, l.key.peer)
		if l.path.present() {
			through, _, err = marks.Acked(l.key.context, l.key.peer)
		}
		// What cannot be read now may wait: look again as if it did.
		if err == nil && through >= count {
			return task.Forever
		}
	}
	at := l.path.nextDial(l, tc.Elapsed(), news)
	if l.fresh {
		at = max(at, l.first)
	}
	return at
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

// denialText says why the guard keeps the link from its peer.
func denialText(d *guard.Denial) string {
	if d.Reason == guard.ReasonShort {
		return reasonControl
	}
	return "not allowed: " + d.Error()
}

// epochTurn returns the time until the epoch turns when its budget is why a dial or a session failed, zero otherwise. See also
// [Replicator.Permitted].
func (l *link) epochTurn(tc task.Context, cause error) aura.Duration {
	d, ok := denial(cause)
	if !ok || d.Reason != guard.ReasonShort {
		return 0
	}
	policy, err := l.sync.env.Frontier.Policy(tc, l.key.context)
	if err != nil {
		return 0
	}
	return untilTurn(policy, tc.Now())
}

// awaitRetry waits before the next attempt, unless the peer has opened a channel meanwhile.
func (l *link) awaitRetry(tc task.Context, d aura.Duration) error {
	channel, ok, err := l.arrivals.RecvUntil(tc, tc.Elapsed()+d)
	if ok && channel != nil {
		l.arrive(tc, channel)
	}
	return err
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
	return egress.Dial(tc, l.sync.env.Channels, pass, egress.KindOpening, target)
}

// session runs one session over a channel and ends when the channel does, when the peer breaks the rules,
// when the owner blocks it, or when the peer has opened a newer channel.
func (l *link) session(tc task.Context, c *transport.Channel) error {
	defer c.Close(tc)
	if !c.Dialled() {
		if err := l.permitted(tc); err != nil {
			return err
		}
	}
	s, err := newSession(l, c)
	if err != nil {
		return err
	}
	l.sync.recorder.watch(s)
	defer l.sync.recorder.unwatch(s)
	// A message that makes this side panic ends the session, and the link begins another one under its
	// backoff: a peer must not end the agent.
	work := task.NewIsolated(tc, "sync.session")
	work.Go("sync.receive", s.receiveLoop)
	work.Go("sync.commit", s.commitLoop)
	work.Go("sync.ack", s.ackLoop)
	work.Go("sync.send", s.sendLoop)
	work.Go("sync.addresses", s.addressLoop)
	work.Go("sync.replace", s.replaceLoop)
	err = work.Wait(tc)
	if closing := work.Close(tc, syncGrace); err == nil {
		err = closing
	}
	if s.greeted.Opened() {
		tc.Emit(world.ConnectionDown(syncName, err))
	}
	return err
}

// replaceLoop ends the session when there is a reason outside of it.
func (s *session) replaceLoop(tc task.Context) error {
	l := s.link
	for {
		c, err := l.arrivals.Recv(tc)
		switch {
		case err != nil:
			return err
		case c == nil && l.member().Refused:
			return aura.Errorf("replica.replaceLoop", aura.Cancelled, "the owner blocked the peer")
		case c != nil && c != s.channel: // a dial may return the channel that is on its way here, too
			l.arrive(tc, c)
			return aura.Errorf("replica.replaceLoop", aura.Stale, "the peer opened a newer channel")
		}
	}
}

// isBreach reports whether a session ended because the peer broke a rule.
func isBreach(err error) bool {
	switch aura.KindOf(err) {
	case aura.Denied, aura.Corrupt, aura.Invalid:
		return true
	}
	return false
}

// publishOffline publishes that the peer is not connected: nothing counts as sent that it did not acknowledge.
func (l *link) publishOffline(tc task.Context, reason string) {
	box := l.outbox(0, reason)
	l.reason, l.shownAcked = reason, box.Acked
	l.sync.env.Presence.Set(tc, delivery.ObservedOutbox, delivery.OutboxKey(l.key.context, l.key.peer), box)
	how := status.LinkOffline
	if reason == reasonDialling {
		how = status.LinkConnecting
	}
	l.publishConnection(tc, how, reason)
}

// unpublish takes the link's observations away.
func (l *link) unpublish(tc task.Context) {
	presence, key := l.sync.env.Presence, delivery.OutboxKey(l.key.context, l.key.peer)
	presence.Set(tc, delivery.ObservedOutbox, key, nil)
	if l.member().Direct {
		presence.Set(tc, status.Observed, l.key.peer.String(), nil)
	}
}

// publishConnection publishes how the peer is connected. Of the contexts shared with one peer, its own speaks.
func (l *link) publishConnection(tc task.Context, how status.Link, reason string) {
	if !l.member().Direct {
		return
	}
	if how != l.status {
		l.status, l.since = how, tc.Now().At
	}
	c := status.Connection{Link: how, Since: l.since, Reason: reason}
	if how == status.LinkDirect || how == status.LinkRelayed {
		c.Ahead = l.ahead(tc)
	}
	l.sync.env.Presence.Set(tc, status.Observed, l.key.peer.String(), c)
}

func (l *link) namespace() fact.Namespace { return fact.ContextNamespace(l.key.context) }

// Release implements [interp.Sender]: the facts are durable and paid for, so the link may send them. It
// does not wait. A session reads their receipts from the journal, in the order of their chain.
func (s *Replicator) Release(_ task.Context, e effect.Envelope) {
	s.lock.Lock()
	l := s.links[linkKey{e.Context, e.Peer}]
	s.lock.Unlock()
	if l != nil {
		l.release(e.Through)
	}
}
