package transport

import (
	"sync/atomic"

	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// gate decides which peers may connect, and which may relay through this host.
type gate struct {
	contacts  func(PeerID) bool
	strangers func() bool

	tried, admitted, links, dropped atomic.Uint64
}

func newGate(o Libp2pOptions) *gate {
	g := &gate{contacts: o.Contacts, strangers: o.Strangers}
	if g.contacts == nil {
		g.contacts = func(PeerID) bool { return false }
	}
	if g.strangers == nil {
		g.strangers = func() bool { return false }
	}
	return g
}

func (g *gate) stats() Libp2pStats {
	return Libp2pStats{g.tried.Load(), g.admitted.Load(), g.links.Load(), g.dropped.Load()}
}

func (g *gate) knows(id peer.ID) bool {
	p, ok := peerOf(id)
	return ok && g.contacts(p)
}

// trusts reports whether an address is direct or leads through a contact.
func (g *gate) trusts(a ma.Multiaddr) bool {
	if !isCircuit(a) {
		return true
	}
	text, err := a.ValueForProtocol(ma.P_P2P)
	if err != nil {
		return false
	}
	relay, err := peer.Decode(text)
	return err == nil && g.knows(relay)
}

// InterceptPeerDial implements the library's connmgr.ConnectionGater: whom to dial is decided above.
func (g *gate) InterceptPeerDial(peer.ID) bool { return true }

// InterceptAddrDial implements connmgr.ConnectionGater.
func (g *gate) InterceptAddrDial(peer.ID, ma.Multiaddr) bool { return true }

// InterceptAccept implements connmgr.ConnectionGater: nothing is known of the peer yet.
func (g *gate) InterceptAccept(network.ConnMultiaddrs) bool {
	g.tried.Add(1)
	return true
}

// InterceptSecured implements connmgr.ConnectionGater: the peer has proven its key.
func (g *gate) InterceptSecured(d network.Direction, id peer.ID, _ network.ConnMultiaddrs) bool {
	return d == network.DirOutbound || g.knows(id) || g.strangers()
}

// InterceptUpgraded implements connmgr.ConnectionGater.
func (g *gate) InterceptUpgraded(c network.Conn) (bool, control.DisconnectReason) {
	if c.Stat().Direction == network.DirInbound {
		g.admitted.Add(1)
	}
	return true, 0
}

// AllowReserve implements relay.ACLFilter: this host relays to its contacts.
func (g *gate) AllowReserve(id peer.ID, _ ma.Multiaddr) bool { return g.knows(id) }

// AllowConnect implements relay.ACLFilter: between contacts only.
func (g *gate) AllowConnect(from peer.ID, _ ma.Multiaddr, to peer.ID) bool {
	return g.knows(from) && g.knows(to)
}
