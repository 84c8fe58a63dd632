package replica

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/presence"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// syncGrace is how long the links may take to end when the service stops.
const syncGrace = 4 * time.Second

// Replicator moves facts between this agent and the members of its contexts. It keeps one link for each device of each
// member, in a task of its own. Facts that an absent peer lacks stay in the journal until the link sends them.
type Replicator struct {
	env     *Env
	changed *task.Wake

	reconciling *task.Semaphore // one reconciliation at a time
	begun       bool            // the links of the start were made; the holder of reconciling uses it
	strangers   *task.Semaphore

	lock     task.Mutex
	offers   offers // under its own lock
	recorder *recorder

	ranTwice aura.Instant // see [Replicator.RanTwice]

	links map[linkKey]*link
	peers map[member][]*link // the same, in order
	paths map[transport.PeerID]*path
}

const (
	// strangersAtOnce is how many channels without a link may be open: a person who has an invitation can open
	// any number.
	strangersAtOnce = 16
	// groupSpread is how long the members of a new group are given to learn of it, and dialsFirst how long one of two
	// waits for the other to dial.
	groupSpread = 300 * time.Millisecond
	dialsFirst  = 2 * time.Second
	// lookAgain is when the links are compared with the directory again without a change of it: a disk that failed
	// may have hidden the secret of a context.
	lookAgain = 5 * time.Minute
)

// syncName is the service's name in events.
const syncName = "sync"

// linkKey names a link: a device of a member in a context.
type linkKey struct {
	context aura.ContextID
	peer    aura.AuthorityID
	device  aura.DeviceID
}

// member is who has links: one for each of its devices.
type member struct {
	context aura.ContextID
	peer    aura.AuthorityID
}

func (k linkKey) member() member { return member{k.context, k.peer} }

func keyOf(p *directory.Peer) linkKey { return linkKey{p.Context, p.Authority, p.Device.ID()} }

// compare orders links by context, peer and device.
func (k linkKey) compare(o linkKey) int {
	return cmp.Or(k.context.Compare(o.context), k.peer.Compare(o.peer), k.device.Compare(o.device))
}

// outboxKey returns the key of the link's observations.
func (k linkKey) outboxKey() string { return delivery.OutboxKey(k.context, k.peer, k.device) }

// New returns the service.
func New(e *Env) *Replicator {
	s := &Replicator{
		env: e, changed: task.NewWake(), links: map[linkKey]*link{}, peers: map[member][]*link{}, paths: map[transport.PeerID]*path{},
		offers:      offers{of: map[aura.AuthorityID]*offer{}},
		reconciling: task.NewSemaphore(1), strangers: task.NewSemaphore(strangersAtOnce),
	}
	s.recorder = newRecorder(s)
	e.Directory.OnChange("", s.changed)
	return s
}

// Name implements [task.Service].
func (s *Replicator) Name() string { return syncName }

// Declaration implements [task.Service].
func (s *Replicator) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryActorOwned, Mailbox: inboxCapacity,
		Owns: task.Locked("replica.Replicator", "replica.link", "replica.path", "replica.session", "replica.recorder",
			"replica.offers", "presence.Publisher"),
		Events: []world.Family{
			world.FamilyRuntime, world.FamilyHealth, world.FamilyIngress, world.FamilyConnection, world.FamilyMessage,
			world.FamilyBudget, world.FamilyInvariant, world.FamilySession,
		},
	}
}

// Start implements [task.Service]. It shows how far all deliveries are; a frontend that asks at once need not
// read the facts about them. All are shown together: to which devices of a peer deliveries count follows from all of them, and
// a text that one device has must not be shown as waiting. Serve opens the links: an absent peer must not delay a start.
func (s *Replicator) Start(tc task.Context) error {
	s.env.Directory.Look(tc.Now().At)
	peers := s.env.Directory.Peers()
	all := make([]presence.Observation, len(peers))
	for i := range peers {
		all[i] = s.idle(&peers[i], reasonDialling)
	}
	s.env.Presence.SetAll(tc, all...)
	return nil
}

// idle returns the observation that says how far the delivery to a peer without a session is.
func (s *Replicator) idle(p *directory.Peer, reason string) presence.Observation {
	// A failing disk hides the watermark; the facts of acknowledgements still count.
	acked, counted, _ := s.env.watermarks().AckedBy(receiver(p))
	box := s.env.outbox(keyOf(p), 0, acked, counted, reason)
	return presence.Observation{Kind: delivery.ObservedOutbox, Key: keyOf(p).outboxKey(), Says: box}
}

// Serve implements [task.Service]: it opens and ends links as people and contexts change.
func (s *Replicator) Serve(tc task.Context) error {
	tc.Group().Go("sync.accept", s.accept)
	tc.Group().Go("sync.record", s.recorder.run)
	if s.env.Moves != nil {
		tc.Group().Go("sync.follow", s.followNetwork)
	}
	pause := redial()
	for {
		if err := s.reconcile(tc); err != nil {
			return err
		}
		again := aura.Duration(lookAgain)
		if !s.env.Directory.Blind() {
			pause.Reset()
		} else {
			again = pause.Next(s.env.Entropy) // peers of a context whose secret is hidden cannot reach this agent either
		}
		if _, err := s.changed.WaitUntil(tc, tc.Elapsed()+again); err != nil {
			return err
		}
	}
}

// Close implements [task.Service].
func (s *Replicator) Close(task.Context) error { return nil }

// reconcile gives each device in the directory a link, and ends the links of others. Its errors are those of tc.
func (s *Replicator) reconcile(tc task.Context) error {
	if err := s.reconciling.Acquire(tc); err != nil {
		return err
	}
	defer s.reconciling.Release()
	s.env.Directory.Look(tc.Now().At)
	wanted := s.env.Directory.Peers()
	keep := make(map[linkKey]bool, len(wanted))
	var parted []*directory.Peer
	for i := range wanted {
		peer := &wanted[i]
		if peer.Leaving && s.knowsOfLeaving(peer) {
			parted = append(parted, peer)
			continue
		}
		key := keyOf(peer)
		keep[key] = true
		s.lock.Lock()
		l := s.links[key]
		s.lock.Unlock()
		if l == nil {
			l = newLink(s, peer)
			if s.begun {
				l.fresh, l.first = true, tc.Elapsed()+s.dialDelay(peer)
			}
			s.lock.Lock()
			s.links[key] = l
			s.peers[key.member()] = append(s.peers[key.member()], l)
			sortLinks(s.peers[key.member()])
			s.lock.Unlock()
			l.group = task.NewGroup(tc, "sync.link")
			l.group.Go("sync.link", l.run)
		} else {
			l.update(peer)
		}
	}
	var gone []*link
	s.lock.Lock()
	for key, l := range s.links {
		if !keep[key] {
			delete(s.links, key)
			rest := slices.DeleteFunc(s.peers[key.member()], func(o *link) bool { return o == l })
			if s.peers[key.member()] = rest; len(rest) == 0 {
				delete(s.peers, key.member())
			}
			gone = append(gone, l)
		}
	}
	s.lock.Unlock()
	sortLinks(gone)
	s.part(tc, gone)
	for _, l := range gone {
		// Its tasks end first, so that nothing is published after unpublish.
		if err := l.group.Close(tc, syncGrace); aura.KindOf(err) == aura.Timeout {
			tc.Emit(world.ServiceTroubled(s.Name(), "link hangs", "", err))
		}
		l.unpublish(tc)
		if peer := l.member(); peer.Direct && peer.Main {
			s.offers.drop(l.key.peer)
		}
		s.lock.Lock()
		if device := l.member().Device.Link; l.path.remove(l) && s.paths[device] == l.path {
			delete(s.paths, device)
		}
		s.lock.Unlock()
	}
	left := make([]presence.Observation, len(parted))
	for i, peer := range parted {
		left[i] = s.idle(peer, reasonLeaving)
	}
	s.env.Presence.SetAll(tc, left...)
	s.begun = true
	return tc.Err()
}

// dialDelay returns how long a new link waits before it dials, so that one of two members dials: the one that learned
// of the group later, since the other one knows of it then. The members learn of it from its founder, at about the
// same time; of them the smaller device dials, as in [transport.Hub].
func (s *Replicator) dialDelay(p *directory.Peer) aura.Duration {
	switch {
	case p.Direct || p.Founder:
		return 0
	case !p.Founded && transport.PeerID(s.env.Ring.Certificate().Link).Compare(p.Device.Link) < 0:
		return groupSpread
	}
	return groupSpread + dialsFirst
}

// knowsOfLeaving reports whether a member of a group that the owner left knows of it.
func (s *Replicator) knowsOfLeaving(p *directory.Peer) bool {
	settled, err := s.env.watermarks().SettledBy(receiver(p))
	return err == nil && settled >= s.env.Journal.Count(fact.ContextNamespace(p.Context), s.env.Ring.Device())
}

// accept hands channels that peers opened to their links.
func (s *Replicator) accept(tc task.Context) error {
	for {
		channel, err := s.env.Channels.Accept(tc)
		if err != nil {
			return err
		}
		l := s.linkOf(channel)
		if l == nil && s.env.Directory.Shares(channel.Context()) {
			// The peer was faster than the link for it.
			if err := s.reconcile(tc); err != nil {
				return err
			}
			l = s.linkOf(channel)
		}
		switch {
		case l != nil:
			l.arrive(tc, channel)
		case s.strangers.TryAcquire():
			tc.Group().Go("sync.stranger", func(tc task.Context) error {
				defer s.strangers.Release()
				s.env.Stranger(tc, channel)
				return nil
			})
		default:
			channel.Close(tc)
			tc.Emit(world.IngressDropped(s.Name(), "too many strangers", aura.Exhausted))
		}
	}
}

// linkOf returns the link that a channel belongs to, nil if there is none.
func (s *Replicator) linkOf(c *transport.Channel) *link {
	for _, l := range s.linksIn(c.Context()) {
		if peer := l.member(); peer.Device.Agreement == c.RemoteStatic() {
			return l
		}
	}
	return nil
}

// linksIn returns the links of a context, in order.
func (s *Replicator) linksIn(context aura.ContextID) []*link {
	s.lock.Lock()
	var all []*link
	for key, l := range s.links {
		if key.context == context {
			all = append(all, l)
		}
	}
	s.lock.Unlock()
	// The order of a map must not reach behaviour.
	sortLinks(all)
	return all
}

// Committed wakes the links of a context whose own facts may wait for a decision of their own.
func (s *Replicator) Committed(context aura.ContextID) {
	count := s.env.Journal.Count(fact.ContextNamespace(context), s.env.Ring.Device())
	for _, l := range s.linksIn(context) {
		// Those that are paid for are released when they are due.
		if s.env.Journal.Charge(context, l.key.peer).Through < count {
			l.notify()
		}
	}
}

// Permitted wakes all links: a permission of the owner or a limit has changed.
func (s *Replicator) Permitted() {
	for _, l := range s.allLinks() {
		l.wake.Notify()
		l.path.signOfLife(nil)
		l.arrivals.TrySend(nil) // it may wait for the epoch's turn
	}
}

// allLinks returns all links, in order.
func (s *Replicator) allLinks() []*link {
	s.lock.Lock()
	all := slices.Collect(maps.Values(s.links))
	s.lock.Unlock()
	sortLinks(all)
	return all
}
