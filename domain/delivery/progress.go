package delivery

import (
	"strconv"

	"github.com/aura-runtime/aura"
)

// Progress is how far a fact got. It never claims more than a durable fact shows (delivered, read, failed) or a live
// observation (sending, sent); without either the fact waits.
//
// The numbers order the states of a fact on its way: an own fact is as far as its least recipient.
type Progress uint8

// The states. This package reports failed to delivered; read and received are for domains in which people say what
// they read.
const (
	// ProgressFailed: delivery was given up, see the reason.
	ProgressFailed Progress = 1
	// ProgressWaiting: it is durable here and nothing moves now, see the reason.
	ProgressWaiting Progress = 2
	// ProgressSending: the guard allowed it and it is next to go.
	ProgressSending Progress = 3
	// ProgressSent: it was handed to the peer's channel; the peer has not confirmed it.
	ProgressSent Progress = 4
	// ProgressDelivered: the recipients confirmed that it is durable at their end.
	ProgressDelivered Progress = 5
	// ProgressRead: the recipients said that they read it; or, of a fact of another author, the owner did.
	ProgressRead Progress = 6
	// ProgressReceived: a fact of another author that the owner did not read yet.
	ProgressReceived Progress = 7
)

// The reasons for waiting that this package gives. Others come from the outbox.
const (
	reasonNoAgent   = "agent is starting"
	reasonUndecided = "not yet allowed to leave"
)

// String returns the state in plain words.
func (p Progress) String() string {
	switch p {
	case ProgressFailed:
		return "failed"
	case ProgressWaiting:
		return "waiting"
	case ProgressSending:
		return "sending"
	case ProgressSent:
		return "sent"
	case ProgressDelivered:
		return "delivered"
	case ProgressRead:
		return "read"
	case ProgressReceived:
		return "received"
	}
	return "progress " + strconv.Itoa(int(p))
}

// MarshalText implements [encoding.TextMarshaler].
func (p Progress) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Place is the place of an own fact: the Seq that its device gave it in a shared context.
type Place struct {
	Context aura.ContextID
	Device  aura.DeviceID
	Seq     uint64
}

// Progress says how far an own fact got towards one peer, and why no further.
func (s *State) Progress(of Place, peer aura.AuthorityID) (Progress, string) {
	at := hop{link{of.Context, peer}, of.Device}
	box, known := s.Outbox(of.Context, peer)
	switch failed := s.failed[at]; {
	case s.acked[at] >= of.Seq, box.Acked >= of.Seq:
		return ProgressDelivered, ""
	case failed != nil && failed.Value.Through >= of.Seq:
		return ProgressFailed, failed.Value.Reason
	case !known:
		return ProgressWaiting, reasonNoAgent
	case box.Sent >= of.Seq:
		return ProgressSent, ""
	case box.Reason != "":
		return ProgressWaiting, box.Reason
	case box.Charged >= of.Seq:
		return ProgressSending, ""
	}
	return ProgressWaiting, reasonUndecided
}
