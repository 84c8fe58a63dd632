// Code generated from the protocol move.MoveReceipt by aura choreo. DO NOT EDIT.

package movereceipt

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"MoveReceipt","protocol_namespace":"move","protocol_qualified_name":"move.MoveReceipt","protocol_id":"aura.move.receipt","role_names":["Origin","Relay"],"guard_capabilities":["move:forward","move:receipt"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Forward is the message Forward, whose payload encodes onion.Envelope.
type Forward struct{ Payload []byte }

// Accepted is the message Accepted, whose payload encodes move.Receipt.
type Accepted struct{ Payload []byte }

// Rejected is the message Rejected, whose payload encodes move.Refusal.
type Rejected struct{ Payload []byte }

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

// StartOrigin begins the part of Origin. The port must belong to a session of the protocol in that role.
func StartOrigin(port machine.Port) OriginS1 {
	return OriginS1{turn{run: &run{port: port}}}
}

// OriginS1 is a state of Origin, which here sends Forward of onion.Envelope to Relay.
type OriginS1 struct{ turn turn }

// SendForward sends Forward to Relay. It takes the capability move:forward and 4 units of flow and leakage to neighbor:1. After an error of the port the state may be used again.
func (s OriginS1) SendForward(m Forward) (OriginS2, error) {
	if err := s.turn.check("movereceipt.OriginS1.SendForward"); err != nil {
		return OriginS2{}, err
	}
	if err := s.turn.run.port.Send("Relay", "Forward", m.Payload); err != nil {
		return OriginS2{}, &aura.Error{Op: "movereceipt.OriginS1.SendForward", Kind: aura.KindOf(err), Err: err}
	}
	return OriginS2{s.turn.next()}, nil
}

// OriginS2 is a state of Origin, which here receives Accepted of move.Receipt or Rejected of move.Refusal from Relay.
type OriginS2 struct{ turn turn }

// OriginS2Outcome is what Origin can receive in the state OriginS2: OriginS2Accepted, OriginS2Rejected.
type OriginS2Outcome interface{ isOriginS2Outcome() }

// OriginS2Accepted is the message Accepted and the state after it.
type OriginS2Accepted struct {
	Message Accepted
	Next    OriginEnd
}

func (OriginS2Accepted) isOriginS2Outcome() {}

// OriginS2Rejected is the message Rejected and the state after it.
type OriginS2Rejected struct {
	Message Rejected
	Next    OriginEnd
}

func (OriginS2Rejected) isOriginS2Outcome() {}

// Receive waits for the choice of Relay. After an error of the port the state may be used again.
func (s OriginS2) Receive() (OriginS2Outcome, error) {
	if err := s.turn.check("movereceipt.OriginS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Relay")
	if err != nil {
		return nil, &aura.Error{Op: "movereceipt.OriginS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Accepted":
		return OriginS2Accepted{Accepted{payload}, OriginEnd{s.turn.next()}}, nil
	case "Rejected":
		return OriginS2Rejected{Rejected{payload}, OriginEnd{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("movereceipt.OriginS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// OriginEnd is a state of Origin, which here is done.
type OriginEnd struct{ turn turn }

// StartRelay begins the part of Relay. The port must belong to a session of the protocol in that role.
func StartRelay(port machine.Port) RelayS1 {
	return RelayS1{turn{run: &run{port: port}}}
}

// RelayS1 is a state of Relay, which here receives Forward of onion.Envelope from Origin.
type RelayS1 struct{ turn turn }

// ReceiveForward waits for Forward from Origin. After an error of the port the state may be used again.
func (s RelayS1) ReceiveForward() (Forward, RelayS2, error) {
	if err := s.turn.check("movereceipt.RelayS1.ReceiveForward"); err != nil {
		return Forward{}, RelayS2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Origin")
	if err != nil {
		return Forward{}, RelayS2{}, &aura.Error{Op: "movereceipt.RelayS1.ReceiveForward", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Forward" {
		return Forward{}, RelayS2{}, aura.Errorf("movereceipt.RelayS1.ReceiveForward", aura.Corrupt, "message %q is not expected here", label)
	}
	return Forward{payload}, RelayS2{s.turn.next()}, nil
}

// RelayS2 is a state of Relay, which here sends Accepted of move.Receipt or Rejected of move.Refusal to Origin.
type RelayS2 struct{ turn turn }

// SendAccepted sends Accepted to Origin. It takes the capability move:receipt and 1 unit of flow. After an error of the port the state may be used again.
func (s RelayS2) SendAccepted(m Accepted) (RelayEnd, error) {
	if err := s.turn.check("movereceipt.RelayS2.SendAccepted"); err != nil {
		return RelayEnd{}, err
	}
	if err := s.turn.run.port.Send("Origin", "Accepted", m.Payload); err != nil {
		return RelayEnd{}, &aura.Error{Op: "movereceipt.RelayS2.SendAccepted", Kind: aura.KindOf(err), Err: err}
	}
	return RelayEnd{s.turn.next()}, nil
}

// SendRejected sends Rejected to Origin. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s RelayS2) SendRejected(m Rejected) (RelayEnd, error) {
	if err := s.turn.check("movereceipt.RelayS2.SendRejected"); err != nil {
		return RelayEnd{}, err
	}
	if err := s.turn.run.port.Send("Origin", "Rejected", m.Payload); err != nil {
		return RelayEnd{}, &aura.Error{Op: "movereceipt.RelayS2.SendRejected", Kind: aura.KindOf(err), Err: err}
	}
	return RelayEnd{s.turn.next()}, nil
}

// RelayEnd is a state of Relay, which here is done.
type RelayEnd struct{ turn turn }
