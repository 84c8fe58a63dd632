package transport

import (
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

// sentCell is a cell that waits for its acknowledgement.
type sentCell struct {
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
// long messages become fragments and short ones share a cell. Every cell has a fresh number; a lost
// chunk travels again under another. A flow has no tasks and no clock: fill makes cells, take reads
// them, tick runs expired timers, next returns the next deadline.
type flow struct {
	keepAlive, deadAfter aura.Duration
	entropy              world.Entropy

	// sending
	out      queue      // stream bytes from base on
	base     uint64     // everything below was received by the peer
	sent     uint64     // everything below was sent at least once
	limit    uint64     // the peer takes nothing at or above
	number   uint64     // of the last cell
	inFlight []sentCell // by number
	resend   []span     // lost, in the order of the loss
	probe    bool       // the next cell asks for an answer
	closing  bool       // the next cell is the last

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
	advertised uint64 // the limit that was advertised to the peer
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

// tick runs expired timers: losses, retries, probes. It returns [aura.Unavailable] when the peer has owed
// an answer for too long.
func (f *flow) tick(now aura.Duration) error {
	f.pruneLost()
	if len(f.inFlight) == 0 && len(f.resend) == 0 {
		f.waiting = never
	}
	if f.waiting != never && now-f.waiting >= f.deadAfter {
		return aura.Errorf("transport.Send", aura.Unavailable, "no answer from the peer for %v", f.deadAfter)
	}
	if now >= f.lossAt {
		f.findLost(now)
	}
	if now >= f.retryAt {
		f.sendProbe(now)
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

// next returns when tick or fill will have something to do if nothing happens before. Call it after
// fill returned false.
func (f *flow) next(now aura.Duration) aura.Duration {
	at := f.heard + f.keepAlive
	if f.waiting != never {
		at = f.waiting + f.deadAfter
	}
	return max(now, min(at, f.ackAt, f.lossAt, f.retryAt))
}
