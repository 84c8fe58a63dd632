package service

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// syncGrace is how long the links may take to end when the service stops.
const syncGrace = 4 * time.Second

// Sync moves facts between this agent and the members of its contexts. It keeps one link for each of
// them, in a task of its own; what waits for an absent peer waits in the journal, and the link sends it
// when the peer is there. Owner: agent root group.
type Sync struct {
	desk     *Desk
	channels Channels
	invites  *Invite
	changed  *task.Bell

	lock  task.Leaf
	links map[linkKey]*link
}

// linkKey names a link: a member in a context.
type linkKey struct {
	context aura.ContextID
	peer    aura.AuthorityID
}

// Channels opens and answers channels. A [transport.Hub] does.
type Channels interface {
	Dial(tc task.Context, t transport.Target) (*transport.Channel, error)
	Accept(tc task.Context) (*transport.Channel, error)
}

// NewSync returns the service. The channels that no link owns open with an invitation: invites takes them.
func NewSync(d *Desk, channels Channels, invites *Invite) *Sync {
	s := &Sync{
		desk: d, channels: channels, invites: invites,
		changed: task.NewBell(), links: map[linkKey]*link{},
	}
	d.Book.OnChange(s.changed)
	return s
}

// Name implements [task.Service].
func (s *Sync) Name() string { return "sync" }

// Owner implements [task.Service].
func (s *Sync) Owner() string { return "agent root group" }

// Start implements [task.Service]. Serve opens the links: an absent peer must not delay a start.
func (s *Sync) Start(task.Context) error { return nil }

// Serve implements [task.Service]: it opens and ends links as people and contexts change.
func (s *Sync) Serve(tc task.Context) error {
	links := task.NewGroup(tc, "sync.links")
	tc.Group().Go("sync.accept", s.accept)
	for {
		s.reconcile(tc, links)
		if err := s.changed.Wait(tc); err != nil {
			return links.Close(tc, syncGrace)
		}
	}
}

// Close implements [task.Service].
func (s *Sync) Close(task.Context) error { return nil }

// reconcile makes the links those of the book.
func (s *Sync) reconcile(tc task.Context, links *task.Group) {
	wanted := s.desk.Book.Peers()
	keep := make(map[linkKey]bool, len(wanted))
	for i := range wanted {
		peer := &wanted[i]
		key := linkKey{peer.Context, peer.Authority}
		keep[key] = true
		s.lock.Lock()
		l := s.links[key]
		fresh := l == nil
		if fresh {
			l = newLink(s, peer)
			s.links[key] = l
		}
		s.lock.Unlock()
		if fresh {
			l.group = task.NewGroup(tc, "sync.link")
			l.group.Go("sync.link", l.run)
		} else {
			l.moved(peer)
		}
	}
	var gone []*link
	s.lock.Lock()
	for key, l := range s.links {
		if !keep[key] {
			delete(s.links, key)
			gone = append(gone, l)
		}
	}
	s.lock.Unlock()
	sortLinks(gone)
	for _, l := range gone {
		l.group.Cancel()
		l.vanish(tc)
	}
}

// accept hands channels that peers opened to their links.
func (s *Sync) accept(tc task.Context) error {
	for {
		channel, err := s.channels.Accept(tc)
		if err != nil {
			return err
		}
		if l := s.owner(channel); l != nil {
			l.arrive(tc, channel)
			continue
		}
		tc.Group().Go("sync.stranger", func(tc task.Context) error {
			s.invites.Stranger(tc, channel)
			return nil
		})
	}
}

// owner returns the link that a channel belongs to, nil if there is none.
func (s *Sync) owner(c *transport.Channel) *link {
	for _, l := range s.of(c.Context()) {
		if peer := l.who(); peer.Certificate.Agreement == c.RemoteStatic() {
			return l
		}
	}
	return nil
}

// of returns the links of a context, in order.
func (s *Sync) of(context aura.ContextID) []*link {
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

// Release implements [interp.Sender]: the facts are durable and paid for, so the link may send them. It
// does not wait. Without a link the receipts are read from the journal when there is one.
func (s *Sync) Release(_ task.Context, e effect.Envelope, receipts []effect.Receipt) {
	s.lock.Lock()
	l := s.links[linkKey{e.Context, e.Peer}]
	s.lock.Unlock()
	if l != nil {
		l.release(e.Through, receipts)
	}
}

// Committed wakes the links of a context whose own facts may wait for a decision of their own.
func (s *Sync) Committed(context aura.ContextID) {
	for _, l := range s.of(context) {
		l.bell.Ring()
	}
}

// ingress is an event about what came from outside.
func ingress(service, message string, err error) world.Event {
	return world.Event{Family: world.FamilyIngress, Service: service, Message: message, ErrorKind: aura.KindOf(err)}
}
