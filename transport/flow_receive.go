package transport

import (
	"encoding/binary"

	"github.com/aura-runtime/aura"
)

// pop returns the next whole message that arrived, or nil. The second result says that the peer should
// now be told of the room that this made.
func (f *flow) pop(now aura.Duration) (msg []byte, roomy bool) {
	size, header := binary.Uvarint(f.in.bytes())
	if header <= 0 || uint64(f.in.len()-header) < size {
		return nil, false
	}
	msg = append([]byte(nil), f.in.bytes()[header:header+int(size)]...)
	f.in.discard(header + int(size))
	if f.window()-f.advertised < receiveWindow/4 {
		return msg, false
	}
	f.ackAt = now
	return msg, true
}

// ready reports whether pop has a message. It returns [aura.Corrupt] for a length that no message has.
func (f *flow) ready() (bool, error) {
	size, header := binary.Uvarint(f.in.bytes())
	if header < 0 || header > 0 && (size == 0 || size > MaxMessage) {
		return false, aura.Errorf("transport.Recv", aura.Corrupt, "message of impossible length")
	}
	return header > 0 && uint64(f.in.len()-header) >= size, nil
}

// window is the limit to advertise: the bytes that the owner has taken, and the window on top.
func (f *flow) window() uint64 { return f.received - uint64(f.in.len()) + receiveWindow }

// take reads the body of a cell that the seal proved. It returns [aura.Unavailable] when the peer closed
// the channel and [aura.Corrupt] when it broke the rules: the channel is over then.
func (f *flow) take(now aura.Duration, number uint64, body []byte) error {
	if !f.seen.fresh(number) {
		return nil
	}
	f.heard = now
	size := uint64(binary.BigEndian.Uint16(body[chunkAt:]))
	offset := binary.BigEndian.Uint64(body[offsetAt:])
	if size > maxChunk || offset > f.advertised || offset+size > f.advertised {
		return aura.Errorf("transport.Recv", aura.Corrupt, "chunk outside of the window")
	}
	if err := f.takeAck(now, body); err != nil {
		return err
	}
	if !f.takeChunk(offset, body[dataAt:dataAt+size]) {
		return nil // no room to keep it: it was not received, and travels again
	}
	gap := number > f.seen.largest+1
	f.seen.mark(number)
	if body[0]&flagClose != 0 {
		return aura.Errorf("transport.Recv", aura.Unavailable, "the peer closed the channel")
	}
	if size > 0 || body[0]&flagProbe != 0 {
		f.oweAck(now, gap || body[0]&flagProbe != 0)
	}
	return nil
}

// oweAck notes that the peer waits for an acknowledgement.
func (f *flow) oweAck(now aura.Duration, urgent bool) {
	f.unanswered++
	if urgent || f.unanswered >= ackEvery {
		f.ackAt = now
	} else if f.ackAt == never {
		f.ackAt = now + ackDelay
	}
}

// takeChunk puts stream bytes where they belong. It reports false when they are too early and the store
// of early chunks is full.
func (f *flow) takeChunk(offset uint64, data []byte) bool {
	end := offset + uint64(len(data))
	if end <= f.received {
		return true
	}
	if offset > f.received {
		return f.storeEarly(offset, data)
	}
	f.in.append(data[f.received-offset:])
	f.received = end
	done := 0
	for _, p := range f.pieces {
		if p.from > f.received {
			break
		}
		if end := p.from + uint64(len(p.data)); end > f.received {
			f.in.append(p.data[f.received-p.from:])
			f.received = end
		}
		done++
	}
	f.pieces = append(f.pieces[:0], f.pieces[done:]...)
	if len(f.pieces) == 0 {
		f.pieces = nil
	}
	return true
}

// storeEarly stores an early chunk, in the order of offsets.
func (f *flow) storeEarly(offset uint64, data []byte) bool {
	i := len(f.pieces)
	for i > 0 && f.pieces[i-1].from >= offset {
		i--
	}
	if i < len(f.pieces) && f.pieces[i].from == offset && len(f.pieces[i].data) >= len(data) {
		return true
	}
	if len(f.pieces) >= maxPieces {
		return false
	}
	p := piece{offset, append([]byte(nil), data...)}
	f.pieces = append(f.pieces, piece{})
	copy(f.pieces[i+1:], f.pieces[i:])
	f.pieces[i] = p
	return true
}
