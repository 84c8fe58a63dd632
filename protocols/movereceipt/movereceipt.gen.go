// Code generated from the protocol move.MoveReceipt by aura choreo. DO NOT EDIT.

package movereceipt

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"MoveReceipt","protocol_namespace":"move","protocol_qualified_name":"move.MoveReceipt","protocol_id":"aura.move.receipt","role_names":["Origin","Relay"],"guard_capabilities":["move:carry","move:receipt"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Forward is the message Forward, whose payload encodes onion.Envelope.
type Forward struct{ Payload []byte }

// Accepted is the message Accepted, whose payload encodes move.Receipt.
type Accepted struct{ Payload []byte }

// Rejected is the message Rejected, whose payload encodes move.Refusal.
type Rejected struct{ Payload []byte }

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

// StartOrigin begins the part of Origin. The port must belong to a session of the protocol in that role.
func StartOrigin[C any](port machine.Port[C]) OriginS1[C] {
	return OriginS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// OriginS1 is a state of Origin, which here sends Forward of onion.Envelope to Relay.
type OriginS1[C any] struct{ turn turn[C] }

// SendForward sends Forward to Relay. It takes the capability move:carry and 4 units of flow and leakage to neighbour. After an error of the port the state may be used again.
func (s OriginS1[C]) SendForward(ctx C, m Forward) (OriginS2[C], error) {
	if err := s.turn.check("movereceipt.OriginS1.SendForward"); err != nil {
		return OriginS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Relay", "Forward", m.Payload); err != nil {
		return OriginS2[C]{}, &aura.Error{Op: "movereceipt.OriginS1.SendForward", Kind: aura.KindOf(err), Err: err}
	}
	return OriginS2[C]{s.turn.next()}, nil
}

// OriginS2 is a state of Origin, which here receives Accepted of move.Receipt or Rejected of move.Refusal from Relay.
type OriginS2[C any] struct{ turn turn[C] }

// OriginS2Outcome is what Origin can receive in the state OriginS2: OriginS2Accepted, OriginS2Rejected.
type OriginS2Outcome[C any] interface{ isOriginS2Outcome(C) }

// OriginS2Accepted is the message Accepted and the state after it.
type OriginS2Accepted[C any] struct {
	Message Accepted
	Next    OriginEnd[C]
}

func (OriginS2Accepted[C]) isOriginS2Outcome(C) {}

// OriginS2Rejected is the message Rejected and the state after it.
type OriginS2Rejected[C any] struct {
	Message Rejected
	Next    OriginEnd[C]
}

func (OriginS2Rejected[C]) isOriginS2Outcome(C) {}

// Receive waits for the choice of Relay. After an error of the port the state may be used again.
func (s OriginS2[C]) Receive(ctx C) (OriginS2Outcome[C], error) {
	if err := s.turn.check("movereceipt.OriginS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Relay")
	if err != nil {
		return nil, &aura.Error{Op: "movereceipt.OriginS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Accepted":
		return OriginS2Accepted[C]{Accepted{payload}, OriginEnd[C]{s.turn.next()}}, nil
	case "Rejected":
		return OriginS2Rejected[C]{Rejected{payload}, OriginEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("movereceipt.OriginS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// OriginEnd is a state of Origin, which here is done.
type OriginEnd[C any] struct{ turn turn[C] }

// StartRelay begins the part of Relay. The port must belong to a session of the protocol in that role.
func StartRelay[C any](port machine.Port[C]) RelayS1[C] {
	return RelayS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// RelayS1 is a state of Relay, which here receives Forward of onion.Envelope from Origin.
type RelayS1[C any] struct{ turn turn[C] }

// ReceiveForward waits for Forward from Origin. After an error of the port the state may be used again.
func (s RelayS1[C]) ReceiveForward(ctx C) (Forward, RelayS2[C], error) {
	if err := s.turn.check("movereceipt.RelayS1.ReceiveForward"); err != nil {
		return Forward{}, RelayS2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Origin")
	if err != nil {
		return Forward{}, RelayS2[C]{}, &aura.Error{Op: "movereceipt.RelayS1.ReceiveForward", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Forward" {
		return Forward{}, RelayS2[C]{}, aura.Errorf("movereceipt.RelayS1.ReceiveForward", aura.Corrupt, "message %q is not expected here", label)
	}
	return Forward{payload}, RelayS2[C]{s.turn.next()}, nil
}

// RelayS2 is a state of Relay, which here sends Accepted of move.Receipt or Rejected of move.Refusal to Origin.
type RelayS2[C any] struct{ turn turn[C] }

// SendAccepted sends Accepted to Origin. It takes the capability move:receipt and 1 unit of flow. After an error of the port the state may be used again.
func (s RelayS2[C]) SendAccepted(ctx C, m Accepted) (RelayEnd[C], error) {
	if err := s.turn.check("movereceipt.RelayS2.SendAccepted"); err != nil {
		return RelayEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Origin", "Accepted", m.Payload); err != nil {
		return RelayEnd[C]{}, &aura.Error{Op: "movereceipt.RelayS2.SendAccepted", Kind: aura.KindOf(err), Err: err}
	}
	return RelayEnd[C]{s.turn.next()}, nil
}

// SendRejected sends Rejected to Origin. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s RelayS2[C]) SendRejected(ctx C, m Rejected) (RelayEnd[C], error) {
	if err := s.turn.check("movereceipt.RelayS2.SendRejected"); err != nil {
		return RelayEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Origin", "Rejected", m.Payload); err != nil {
		return RelayEnd[C]{}, &aura.Error{Op: "movereceipt.RelayS2.SendRejected", Kind: aura.KindOf(err), Err: err}
	}
	return RelayEnd[C]{s.turn.next()}, nil
}

// RelayEnd is a state of Relay, which here is done.
type RelayEnd[C any] struct{ turn turn[C] }
