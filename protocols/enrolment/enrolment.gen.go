// Code generated from the protocol invitation.Enrolment by aura choreo. DO NOT EDIT.

package enrolment

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"Enrolment","protocol_namespace":"invitation","protocol_qualified_name":"invitation.Enrolment","protocol_id":"aura.invitation.device_enrolment","role_names":["Sponsor","Device"],"guard_capabilities":["device:roster"],"determinism_policy_ref":"aura.vm.prod.default","link_specs":[{"role":"Sponsor","bundle_id":"device_migration","exports":["account_state"],"imports":["device_keys"]}]}`

// Offer is the message Offer, whose payload encodes keyring.Offer.
type Offer struct{ Payload []byte }

// Keys is the message Keys, whose payload encodes keyring.DeviceKeys.
type Keys struct{ Payload []byte }

// Certificate is the message Certificate, whose payload encodes keyring.Certificate.
type Certificate struct{ Payload []byte }

// Refused is the message Refused, whose payload is opaque to the protocol.
type Refused struct{ Payload []byte }

// Joined is the message Joined, whose payload is opaque to the protocol.
type Joined struct{ Payload []byte }

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

// SponsorS1 is a state of Sponsor, which here sends Offer of keyring.Offer to Device.
type SponsorS1[C any] struct{ turn turn[C] }

// SendOffer sends Offer to Device. It takes the capability device:roster and 4 units of flow. After an error of the port the state may be used again.
func (s SponsorS1[C]) SendOffer(ctx C, m Offer) (SponsorS2[C], error) {
	if err := s.turn.check("enrolment.SponsorS1.SendOffer"); err != nil {
		return SponsorS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device", "Offer", m.Payload); err != nil {
		return SponsorS2[C]{}, &aura.Error{Op: "enrolment.SponsorS1.SendOffer", Kind: aura.KindOf(err), Err: err}
	}
	return SponsorS2[C]{s.turn.next()}, nil
}

// SponsorS2 is a state of Sponsor, which here receives Keys of keyring.DeviceKeys from Device.
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

// SponsorS3 is a state of Sponsor, which here sends Certificate of keyring.Certificate or Refused to Device.
type SponsorS3[C any] struct{ turn turn[C] }

// SendCertificate sends Certificate to Device. It takes the capability device:roster and 4 units of flow. After an error of the port the state may be used again.
func (s SponsorS3[C]) SendCertificate(ctx C, m Certificate) (SponsorS4[C], error) {
	if err := s.turn.check("enrolment.SponsorS3.SendCertificate"); err != nil {
		return SponsorS4[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device", "Certificate", m.Payload); err != nil {
		return SponsorS4[C]{}, &aura.Error{Op: "enrolment.SponsorS3.SendCertificate", Kind: aura.KindOf(err), Err: err}
	}
	return SponsorS4[C]{s.turn.next()}, nil
}

// SendRefused sends Refused to Device. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s SponsorS3[C]) SendRefused(ctx C, m Refused) (SponsorEnd[C], error) {
	if err := s.turn.check("enrolment.SponsorS3.SendRefused"); err != nil {
		return SponsorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device", "Refused", m.Payload); err != nil {
		return SponsorEnd[C]{}, &aura.Error{Op: "enrolment.SponsorS3.SendRefused", Kind: aura.KindOf(err), Err: err}
	}
	return SponsorEnd[C]{s.turn.next()}, nil
}

// SponsorS4 is a state of Sponsor, which here receives Joined from Device.
type SponsorS4[C any] struct{ turn turn[C] }

// ReceiveJoined waits for Joined from Device. After an error of the port the state may be used again.
func (s SponsorS4[C]) ReceiveJoined(ctx C) (Joined, SponsorEnd[C], error) {
	if err := s.turn.check("enrolment.SponsorS4.ReceiveJoined"); err != nil {
		return Joined{}, SponsorEnd[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Device")
	if err != nil {
		return Joined{}, SponsorEnd[C]{}, &aura.Error{Op: "enrolment.SponsorS4.ReceiveJoined", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Joined" {
		return Joined{}, SponsorEnd[C]{}, aura.Errorf("enrolment.SponsorS4.ReceiveJoined", aura.Corrupt, "message %q is not expected here", label)
	}
	return Joined{payload}, SponsorEnd[C]{s.turn.next()}, nil
}

// SponsorEnd is a state of Sponsor, which here is done.
type SponsorEnd[C any] struct{ turn turn[C] }

// StartDevice begins the part of Device. The port must belong to a session of the protocol in that role.
func StartDevice[C any](port machine.Port[C]) DeviceS1[C] {
	return DeviceS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// DeviceS1 is a state of Device, which here receives Offer of keyring.Offer from Sponsor.
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

// DeviceS2 is a state of Device, which here sends Keys of keyring.DeviceKeys to Sponsor.
type DeviceS2[C any] struct{ turn turn[C] }

// SendKeys sends Keys to Sponsor. It takes 4 units of flow. After an error of the port the state may be used again.
func (s DeviceS2[C]) SendKeys(ctx C, m Keys) (DeviceS3[C], error) {
	if err := s.turn.check("enrolment.DeviceS2.SendKeys"); err != nil {
		return DeviceS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Sponsor", "Keys", m.Payload); err != nil {
		return DeviceS3[C]{}, &aura.Error{Op: "enrolment.DeviceS2.SendKeys", Kind: aura.KindOf(err), Err: err}
	}
	return DeviceS3[C]{s.turn.next()}, nil
}

// DeviceS3 is a state of Device, which here receives Certificate of keyring.Certificate or Refused from Sponsor.
type DeviceS3[C any] struct{ turn turn[C] }

// DeviceS3Outcome is what Device can receive in the state DeviceS3: DeviceS3Certificate, DeviceS3Refused.
type DeviceS3Outcome[C any] interface{ isDeviceS3Outcome(C) }

// DeviceS3Certificate is the message Certificate and the state after it.
type DeviceS3Certificate[C any] struct {
	Message Certificate
	Next    DeviceS4[C]
}

func (DeviceS3Certificate[C]) isDeviceS3Outcome(C) {}

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
	case "Certificate":
		return DeviceS3Certificate[C]{Certificate{payload}, DeviceS4[C]{s.turn.next()}}, nil
	case "Refused":
		return DeviceS3Refused[C]{Refused{payload}, DeviceEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("enrolment.DeviceS3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// DeviceS4 is a state of Device, which here sends Joined to Sponsor.
type DeviceS4[C any] struct{ turn turn[C] }

// SendJoined sends Joined to Sponsor. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s DeviceS4[C]) SendJoined(ctx C, m Joined) (DeviceEnd[C], error) {
	if err := s.turn.check("enrolment.DeviceS4.SendJoined"); err != nil {
		return DeviceEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Sponsor", "Joined", m.Payload); err != nil {
		return DeviceEnd[C]{}, &aura.Error{Op: "enrolment.DeviceS4.SendJoined", Kind: aura.KindOf(err), Err: err}
	}
	return DeviceEnd[C]{s.turn.next()}, nil
}

// DeviceEnd is a state of Device, which here is done.
type DeviceEnd[C any] struct{ turn turn[C] }
