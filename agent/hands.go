package agent

import (
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// Hands are the outside resources of an agent: keys, store, randomness and network. A machine's come from
// [OpenHome]; a simulation supplies its own, and everything above them is the same code.
type Hands struct {
	Ring    *keyring.Ring
	Store   journal.Store
	Entropy world.Entropy
	// Network opens the network. It is called once, by [New], when the agent knows who may connect.
	Network func(Gate) (transport.Network, error)
}

// Gate says who may connect. A network calls it at any time, from any goroutine.
type Gate struct {
	// Contacts reports whether a peer is a member of a shared context.
	Contacts func(transport.PeerID) bool
	// Strangers reports whether an invitation is open, so that an unknown peer may answer it.
	Strangers func() bool
}
