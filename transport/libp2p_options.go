package transport

import (
	"time"

	"github.com/libp2p/go-libp2p"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
)

// Libp2pOptions configures [OpenLibp2p]. The zero value does not listen, does not relay and accepts
// no links.
type Libp2pOptions struct {
	// Listen is where to listen, as multiaddr text. Default: nowhere, which still allows to dial.
	Listen []string
	// Contacts reports whether a peer is a contact. Contacts may connect at any time, relay through this host and hold a
	// reservation with it. Goroutines of the library call it; it must not wait. Default: no peer.
	Contacts func(PeerID) bool
	// Strangers says whether others may connect now, because an invitation is open. It is called as
	// Contacts is. Default: never.
	Strangers func() bool
	// Private keeps the host unreachable from outside of this machine or network: no router is
	// asked to open a port, no hole is punched, no address is observed. A host that listens on loopback
	// alone is private anyway.
	Private bool
	// NoRelay refuses to relay, also for contacts.
	NoRelay bool
}

// The bounds of a host. A stream of one channel takes up to 16 MiB of yamux window at most; reserved
// memory counts against the limits before it is used.
const (
	hostMemory      = 96 << 20
	hostFiles       = 256
	hostConns       = 160
	strangerConns   = 32 // connections whose peer is not yet proven
	peerConns       = 6
	peerStreams     = 96
	idleConnsLow    = 48 // above hostConnsHigh, unprotected idle connections are closed down to this
	idleConnsHigh   = 96
	idleConnsGrace  = time.Minute
	relayTTL        = time.Hour
	relaySlots      = 64
	relayCircuits   = 16      // for each contact
	relayBuffer     = 4 << 10 // for each direction of a circuit
	relayBytes      = 1 << 30 // for each direction of a circuit
	relayFor        = 12 * time.Hour
	muxKeepAlive    = 90 * time.Second
	muxMeasure      = 15 * time.Minute
	dialAttempt     = 8 * time.Second // one address
	offeredLinks    = 64
	linkBufferCells = 8
)

func hostLimits() rcmgr.Limiter {
	scaling := rcmgr.DefaultLimits
	libp2p.SetDefaultServiceLimits(&scaling)
	limits := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			Memory: hostMemory, FD: hostFiles,
			Conns: hostConns, ConnsInbound: hostConns, ConnsOutbound: hostConns,
			Streams: 2048, StreamsInbound: 1024, StreamsOutbound: 1024,
		},
		Transient: rcmgr.ResourceLimits{
			Memory: 16 << 20, FD: strangerConns,
			Conns: 2 * strangerConns, ConnsInbound: strangerConns, ConnsOutbound: strangerConns,
			Streams: 128, StreamsInbound: 64, StreamsOutbound: 64,
		},
		PeerDefault: rcmgr.ResourceLimits{
			Memory: 32 << 20, FD: peerConns,
			Conns: 2 * peerConns, ConnsInbound: peerConns, ConnsOutbound: peerConns,
			Streams: 2 * peerStreams, StreamsInbound: peerStreams, StreamsOutbound: peerStreams,
		},
	}
	return rcmgr.NewFixedLimiter(limits.Build(scaling.Scale(hostMemory, hostFiles)))
}

// muxer is the library's multiplexer for TCP, which asks twice a minute from each side whether the other
// is there. An idle contact must cost less, and a channel asks for itself before it gives up.
func muxer() *yamux.Transport {
	m := *yamux.DefaultTransport
	m.KeepAliveInterval = muxKeepAlive
	m.MeasureRTTInterval = muxMeasure
	return &m
}

func relayResources() relay.Resources {
	return relay.Resources{
		Limit:                 &relay.RelayLimit{Duration: relayFor, Data: relayBytes},
		ReservationTTL:        relayTTL,
		MaxReservations:       relaySlots,
		MaxCircuits:           relayCircuits,
		BufferSize:            relayBuffer,
		MaxReservationsPerIP:  relaySlots,
		MaxReservationsPerASN: relaySlots,
	}
}
