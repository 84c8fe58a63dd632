package delivery

import (
	"maps"
	"slices"
	"strconv"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
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
	reasonSibling   = "another device of yours sends it"
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

// Place is the place of an own fact among those of its device in a shared context.
type Place struct {
	Context aura.ContextID
	Device  aura.DeviceID
	Seq     uint64
	// Position and Fork are those of the record, see [fact.Record].
	Position fact.Position
	Fork     uint64
}

// within reports whether facts about deliveries that name a place say something of a fact. They mean the branch of the home that wrote them, which
// may be another copy: beyond the place up to which there is one branch they say nothing.
func (of *Place) within(through uint64) bool {
	return of.Seq <= through && (of.Fork == 0 || of.Seq < of.Fork)
}

// covers reports whether the delivery of a fact was given up. That ends the delivery of all facts that are here, on each branch.
func (f *failure) covers(of *Place) bool {
	return of.within(f.Through) || of.Seq <= f.Through && of.Position < f.At
}

// Progress says how far an own fact got towards one peer, and why no further: it is delivered when one device of the
// peer has it, and as far as on the device to which it got farthest before. A device that the peer removed counts no more:
// the others get the fact from here, too.
func (s *State) Progress(of Place, peer aura.AuthorityID) (Progress, string) {
	to := link{of.Context, peer}
	at, boxes := hop{to, of.Device}, s.outboxes.of(to)
	if !s.outboxes.concerns(of.Device) {
		boxes = nil
	}
	for device, through := range s.acked[at] {
		if of.within(through) && s.outboxes.counts(to, device) && !s.outboxes.counted(to, device, of.Device) {
			return ProgressDelivered, ""
		}
	}
	for i := range boxes {
		if boxes[i].acked(&of) {
			return ProgressDelivered, ""
		}
	}
	if failed := s.failed[at]; failed != nil && failed.Value.covers(&of) {
		return ProgressFailed, failed.Value.Reason
	}
	if len(s.outboxes.known[to]) == 0 {
		return ProgressWaiting, reasonNoAgent
	}
	if !s.outboxes.concerns(of.Device) {
		return ProgressWaiting, reasonSibling
	}
	farthest, reason := ProgressWaiting, reasonUndecided
	for i := range boxes {
		if p, why := boxes[i].progress(&of); p > farthest || i == 0 {
			farthest, reason = p, why
		}
	}
	return farthest, reason
}

// progress is [State.Progress] for a fact that one device does not have yet.
func (b *Outbox) progress(of *Place) (Progress, string) {
	switch {
	case b.reached(of, b.Sent, b.SentAt):
		return ProgressSent, ""
	case b.Reason != "":
		return ProgressWaiting, b.Reason
	case b.reached(of, b.Charged, b.ChargedAt):
		return ProgressSending, ""
	}
	return ProgressWaiting, reasonUndecided
}

// Holders returns the devices of a peer that have an own fact, ascending; nil while none has it, or while one device at most is known to take facts
// of the context. Without an agent that is known from the devices which have this fact alone: the facts about deliveries of others may not have been read.
func (s *State) Holders(of Place, peer aura.AuthorityID) []aura.DeviceID {
	to, o := link{of.Context, peer}, &s.outboxes
	said := s.acked[hop{to, of.Device}]
	devices := slices.AppendSeq(slices.AppendSeq(slices.Collect(maps.Keys(said)), maps.Keys(o.known[to])), maps.Keys(o.acked[to]))
	devices = slices.DeleteFunc(devices, func(d aura.DeviceID) bool { return !o.counts(to, d) })
	slices.SortFunc(devices, aura.DeviceID.Compare)
	devices = slices.Compact(devices)
	several := len(devices) > 1
	holders := slices.DeleteFunc(devices, func(d aura.DeviceID) bool {
		through, is := said[d]
		if is = is && of.within(through); !o.concerns(of.Device) {
			return !is
		}
		box, counted := o.acked[to][d]
		if now, here := o.known[to][d]; !counted && here {
			box = now
		}
		return !box.acked(&of) && (counted || !is)
	})
	if len(o.known[to]) == 0 {
		several = len(holders) > 1
	}
	if !several || len(holders) == 0 {
		return nil
	}
	return holders
}
