package auratest_test

import (
	"bytes"
	"slices"

	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// wire records every cell of a world, with the randomness that agents drew. With the keys on their disks a test reads them afterwards.
type wire struct {
	world *auratest.World
	talks []*conversation
	drawn [][32]byte // each read of 32 bytes: among them the ephemeral keys of handshakes
	rings map[transport.PeerID]*keyring.Ring
	cells int
}

// conversation is what passes over one link.
type conversation struct {
	first             []byte // the first cell: no two links have the same
	dialler, acceptor transport.PeerID
	cells             []cell
}

// cell is one cell as a network was given it, or gave it.
type cell struct {
	bytes       []byte
	number      int  // among all of the world
	fromDialler bool // which way it goes
	sent        bool // its sender was watched; else its receiver was
	events      int  // that the world had before it
}

// watch has every process of a person from its next start on recorded.
func (x *wire) watch(p *auratest.Person) {
	x.rings[p.Ring.Certificate().Link] = p.Ring
	p.Hands = func(h agent.Hands) agent.Hands {
		open := h.Network
		h.Network = func(g agent.Gate) (transport.Network, error) {
			n, err := open(g)
			if err != nil {
				return nil, err
			}
			return tapped{n.(*transport.SimPeer), x}, nil
		}
		h.Entropy = drawn{h.Entropy, x}
		return h
	}
}

// drawn is a source of randomness that is watched.
type drawn struct {
	world.Entropy
	wire *wire
}

// Read implements [world.Entropy].
func (d drawn) Read(p []byte) (int, error) {
	n, err := d.Entropy.Read(p)
	if len(p) == 32 {
		d.wire.drawn = append(d.wire.drawn, [32]byte(p))
	}
	return n, err
}

// tapped is a network that is watched.
type tapped struct {
	*transport.SimPeer
	wire *wire
}

// Dial implements [transport.Network].
func (t tapped) Dial(tc task.Context, peer transport.PeerID, addrs []transport.Address) (transport.Link, error) {
	l, err := t.SimPeer.Dial(tc, peer, addrs)
	if err != nil {
		return nil, err
	}
	return &tappedLink{Link: l, wire: t.wire, self: t.Self(), dialled: true}, nil
}

// Accept implements [transport.Network].
func (t tapped) Accept(tc task.Context) (transport.Link, error) {
	l, err := t.SimPeer.Accept(tc)
	if err != nil {
		return nil, err
	}
	return &tappedLink{Link: l, wire: t.wire, self: t.Self()}, nil
}

// tappedLink is one end of a link that is watched.
type tappedLink struct {
	transport.Link
	wire    *wire
	self    transport.PeerID
	dialled bool
	talk    *conversation
}

// Send implements [transport.Link].
func (l *tappedLink) Send(tc task.Context, cells []byte) error {
	for c := range slices.Chunk(cells, transport.CellSize) {
		l.record(c, true)
	}
	return l.Link.Send(tc, cells)
}

// Recv implements [transport.Link].
func (l *tappedLink) Recv(tc task.Context, cell []byte) error {
	err := l.Link.Recv(tc, cell)
	if err == nil {
		l.record(cell, false)
	}
	return err
}

func (l *tappedLink) record(b []byte, sent bool) {
	x := l.wire
	c := cell{bytes.Clone(b), x.cells, l.dialled == sent, sent, len(x.world.Events)}
	x.cells++
	if l.talk == nil {
		i := slices.IndexFunc(x.talks, func(t *conversation) bool { return bytes.Equal(t.first, b) })
		if i < 0 {
			t := &conversation{first: c.bytes, dialler: l.self, acceptor: l.Peer()}
			if !l.dialled {
				t.dialler, t.acceptor = t.acceptor, t.dialler
			}
			i, x.talks = len(x.talks), append(x.talks, t)
		}
		l.talk = x.talks[i]
	}
	l.talk.cells = append(l.talk.cells, c)
}

// way returns the cells of one direction: as its sender gave them to the network or, where only the receiver was watched, as they came.
func (t *conversation) way(fromDialler bool) []cell {
	var sent, came []cell
	for _, c := range t.cells {
		switch {
		case c.fromDialler != fromDialler:
		case c.sent:
			sent = append(sent, c)
		default:
			came = append(came, c)
		}
	}
	if len(sent) > 0 {
		return sent
	}
	return came
}
