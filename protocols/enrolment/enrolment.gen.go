// Code generated from the protocol invitation.Enrolment by aura choreo. DO NOT EDIT.

package enrolment

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"Enrolment","protocol_namespace":"invitation","protocol_qualified_name":"invitation.Enrolment","protocol_id":"aura.invitation.device_enrolment","role_names":["Sponsor","Device"],"guard_capabilities":["device:enrol","device:certify"],"determinism_policy_ref":"aura.vm.prod.default","link_specs":[{"role":"Sponsor","bundle_id":"device_migration","exports":["account_state"],"imports":["device_keys"]}]}`

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
type run struct {
	port  machine.Port
	steps uint64
}

// turn is a state's claim to be the current one. A state belongs to one task.
type turn struct {
	run  *run
	step uint64
}

func (t turn) check(op aura.Op) error {
	if t.run == nil {
		return aura.Errorf(op, aura.Invalid, "the session was not started")
	}
	if t.run.steps != t.step {
		return aura.Errorf(op, aura.Stale, "this state was left already")
	}
	return nil
}

func (t turn) next() turn {
	t.run.steps++
	return turn{t.run, t.run.steps}
}

// StartSponsor begins the part of Sponsor. The port must belong to a session of the protocol in that role.
func StartSponsor(port machine.Port) SponsorS1 {
	return SponsorS1{turn{run: &run{port: port}}}
}

// SponsorS1 is a state of Sponsor, which here sends Offer of keyring.Offer to Device.
type SponsorS1 struct{ turn turn }

// SendOffer sends Offer to Device. It takes the capability device:enrol and 4 units of flow. After an error of the port the state may be used again.
func (s SponsorS1) SendOffer(m Offer) (SponsorS2, error) {
	if err := s.turn.check("enrolment.SponsorS1.SendOffer"); err != nil {
		return SponsorS2{}, err
	}
	if err := s.turn.run.port.Send("Device", "Offer", m.Payload); err != nil {
		return SponsorS2{}, &aura.Error{Op: "enrolment.SponsorS1.SendOffer", Kind: aura.KindOf(err), Err: err}
	}
	return SponsorS2{s.turn.next()}, nil
}

// SponsorS2 is a state of Sponsor, which here receives Keys of keyring.DeviceKeys from Device.
type SponsorS2 struct{ turn turn }

// ReceiveKeys waits for Keys from Device. After an error of the port the state may be used again.
func (s SponsorS2) ReceiveKeys() (Keys, SponsorS3, error) {
	if err := s.turn.check("enrolment.SponsorS2.ReceiveKeys"); err != nil {
		return Keys{}, SponsorS3{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Device")
	if err != nil {
		return Keys{}, SponsorS3{}, &aura.Error{Op: "enrolment.SponsorS2.ReceiveKeys", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Keys" {
		return Keys{}, SponsorS3{}, aura.Errorf("enrolment.SponsorS2.ReceiveKeys", aura.Corrupt, "message %q is not expected here", label)
	}
	return Keys{payload}, SponsorS3{s.turn.next()}, nil
}

// SponsorS3 is a state of Sponsor, which here sends Certificate of keyring.Certificate or Refused to Device.
type SponsorS3 struct{ turn turn }

// SendCertificate sends Certificate to Device. It takes the capability device:certify and 4 units of flow. After an error of the port the state may be used again.
func (s SponsorS3) SendCertificate(m Certificate) (SponsorS4, error) {
	if err := s.turn.check("enrolment.SponsorS3.SendCertificate"); err != nil {
		return SponsorS4{}, err
	}
	if err := s.turn.run.port.Send("Device", "Certificate", m.Payload); err != nil {
		return SponsorS4{}, &aura.Error{Op: "enrolment.SponsorS3.SendCertificate", Kind: aura.KindOf(err), Err: err}
	}
	return SponsorS4{s.turn.next()}, nil
}

// SendRefused sends Refused to Device. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s SponsorS3) SendRefused(m Refused) (SponsorEnd, error) {
	if err := s.turn.check("enrolment.SponsorS3.SendRefused"); err != nil {
		return SponsorEnd{}, err
	}
	if err := s.turn.run.port.Send("Device", "Refused", m.Payload); err != nil {
		return SponsorEnd{}, &aura.Error{Op: "enrolment.SponsorS3.SendRefused", Kind: aura.KindOf(err), Err: err}
	}
	return SponsorEnd{s.turn.next()}, nil
}

// SponsorS4 is a state of Sponsor, which here receives Joined from Device.
type SponsorS4 struct{ turn turn }

// ReceiveJoined waits for Joined from Device. After an error of the port the state may be used again.
func (s SponsorS4) ReceiveJoined() (Joined, SponsorEnd, error) {
	if err := s.turn.check("enrolment.SponsorS4.ReceiveJoined"); err != nil {
		return Joined{}, SponsorEnd{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Device")
	if err != nil {
		return Joined{}, SponsorEnd{}, &aura.Error{Op: "enrolment.SponsorS4.ReceiveJoined", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Joined" {
		return Joined{}, SponsorEnd{}, aura.Errorf("enrolment.SponsorS4.ReceiveJoined", aura.Corrupt, "message %q is not expected here", label)
	}
	return Joined{payload}, SponsorEnd{s.turn.next()}, nil
}

// SponsorEnd is a state of Sponsor, which here is done.
type SponsorEnd struct{ turn turn }

// StartDevice begins the part of Device. The port must belong to a session of the protocol in that role.
func StartDevice(port machine.Port) DeviceS1 {
	return DeviceS1{turn{run: &run{port: port}}}
}

// DeviceS1 is a state of Device, which here receives Offer of keyring.Offer from Sponsor.
type DeviceS1 struct{ turn turn }

// ReceiveOffer waits for Offer from Sponsor. After an error of the port the state may be used again.
func (s DeviceS1) ReceiveOffer() (Offer, DeviceS2, error) {
	if err := s.turn.check("enrolment.DeviceS1.ReceiveOffer"); err != nil {
		return Offer{}, DeviceS2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Sponsor")
	if err != nil {
		return Offer{}, DeviceS2{}, &aura.Error{Op: "enrolment.DeviceS1.ReceiveOffer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Offer" {
		return Offer{}, DeviceS2{}, aura.Errorf("enrolment.DeviceS1.ReceiveOffer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Offer{payload}, DeviceS2{s.turn.next()}, nil
}

// DeviceS2 is a state of Device, which here sends Keys of keyring.DeviceKeys to Sponsor.
type DeviceS2 struct{ turn turn }

// SendKeys sends Keys to Sponsor. It takes 4 units of flow. After an error of the port the state may be used again.
func (s DeviceS2) SendKeys(m Keys) (DeviceS3, error) {
	if err := s.turn.check("enrolment.DeviceS2.SendKeys"); err != nil {
		return DeviceS3{}, err
	}
	if err := s.turn.run.port.Send("Sponsor", "Keys", m.Payload); err != nil {
		return DeviceS3{}, &aura.Error{Op: "enrolment.DeviceS2.SendKeys", Kind: aura.KindOf(err), Err: err}
	}
	return DeviceS3{s.turn.next()}, nil
}

// DeviceS3 is a state of Device, which here receives Certificate of keyring.Certificate or Refused from Sponsor.
type DeviceS3 struct{ turn turn }

// DeviceS3Outcome is what Device can receive in the state DeviceS3: DeviceS3Certificate, DeviceS3Refused.
type DeviceS3Outcome interface{ isDeviceS3Outcome() }

// DeviceS3Certificate is the message Certificate and the state after it.
type DeviceS3Certificate struct {
	Message Certificate
	Next    DeviceS4
}

func (DeviceS3Certificate) isDeviceS3Outcome() {}

// DeviceS3Refused is the message Refused and the state after it.
type DeviceS3Refused struct {
	Message Refused
	Next    DeviceEnd
}

func (DeviceS3Refused) isDeviceS3Outcome() {}

// Receive waits for the choice of Sponsor. After an error of the port the state may be used again.
func (s DeviceS3) Receive() (DeviceS3Outcome, error) {
	if err := s.turn.check("enrolment.DeviceS3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Sponsor")
	if err != nil {
		return nil, &aura.Error{Op: "enrolment.DeviceS3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Certificate":
		return DeviceS3Certificate{Certificate{payload}, DeviceS4{s.turn.next()}}, nil
	case "Refused":
		return DeviceS3Refused{Refused{payload}, DeviceEnd{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("enrolment.DeviceS3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// DeviceS4 is a state of Device, which here sends Joined to Sponsor.
type DeviceS4 struct{ turn turn }

// SendJoined sends Joined to Sponsor. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s DeviceS4) SendJoined(m Joined) (DeviceEnd, error) {
	if err := s.turn.check("enrolment.DeviceS4.SendJoined"); err != nil {
		return DeviceEnd{}, err
	}
	if err := s.turn.run.port.Send("Sponsor", "Joined", m.Payload); err != nil {
		return DeviceEnd{}, &aura.Error{Op: "enrolment.DeviceS4.SendJoined", Kind: aura.KindOf(err), Err: err}
	}
	return DeviceEnd{s.turn.next()}, nil
}

// DeviceEnd is a state of Device, which here is done.
type DeviceEnd struct{ turn turn }
