package transport

import (
	"encoding/binary"
	"math"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// MaxMessage is the size of the largest message, in bytes.
const MaxMessage = 256 << 10

// The bounds of a flow. A receiver holds at most receiveWindow bytes that its owner has not taken; a
// sender accepts messages while it holds less than sendBuffer; it has at most maxFlight cells
// unacknowledged, fewer than an acknowledgement can name.
const (
	receiveWindow = 512 << 10
	sendBuffer    = 512 << 10
	ackBits       = 256
	maxFlight     = 224
	maxPieces     = 512
)

// The timing of a flow.
const (
	ackDelay   = 20e6  // an acknowledgement waits this long for something to ride on
	ackEvery   = 32    // unless so many cells wait for it
	firstRetry = 500e6 // retransmission before the round trip is known
	minRetry   = 250e6 // and never sooner than this
	maxRetry   = 3e9
	lossSlack  = 10e6 // a cell that was overtaken counts as lost a quarter round trip and this later
	askEvery   = 5e9  // a closed window is asked about, since the cell that opens it may be lost

	never = aura.Duration(math.MaxInt64)
)

// The body of a data cell: the acknowledgement state of its sender, then one chunk of its stream.
//
//	flags 1 · received 8 · limit 8 · largest 8 · recent 32 · offset 8 · size 2 · data
const (
	flagProbe = 1 << 0 // answer with an acknowledgement
	flagClose = 1 << 1 // the sender closed the channel; nothing follows

	receivedAt = 1
	limitAt    = receivedAt + 8
	largestAt  = limitAt + 8
	recentAt   = largestAt + 8
	offsetAt   = recentAt + ackBits/8
	chunkAt    = offsetAt + 8
	dataAt     = chunkAt + 2
	maxChunk   = bodySize - dataAt
)

// span is a run of stream bytes: from ≤ x < to.
type span struct{ from, to uint64 }

// flight is a cell that waits for its acknowledgement.
type flight struct {
	span   // empty: a probe
	number uint64
	at     aura.Duration
}

// piece is a chunk that arrived before its predecessors.
type piece struct {
	from uint64
	data []byte
}

// flow makes a reliable, ordered stream of messages out of numbered cells. Each direction is one stream
// of bytes, a message in it is its length (uvarint) and its bytes; cells carry chunks of the stream, so
// long messages become fragments and short ones share a cell. Every cell has a fresh number; what was
// lost travels again under another. A flow has no tasks and no clock: fill makes cells, take reads
// them, tick runs what is due, next says when something will be.
type flow struct {
	keepAlive, deadAfter aura.Duration
	entropy              world.Entropy

	// sending
	out     queue    // stream bytes from base on
	base    uint64   // everything below was received by the peer
	sent    uint64   // everything below was sent at least once
	limit   uint64   // the peer takes nothing at or above
	number  uint64   // of the last cell
	flights []flight // by number
	resend  []span   // lost, in the order of the loss
	probe   bool     // the next cell asks for an answer
	closing bool     // the next cell is the last

	// the clock's part of sending
	smoothed, variance aura.Duration // of the round trip; 0: not known
	retry              task.Backoff  // grows while nothing comes back
	retryAt            aura.Duration // never: nothing to retry
	lossAt             aura.Duration // never: nothing was overtaken
	waiting            aura.Duration // since when the peer owes an answer; never: it owes none
	heard              aura.Duration // when the last good cell came
	overtaken          uint64        // the largest number acknowledged

	// receiving
	in         queue // in order, not taken by the owner
	received   uint64
	advertised uint64 // the limit that the peer was told
	pieces     []piece
	seen       window
	unanswered int           // cells that ask for an acknowledgement
	ackAt      aura.Duration // never: none is due

	lost uint64 // cells sent again, for statistics
}

func newFlow(now aura.Duration, e world.Entropy, keepAlive, deadAfter aura.Duration) flow {
	return flow{
		keepAlive: keepAlive, deadAfter: deadAfter, entropy: e,
		limit: receiveWindow, advertised: receiveWindow, heard: now,
		retry:   task.Backoff{Base: firstRetry, Max: maxRetry, Jitter: 0.1},
		retryAt: never, lossAt: never, waiting: never, ackAt: never,
	}
}

// hasRoom reports whether queue may be called.
func (f *flow) hasRoom() bool { return f.out.len() < sendBuffer }

// queue appends a message of 1 to [MaxMessage] bytes to the stream.
func (f *flow) queue(msg []byte) {
	var size [binary.MaxVarintLen32]byte
	f.out.append(size[:binary.PutUvarint(size[:], uint64(len(msg)))])
	f.out.append(msg)
}

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

// window is the limit to advertise: what the owner has taken, and the window on top.
func (f *flow) window() uint64 { return f.received - uint64(f.in.len()) + receiveWindow }

// fill writes the body of the next cell and returns its number, or false when nothing is to be sent.
// len(body) is bodySize. Call tick first.
func (f *flow) fill(now aura.Duration, body []byte) (number uint64, ok bool) {
	s, resent := f.nextSpan()
	due := now >= f.ackAt
	if s.from == s.to && !f.probe && !due && !f.closing {
		return 0, false
	}
	clear(body)
	f.number++
	switch {
	case f.closing:
		body[0] |= flagClose
		f.closing, s.to = false, s.from
	case f.probe:
		body[0] |= flagProbe
	}
	f.putAck(body)
	if s.from < s.to {
		at := int(s.from - f.base)
		copy(body[dataAt:], f.out.bytes()[at:at+int(s.to-s.from)])
		binary.BigEndian.PutUint64(body[offsetAt:], s.from)
		binary.BigEndian.PutUint16(body[chunkAt:], uint16(s.to-s.from))
		if resent {
			if f.resend[0].from = s.to; s.to == f.resend[0].to {
				f.resend = f.resend[1:]
			}
			f.lost++
		} else {
			f.sent = s.to
		}
	}
	if s.from < s.to || f.probe {
		f.launch(now, s)
	}
	f.probe = false
	return f.number, true
}

// nextSpan picks what to send: first what was lost, then new bytes within both windows.
func (f *flow) nextSpan() (s span, resent bool) {
	if f.prune(); len(f.resend) > 0 {
		r := &f.resend[0]
		r.from = max(r.from, f.base)
		return span{r.from, min(r.to, r.from+maxChunk)}, true
	}
	end := min(f.base+uint64(f.out.len()), f.limit)
	if len(f.flights) >= maxFlight || f.sent >= end {
		return span{}, false
	}
	return span{f.sent, min(end, f.sent+maxChunk)}, false
}

func (f *flow) putAck(body []byte) {
	f.advertised = f.window()
	f.ackAt, f.unanswered = never, 0
	binary.BigEndian.PutUint64(body[receivedAt:], f.received)
	binary.BigEndian.PutUint64(body[limitAt:], f.advertised)
	binary.BigEndian.PutUint64(body[largestAt:], f.seen.largest)
	f.seen.recent((*[ackBits / 8]byte)(body[recentAt:]))
}

func (f *flow) launch(now aura.Duration, s span) {
	if f.waiting == never {
		f.waiting = now
	}
	f.flights = append(f.flights, flight{span: s, number: f.number, at: now})
	if f.retryAt == never {
		f.retryAt = now + f.patience()
	}
}

// patience is how long to wait for an answer before asking again.
func (f *flow) patience() aura.Duration {
	if f.smoothed == 0 {
		return firstRetry
	}
	return max(minRetry, f.smoothed+4*f.variance+ackDelay)
}

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
		f.owe(now, gap || body[0]&flagProbe != 0)
	}
	return nil
}

// owe notes that the peer waits for an acknowledgement.
func (f *flow) owe(now aura.Duration, urgent bool) {
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
		return f.keep(offset, data)
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

// keep stores an early chunk, in the order of offsets.
func (f *flow) keep(offset uint64, data []byte) bool {
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

// takeAck frees what the peer received.
func (f *flow) takeAck(now aura.Duration, body []byte) error {
	received := binary.BigEndian.Uint64(body[receivedAt:])
	largest := binary.BigEndian.Uint64(body[largestAt:])
	if received > f.sent || largest > f.number {
		return aura.Errorf("transport.Recv", aura.Corrupt, "acknowledgement of what was never sent")
	}
	// Cells overtake each other: an older statement must not take back a newer one.
	f.limit = max(f.limit, binary.BigEndian.Uint64(body[limitAt:]))
	f.overtaken = max(f.overtaken, largest)
	if received > f.base {
		f.out.discard(int(received - f.base))
		f.base = received
	}
	recent := body[recentAt : recentAt+ackBits/8]
	left := f.flights[:0]
	for _, fl := range f.flights {
		named := fl.number <= largest && largest-fl.number < ackBits &&
			recent[(largest-fl.number)/8]&(1<<((largest-fl.number)%8)) != 0
		if named && fl.number == largest {
			f.measure(now - fl.at)
		}
		if named || fl.from < fl.to && fl.to <= f.base {
			continue
		}
		left = append(left, fl)
	}
	if len(left) < len(f.flights) {
		f.progress(now, len(left))
	}
	f.flights = left
	f.findLost(now)
	return nil
}

// progress notes that the peer answered; so many cells are still on the way.
func (f *flow) progress(now aura.Duration, left int) {
	f.waiting = now
	f.retry.Reset()
	f.retryAt = never
	if left > 0 {
		f.retryAt = now + f.patience()
	}
}

// measure takes one round trip into the estimate (RFC 6298).
func (f *flow) measure(rtt aura.Duration) {
	rtt = max(rtt, 1)
	if f.smoothed == 0 {
		f.smoothed, f.variance = rtt, rtt/2
		return
	}
	f.variance += (max(f.smoothed-rtt, rtt-f.smoothed) - f.variance) / 4
	f.smoothed += (rtt - f.smoothed) / 8
}

// findLost moves cells that were overtaken long enough ago to what travels again.
func (f *flow) findLost(now aura.Duration) {
	f.lossAt = never
	grace := max(f.smoothed, 1) + max(f.smoothed/4, f.variance) + lossSlack
	left := f.flights[:0]
	for _, fl := range f.flights {
		if fl.number >= f.overtaken {
			left = append(left, fl)
			continue
		}
		if at := fl.at + grace; now < at {
			f.lossAt = min(f.lossAt, at)
			left = append(left, fl)
			continue
		}
		f.again(fl)
	}
	f.flights = left
}

func (f *flow) again(fl flight) {
	if fl.from < fl.to {
		f.resend = append(f.resend, fl.span)
	} else {
		f.probe = true
	}
}

// tick runs what is due: losses, retries, probes. It returns [aura.Unavailable] when the peer has owed
// an answer for too long.
func (f *flow) tick(now aura.Duration) error {
	f.prune()
	if len(f.flights) == 0 && len(f.resend) == 0 {
		f.waiting = never
	}
	if f.waiting != never && now-f.waiting >= f.deadAfter {
		return aura.Errorf("transport.Send", aura.Unavailable, "no answer from the peer for %v", f.deadAfter)
	}
	if now >= f.lossAt {
		f.findLost(now)
	}
	if now >= f.retryAt {
		f.ask(now)
	}
	switch {
	case f.waiting != never:
	case now-f.heard >= f.keepAlive:
		f.probe = true
	case f.blocked() && f.retryAt == never:
		f.retryAt = now + askEvery
	}
	return nil
}

// ask sends the oldest cell again, as a probe: the answer tells what else was lost.
func (f *flow) ask(now aura.Duration) {
	f.retryAt = never
	if len(f.flights) == 0 && len(f.resend) == 0 && !f.blocked() {
		return
	}
	if len(f.flights) > 0 {
		f.again(f.flights[0])
		f.flights = append(f.flights[:0], f.flights[1:]...)
	}
	f.probe = true
	f.retry.Base = f.patience()
	f.retryAt = now + f.retry.Next(f.entropy)
}

// prune forgets lost spans that the peer received after all.
func (f *flow) prune() {
	for len(f.resend) > 0 && f.resend[0].to <= f.base {
		f.resend = f.resend[1:]
	}
}

// blocked reports whether the peer's window is closed before unsent bytes.
func (f *flow) blocked() bool {
	return f.sent >= f.limit && f.sent < f.base+uint64(f.out.len())
}

// next returns when tick or fill will have something to do if nothing happens before. Call it after
// fill returned false.
func (f *flow) next(now aura.Duration) aura.Duration {
	at := f.heard + f.keepAlive
	if f.waiting != never {
		at = f.waiting + f.deadAfter
	}
	return max(now, min(at, f.ackAt, f.lossAt, f.retryAt))
}
