package delivery

import (
	"encoding/binary"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// The capabilities of delivering.
const (
	// CapRecord is what keeping an acknowledgement, or that delivery was given up, requires.
	CapRecord = "delivery:record"
	// CapResend is the capability to decide earlier facts again: those that waited for budget, and those that were paid
	// for in an epoch that has ended.
	CapResend = "delivery:resend"
	// CapLink is the capability for a channel to a member: for opening one, and for keeping one that the member opened.
	CapLink = "delivery:link"
	// CapHello is what greeting a member on a channel requires.
	CapHello = "delivery:hello"
	// CapAddresses is what telling a member new addresses of this agent requires.
	CapAddresses = "delivery:reach"
	// CapRecall is what asking a member for facts of this device that this device does not have requires.
	CapRecall = "delivery:recall"
	// CapReturn is what giving a member back facts of its own device requires.
	CapReturn = "delivery:return"
	// CapEvidence is what showing a member that a device of another one forked its stream requires.
	CapEvidence = "delivery:evidence"
	// CapRelay is what asking a contact to relay requires.
	CapRelay = "delivery:relay"
	// CapSeek is what telling a contact by tags which others this agent looks for requires.
	CapSeek = "delivery:seek"
	// CapIntroduce is what passing the card of a mutual contact on requires.
	CapIntroduce = "delivery:introduce"
	// CapSession is what greeting a member for a session, and refusing one, requires.
	CapSession = "delivery:session"
)

// AckedKey is where the metadata keeps the number, see [fact.Record], through which a peer has the own facts of a context, on
// the device that has most of them, DeviceAckedKey that for one device, and FailedKey that through which they were given up, so
// that a service knows both without folding every delivery there ever was. See [ParseNumber].
func AckedKey(context aura.ContextID, peer aura.AuthorityID) string {
	return "delivery.acked/" + string(context[:]) + string(peer[:])
}

// DeviceAckedKey is explained at [AckedKey]; see [Watermarks.AckedBy].
func DeviceAckedKey(context aura.ContextID, peer aura.AuthorityID, device aura.DeviceID) string {
	return "delivery.device/" + string(context[:]) + string(peer[:]) + string(device[:])
}

// FailedKey is explained at [AckedKey].
func FailedKey(context aura.ContextID, peer aura.AuthorityID) string {
	return "delivery.failed/" + string(context[:]) + string(peer[:])
}

// ParseNumber reads the value of an [AckedKey] or a [FailedKey]; nil is zero. Anything else is [aura.Corrupt].
func ParseNumber(value []byte) (uint64, error) {
	switch len(value) {
	case 0:
		return 0, nil
	case 8:
		return binary.BigEndian.Uint64(value), nil
	}
	return 0, aura.Errorf("delivery.ParseNumber", aura.Corrupt, "how far a delivery is has %d bytes", len(value))
}

// Acknowledge plans to record that a device of a peer has facts of the own device, up to a mark.
func Acknowledge(by domain.Caller, peer aura.AuthorityID, device aura.DeviceID, m guard.Mark) (guard.Request, error) {
	draft, err := by.Draft(KindAcked, Acked{
		Context: m.Context, Peer: peer, Device: device, Through: m.Place.Seq, ID: m.Place.ID,
	})
	return record(by, draft, AckedKey(m.Context, peer), m), err
}

// GiveUp plans to record that delivery to a peer failed for good, up to a mark. A long reason is cut.
func GiveUp(by domain.Caller, peer aura.AuthorityID, m guard.Mark, why string) (guard.Request, error) {
	draft, err := by.Draft(KindFailed, Failed{
		Context: m.Context, Peer: peer, Through: m.Place.Seq, ID: m.Place.ID,
		Reason: aura.Clip(why, maxReason),
	})
	return record(by, draft, FailedKey(m.Context, peer), m), err
}

// Abandon adds to a request that ends a relation what becomes of the own facts that the peer never got: their
// delivery has failed. It returns the errors of reading at home.
func Abandon(r *guard.Request, h domain.Home, by domain.Caller, context aura.ContextID, peer aura.AuthorityID, why string) error {
	newest, err := h.Newest(context, by.Device)
	if err != nil {
		return err
	}
	settled, err := Watermarks(h.Meta).Settled(context, peer)
	if err != nil || settled >= newest.Number {
		return err
	}
	failed, err := GiveUp(by, peer, newest, why)
	r.Add(&failed)
	return err
}

func record(by domain.Caller, draft fact.Draft, key string, m guard.Mark) guard.Request {
	r := by.Local(CapRecord, draft)
	r.Metadata = []guard.Meta{{Key: key, Value: binary.BigEndian.AppendUint64(nil, m.Number)}}
	r.Marks = []guard.Mark{m}
	return r
}
