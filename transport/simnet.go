package transport

import (
	"cmp"
	"container/heap"
	"math/rand/v2"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// SimOptions says how a simulated network treats cells. The zero value delivers every cell after 20 ms,
// in order.
type SimOptions struct {
	// Latency is the time a cell travels, at least. Default 20 ms.
	Latency aura.Duration
	// Jitter is the most that chance adds to it, per cell: cells overtake each other. Default 0.
	Jitter aura.Duration
	// Loss, Duplicate and Reorder are the shares, 0 to 1, of cells that vanish, arrive twice, or are
	// held back for four more latencies. Default 0.
	Loss, Duplicate, Reorder float64
	// DialWithin is how long a dial to a peer that does not answer waits. Default 5 s.
	DialWithin aura.Duration
}

// The bounds of a simulated network.
const (
	simLinkCells = 512 // cells that wait at one end; more are lost
	simLinks     = 64  // links that wait for Accept; a dial beyond is refused
)

// SimNet is a network for many peers in one process: [SimNet.Join] gives each its [Network]. A peer is one machine
// as a rule; [SimNet.Host] puts several machines with the key of one peer on the network, as a copied home does.
// The fate of a cell follows from its entropy and the order of calls alone. Owner: the group that it was given.
type SimNet struct {
	clock  world.Clock
	posted *task.Wake

	lock    task.Mutex
	options SimOptions
	chance  *rand.Rand
	peers   map[PeerID][]*SimPeer // the machines with a peer's key that are there, by their number
	cuts    map[[2]hostID]bool
	away    map[hostID]bool
	transit transit
	order   uint64
	spare   [][]byte
}

// hostID is one of the machines with a peer's key.
type hostID struct {
	peer   PeerID
	number int
}

func (h hostID) compare(o hostID) int {
	return cmp.Or(h.peer.Compare(o.peer), cmp.Compare(h.number, o.number))
}

// NewSimNet starts a network without peers.
func NewSimNet(group *task.Group, clock world.Clock, e world.Entropy, o SimOptions) *SimNet {
	var seed [32]byte
	_, _ = e.Read(seed[:])
	n := &SimNet{
		clock: clock, posted: task.NewWake(), chance: rand.New(rand.NewChaCha8(seed)),
		peers: make(map[PeerID][]*SimPeer), cuts: make(map[[2]hostID]bool), away: make(map[hostID]bool),
	}
	n.Set(o)
	group.Go("simnet.deliver", n.deliver)
	return n
}

// Set changes how cells are treated from now on.
func (n *SimNet) Set(o SimOptions) {
	if o.Latency <= 0 {
		o.Latency = 20e6
	}
	if o.DialWithin <= 0 {
		o.DialWithin = 5e9
	}
	n.lock.Lock()
	defer n.lock.Unlock()
	n.options = o
}

// Host returns the machine with a number among those that have the key of a peer. The methods of the network that
// take a peer mean its machine 0. A dial reaches the first of the peer's machines that answers, in the order of
// the addresses that it names; the other end of a link proves the key and does not learn the number. A library that
// has a connection to one machine already may use that for a dial to another one; the simulation does not.
func (n *SimNet) Host(peer PeerID, number int) SimHost {
	return SimHost{n, hostID{peer, number}}
}

// SimHost is a machine on a [SimNet], whether a process runs there or not.
type SimHost struct {
	net *SimNet
	hostID
}

// Join connects the machine, which can be reached at addrs. A process that is still there crashes first.
func (h SimHost) Join(addrs ...Address) *SimPeer {
	h.Crash()
	n := h.net
	p := &SimPeer{
		net: n, self: h.hostID, addrs: addrs, offered: task.NewMailbox[*simLink]("simnet.links", simLinks), moved: task.NewWake(),
	}
	n.lock.Lock()
	defer n.lock.Unlock()
	all := append(n.peers[h.peer], p)
	slices.SortFunc(all, func(a, b *SimPeer) int { return a.self.compare(b.self) })
	n.peers[h.peer] = all
	return p
}

// Crash ends what runs there as if its process was killed: nothing leaves it any more, its links break, and the other
// ends learn of it as they would of a reset connection.
func (h SimHost) Crash() {
	n := h.net
	n.lock.Lock()
	var gone *SimPeer
	for _, p := range n.peers[h.peer] {
		if p.self == h.hostID {
			gone = p
		}
	}
	n.remove(gone)
	n.lock.Unlock()
	if gone != nil {
		gone.shut()
	}
}

// remove takes a process off the network. The lock is held.
func (n *SimNet) remove(p *SimPeer) {
	if p == nil {
		return
	}
	left := slices.DeleteFunc(n.peers[p.self.peer], func(q *SimPeer) bool { return q == p })
	n.peers[p.self.peer] = left
	if len(left) == 0 {
		delete(n.peers, p.self.peer)
	}
}

// Cut drops everything between two machines, without telling them.
func (h SimHost) Cut(o SimHost) { set(h.net, h.net.cuts, edge(h.hostID, o.hostID), true) }

// Mend undoes [SimHost.Cut].
func (h SimHost) Mend(o SimHost) { set(h.net, h.net.cuts, edge(h.hostID, o.hostID), false) }

// Detach silently drops everything from and to the machine.
func (h SimHost) Detach() { set(h.net, h.net.away, h.hostID, true) }

// Attach undoes [SimHost.Detach].
func (h SimHost) Attach() { set(h.net, h.net.away, h.hostID, false) }

// set puts a key into a set of the network, or removes it.
func set[K comparable](n *SimNet, in map[K]bool, key K, there bool) {
	n.lock.Lock()
	defer n.lock.Unlock()
	if there {
		in[key] = true
	} else {
		delete(in, key)
	}
}

// Join connects a peer, see [SimHost.Join].
func (n *SimNet) Join(self PeerID, addrs ...Address) *SimPeer {
	return n.Host(self, 0).Join(addrs...)
}

// Crash takes a peer away, see [SimHost.Crash].
func (n *SimNet) Crash(peer PeerID) { n.Host(peer, 0).Crash() }

// Cut separates two peers, see [SimHost.Cut].
func (n *SimNet) Cut(a, b PeerID) { n.Host(a, 0).Cut(n.Host(b, 0)) }

// Mend undoes [SimNet.Cut].
func (n *SimNet) Mend(a, b PeerID) { n.Host(a, 0).Mend(n.Host(b, 0)) }

// Detach takes a peer off the network, see [SimHost.Detach].
func (n *SimNet) Detach(peer PeerID) { n.Host(peer, 0).Detach() }

// Attach undoes [SimNet.Detach].
func (n *SimNet) Attach(peer PeerID) { n.Host(peer, 0).Attach() }

func edge(a, b hostID) [2]hostID {
	if a.compare(b) > 0 {
		a, b = b, a
	}
	return [2]hostID{a, b}
}

// open reports whether cells pass between two machines. The lock is held.
func (n *SimNet) open(a, b hostID) bool { return !n.away[a] && !n.away[b] && !n.cuts[edge(a, b)] }

// passable returns the machines with a peer's key to which cells pass from another machine. The lock is held.
func (n *SimNet) passable(from hostID, to PeerID) []*SimPeer {
	var all []*SimPeer
	for _, p := range n.peers[to] {
		if n.open(from, p.self) {
			all = append(all, p)
		}
	}
	return all
}

// post puts one cell on the way to the other end of a link; nil tells it that the link is over.
func (n *SimNet) post(from *simLink, cell []byte) {
	n.lock.Lock()
	defer n.lock.Unlock()
	o := n.options
	at := n.clock.Elapsed() + o.Latency
	if cell == nil {
		// The end travels as late as any cell, so that it does not overtake earlier cells.
		n.enqueue(at+o.Jitter, from, nil)
		return
	}
	copies := 1
	if o.Loss > 0 && n.chance.Float64() < o.Loss {
		copies = 0
	} else if o.Duplicate > 0 && n.chance.Float64() < o.Duplicate {
		copies = 2
	}
	for range copies {
		late := aura.Duration(0)
		if o.Jitter > 0 {
			late = aura.Duration(n.chance.Int64N(int64(o.Jitter) + 1))
		}
		if o.Reorder > 0 && n.chance.Float64() < o.Reorder {
			late += 4 * o.Latency
		}
		n.enqueue(at+late, from, cell)
	}
}

func (n *SimNet) enqueue(at aura.Duration, from *simLink, cell []byte) {
	n.order++
	heap.Push(&n.transit, parcel{at: at, order: n.order, from: from.owner.self, to: from.other, cell: n.copyOf(cell)})
	if n.transit[0].order == n.order {
		n.posted.Notify()
	}
}

// copyOf takes a spare buffer if there is one. The lock is held.
func (n *SimNet) copyOf(cell []byte) []byte {
	if cell == nil {
		return nil
	}
	var b []byte
	if last := len(n.spare) - 1; last >= 0 {
		b, n.spare = n.spare[last], n.spare[:last]
	} else {
		b = make([]byte, CellSize)
	}
	copy(b, cell)
	return b
}

func (n *SimNet) release(b []byte) {
	const keep = 1024
	n.lock.Lock()
	defer n.lock.Unlock()
	if b != nil && len(n.spare) < keep {
		n.spare = append(n.spare, b)
	}
}

// deliver hands out the cells that are due.
func (n *SimNet) deliver(tc task.Context) error {
	for {
		due, at := n.due(tc.Elapsed())
		if due != nil {
			if due.cell == nil {
				due.to.finish()
			} else if !due.to.cells.TrySend(due.cell) {
				n.release(due.cell)
			}
			continue
		}
		if _, err := n.posted.WaitUntil(tc, at); err != nil {
			return nil
		}
	}
}

// due takes the next parcel that has arrived, or says when one will. A parcel that meets a cut vanishes.
func (n *SimNet) due(now aura.Duration) (*parcel, aura.Duration) {
	n.lock.Lock()
	defer n.lock.Unlock()
	for len(n.transit) > 0 {
		if at := n.transit[0].at; at > now {
			return nil, at
		}
		p := heap.Pop(&n.transit).(parcel)
		if n.open(p.from, p.to.owner.self) {
			return &p, 0
		}
	}
	return nil, never
}

// parcel is a cell on its way; a nil cell is the end of the link.
type parcel struct {
	at    aura.Duration
	order uint64
	from  hostID
	to    *simLink
	cell  []byte
}

// transit is a heap of parcels by time, then by order of sending.
type transit []parcel

func (t transit) Len() int { return len(t) }
func (t transit) Less(i, j int) bool {
	return t[i].at < t[j].at || t[i].at == t[j].at && t[i].order < t[j].order
}
func (t transit) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *transit) Push(x any)   { *t = append(*t, x.(parcel)) }
func (t *transit) Pop() any {
	last := len(*t) - 1
	p := (*t)[last]
	(*t)[last] = parcel{}
	*t = (*t)[:last]
	return p
}
