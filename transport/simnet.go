package transport

import (
	"container/heap"
	"math/rand/v2"

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

// SimNet is a network for many peers in one process: [SimNet.Join] gives each its [Network]. The fate
// of a cell follows from its entropy and the order of calls alone. Owner: the group that it was given.
type SimNet struct {
	clock  world.Clock
	posted *task.Wake

	lock    task.Mutex
	options SimOptions
	chance  *rand.Rand
	peers   map[PeerID]*SimPeer
	cuts    map[[2]PeerID]bool
	away    map[PeerID]bool
	transit transit
	order   uint64
	spare   [][]byte
}

// NewSimNet starts a network without peers.
func NewSimNet(group *task.Group, clock world.Clock, e world.Entropy, o SimOptions) *SimNet {
	var seed [32]byte
	_, _ = e.Read(seed[:])
	n := &SimNet{
		clock: clock, posted: task.NewWake(), chance: rand.New(rand.NewChaCha8(seed)),
		peers: make(map[PeerID]*SimPeer), cuts: make(map[[2]PeerID]bool), away: make(map[PeerID]bool),
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

// Join connects a peer that can be reached at addrs. A peer of the same identifier that is still there
// crashes first.
func (n *SimNet) Join(self PeerID, addrs ...Address) *SimPeer {
	n.Crash(self)
	p := &SimPeer{net: n, self: self, addrs: addrs, offered: task.NewMailbox[*simLink]("simnet.links", simLinks), moved: task.NewWake()}
	n.lock.Lock()
	defer n.lock.Unlock()
	n.peers[self] = p
	return p
}

// Crash takes a peer away as if its process was killed: nothing leaves it any more, its links break, and
// the other ends learn of it as they would of a reset connection.
func (n *SimNet) Crash(peer PeerID) {
	n.lock.Lock()
	p := n.peers[peer]
	delete(n.peers, peer)
	n.lock.Unlock()
	if p != nil {
		p.shut()
	}
}

// Cut drops everything between two peers, without telling them.
func (n *SimNet) Cut(a, b PeerID) { n.setCut(a, b, true) }

// Mend undoes [SimNet.Cut].
func (n *SimNet) Mend(a, b PeerID) { n.setCut(a, b, false) }

// Detach silently drops everything from and to a peer.
func (n *SimNet) Detach(peer PeerID) { n.setAway(peer, true) }

// Attach undoes [SimNet.Detach].
func (n *SimNet) Attach(peer PeerID) { n.setAway(peer, false) }

func (n *SimNet) setCut(a, b PeerID, cut bool) {
	n.lock.Lock()
	defer n.lock.Unlock()
	if cut {
		n.cuts[edge(a, b)] = true
	} else {
		delete(n.cuts, edge(a, b))
	}
}

func (n *SimNet) setAway(peer PeerID, away bool) {
	n.lock.Lock()
	defer n.lock.Unlock()
	if away {
		n.away[peer] = true
	} else {
		delete(n.away, peer)
	}
}

func edge(a, b PeerID) [2]PeerID {
	if a.Compare(b) > 0 {
		a, b = b, a
	}
	return [2]PeerID{a, b}
}

// open reports whether cells pass between two peers. The lock is held.
func (n *SimNet) open(a, b PeerID) bool { return !n.away[a] && !n.away[b] && !n.cuts[edge(a, b)] }

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
	heap.Push(&n.transit, parcel{at: at, order: n.order, from: from.self, to: from.other, cell: n.copyOf(cell)})
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
		if n.open(p.from, p.to.self) {
			return &p, 0
		}
	}
	return nil, never
}

// parcel is a cell on its way; a nil cell is the end of the link.
type parcel struct {
	at    aura.Duration
	order uint64
	from  PeerID
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
