// Code generated from the protocol path.AnonymousPath by aura choreo. DO NOT EDIT.

package anonymouspath

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"AnonymousPath","protocol_namespace":"path","protocol_qualified_name":"path.AnonymousPath","protocol_id":"aura.path.establish","role_names":["Initiator","Hop"],"guard_capabilities":["path:establish","path:relay"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Establish is the message Establish, whose payload encodes onion.Setup.
type Establish struct{ Payload []byte }

// Established is the message Established, whose payload encodes onion.Reply.
type Established struct{ Payload []byte }

// Busy is the message Busy, whose payload is opaque to the protocol.
type Busy struct{ Payload []byte }

// Expired is the message Expired, whose payload is opaque to the protocol.
type Expired struct{ Payload []byte }

// Unpermitted is the message Unpermitted, whose payload is opaque to the protocol.
type Unpermitted struct{ Payload []byte }

// Unsupported is the message Unsupported, whose payload is opaque to the protocol.
type Unsupported struct{ Payload []byte }

// Confirmed is the message Confirmed, whose payload encodes onion.Confirmation.
type Confirmed struct{ Payload []byte }

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

// StartInitiator begins the part of Initiator. The port must belong to a session of the protocol in that role.
func StartInitiator(port machine.Port) InitiatorS1 {
	return InitiatorS1{turn{run: &run{port: port}}}
}

// InitiatorS1 is a state of Initiator, which here sends Establish of onion.Setup to Hop.
type InitiatorS1 struct{ turn turn }

// SendEstablish sends Establish to Hop. It takes the capability path:establish and 4 units of flow and leakage to neighbor:1. After an error of the port the state may be used again.
func (s InitiatorS1) SendEstablish(m Establish) (InitiatorS2, error) {
	if err := s.turn.check("anonymouspath.InitiatorS1.SendEstablish"); err != nil {
		return InitiatorS2{}, err
	}
	if err := s.turn.run.port.Send("Hop", "Establish", m.Payload); err != nil {
		return InitiatorS2{}, &aura.Error{Op: "anonymouspath.InitiatorS1.SendEstablish", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS2{s.turn.next()}, nil
}

// InitiatorS2 is a state of Initiator, which here receives Established of onion.Reply or Busy or Expired or Unpermitted or Unsupported from Hop.
type InitiatorS2 struct{ turn turn }

// InitiatorS2Outcome is what Initiator can receive in the state InitiatorS2: InitiatorS2Established, InitiatorS2Busy, InitiatorS2Expired, InitiatorS2Unpermitted, InitiatorS2Unsupported.
type InitiatorS2Outcome interface{ isInitiatorS2Outcome() }

// InitiatorS2Established is the message Established and the state after it.
type InitiatorS2Established struct {
	Message Established
	Next    InitiatorS3
}

func (InitiatorS2Established) isInitiatorS2Outcome() {}

// InitiatorS2Busy is the message Busy and the state after it.
type InitiatorS2Busy struct {
	Message Busy
	Next    InitiatorEnd
}

func (InitiatorS2Busy) isInitiatorS2Outcome() {}

// InitiatorS2Expired is the message Expired and the state after it.
type InitiatorS2Expired struct {
	Message Expired
	Next    InitiatorEnd
}

func (InitiatorS2Expired) isInitiatorS2Outcome() {}

// InitiatorS2Unpermitted is the message Unpermitted and the state after it.
type InitiatorS2Unpermitted struct {
	Message Unpermitted
	Next    InitiatorEnd
}

func (InitiatorS2Unpermitted) isInitiatorS2Outcome() {}

// InitiatorS2Unsupported is the message Unsupported and the state after it.
type InitiatorS2Unsupported struct {
	Message Unsupported
	Next    InitiatorEnd
}

func (InitiatorS2Unsupported) isInitiatorS2Outcome() {}

// Receive waits for the choice of Hop. After an error of the port the state may be used again.
func (s InitiatorS2) Receive() (InitiatorS2Outcome, error) {
	if err := s.turn.check("anonymouspath.InitiatorS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Hop")
	if err != nil {
		return nil, &aura.Error{Op: "anonymouspath.InitiatorS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Established":
		return InitiatorS2Established{Established{payload}, InitiatorS3{s.turn.next()}}, nil
	case "Busy":
		return InitiatorS2Busy{Busy{payload}, InitiatorEnd{s.turn.next()}}, nil
	case "Expired":
		return InitiatorS2Expired{Expired{payload}, InitiatorEnd{s.turn.next()}}, nil
	case "Unpermitted":
		return InitiatorS2Unpermitted{Unpermitted{payload}, InitiatorEnd{s.turn.next()}}, nil
	case "Unsupported":
		return InitiatorS2Unsupported{Unsupported{payload}, InitiatorEnd{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("anonymouspath.InitiatorS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// InitiatorS3 is a state of Initiator, which here sends Confirmed of onion.Confirmation to Hop.
type InitiatorS3 struct{ turn turn }

// SendConfirmed sends Confirmed to Hop. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS3) SendConfirmed(m Confirmed) (InitiatorEnd, error) {
	if err := s.turn.check("anonymouspath.InitiatorS3.SendConfirmed"); err != nil {
		return InitiatorEnd{}, err
	}
	if err := s.turn.run.port.Send("Hop", "Confirmed", m.Payload); err != nil {
		return InitiatorEnd{}, &aura.Error{Op: "anonymouspath.InitiatorS3.SendConfirmed", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorEnd{s.turn.next()}, nil
}

// InitiatorEnd is a state of Initiator, which here is done.
type InitiatorEnd struct{ turn turn }

// StartHop begins the part of Hop. The port must belong to a session of the protocol in that role.
func StartHop(port machine.Port) HopS1 {
	return HopS1{turn{run: &run{port: port}}}
}

// HopS1 is a state of Hop, which here receives Establish of onion.Setup from Initiator.
type HopS1 struct{ turn turn }

// ReceiveEstablish waits for Establish from Initiator. After an error of the port the state may be used again.
func (s HopS1) ReceiveEstablish() (Establish, HopS2, error) {
	if err := s.turn.check("anonymouspath.HopS1.ReceiveEstablish"); err != nil {
		return Establish{}, HopS2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Initiator")
	if err != nil {
		return Establish{}, HopS2{}, &aura.Error{Op: "anonymouspath.HopS1.ReceiveEstablish", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Establish" {
		return Establish{}, HopS2{}, aura.Errorf("anonymouspath.HopS1.ReceiveEstablish", aura.Corrupt, "message %q is not expected here", label)
	}
	return Establish{payload}, HopS2{s.turn.next()}, nil
}

// HopS2 is a state of Hop, which here sends Established of onion.Reply or Busy or Expired or Unpermitted or Unsupported to Initiator.
type HopS2 struct{ turn turn }

// SendEstablished sends Established to Initiator. It takes the capability path:relay and 4 units of flow. After an error of the port the state may be used again.
func (s HopS2) SendEstablished(m Established) (HopS3, error) {
	if err := s.turn.check("anonymouspath.HopS2.SendEstablished"); err != nil {
		return HopS3{}, err
	}
	if err := s.turn.run.port.Send("Initiator", "Established", m.Payload); err != nil {
		return HopS3{}, &aura.Error{Op: "anonymouspath.HopS2.SendEstablished", Kind: aura.KindOf(err), Err: err}
	}
	return HopS3{s.turn.next()}, nil
}

// SendBusy sends Busy to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s HopS2) SendBusy(m Busy) (HopEnd, error) {
	if err := s.turn.check("anonymouspath.HopS2.SendBusy"); err != nil {
		return HopEnd{}, err
	}
	if err := s.turn.run.port.Send("Initiator", "Busy", m.Payload); err != nil {
		return HopEnd{}, &aura.Error{Op: "anonymouspath.HopS2.SendBusy", Kind: aura.KindOf(err), Err: err}
	}
	return HopEnd{s.turn.next()}, nil
}

// SendExpired sends Expired to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s HopS2) SendExpired(m Expired) (HopEnd, error) {
	if err := s.turn.check("anonymouspath.HopS2.SendExpired"); err != nil {
		return HopEnd{}, err
	}
	if err := s.turn.run.port.Send("Initiator", "Expired", m.Payload); err != nil {
		return HopEnd{}, &aura.Error{Op: "anonymouspath.HopS2.SendExpired", Kind: aura.KindOf(err), Err: err}
	}
	return HopEnd{s.turn.next()}, nil
}

// SendUnpermitted sends Unpermitted to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s HopS2) SendUnpermitted(m Unpermitted) (HopEnd, error) {
	if err := s.turn.check("anonymouspath.HopS2.SendUnpermitted"); err != nil {
		return HopEnd{}, err
	}
	if err := s.turn.run.port.Send("Initiator", "Unpermitted", m.Payload); err != nil {
		return HopEnd{}, &aura.Error{Op: "anonymouspath.HopS2.SendUnpermitted", Kind: aura.KindOf(err), Err: err}
	}
	return HopEnd{s.turn.next()}, nil
}

// SendUnsupported sends Unsupported to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s HopS2) SendUnsupported(m Unsupported) (HopEnd, error) {
	if err := s.turn.check("anonymouspath.HopS2.SendUnsupported"); err != nil {
		return HopEnd{}, err
	}
	if err := s.turn.run.port.Send("Initiator", "Unsupported", m.Payload); err != nil {
		return HopEnd{}, &aura.Error{Op: "anonymouspath.HopS2.SendUnsupported", Kind: aura.KindOf(err), Err: err}
	}
	return HopEnd{s.turn.next()}, nil
}

// HopS3 is a state of Hop, which here receives Confirmed of onion.Confirmation from Initiator.
type HopS3 struct{ turn turn }

// ReceiveConfirmed waits for Confirmed from Initiator. After an error of the port the state may be used again.
func (s HopS3) ReceiveConfirmed() (Confirmed, HopEnd, error) {
	if err := s.turn.check("anonymouspath.HopS3.ReceiveConfirmed"); err != nil {
		return Confirmed{}, HopEnd{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Initiator")
	if err != nil {
		return Confirmed{}, HopEnd{}, &aura.Error{Op: "anonymouspath.HopS3.ReceiveConfirmed", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Confirmed" {
		return Confirmed{}, HopEnd{}, aura.Errorf("anonymouspath.HopS3.ReceiveConfirmed", aura.Corrupt, "message %q is not expected here", label)
	}
	return Confirmed{payload}, HopEnd{s.turn.next()}, nil
}

// HopEnd is a state of Hop, which here is done.
type HopEnd struct{ turn turn }
