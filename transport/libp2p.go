package transport

import (
	"bufio"
	"cmp"
	"crypto/ed25519"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/gologshim"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// The files libp2p*.go are the package's bridge: here libp2p's goroutines, contexts and clock meet tasks. A
// link is one libp2p stream; the cells in it follow each other without framing.

// cellProtocol is the stream protocol of cells. Another cell size is another protocol.
const cellProtocol = "/aura/cell/1"

// Libp2p is the [Network] over go-libp2p: QUIC and TCP, hole punching, and relaying through contacts
// only. It knows no public nodes, and looks for no peer by itself.
type Libp2p struct {
	self    PeerID
	host    host.Host
	relay   *relay.Relay
	gate    *gate
	offered *task.Mailbox[*streamLink]
	moved   *task.Wake
	changes event.Subscription // of this host's addresses
	nextTag atomic.Uint64
	closing atomic.Bool

	mu           sync.Mutex
	reservations map[peer.ID]reservation
	local        ownAddresses
}

// reservation is a contact's promise to relay to this host.
type reservation struct {
	addrs   []ma.Multiaddr // of the contact, without its name
	expires time.Time
}

// Libp2pStats counts the connections that others tried to open. A connection neither admitted nor pending
// was refused: no proof of a link key, a stranger while no invitation is open, or a limit reached.
type Libp2pStats struct {
	Tried    uint64 // TCP connections, and QUIC connections after their handshake
	Admitted uint64
	Links    uint64 // streams that became links
	Dropped  uint64 // streams that no caller accepted
}

// OpenLibp2p starts a host whose identity follows from linkSeed, a 32-byte Ed25519 seed. It returns
// [aura.Invalid] for an address that it cannot read and [aura.Unavailable] when it cannot listen.
func OpenLibp2p(linkSeed [32]byte, o Libp2pOptions) (*Libp2p, error) {
	const op = "transport.OpenLibp2p"
	// The library would write to standard error, with addresses.
	gologshim.SetDefaultHandler(slog.DiscardHandler)
	key := ed25519.NewKeyFromSeed(linkSeed[:])
	private, err := crypto.UnmarshalEd25519PrivateKey(key)
	if err != nil {
		return nil, aura.Errorf(op, aura.Invalid, "link key: %w", err)
	}
	listen := make([]ma.Multiaddr, 0, len(o.Listen))
	for _, text := range o.Listen {
		a, err := ma.NewMultiaddr(text)
		if err != nil {
			return nil, aura.Errorf(op, aura.Invalid, "%q is no address to listen on, %w: write a multiaddr such as /ip4/0.0.0.0/tcp/4001", text, err)
		}
		listen = append(listen, a)
	}
	n := &Libp2p{
		self:         PeerID(key.Public().(ed25519.PublicKey)),
		gate:         newGate(o),
		offered:      task.NewMailbox[*streamLink]("transport.offered", offeredLinks),
		moved:        task.NewWake(),
		local:        ownAddresses{},
		reservations: make(map[peer.ID]reservation),
	}
	resources, err := rcmgr.NewResourceManager(hostLimits(), rcmgr.WithMetricsDisabled())
	if err != nil {
		return nil, aura.Errorf(op, aura.Internal, "resource manager: %w", err)
	}
	idle, err := connmgr.NewConnManager(idleConnsLow, idleConnsHigh, connmgr.WithGracePeriod(idleConnsGrace))
	if err != nil {
		return nil, aura.Errorf(op, aura.Internal, "connection manager: %w", err)
	}
	n.host, err = libp2p.New(hostOptions(o, private, listen, n.gate, resources, idle)...)
	if err != nil {
		return nil, aura.Errorf(op, aura.Unavailable, "cannot listen on %s: choose an address of this machine and a free port: %w",
			strings.Join(o.Listen, ", "), err)
	}
	if !o.NoRelay {
		n.relay, err = relay.New(n.host, relay.WithResources(relayResources()), relay.WithACL(n.gate))
		if err != nil {
			_ = n.host.Close() // the first error is the one to report
			return nil, aura.Errorf(op, aura.Internal, "relay: %w", err)
		}
	}
	if err := n.watch(); err != nil {
		_ = n.Close(task.Context{}) // the first error is the one to report
		return nil, aura.Errorf(op, aura.Internal, "watch addresses: %w", err)
	}
	n.host.SetStreamHandler(cellProtocol, n.offer)
	n.Addresses() // remember the machine's own addresses
	return n, nil
}

func hostOptions(
	o Libp2pOptions, key crypto.PrivKey, listen []ma.Multiaddr, g *gate, resources network.ResourceManager, idle *connmgr.BasicConnMgr,
) []libp2p.Option {
	options := []libp2p.Option{
		libp2p.Identity(key),
		libp2p.NoListenAddrs,
		libp2p.ListenAddrs(listen...),
		libp2p.Transport(libp2pquic.NewTransport),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Muxer(yamux.ID, muxer()),
		libp2p.ConnectionGater(g),
		libp2p.ConnectionManager(idle),
		libp2p.ResourceManager(resources),
		libp2p.WithDialTimeout(dialAttempt),
		libp2p.UserAgent("aura"),
		libp2p.EnableRelay(), // to be dialled, and to dial, through contacts
		libp2p.DisableMetrics(),
		libp2p.Ping(false),
		// A fixed answer keeps the library from asking peers whether this host is reachable.
		libp2p.ForceReachabilityPublic(),
	}
	if o.Private || !slices.ContainsFunc(listen, func(a ma.Multiaddr) bool { return !manet.IsIPLoopback(a) }) {
		return append(options, libp2p.DisableIdentifyAddressDiscovery())
	}
	return append(options, libp2p.EnableHolePunching(), libp2p.NATPortMap())
}

// Self implements [Network].
func (n *Libp2p) Self() PeerID { return n.self }

// Stats returns the counts so far.
func (n *Libp2p) Stats() Libp2pStats { return n.gate.stats() }

// Addresses implements [Network]: public addresses, then local ones, then those through contacts that
// relay to this host.
func (n *Libp2p) Addresses() []Address {
	direct := n.current(slices.DeleteFunc(n.host.Addrs(), isCircuit))
	slices.SortStableFunc(direct, func(a, b ma.Multiaddr) int { return cmp.Compare(distance(a), distance(b)) })
	return texts(append(direct, n.circuits()...))
}

// current corrects the library's addresses by those that this machine has now: the library looks once a minute.
func (n *Libp2p) current(said []ma.Multiaddr) []ma.Multiaddr {
	own, err := manet.InterfaceMultiaddrs()
	if err != nil {
		return said
	}
	now, err := manet.ResolveUnspecifiedAddresses(n.host.Network().ListenAddresses(), own)
	if err != nil {
		return said
	}
	now = slices.DeleteFunc(now, isCircuit)
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.local.correct(said, now)
}

// ownAddresses are the addresses that were this machine's own at any time, by their text.
type ownAddresses map[string]bool

// correct removes the own addresses that are gone from the library's, and adds those that are new. Addresses that are
// not a machine's own, such as that of a router with an open port, stay.
func (p ownAddresses) correct(said, now []ma.Multiaddr) []ma.Multiaddr {
	has := func(all []ma.Multiaddr, a ma.Multiaddr) bool { return slices.ContainsFunc(all, a.Equal) }
	var out []ma.Multiaddr
	for _, a := range said {
		if !p[a.String()] || has(now, a) {
			out = append(out, a)
		}
	}
	for _, a := range now {
		p[a.String()] = true
		if !has(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// distance orders addresses by how far away they may work.
func distance(a ma.Multiaddr) int {
	switch {
	case manet.IsPublicAddr(a):
		return 0
	case manet.IsIPLoopback(a):
		return 2
	}
	return 1
}

func isCircuit(a ma.Multiaddr) bool {
	_, err := a.ValueForProtocol(ma.P_CIRCUIT)
	return err == nil
}

// circuits returns the addresses of live reservations, in the order of the relays' names.
func (n *Libp2p) circuits() []ma.Multiaddr {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []ma.Multiaddr
	for relay, r := range n.reservations {
		if time.Now().After(r.expires) || n.host.Network().Connectedness(relay) != network.Connected {
			continue
		}
		tail := ma.StringCast("/p2p/" + relay.String() + "/p2p-circuit")
		for _, a := range r.addrs {
			out = append(out, a.Encapsulate(tail))
		}
	}
	slices.SortFunc(out, func(a, b ma.Multiaddr) int { return a.Compare(b) })
	return out
}

// CheckAddress returns [aura.Invalid] for a text that is no address at which this build can look for a peer: an
// IP address with QUIC or TCP, or one through a relay.
func CheckAddress(a Address) error {
	const op = "transport.CheckAddress"
	parsed, err := ma.NewMultiaddr(string(a))
	if err != nil {
		return aura.Errorf(op, aura.Invalid, "%q is no address: one looks like /ip4/192.0.2.7/udp/4001/quic-v1", a)
	}
	if !reachable(parsed) {
		return aura.Errorf(op, aura.Invalid, "the address %q cannot be dialled: it needs an IP address and QUIC or TCP, such as /ip4/192.0.2.7/udp/4001/quic-v1", a)
	}
	return nil
}

// reachable reports whether an address can be dialled without a lookup, such as at a name server.
func reachable(a ma.Multiaddr) bool {
	switch first := a[0].Protocol().Code; {
	case isCircuit(a):
		return first == ma.P_IP4 || first == ma.P_IP6 || first == ma.P_P2P
	case first != ma.P_IP4 && first != ma.P_IP6:
		return false
	}
	_, quic := a.ValueForProtocol(ma.P_QUIC_V1)
	_, tcp := a.ValueForProtocol(ma.P_TCP)
	return quic == nil || tcp == nil
}

func texts(addrs []ma.Multiaddr) []Address {
	out := make([]Address, len(addrs))
	for i, a := range addrs {
		out[i] = Address(a.String())
	}
	return out
}

// watch rings moved whenever the library sees that an address of this host has changed: another network, a
// port that a router opened.
func (n *Libp2p) watch() error {
	var err error
	n.changes, err = n.host.EventBus().Subscribe(new(event.EvtLocalAddressesUpdated))
	if err != nil {
		return err
	}
	go func() { // until Close ends the subscription
		for range n.changes.Out() {
			n.moved.Notify()
		}
	}()
	return nil
}

// Moved waits until the addresses of this host have changed since it returned last.
func (n *Libp2p) Moved(tc task.Context) error { return n.moved.Wait(tc) }

// Dial implements [Network].
func (n *Libp2p) Dial(tc task.Context, to PeerID, addrs []Address) (Link, error) {
	const op = "transport.Dial"
	id, err := n.connect(tc, op, to, addrs)
	if err != nil {
		return nil, err
	}
	ctx := network.WithAllowLimitedConn(network.WithNoDial(tc.Std(), "aura"), "aura")
	s, err := n.host.NewStream(ctx, id, cellProtocol)
	if err != nil {
		return nil, unreachable(tc, op)
	}
	l := n.link(s, to)
	l.agreed = make(chan struct{})
	return l, nil
}

// connect makes sure of a connection to a peer, direct or relayed.
func (n *Libp2p) connect(tc task.Context, op aura.Op, to PeerID, addrs []Address) (peer.ID, error) {
	id, err := nameOf(to)
	if err != nil {
		return "", aura.Errorf(op, aura.Invalid, "peer key: %w", err)
	}
	info := peer.AddrInfo{ID: id}
	for _, text := range addrs {
		// A published address may be malformed, need a name server, or lead through a relay that is no contact.
		if a, err := ma.NewMultiaddr(string(text)); err == nil && reachable(a) && n.gate.trusts(a) {
			info.Addrs = append(info.Addrs, a)
		}
	}
	if n.host.Network().Connectedness(id) == network.NotConnected {
		n.host.Peerstore().ClearAddrs(id) // the caller knows where to look
	}
	if s, ok := n.host.Network().(*swarm.Swarm); ok {
		s.Backoff().Clear(id) // and its backoff is the only one
	}
	if err := n.host.Connect(network.WithAllowLimitedConn(tc.Std(), "aura"), info); err != nil {
		return "", unreachable(tc, op)
	}
	return id, nil
}

// unreachable hides the library's error, which carries addresses.
func unreachable(tc task.Context, op aura.Op) error {
	if err := tc.Err(); err != nil {
		return err
	}
	return aura.Errorf(op, aura.Unavailable, "the peer cannot be reached")
}

func nameOf(p PeerID) (peer.ID, error) {
	key, err := crypto.UnmarshalEd25519PublicKey(p[:])
	if err != nil {
		return "", err
	}
	return peer.IDFromPublicKey(key)
}

// peerOf returns the link key that a name stands for, or false for a name that is not an Ed25519 key.
func peerOf(id peer.ID) (PeerID, bool) {
	key, err := id.ExtractPublicKey()
	if err != nil || key.Type() != crypto.Ed25519 {
		return PeerID{}, false
	}
	raw, err := key.Raw()
	if err != nil || len(raw) != len(PeerID{}) {
		return PeerID{}, false
	}
	return PeerID(raw), true
}

// Reserve asks a contact to relay to this host and returns how long it will. While the contact stays
// connected, [Libp2p.Addresses] has the addresses through it; reserve again before the time is up. It
// returns [aura.Unavailable] when the contact cannot be reached or does not relay.
func (n *Libp2p) Reserve(tc task.Context, contact PeerID, addrs []Address) (aura.Duration, error) {
	const op = "transport.Reserve"
	id, err := n.connect(tc, op, contact, addrs)
	if err != nil {
		return 0, err
	}
	granted, err := client.Reserve(tc.Std(), n.host, peer.AddrInfo{ID: id})
	if err != nil {
		return 0, unreachable(tc, op)
	}
	n.host.ConnManager().Protect(id, "relay")
	r := reservation{expires: granted.Expiration}
	for _, c := range n.host.Network().ConnsToPeer(id) {
		if a := c.RemoteMultiaddr(); !isCircuit(a) && c.Stat().Direction == network.DirOutbound {
			r.addrs = append(r.addrs, a)
		}
	}
	for _, text := range addrs {
		if a, err := ma.NewMultiaddr(string(text)); err == nil && !isCircuit(a) {
			r.addrs = append(r.addrs, a)
		}
	}
	slices.SortFunc(r.addrs, func(a, b ma.Multiaddr) int { return a.Compare(b) })
	r.addrs = slices.CompactFunc(r.addrs, func(a, b ma.Multiaddr) bool { return a.Equal(b) })
	n.mu.Lock()
	n.reservations[id] = r
	n.mu.Unlock()
	return time.Until(granted.Expiration), nil
}

// Through returns the address at which a peer that a contact relays to is reached through the contact.
func (n *Libp2p) Through(contact PeerID) Address {
	id, err := nameOf(contact)
	if err != nil {
		return "" // dialling skips an empty address
	}
	return Address("/p2p/" + id.String() + "/p2p-circuit")
}

// Accept implements [Network].
func (n *Libp2p) Accept(tc task.Context) (Link, error) {
	l, err := n.offered.Recv(tc)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// offer takes a stream that a peer opened. It runs on a goroutine of the library.
func (n *Libp2p) offer(s network.Stream) {
	p, ok := peerOf(s.Conn().RemotePeer())
	if !ok {
		_ = s.Reset() // nothing to do about a stream that is broken already
		return
	}
	l := n.link(s, p)
	if n.closing.Load() || !n.offered.TrySend(l) {
		n.gate.dropped.Add(1)
		l.Close()
		return
	}
	n.gate.links.Add(1)
}

// Close implements [Network].
func (n *Libp2p) Close(task.Context) error {
	if n.closing.Swap(true) {
		return nil
	}
	n.host.RemoveStreamHandler(cellProtocol)
	n.offered.Close()
	if n.changes != nil {
		_ = n.changes.Close() // it only fails when it is closed
	}
	if n.relay != nil {
		_ = n.relay.Close() // it has no state to lose
	}
	if err := n.host.Close(); err != nil {
		return aura.Errorf("transport.Close", aura.Unavailable, "host: %w", err)
	}
	return nil
}

// link wraps a stream and keeps its connection from being closed as idle.
func (n *Libp2p) link(s network.Stream, p PeerID) *streamLink {
	tag := "link" + strconv.FormatUint(n.nextTag.Add(1), 10)
	id, connections := s.Conn().RemotePeer(), n.host.ConnManager()
	connections.Protect(id, tag)
	return &streamLink{
		stream: s, peer: p, in: bufio.NewReaderSize(s, linkBufferCells*CellSize),
		release: func() { connections.Unprotect(id, tag) },
	}
}
