// Code generated from the protocol invitation.Enrolment by aura choreo. DO NOT EDIT.

package enrolment

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"Enrolment","protocol_namespace":"invitation","protocol_qualified_name":"invitation.Enrolment","protocol_id":"aura.invitation.device_enrolment","role_names":["Sponsor","Device"],"guard_capabilities":["device:enrol","device:join"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Offer is the message Offer, whose payload encodes enrol.Offer.
type Offer struct{ Payload []byte }

// Keys is the message Keys, whose payload encodes enrol.Keys.
type Keys struct{ Payload []byte }

// Compare is the message Compare, whose payload encodes enrol.Compare.
type Compare struct{ Payload []byte }

// Refused is the message Refused, whose payload encodes enrol.Refusal.
type Refused struct{ Payload []byte }

// Listed is the message Listed, whose payload encodes enrol.Listing.
type Listed struct{ Payload []byte }

// Next is the message Next, whose payload encodes enrol.Cursor.
type Next struct{ Payload []byte }

// Joined is the message Joined, whose payload is opaque to the protocol.
type Joined struct{ Payload []byte }

// Rejected is the message Rejected, whose payload encodes enrol.Refusal.
type Rejected struct{ Payload []byte }

// Piece is the message Piece, whose payload encodes enrol.Piece.
type Piece struct{ Payload []byte }

// Completed is the message Completed, whose payload is opaque to the protocol.
type Completed struct{ Payload []byte }

// run is one role's session: its port, and how many steps were taken.
type run[C any] struct {
	port  machine.Port[C]
	steps uint64
}

// turn is a state's claim to be the current one. A state belongs to one task.
type turn[C any] struct {
	run  *run[C]
	step uint64
}

func (t turn[C]) check(op aura.Op) error {
	if t.run == nil {
		return aura.Errorf(op, aura.Invalid, "the session was not started")
	}
	if t.run.steps != t.step {
		return aura.Errorf(op, aura.Stale, "this state was left already")
	}
	return nil
}

func (t turn[C]) next() turn[C] {
	t.run.steps++
	return turn[C]{t.run, t.run.steps}
}

// StartSponsor begins the part of Sponsor. The port must belong to a session of the protocol in that role.
func StartSponsor[C any](port machine.Port[C]) SponsorS1[C] {
	return SponsorS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// SponsorS1 is a state of Sponsor, which here sends Offer of enrol.Offer to Device.
type SponsorS1[C any] struct{ turn turn[C] }

// SendOffer sends Offer to Device. It takes the capability device:enrol and 1 unit of flow. After an error of the port the state may be used again.
func (s SponsorS1[C]) SendOffer(ctx C, m Offer) (SponsorS2[C], error) {
	if err := s.turn.check("enrolment.SponsorS1.SendOffer"); err != nil {
		return SponsorS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device", "Offer", m.Payload); err != nil {
		return SponsorS2[C]{}, &aura.Error{Op: "enrolment.SponsorS1.SendOffer", Kind: aura.KindOf(err), Err: err}
	}
	return SponsorS2[C]{s.turn.next()}, nil
}

// SponsorS2 is a state of Sponsor, which here receives Keys of enrol.Keys from Device.
type SponsorS2[C any] struct{ turn turn[C] }

// ReceiveKeys waits for Keys from Device. After an error of the port the state may be used again.
func (s SponsorS2[C]) ReceiveKeys(ctx C) (Keys, SponsorS3[C], error) {
	if err := s.turn.check("enrolment.SponsorS2.ReceiveKeys"); err != nil {
		return Keys{}, SponsorS3[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Device")
	if err != nil {
		return Keys{}, SponsorS3[C]{}, &aura.Error{Op: "enrolment.SponsorS2.ReceiveKeys", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Keys" {
		return Keys{}, SponsorS3[C]{}, aura.Errorf("enrolment.SponsorS2.ReceiveKeys", aura.Corrupt, "message %q is not expected here", label)
	}
	return Keys{payload}, SponsorS3[C]{s.turn.next()}, nil
}

// SponsorS3 is a state of Sponsor, which here sends Compare of enrol.Compare or Refused of enrol.Refusal to Device.
type SponsorS3[C any] struct{ turn turn[C] }

// SendCompare sends Compare to Device. It takes the capability device:enrol and 1 unit of flow. After an error of the port the state may be used again.
func (s SponsorS3[C]) SendCompare(ctx C, m Compare) (SponsorS4[C], error) {
	if err := s.turn.check("enrolment.SponsorS3.SendCompare"); err != nil {
		return SponsorS4[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device", "Compare", m.Payload); err != nil {
		return SponsorS4[C]{}, &aura.Error{Op: "enrolment.SponsorS3.SendCompare", Kind: aura.KindOf(err), Err: err}
	}
	return SponsorS4[C]{s.turn.next()}, nil
}

// SendRefused sends Refused to Device. It takes the capability device:enrol and 1 unit of flow. After an error of the port the state may be used again.
func (s SponsorS3[C]) SendRefused(ctx C, m Refused) (SponsorEnd[C], error) {
	if err := s.turn.check("enrolment.SponsorS3.SendRefused"); err != nil {
		return SponsorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device", "Refused", m.Payload); err != nil {
		return SponsorEnd[C]{}, &aura.Error{Op: "enrolment.SponsorS3.SendRefused", Kind: aura.KindOf(err), Err: err}
	}
	return SponsorEnd[C]{s.turn.next()}, nil
}

// SponsorS4 is a state of Sponsor, which here sends Listed of enrol.Listing or Refused of enrol.Refusal to Device.
type SponsorS4[C any] struct{ turn turn[C] }

// SendListed sends Listed to Device. It takes the capability device:enrol and 1 unit of flow. After an error of the port the state may be used again.
func (s SponsorS4[C]) SendListed(ctx C, m Listed) (SponsorS5[C], error) {
	if err := s.turn.check("enrolment.SponsorS4.SendListed"); err != nil {
		return SponsorS5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device", "Listed", m.Payload); err != nil {
		return SponsorS5[C]{}, &aura.Error{Op: "enrolment.SponsorS4.SendListed", Kind: aura.KindOf(err), Err: err}
	}
	return SponsorS5[C]{s.turn.next()}, nil
}

// SendRefused sends Refused to Device. It takes the capability device:enrol and 1 unit of flow. After an error of the port the state may be used again.
func (s SponsorS4[C]) SendRefused(ctx C, m Refused) (SponsorEnd[C], error) {
	if err := s.turn.check("enrolment.SponsorS4.SendRefused"); err != nil {
		return SponsorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device", "Refused", m.Payload); err != nil {
		return SponsorEnd[C]{}, &aura.Error{Op: "enrolment.SponsorS4.SendRefused", Kind: aura.KindOf(err), Err: err}
	}
	return SponsorEnd[C]{s.turn.next()}, nil
}

// SponsorS5 is a state of Sponsor, which here receives Next of enrol.Cursor or Joined or Rejected of enrol.Refusal from Device.
type SponsorS5[C any] struct{ turn turn[C] }

// SponsorS5Outcome is what Sponsor can receive in the state SponsorS5: SponsorS5Next, SponsorS5Joined, SponsorS5Rejected.
type SponsorS5Outcome[C any] interface{ isSponsorS5Outcome(C) }

// SponsorS5Next is the message Next and the state after it.
type SponsorS5Next[C any] struct {
	Message Next
	Next    SponsorS6[C]
}

func (SponsorS5Next[C]) isSponsorS5Outcome(C) {}

// SponsorS5Joined is the message Joined and the state after it.
type SponsorS5Joined[C any] struct {
	Message Joined
	Next    SponsorS7[C]
}

func (SponsorS5Joined[C]) isSponsorS5Outcome(C) {}

// SponsorS5Rejected is the message Rejected and the state after it.
type SponsorS5Rejected[C any] struct {
	Message Rejected
	Next    SponsorEnd[C]
}

func (SponsorS5Rejected[C]) isSponsorS5Outcome(C) {}

// Receive waits for the choice of Device. After an error of the port the state may be used again.
func (s SponsorS5[C]) Receive(ctx C) (SponsorS5Outcome[C], error) {
	if err := s.turn.check("enrolment.SponsorS5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Device")
	if err != nil {
		return nil, &aura.Error{Op: "enrolment.SponsorS5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Next":
		return SponsorS5Next[C]{Next{payload}, SponsorS6[C]{s.turn.next()}}, nil
	case "Joined":
		return SponsorS5Joined[C]{Joined{payload}, SponsorS7[C]{s.turn.next()}}, nil
	case "Rejected":
		return SponsorS5Rejected[C]{Rejected{payload}, SponsorEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("enrolment.SponsorS5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// SponsorS6 is a state of Sponsor, which here sends Piece of enrol.Piece to Device.
type SponsorS6[C any] struct{ turn turn[C] }

// SendPiece sends Piece to Device. It takes the capability device:enrol and 1 unit of flow. After an error of the port the state may be used again.
func (s SponsorS6[C]) SendPiece(ctx C, m Piece) (SponsorS5[C], error) {
	if err := s.turn.check("enrolment.SponsorS6.SendPiece"); err != nil {
		return SponsorS5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device", "Piece", m.Payload); err != nil {
		return SponsorS5[C]{}, &aura.Error{Op: "enrolment.SponsorS6.SendPiece", Kind: aura.KindOf(err), Err: err}
	}
	return SponsorS5[C]{s.turn.next()}, nil
}

// SponsorS7 is a state of Sponsor, which here sends Completed to Device.
type SponsorS7[C any] struct{ turn turn[C] }

// SendCompleted sends Completed to Device. It takes the capability device:enrol and 1 unit of flow. After an error of the port the state may be used again.
func (s SponsorS7[C]) SendCompleted(ctx C, m Completed) (SponsorEnd[C], error) {
	if err := s.turn.check("enrolment.SponsorS7.SendCompleted"); err != nil {
		return SponsorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device", "Completed", m.Payload); err != nil {
		return SponsorEnd[C]{}, &aura.Error{Op: "enrolment.SponsorS7.SendCompleted", Kind: aura.KindOf(err), Err: err}
	}
	return SponsorEnd[C]{s.turn.next()}, nil
}

// SponsorEnd is a state of Sponsor, which here is done.
type SponsorEnd[C any] struct{ turn turn[C] }

// StartDevice begins the part of Device. The port must belong to a session of the protocol in that role.
func StartDevice[C any](port machine.Port[C]) DeviceS1[C] {
	return DeviceS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// DeviceS1 is a state of Device, which here receives Offer of enrol.Offer from Sponsor.
type DeviceS1[C any] struct{ turn turn[C] }

// ReceiveOffer waits for Offer from Sponsor. After an error of the port the state may be used again.
func (s DeviceS1[C]) ReceiveOffer(ctx C) (Offer, DeviceS2[C], error) {
	if err := s.turn.check("enrolment.DeviceS1.ReceiveOffer"); err != nil {
		return Offer{}, DeviceS2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Sponsor")
	if err != nil {
		return Offer{}, DeviceS2[C]{}, &aura.Error{Op: "enrolment.DeviceS1.ReceiveOffer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Offer" {
		return Offer{}, DeviceS2[C]{}, aura.Errorf("enrolment.DeviceS1.ReceiveOffer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Offer{payload}, DeviceS2[C]{s.turn.next()}, nil
}

// DeviceS2 is a state of Device, which here sends Keys of enrol.Keys to Sponsor.
type DeviceS2[C any] struct{ turn turn[C] }

// SendKeys sends Keys to Sponsor. It takes the capability device:join and 1 unit of flow. After an error of the port the state may be used again.
func (s DeviceS2[C]) SendKeys(ctx C, m Keys) (DeviceS3[C], error) {
	if err := s.turn.check("enrolment.DeviceS2.SendKeys"); err != nil {
		return DeviceS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Sponsor", "Keys", m.Payload); err != nil {
		return DeviceS3[C]{}, &aura.Error{Op: "enrolment.DeviceS2.SendKeys", Kind: aura.KindOf(err), Err: err}
	}
	return DeviceS3[C]{s.turn.next()}, nil
}

// DeviceS3 is a state of Device, which here receives Compare of enrol.Compare or Refused of enrol.Refusal from Sponsor.
type DeviceS3[C any] struct{ turn turn[C] }

// DeviceS3Outcome is what Device can receive in the state DeviceS3: DeviceS3Compare, DeviceS3Refused.
type DeviceS3Outcome[C any] interface{ isDeviceS3Outcome(C) }

// DeviceS3Compare is the message Compare and the state after it.
type DeviceS3Compare[C any] struct {
	Message Compare
	Next    DeviceS4[C]
}

func (DeviceS3Compare[C]) isDeviceS3Outcome(C) {}

// DeviceS3Refused is the message Refused and the state after it.
type DeviceS3Refused[C any] struct {
	Message Refused
	Next    DeviceEnd[C]
}

func (DeviceS3Refused[C]) isDeviceS3Outcome(C) {}

// Receive waits for the choice of Sponsor. After an error of the port the state may be used again.
func (s DeviceS3[C]) Receive(ctx C) (DeviceS3Outcome[C], error) {
	if err := s.turn.check("enrolment.DeviceS3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Sponsor")
	if err != nil {
		return nil, &aura.Error{Op: "enrolment.DeviceS3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Compare":
		return DeviceS3Compare[C]{Compare{payload}, DeviceS4[C]{s.turn.next()}}, nil
	case "Refused":
		return DeviceS3Refused[C]{Refused{payload}, DeviceEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("enrolment.DeviceS3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// DeviceS4 is a state of Device, which here receives Listed of enrol.Listing or Refused of enrol.Refusal from Sponsor.
type DeviceS4[C any] struct{ turn turn[C] }

// DeviceS4Outcome is what Device can receive in the state DeviceS4: DeviceS4Listed, DeviceS4Refused.
type DeviceS4Outcome[C any] interface{ isDeviceS4Outcome(C) }

// DeviceS4Listed is the message Listed and the state after it.
type DeviceS4Listed[C any] struct {
	Message Listed
	Next    DeviceS5[C]
}

func (DeviceS4Listed[C]) isDeviceS4Outcome(C) {}

// DeviceS4Refused is the message Refused and the state after it.
type DeviceS4Refused[C any] struct {
	Message Refused
	Next    DeviceEnd[C]
}

func (DeviceS4Refused[C]) isDeviceS4Outcome(C) {}

// Receive waits for the choice of Sponsor. After an error of the port the state may be used again.
func (s DeviceS4[C]) Receive(ctx C) (DeviceS4Outcome[C], error) {
	if err := s.turn.check("enrolment.DeviceS4.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Sponsor")
	if err != nil {
		return nil, &aura.Error{Op: "enrolment.DeviceS4.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Listed":
		return DeviceS4Listed[C]{Listed{payload}, DeviceS5[C]{s.turn.next()}}, nil
	case "Refused":
		return DeviceS4Refused[C]{Refused{payload}, DeviceEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("enrolment.DeviceS4.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// DeviceS5 is a state of Device, which here sends Next of enrol.Cursor or Joined or Rejected of enrol.Refusal to Sponsor.
type DeviceS5[C any] struct{ turn turn[C] }

// SendNext sends Next to Sponsor. It takes the capability device:join and 1 unit of flow. After an error of the port the state may be used again.
func (s DeviceS5[C]) SendNext(ctx C, m Next) (DeviceS6[C], error) {
	if err := s.turn.check("enrolment.DeviceS5.SendNext"); err != nil {
		return DeviceS6[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Sponsor", "Next", m.Payload); err != nil {
		return DeviceS6[C]{}, &aura.Error{Op: "enrolment.DeviceS5.SendNext", Kind: aura.KindOf(err), Err: err}
	}
	return DeviceS6[C]{s.turn.next()}, nil
}

// SendJoined sends Joined to Sponsor. It takes the capability device:join and 1 unit of flow. After an error of the port the state may be used again.
func (s DeviceS5[C]) SendJoined(ctx C, m Joined) (DeviceS7[C], error) {
	if err := s.turn.check("enrolment.DeviceS5.SendJoined"); err != nil {
		return DeviceS7[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Sponsor", "Joined", m.Payload); err != nil {
		return DeviceS7[C]{}, &aura.Error{Op: "enrolment.DeviceS5.SendJoined", Kind: aura.KindOf(err), Err: err}
	}
	return DeviceS7[C]{s.turn.next()}, nil
}

// SendRejected sends Rejected to Sponsor. It takes the capability device:join and 1 unit of flow. After an error of the port the state may be used again.
func (s DeviceS5[C]) SendRejected(ctx C, m Rejected) (DeviceEnd[C], error) {
	if err := s.turn.check("enrolment.DeviceS5.SendRejected"); err != nil {
		return DeviceEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Sponsor", "Rejected", m.Payload); err != nil {
		return DeviceEnd[C]{}, &aura.Error{Op: "enrolment.DeviceS5.SendRejected", Kind: aura.KindOf(err), Err: err}
	}
	return DeviceEnd[C]{s.turn.next()}, nil
}

// DeviceS6 is a state of Device, which here receives Piece of enrol.Piece from Sponsor.
type DeviceS6[C any] struct{ turn turn[C] }

// ReceivePiece waits for Piece from Sponsor. After an error of the port the state may be used again.
func (s DeviceS6[C]) ReceivePiece(ctx C) (Piece, DeviceS5[C], error) {
	if err := s.turn.check("enrolment.DeviceS6.ReceivePiece"); err != nil {
		return Piece{}, DeviceS5[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Sponsor")
	if err != nil {
		return Piece{}, DeviceS5[C]{}, &aura.Error{Op: "enrolment.DeviceS6.ReceivePiece", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Piece" {
		return Piece{}, DeviceS5[C]{}, aura.Errorf("enrolment.DeviceS6.ReceivePiece", aura.Corrupt, "message %q is not expected here", label)
	}
	return Piece{payload}, DeviceS5[C]{s.turn.next()}, nil
}

// DeviceS7 is a state of Device, which here receives Completed from Sponsor.
type DeviceS7[C any] struct{ turn turn[C] }

// ReceiveCompleted waits for Completed from Sponsor. After an error of the port the state may be used again.
func (s DeviceS7[C]) ReceiveCompleted(ctx C) (Completed, DeviceEnd[C], error) {
	if err := s.turn.check("enrolment.DeviceS7.ReceiveCompleted"); err != nil {
		return Completed{}, DeviceEnd[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Sponsor")
	if err != nil {
		return Completed{}, DeviceEnd[C]{}, &aura.Error{Op: "enrolment.DeviceS7.ReceiveCompleted", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Completed" {
		return Completed{}, DeviceEnd[C]{}, aura.Errorf("enrolment.DeviceS7.ReceiveCompleted", aura.Corrupt, "message %q is not expected here", label)
	}
	return Completed{payload}, DeviceEnd[C]{s.turn.next()}, nil
}

// DeviceEnd is a state of Device, which here is done.
type DeviceEnd[C any] struct{ turn turn[C] }
