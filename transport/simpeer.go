package transport

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// SimPeer is one machine's hand on a [SimNet], as long as its process lives.
type SimPeer struct {
	net     *SimNet
	self    hostID
	offered *task.Mailbox[*simLink]
	moved   *task.Wake

	lock  task.Mutex
	addrs []Address
	links []*simLink
	gone  bool
}

// Self implements [Network].
func (p *SimPeer) Self() PeerID { return p.self.peer }

// Addresses implements [Network].
func (p *SimPeer) Addresses() []Address {
	p.lock.Lock()
	defer p.lock.Unlock()
	return slices.Clone(p.addrs)
}

// Move changes where the peer can be reached, as a machine that goes to another network. The links over the
// old one stay until [SimPeer.Drop] cuts them.
func (p *SimPeer) Move(addrs ...Address) {
	p.lock.Lock()
	p.addrs = slices.Clone(addrs)
	p.lock.Unlock()
	p.moved.Notify()
}

// Moved waits until the peer's addresses have changed.
func (p *SimPeer) Moved(tc task.Context) error { return p.moved.Wait(tc) }

// Drop breaks every link, as a machine that loses its network.
func (p *SimPeer) Drop() {
	p.lock.Lock()
	links := p.links
	p.links = nil
	p.lock.Unlock()
	for _, l := range links {
		l.Close()
	}
}

// Dial implements [Network]. It takes a round trip.
func (p *SimPeer) Dial(tc task.Context, peer PeerID, addrs []Address) (Link, error) {
	const op = "transport.Dial"
	n := p.net
	n.lock.Lock()
	options := n.options
	n.lock.Unlock()
	trip := 2*options.Latency + options.Jitter
	if err := tc.Sleep(trip); err != nil {
		return nil, err
	}
	n.lock.Lock()
	machines := n.passable(p.self, peer)
	n.lock.Unlock()
	other := answering(machines, addrs)
	if other == nil {
		if err := tc.Sleep(max(0, options.DialWithin-trip)); err != nil {
			return nil, err
		}
		return nil, aura.Errorf(op, aura.Unavailable, "the peer cannot be reached")
	}
	ours, theirs := newSimLink(p, peer), newSimLink(other, p.self.peer)
	ours.other, theirs.other = theirs, ours
	if !p.hold(ours) {
		return nil, goneError(op)
	}
	if !other.hold(theirs) || !other.offered.TrySend(theirs) {
		ours.Close()
		theirs.Close()
		return nil, aura.Errorf(op, aura.Unavailable, "the peer takes no more links")
	}
	return ours, nil
}

// answering returns the machine that a dial reaches: the first at one of addrs, in their order; nil: none.
func answering(machines []*SimPeer, addrs []Address) *SimPeer {
	first, best := (*SimPeer)(nil), len(addrs)
	for _, p := range machines {
		for _, a := range p.Addresses() {
			if i := slices.Index(addrs, a); i >= 0 && i < best {
				first, best = p, i
			}
		}
	}
	return first
}

// hold keeps a link for the peer's end. It reports false when the peer is gone.
func (p *SimPeer) hold(l *simLink) bool {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.gone {
		return false
	}
	p.links = append(p.links, l)
	return true
}

func (p *SimPeer) drop(l *simLink) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if i := slices.Index(p.links, l); i >= 0 {
		p.links = slices.Delete(p.links, i, i+1)
	}
}

// Accept implements [Network].
func (p *SimPeer) Accept(tc task.Context) (Link, error) {
	l, err := p.offered.Recv(tc)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Close implements [Network].
func (p *SimPeer) Close(task.Context) error {
	n := p.net
	n.lock.Lock()
	n.remove(p)
	n.lock.Unlock()
	p.shut()
	return nil
}

// shut breaks every link and ends Accept.
func (p *SimPeer) shut() {
	p.lock.Lock()
	links := p.links
	p.links, p.gone = nil, true
	p.lock.Unlock()
	p.offered.Close()
	for _, l := range links {
		l.Close()
	}
}

func goneError(op aura.Op) error {
	return aura.Errorf(op, aura.Unavailable, "the link is over")
}

// simLink is one end of a link.
type simLink struct {
	owner *SimPeer
	peer  PeerID
	other *simLink
	cells *task.Mailbox[[]byte]

	lock task.Mutex
	over bool
}

func newSimLink(owner *SimPeer, peer PeerID) *simLink {
	return &simLink{owner: owner, peer: peer, cells: task.NewMailbox[[]byte]("simnet.cells", simLinkCells)}
}

// Peer implements [Link].
func (l *simLink) Peer() PeerID { return l.peer }

// Send implements [Link].
func (l *simLink) Send(tc task.Context, cells []byte) error {
	if err := tc.Err(); err != nil {
		return err
	}
	l.lock.Lock()
	over := l.over
	l.lock.Unlock()
	if over {
		return goneError("transport.Send")
	}
	for cell := range slices.Chunk(cells, CellSize) {
		l.owner.net.post(l, cell)
	}
	return nil
}

// Recv implements [Link].
func (l *simLink) Recv(tc task.Context, cell []byte) error {
	b, err := l.cells.Recv(tc)
	if err != nil {
		if tc.Err() != nil {
			return err
		}
		return goneError("transport.Recv") // the mailbox is closed: the link ended
	}
	copy(cell, b)
	l.owner.net.release(b)
	return nil
}

// Close implements [Link].
func (l *simLink) Close() {
	if l.finish() {
		l.owner.net.post(l, nil)
	}
}

// finish ends this side of the link and reports whether it was open.
func (l *simLink) finish() bool {
	l.lock.Lock()
	open := !l.over
	l.over = true
	l.lock.Unlock()
	if open {
		l.cells.Close()
		l.owner.drop(l)
	}
	return open
}
