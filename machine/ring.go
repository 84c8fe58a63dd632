package machine

import "crypto/ed25519"

// BufferMode is an edge's treatment of a message while another waits.
type BufferMode uint8

// The buffer modes.
const (
	// BufferFIFO keeps messages in order.
	BufferFIFO BufferMode = 0
	// BufferLatestValue lets a message take the place of the last waiting one if both have the same label. It is
	// for values that supersede each other, in protocols whose receiver does not count them.
	BufferLatestValue BufferMode = 1
)

// FullPolicy is the effect of a send to a full edge.
type FullPolicy uint8

// The four back-pressure policies.
const (
	// FullBlock: the sender sleeps until there is room.
	FullBlock FullPolicy = 0
	// FullDropNewest: the message is lost; the sender goes on as if it had been sent.
	FullDropNewest FullPolicy = 1
	// FullFail: the session ends with FaultBuffer.
	FullFail FullPolicy = 2
	// FullResize: the capacity doubles up to Max, then the sender sleeps.
	FullResize FullPolicy = 3
)

// Buffer configures the edges of a session. The zero value is BufferFIFO, 64 messages, FullBlock.
type Buffer struct {
	Mode BufferMode
	// Capacity in messages; default 64.
	Capacity int
	Policy   FullPolicy
	// Max is the largest capacity under FullResize; default Capacity. Other policies do not use it.
	Max int
}

func (b Buffer) withDefaults() Buffer {
	if b.Capacity <= 0 {
		b.Capacity = 64
	}
	if b.Policy != FullResize {
		b.Max = b.Capacity
	}
	b.Max = max(b.Max, b.Capacity)
	return b
}

// queuedMessage is a message that waits on an edge. Its buffers are used again by the next message in the slot.
type queuedMessage struct {
	label LabelID
	seq   uint64
	sum   uint64
	value Value
	tag   [32]byte // sealed: the MAC of the identity
	sig   []byte   // signed and crossing: the signature of the identity; empty otherwise
}

// ring holds the messages of one edge. It grows to its capacity as needed and keeps its memory. Exactly
// one role pushes and one pops.
type ring struct {
	slots    []queuedMessage
	head     int
	count    int
	capacity int

	sent     uint64 // sequence number of the next message
	consumed uint64 // sequence number that the receiver expects next
	window   uint64 // nullifier mode: bit i is the identity consumed-1-i

	cut     uint16 // reasons for which nothing may enter: partitions and timeouts of either side
	corrupt Corruption
	leaves  bool // the receiver is played elsewhere
	crosses bool // the roles belong to different authorities, or were handed over
	listed  bool // on the machine's list of edges with messages to take out

	context [32]byte // names the edge, its session and its protocol
	key     macKey
	tree    tree
	chain   [32]byte          // of the identities consumed
	foreign ed25519.PublicKey // key of a sender that signs elsewhere; nil: none is expected
}

func (r *ring) full() bool { return r.count >= r.capacity }

func (r *ring) front() *queuedMessage {
	return &r.slots[r.head]
}

func (r *ring) at(i int) *queuedMessage { return &r.slots[(r.head+i)%len(r.slots)] }

// superseded returns the message that one with this label takes the place of under BufferLatestValue.
func (r *ring) superseded(label LabelID) *queuedMessage {
	if r.count == 0 {
		return nil
	}
	if last := r.at(r.count - 1); last.label == label {
		return last
	}
	return nil
}

// push returns the slot for a new message, with its number and empty of authentication.
func (r *ring) push() *queuedMessage {
	if r.count == len(r.slots) {
		r.grow()
	}
	l := r.at(r.count)
	r.count++
	l.seq, l.sig = r.sent, l.sig[:0]
	r.sent++
	return l
}

// pop lets go of the first message; its slot stays readable until the next push.
func (r *ring) pop() {
	if r.head++; r.head == len(r.slots) {
		r.head = 0
	}
	r.count--
}

func (r *ring) grow() {
	n := max(4, 2*len(r.slots))
	if len(r.slots) < r.capacity {
		n = min(n, r.capacity)
	}
	slots := make([]queuedMessage, n)
	for i := range r.count {
		slots[i] = *r.at(i)
	}
	r.slots, r.head = slots, 0
}

// reset makes the ring as new and keeps the memory of its slots.
func (r *ring) reset(capacity int) {
	*r = ring{slots: r.slots, capacity: capacity, tree: r.tree.reset(), key: r.key}
}

// fresh reports whether a sequence number may be consumed under a replay mode.
func (r *ring) fresh(mode ReplayMode, seq uint64) bool {
	switch mode {
	case ReplaySequence:
		return seq == r.consumed
	case ReplayNullifier:
		if seq >= r.consumed {
			return true
		}
		back := r.consumed - 1 - seq
		return back < 64 && r.window&(1<<back) == 0
	}
	return true
}

// consume marks a sequence number as used.
func (r *ring) consume(seq uint64) {
	if seq >= r.consumed {
		shift := seq + 1 - r.consumed
		r.consumed = seq + 1
		r.window = r.window<<shift | 1 // a shift of 64 and more clears it
		return
	}
	if back := r.consumed - 1 - seq; back < 64 {
		r.window |= 1 << back
	}
}
