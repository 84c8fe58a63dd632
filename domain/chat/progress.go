package chat

import (
	"strconv"

	"github.com/aura-runtime/aura"
)

// Progress is how far a message got. It never claims more than what is shown by a durable fact (delivered,
// read, failed) or by a live observation (sending, sent); without either a message waits.
//
// The numbers order the states of a message on its way: an own message is as far as its least recipient.
type Progress uint8

// The states.
const (
	// Undeliverable: delivery was given up, see the reason. It is shown as "failed".
	Undeliverable Progress = 1
	// Waiting: it is durable here and nothing moves now, see the reason.
	Waiting Progress = 2
	// Sending: the guard allowed it and it is next to go.
	Sending Progress = 3
	// Sent: it was handed to the peer's channel; the peer has not confirmed it.
	Sent Progress = 4
	// Delivered: the recipients confirmed that it is durable at their end.
	Delivered Progress = 5
	// Seen: the recipients said that they read it; or, for a message of somebody else, the owner did. It is
	// shown as "read".
	Seen Progress = 6
	// Received: a message of somebody else that the owner did not read yet.
	Received Progress = 7
)

// The reasons for waiting that this package gives. Others come from the outbox.
const (
	reasonNoAgent   = "agent is starting"
	reasonUndecided = "not yet allowed to leave"
	reasonNobody    = "everybody left the group"
)

// String returns the state in plain words.
func (p Progress) String() string {
	switch p {
	case Undeliverable:
		return "failed"
	case Waiting:
		return "waiting"
	case Sending:
		return "sending"
	case Sent:
		return "sent"
	case Delivered:
		return "delivered"
	case Seen:
		return "read"
	case Received:
		return "received"
	}
	return "progress " + strconv.Itoa(int(p))
}

// MarshalText implements [encoding.TextMarshaler].
func (p Progress) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// progressTo says how far the own device's fact with a Seq got towards one peer, and why no further.
func (t *thread) progressTo(box Outbox, known bool, device aura.DeviceID, seq uint64, peer aura.AuthorityID) (Progress, string) {
	at := hop{peer: peer, device: device}
	switch failed := t.failed[at]; {
	case t.readBy(peer, device) >= seq:
		return Seen, ""
	case t.acked[at] >= seq, box.Acked >= seq:
		return Delivered, ""
	case failed != nil && failed.Value.Through >= seq:
		return Undeliverable, failed.Value.Reason
	case !known:
		return Waiting, reasonNoAgent
	case box.Sent >= seq:
		return Sent, ""
	case box.Reason != "":
		return Waiting, box.Reason
	case box.Charged >= seq:
		return Sending, ""
	}
	return Waiting, reasonUndecided
}

// readBy returns the last Seq of the device that the reader marked as read.
func (t *thread) readBy(reader aura.AuthorityID, device aura.DeviceID) uint64 {
	through := uint64(0)
	for _, r := range t.reads {
		if r.Value.reader == reader {
			through = max(through, r.Value.through(device))
		}
	}
	return through
}
