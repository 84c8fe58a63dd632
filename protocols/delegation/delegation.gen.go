// Code generated from the protocol session.Delegation by aura choreo. DO NOT EDIT.

package delegation

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"Delegation","protocol_namespace":"session","protocol_qualified_name":"session.Delegation","protocol_id":"aura.session.delegation","role_names":["Source","Target"],"guard_capabilities":["session:delegate","session:take"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Offer is the message Offer, whose payload encodes session.Offer.
type Offer struct{ Payload []byte }

// Next is the message Next, whose payload is opaque to the protocol.
type Next struct{ Payload []byte }

// Refused is the message Refused, whose payload encodes session.Refusal.
type Refused struct{ Payload []byte }

// Ready is the message Ready, whose payload encodes session.Readiness.
type Ready struct{ Payload []byte }

// Piece is the message Piece, whose payload encodes session.Piece.
type Piece struct{ Payload []byte }

// Withdrawn is the message Withdrawn, whose payload encodes session.Refusal.
type Withdrawn struct{ Payload []byte }

// Committed is the message Committed, whose payload encodes session.Delegated.
type Committed struct{ Payload []byte }

// RolledBack is the message RolledBack, whose payload encodes session.Refusal.
type RolledBack struct{ Payload []byte }

// Activated is the message Activated, whose payload is opaque to the protocol.
type Activated struct{ Payload []byte }

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

// StartSource begins the part of Source. The port must belong to a session of the protocol in that role.
func StartSource[C any](port machine.Port[C]) SourceS1[C] {
	return SourceS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// SourceS1 is a state of Source, which here sends Offer of session.Offer to Target.
type SourceS1[C any] struct{ turn turn[C] }

// SendOffer sends Offer to Target. It takes the capability session:delegate and 2 units of flow. After an error of the port the state may be used again.
func (s SourceS1[C]) SendOffer(ctx C, m Offer) (SourceS2[C], error) {
	if err := s.turn.check("delegation.SourceS1.SendOffer"); err != nil {
		return SourceS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Target", "Offer", m.Payload); err != nil {
		return SourceS2[C]{}, &aura.Error{Op: "delegation.SourceS1.SendOffer", Kind: aura.KindOf(err), Err: err}
	}
	return SourceS2[C]{s.turn.next()}, nil
}

// SourceS2 is a state of Source, which here receives Next or Refused of session.Refusal or Ready of session.Readiness from Target.
type SourceS2[C any] struct{ turn turn[C] }

// SourceS2Outcome is what Source can receive in the state SourceS2: SourceS2Next, SourceS2Refused, SourceS2Ready.
type SourceS2Outcome[C any] interface{ isSourceS2Outcome(C) }

// SourceS2Next is the message Next and the state after it.
type SourceS2Next[C any] struct {
	Message Next
	Next    SourceS3[C]
}

func (SourceS2Next[C]) isSourceS2Outcome(C) {}

// SourceS2Refused is the message Refused and the state after it.
type SourceS2Refused[C any] struct {
	Message Refused
	Next    SourceEnd[C]
}

func (SourceS2Refused[C]) isSourceS2Outcome(C) {}

// SourceS2Ready is the message Ready and the state after it.
type SourceS2Ready[C any] struct {
	Message Ready
	Next    SourceS5[C]
}

func (SourceS2Ready[C]) isSourceS2Outcome(C) {}

// Receive waits for the choice of Target. After an error of the port the state may be used again.
func (s SourceS2[C]) Receive(ctx C) (SourceS2Outcome[C], error) {
	if err := s.turn.check("delegation.SourceS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Target")
	if err != nil {
		return nil, &aura.Error{Op: "delegation.SourceS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Next":
		return SourceS2Next[C]{Next{payload}, SourceS3[C]{s.turn.next()}}, nil
	case "Refused":
		return SourceS2Refused[C]{Refused{payload}, SourceEnd[C]{s.turn.next()}}, nil
	case "Ready":
		return SourceS2Ready[C]{Ready{payload}, SourceS5[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("delegation.SourceS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// SourceS3 is a state of Source, which here sends Piece of session.Piece or Withdrawn of session.Refusal to Target.
type SourceS3[C any] struct{ turn turn[C] }

// SendPiece sends Piece to Target. It takes the capability session:delegate and 1 unit of flow. After an error of the port the state may be used again.
func (s SourceS3[C]) SendPiece(ctx C, m Piece) (SourceS2[C], error) {
	if err := s.turn.check("delegation.SourceS3.SendPiece"); err != nil {
		return SourceS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Target", "Piece", m.Payload); err != nil {
		return SourceS2[C]{}, &aura.Error{Op: "delegation.SourceS3.SendPiece", Kind: aura.KindOf(err), Err: err}
	}
	return SourceS2[C]{s.turn.next()}, nil
}

// SendWithdrawn sends Withdrawn to Target. It takes the capability session:delegate and 1 unit of flow. After an error of the port the state may be used again.
func (s SourceS3[C]) SendWithdrawn(ctx C, m Withdrawn) (SourceEnd[C], error) {
	if err := s.turn.check("delegation.SourceS3.SendWithdrawn"); err != nil {
		return SourceEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Target", "Withdrawn", m.Payload); err != nil {
		return SourceEnd[C]{}, &aura.Error{Op: "delegation.SourceS3.SendWithdrawn", Kind: aura.KindOf(err), Err: err}
	}
	return SourceEnd[C]{s.turn.next()}, nil
}

// SourceEnd is a state of Source, which here is done.
type SourceEnd[C any] struct{ turn turn[C] }

// SourceS5 is a state of Source, which here sends Committed of session.Delegated or RolledBack of session.Refusal to Target.
type SourceS5[C any] struct{ turn turn[C] }

// SendCommitted sends Committed to Target. It takes the capability session:delegate and 1 unit of flow. After an error of the port the state may be used again.
func (s SourceS5[C]) SendCommitted(ctx C, m Committed) (SourceS6[C], error) {
	if err := s.turn.check("delegation.SourceS5.SendCommitted"); err != nil {
		return SourceS6[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Target", "Committed", m.Payload); err != nil {
		return SourceS6[C]{}, &aura.Error{Op: "delegation.SourceS5.SendCommitted", Kind: aura.KindOf(err), Err: err}
	}
	return SourceS6[C]{s.turn.next()}, nil
}

// SendRolledBack sends RolledBack to Target. It takes the capability session:delegate and 1 unit of flow. After an error of the port the state may be used again.
func (s SourceS5[C]) SendRolledBack(ctx C, m RolledBack) (SourceEnd[C], error) {
	if err := s.turn.check("delegation.SourceS5.SendRolledBack"); err != nil {
		return SourceEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Target", "RolledBack", m.Payload); err != nil {
		return SourceEnd[C]{}, &aura.Error{Op: "delegation.SourceS5.SendRolledBack", Kind: aura.KindOf(err), Err: err}
	}
	return SourceEnd[C]{s.turn.next()}, nil
}

// SourceS6 is a state of Source, which here receives Activated from Target.
type SourceS6[C any] struct{ turn turn[C] }

// ReceiveActivated waits for Activated from Target. After an error of the port the state may be used again.
func (s SourceS6[C]) ReceiveActivated(ctx C) (Activated, SourceEnd[C], error) {
	if err := s.turn.check("delegation.SourceS6.ReceiveActivated"); err != nil {
		return Activated{}, SourceEnd[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Target")
	if err != nil {
		return Activated{}, SourceEnd[C]{}, &aura.Error{Op: "delegation.SourceS6.ReceiveActivated", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Activated" {
		return Activated{}, SourceEnd[C]{}, aura.Errorf("delegation.SourceS6.ReceiveActivated", aura.Corrupt, "message %q is not expected here", label)
	}
	return Activated{payload}, SourceEnd[C]{s.turn.next()}, nil
}

// StartTarget begins the part of Target. The port must belong to a session of the protocol in that role.
func StartTarget[C any](port machine.Port[C]) TargetS1[C] {
	return TargetS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// TargetS1 is a state of Target, which here receives Offer of session.Offer from Source.
type TargetS1[C any] struct{ turn turn[C] }

// ReceiveOffer waits for Offer from Source. After an error of the port the state may be used again.
func (s TargetS1[C]) ReceiveOffer(ctx C) (Offer, TargetS2[C], error) {
	if err := s.turn.check("delegation.TargetS1.ReceiveOffer"); err != nil {
		return Offer{}, TargetS2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Source")
	if err != nil {
		return Offer{}, TargetS2[C]{}, &aura.Error{Op: "delegation.TargetS1.ReceiveOffer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Offer" {
		return Offer{}, TargetS2[C]{}, aura.Errorf("delegation.TargetS1.ReceiveOffer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Offer{payload}, TargetS2[C]{s.turn.next()}, nil
}

// TargetS2 is a state of Target, which here sends Next or Refused of session.Refusal or Ready of session.Readiness to Source.
type TargetS2[C any] struct{ turn turn[C] }

// SendNext sends Next to Source. It takes the capability session:take and 1 unit of flow. After an error of the port the state may be used again.
func (s TargetS2[C]) SendNext(ctx C, m Next) (TargetS3[C], error) {
	if err := s.turn.check("delegation.TargetS2.SendNext"); err != nil {
		return TargetS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Source", "Next", m.Payload); err != nil {
		return TargetS3[C]{}, &aura.Error{Op: "delegation.TargetS2.SendNext", Kind: aura.KindOf(err), Err: err}
	}
	return TargetS3[C]{s.turn.next()}, nil
}

// SendRefused sends Refused to Source. It takes the capability session:take and 1 unit of flow. After an error of the port the state may be used again.
func (s TargetS2[C]) SendRefused(ctx C, m Refused) (TargetEnd[C], error) {
	if err := s.turn.check("delegation.TargetS2.SendRefused"); err != nil {
		return TargetEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Source", "Refused", m.Payload); err != nil {
		return TargetEnd[C]{}, &aura.Error{Op: "delegation.TargetS2.SendRefused", Kind: aura.KindOf(err), Err: err}
	}
	return TargetEnd[C]{s.turn.next()}, nil
}

// SendReady sends Ready to Source. It takes the capability session:take and 1 unit of flow. After an error of the port the state may be used again.
func (s TargetS2[C]) SendReady(ctx C, m Ready) (TargetS5[C], error) {
	if err := s.turn.check("delegation.TargetS2.SendReady"); err != nil {
		return TargetS5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Source", "Ready", m.Payload); err != nil {
		return TargetS5[C]{}, &aura.Error{Op: "delegation.TargetS2.SendReady", Kind: aura.KindOf(err), Err: err}
	}
	return TargetS5[C]{s.turn.next()}, nil
}

// TargetS3 is a state of Target, which here receives Piece of session.Piece or Withdrawn of session.Refusal from Source.
type TargetS3[C any] struct{ turn turn[C] }

// TargetS3Outcome is what Target can receive in the state TargetS3: TargetS3Piece, TargetS3Withdrawn.
type TargetS3Outcome[C any] interface{ isTargetS3Outcome(C) }

// TargetS3Piece is the message Piece and the state after it.
type TargetS3Piece[C any] struct {
	Message Piece
	Next    TargetS2[C]
}

func (TargetS3Piece[C]) isTargetS3Outcome(C) {}

// TargetS3Withdrawn is the message Withdrawn and the state after it.
type TargetS3Withdrawn[C any] struct {
	Message Withdrawn
	Next    TargetEnd[C]
}

func (TargetS3Withdrawn[C]) isTargetS3Outcome(C) {}

// Receive waits for the choice of Source. After an error of the port the state may be used again.
func (s TargetS3[C]) Receive(ctx C) (TargetS3Outcome[C], error) {
	if err := s.turn.check("delegation.TargetS3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Source")
	if err != nil {
		return nil, &aura.Error{Op: "delegation.TargetS3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Piece":
		return TargetS3Piece[C]{Piece{payload}, TargetS2[C]{s.turn.next()}}, nil
	case "Withdrawn":
		return TargetS3Withdrawn[C]{Withdrawn{payload}, TargetEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("delegation.TargetS3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// TargetEnd is a state of Target, which here is done.
type TargetEnd[C any] struct{ turn turn[C] }

// TargetS5 is a state of Target, which here receives Committed of session.Delegated or RolledBack of session.Refusal from Source.
type TargetS5[C any] struct{ turn turn[C] }

// TargetS5Outcome is what Target can receive in the state TargetS5: TargetS5Committed, TargetS5RolledBack.
type TargetS5Outcome[C any] interface{ isTargetS5Outcome(C) }

// TargetS5Committed is the message Committed and the state after it.
type TargetS5Committed[C any] struct {
	Message Committed
	Next    TargetS6[C]
}

func (TargetS5Committed[C]) isTargetS5Outcome(C) {}

// TargetS5RolledBack is the message RolledBack and the state after it.
type TargetS5RolledBack[C any] struct {
	Message RolledBack
	Next    TargetEnd[C]
}

func (TargetS5RolledBack[C]) isTargetS5Outcome(C) {}

// Receive waits for the choice of Source. After an error of the port the state may be used again.
func (s TargetS5[C]) Receive(ctx C) (TargetS5Outcome[C], error) {
	if err := s.turn.check("delegation.TargetS5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Source")
	if err != nil {
		return nil, &aura.Error{Op: "delegation.TargetS5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Committed":
		return TargetS5Committed[C]{Committed{payload}, TargetS6[C]{s.turn.next()}}, nil
	case "RolledBack":
		return TargetS5RolledBack[C]{RolledBack{payload}, TargetEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("delegation.TargetS5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// TargetS6 is a state of Target, which here sends Activated to Source.
type TargetS6[C any] struct{ turn turn[C] }

// SendActivated sends Activated to Source. It takes the capability session:take and 1 unit of flow. After an error of the port the state may be used again.
func (s TargetS6[C]) SendActivated(ctx C, m Activated) (TargetEnd[C], error) {
	if err := s.turn.check("delegation.TargetS6.SendActivated"); err != nil {
		return TargetEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Source", "Activated", m.Payload); err != nil {
		return TargetEnd[C]{}, &aura.Error{Op: "delegation.TargetS6.SendActivated", Kind: aura.KindOf(err), Err: err}
	}
	return TargetEnd[C]{s.turn.next()}, nil
}
