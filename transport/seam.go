package transport

import (
	"bytes"
	"encoding/hex"

	"github.com/aura-runtime/aura/task"
)

// PeerID names a peer on the network: its Ed25519 link public key.
type PeerID [32]byte

// Compare orders peers by their bytes.
func (p PeerID) Compare(o PeerID) int { return bytes.Compare(p[:], o[:]) }

// String returns the first bytes in hexadecimal: for a person's eye, not unique, never parsed.
func (p PeerID) String() string { return hex.EncodeToString(p[:6]) }

// Address is a place where a peer may be reached, as multiaddr text ("/ip4/192.0.2.7/udp/4001/quic-v1").
type Address string

// Network opens links to peers. It proves that a link's peer holds the link key that names it, and
// nothing else: the layers above decide which peers may speak.
type Network interface {
	// Self returns the identifier under which peers reach this network.
	Self() PeerID
	// Addresses returns where peers may try to reach it now, the most promising first.
	Addresses() []Address
	// Dial opens a link to peer at one of addrs. The peer may learn of it with the first cell only. It
	// returns [aura.Unavailable] when none answers.
	Dial(tc task.Context, peer PeerID, addrs []Address) (Link, error)
	// Accept returns the next link that a peer opened. After Close it returns [aura.Cancelled].
	Accept(tc task.Context) (Link, error)
	// Close ends every link, stops listening and waits for the network's tasks.
	Close(tc task.Context) error
}

// Link carries cells between two peers for one channel. It may lose, reorder and repeat cells, and it
// never splits or joins them. One task sends and one receives.
type Link interface {
	// Peer returns the peer at the other end.
	Peer() PeerID
	// Send passes on one or more whole cells; len(cells) is a multiple of [CellSize]. It may wait for
	// the network to take them, and keeps no reference to cells.
	Send(tc task.Context, cells []byte) error
	// Recv fills cell, [CellSize] bytes, with the next cell. It returns tc's error when its budget
	// ends, after which it may be called again, and [aura.Unavailable] when the link is over.
	Recv(tc task.Context, cell []byte) error
	// Close ends the link for both sides and wakes Send and Recv. Cells already sent still travel
	// where the network can. Closing again does nothing.
	Close()
}
