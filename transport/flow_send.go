package transport

import (
	"encoding/binary"

	"github.com/aura-runtime/aura"
)

// hasRoom reports whether queue may be called.
func (f *flow) hasRoom() bool { return f.out.len() < sendBuffer }

// queue appends a message of 1 to [MaxMessage] bytes to the stream.
func (f *flow) queue(msg []byte) {
	var size [binary.MaxVarintLen32]byte
	f.out.append(size[:binary.PutUvarint(size[:], uint64(len(msg)))])
	f.out.append(msg)
}

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
		f.recordSent(now, s)
	}
	f.probe = false
	return f.number, true
}

// nextSpan picks the bytes to send: first lost ones, then new ones within both windows.
func (f *flow) nextSpan() (s span, resent bool) {
	if f.pruneLost(); len(f.resend) > 0 {
		r := &f.resend[0]
		r.from = max(r.from, f.base)
		return span{r.from, min(r.to, r.from+maxChunk)}, true
	}
	end := min(f.base+uint64(f.out.len()), f.limit)
	if len(f.inFlight) >= maxFlight || f.sent >= end {
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

func (f *flow) recordSent(now aura.Duration, s span) {
	if f.waiting == never {
		f.waiting = now
	}
	f.inFlight = append(f.inFlight, sentCell{span: s, number: f.number, at: now})
	if f.retryAt == never {
		f.retryAt = now + f.probeTimeout()
	}
}

// probeTimeout is how long to wait for an answer before asking again.
func (f *flow) probeTimeout() aura.Duration {
	if f.smoothed == 0 {
		return firstRetry
	}
	return max(minRetry, f.smoothed+4*f.variance+ackDelay)
}

// takeAck frees the bytes that the peer received.
func (f *flow) takeAck(now aura.Duration, body []byte) error {
	received := binary.BigEndian.Uint64(body[receivedAt:])
	largest := binary.BigEndian.Uint64(body[largestAt:])
	if received > f.sent || largest > f.number {
		return aura.Errorf("transport.Recv", aura.Corrupt, "acknowledgement of unsent bytes or cells")
	}
	// Cells overtake each other: an older statement must not take back a newer one.
	f.limit = max(f.limit, binary.BigEndian.Uint64(body[limitAt:]))
	f.overtaken = max(f.overtaken, largest)
	if received > f.base {
		f.out.discard(int(received - f.base))
		f.base = received
	}
	recent := body[recentAt : recentAt+ackBits/8]
	left := f.inFlight[:0]
	for _, fl := range f.inFlight {
		named := fl.number <= largest && largest-fl.number < ackBits &&
			recent[(largest-fl.number)/8]&(1<<((largest-fl.number)%8)) != 0
		if named && fl.number == largest {
			f.measureRTT(now - fl.at)
		}
		if named || fl.from < fl.to && fl.to <= f.base {
			continue
		}
		left = append(left, fl)
	}
	if len(left) < len(f.inFlight) {
		f.progress(now, len(left))
	}
	f.inFlight = left
	f.findLost(now)
	return nil
}

// progress notes that the peer answered; so many cells are still on the way.
func (f *flow) progress(now aura.Duration, left int) {
	f.waiting = now
	f.retry.Reset()
	f.retryAt = never
	if left > 0 {
		f.retryAt = now + f.probeTimeout()
	}
}

// measureRTT takes one round trip into the estimate (RFC 6298).
func (f *flow) measureRTT(rtt aura.Duration) {
	rtt = max(rtt, 1)
	if f.smoothed == 0 {
		f.smoothed, f.variance = rtt, rtt/2
		return
	}
	f.variance += (max(f.smoothed-rtt, rtt-f.smoothed) - f.variance) / 4
	f.smoothed += (rtt - f.smoothed) / 8
}

// findLost moves cells that were overtaken long enough ago to those to send again.
func (f *flow) findLost(now aura.Duration) {
	f.lossAt = never
	grace := max(f.smoothed, 1) + max(f.smoothed/4, f.variance) + lossSlack
	left := f.inFlight[:0]
	for _, fl := range f.inFlight {
		if fl.number >= f.overtaken {
			left = append(left, fl)
			continue
		}
		if at := fl.at + grace; now < at {
			f.lossAt = min(f.lossAt, at)
			left = append(left, fl)
			continue
		}
		f.retransmit(fl)
	}
	f.inFlight = left
}

func (f *flow) retransmit(fl sentCell) {
	if fl.from < fl.to {
		f.resend = append(f.resend, fl.span)
	} else {
		f.probe = true
	}
}

// sendProbe sends the oldest cell again, as a probe: the answer shows the other lost cells.
func (f *flow) sendProbe(now aura.Duration) {
	f.retryAt = never
	if len(f.inFlight) == 0 && len(f.resend) == 0 && !f.blocked() {
		return
	}
	if len(f.inFlight) > 0 {
		f.retransmit(f.inFlight[0])
		f.inFlight = append(f.inFlight[:0], f.inFlight[1:]...)
	}
	f.probe = true
	f.retry.Base = f.probeTimeout()
	f.retryAt = now + f.retry.Next(f.entropy)
}

// pruneLost forgets lost spans that the peer received after all.
func (f *flow) pruneLost() {
	for len(f.resend) > 0 && f.resend[0].to <= f.base {
		f.resend = f.resend[1:]
	}
}

// blocked reports whether the peer's window is closed before unsent bytes.
func (f *flow) blocked() bool {
	return f.sent >= f.limit && f.sent < f.base+uint64(f.out.len())
}
