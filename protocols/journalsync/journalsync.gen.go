// Code generated from the protocol sync.JournalSync by aura choreo. DO NOT EDIT.

package journalsync

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"JournalSync","protocol_namespace":"sync","protocol_qualified_name":"sync.JournalSync","protocol_id":"aura.sync.journal","role_names":["Left","Right"],"guard_capabilities":["sync:frontier","sync:push"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Frontier is the message Frontier, whose payload encodes journal.Frontier.
type Frontier struct{ Payload []byte }

// LeftFacts is the message LeftFacts, whose payload encodes fact.Batch.
type LeftFacts struct{ Payload []byte }

// Done is the message Done, whose payload is opaque to the protocol.
type Done struct{ Payload []byte }

// LeftStored is the message LeftStored, whose payload encodes journal.Frontier.
type LeftStored struct{ Payload []byte }

// RightFacts is the message RightFacts, whose payload encodes fact.Batch.
type RightFacts struct{ Payload []byte }

// RightStored is the message RightStored, whose payload encodes journal.Frontier.
type RightStored struct{ Payload []byte }

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

// StartLeft begins the part of Left. The port must belong to a session of the protocol in that role.
func StartLeft[C any](port machine.Port[C]) LeftS1[C] {
	return LeftS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// LeftS1 is a state of Left, which here sends Frontier of journal.Frontier to Right.
type LeftS1[C any] struct{ turn turn[C] }

// SendFrontier sends Frontier to Right. It takes the capability sync:frontier and 1 unit of flow. After an error of the port the state may be used again.
func (s LeftS1[C]) SendFrontier(ctx C, m Frontier) (LeftS2[C], error) {
	if err := s.turn.check("journalsync.LeftS1.SendFrontier"); err != nil {
		return LeftS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Right", "Frontier", m.Payload); err != nil {
		return LeftS2[C]{}, &aura.Error{Op: "journalsync.LeftS1.SendFrontier", Kind: aura.KindOf(err), Err: err}
	}
	return LeftS2[C]{s.turn.next()}, nil
}

// LeftS2 is a state of Left, which here receives Frontier of journal.Frontier from Right.
type LeftS2[C any] struct{ turn turn[C] }

// ReceiveFrontier waits for Frontier from Right. After an error of the port the state may be used again.
func (s LeftS2[C]) ReceiveFrontier(ctx C) (Frontier, LeftS3[C], error) {
	if err := s.turn.check("journalsync.LeftS2.ReceiveFrontier"); err != nil {
		return Frontier{}, LeftS3[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Right")
	if err != nil {
		return Frontier{}, LeftS3[C]{}, &aura.Error{Op: "journalsync.LeftS2.ReceiveFrontier", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Frontier" {
		return Frontier{}, LeftS3[C]{}, aura.Errorf("journalsync.LeftS2.ReceiveFrontier", aura.Corrupt, "message %q is not expected here", label)
	}
	return Frontier{payload}, LeftS3[C]{s.turn.next()}, nil
}

// LeftS3 is a state of Left, which here sends LeftFacts of fact.Batch or Done to Right.
type LeftS3[C any] struct{ turn turn[C] }

// SendLeftFacts sends LeftFacts to Right. It takes the capability sync:push and 8 units of flow. After an error of the port the state may be used again.
func (s LeftS3[C]) SendLeftFacts(ctx C, m LeftFacts) (LeftS4[C], error) {
	if err := s.turn.check("journalsync.LeftS3.SendLeftFacts"); err != nil {
		return LeftS4[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Right", "LeftFacts", m.Payload); err != nil {
		return LeftS4[C]{}, &aura.Error{Op: "journalsync.LeftS3.SendLeftFacts", Kind: aura.KindOf(err), Err: err}
	}
	return LeftS4[C]{s.turn.next()}, nil
}

// SendDone sends Done to Right. After an error of the port the state may be used again.
func (s LeftS3[C]) SendDone(ctx C, m Done) (LeftS5[C], error) {
	if err := s.turn.check("journalsync.LeftS3.SendDone"); err != nil {
		return LeftS5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Right", "Done", m.Payload); err != nil {
		return LeftS5[C]{}, &aura.Error{Op: "journalsync.LeftS3.SendDone", Kind: aura.KindOf(err), Err: err}
	}
	return LeftS5[C]{s.turn.next()}, nil
}

// LeftS4 is a state of Left, which here receives LeftStored of journal.Frontier from Right.
type LeftS4[C any] struct{ turn turn[C] }

// ReceiveLeftStored waits for LeftStored from Right. After an error of the port the state may be used again.
func (s LeftS4[C]) ReceiveLeftStored(ctx C) (LeftStored, LeftS3[C], error) {
	if err := s.turn.check("journalsync.LeftS4.ReceiveLeftStored"); err != nil {
		return LeftStored{}, LeftS3[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Right")
	if err != nil {
		return LeftStored{}, LeftS3[C]{}, &aura.Error{Op: "journalsync.LeftS4.ReceiveLeftStored", Kind: aura.KindOf(err), Err: err}
	}
	if label != "LeftStored" {
		return LeftStored{}, LeftS3[C]{}, aura.Errorf("journalsync.LeftS4.ReceiveLeftStored", aura.Corrupt, "message %q is not expected here", label)
	}
	return LeftStored{payload}, LeftS3[C]{s.turn.next()}, nil
}

// LeftS5 is a state of Left, which here receives RightFacts of fact.Batch or Done from Right.
type LeftS5[C any] struct{ turn turn[C] }

// LeftS5Outcome is what Left can receive in the state LeftS5: LeftS5RightFacts, LeftS5Done.
type LeftS5Outcome[C any] interface{ isLeftS5Outcome(C) }

// LeftS5RightFacts is the message RightFacts and the state after it.
type LeftS5RightFacts[C any] struct {
	Message RightFacts
	Next    LeftS6[C]
}

func (LeftS5RightFacts[C]) isLeftS5Outcome(C) {}

// LeftS5Done is the message Done and the state after it.
type LeftS5Done[C any] struct {
	Message Done
	Next    LeftEnd[C]
}

func (LeftS5Done[C]) isLeftS5Outcome(C) {}

// Receive waits for the choice of Right. After an error of the port the state may be used again.
func (s LeftS5[C]) Receive(ctx C) (LeftS5Outcome[C], error) {
	if err := s.turn.check("journalsync.LeftS5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Right")
	if err != nil {
		return nil, &aura.Error{Op: "journalsync.LeftS5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "RightFacts":
		return LeftS5RightFacts[C]{RightFacts{payload}, LeftS6[C]{s.turn.next()}}, nil
	case "Done":
		return LeftS5Done[C]{Done{payload}, LeftEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("journalsync.LeftS5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// LeftS6 is a state of Left, which here sends RightStored of journal.Frontier to Right.
type LeftS6[C any] struct{ turn turn[C] }

// SendRightStored sends RightStored to Right. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s LeftS6[C]) SendRightStored(ctx C, m RightStored) (LeftS5[C], error) {
	if err := s.turn.check("journalsync.LeftS6.SendRightStored"); err != nil {
		return LeftS5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Right", "RightStored", m.Payload); err != nil {
		return LeftS5[C]{}, &aura.Error{Op: "journalsync.LeftS6.SendRightStored", Kind: aura.KindOf(err), Err: err}
	}
	return LeftS5[C]{s.turn.next()}, nil
}

// LeftEnd is a state of Left, which here is done.
type LeftEnd[C any] struct{ turn turn[C] }

// StartRight begins the part of Right. The port must belong to a session of the protocol in that role.
func StartRight[C any](port machine.Port[C]) RightS1[C] {
	return RightS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// RightS1 is a state of Right, which here receives Frontier of journal.Frontier from Left.
type RightS1[C any] struct{ turn turn[C] }

// ReceiveFrontier waits for Frontier from Left. After an error of the port the state may be used again.
func (s RightS1[C]) ReceiveFrontier(ctx C) (Frontier, RightS2[C], error) {
	if err := s.turn.check("journalsync.RightS1.ReceiveFrontier"); err != nil {
		return Frontier{}, RightS2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Left")
	if err != nil {
		return Frontier{}, RightS2[C]{}, &aura.Error{Op: "journalsync.RightS1.ReceiveFrontier", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Frontier" {
		return Frontier{}, RightS2[C]{}, aura.Errorf("journalsync.RightS1.ReceiveFrontier", aura.Corrupt, "message %q is not expected here", label)
	}
	return Frontier{payload}, RightS2[C]{s.turn.next()}, nil
}

// RightS2 is a state of Right, which here sends Frontier of journal.Frontier to Left.
type RightS2[C any] struct{ turn turn[C] }

// SendFrontier sends Frontier to Left. It takes the capability sync:frontier and 1 unit of flow. After an error of the port the state may be used again.
func (s RightS2[C]) SendFrontier(ctx C, m Frontier) (RightS3[C], error) {
	if err := s.turn.check("journalsync.RightS2.SendFrontier"); err != nil {
		return RightS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Left", "Frontier", m.Payload); err != nil {
		return RightS3[C]{}, &aura.Error{Op: "journalsync.RightS2.SendFrontier", Kind: aura.KindOf(err), Err: err}
	}
	return RightS3[C]{s.turn.next()}, nil
}

// RightS3 is a state of Right, which here receives LeftFacts of fact.Batch or Done from Left.
type RightS3[C any] struct{ turn turn[C] }

// RightS3Outcome is what Right can receive in the state RightS3: RightS3LeftFacts, RightS3Done.
type RightS3Outcome[C any] interface{ isRightS3Outcome(C) }

// RightS3LeftFacts is the message LeftFacts and the state after it.
type RightS3LeftFacts[C any] struct {
	Message LeftFacts
	Next    RightS4[C]
}

func (RightS3LeftFacts[C]) isRightS3Outcome(C) {}

// RightS3Done is the message Done and the state after it.
type RightS3Done[C any] struct {
	Message Done
	Next    RightS5[C]
}

func (RightS3Done[C]) isRightS3Outcome(C) {}

// Receive waits for the choice of Left. After an error of the port the state may be used again.
func (s RightS3[C]) Receive(ctx C) (RightS3Outcome[C], error) {
	if err := s.turn.check("journalsync.RightS3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Left")
	if err != nil {
		return nil, &aura.Error{Op: "journalsync.RightS3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "LeftFacts":
		return RightS3LeftFacts[C]{LeftFacts{payload}, RightS4[C]{s.turn.next()}}, nil
	case "Done":
		return RightS3Done[C]{Done{payload}, RightS5[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("journalsync.RightS3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// RightS4 is a state of Right, which here sends LeftStored of journal.Frontier to Left.
type RightS4[C any] struct{ turn turn[C] }

// SendLeftStored sends LeftStored to Left. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s RightS4[C]) SendLeftStored(ctx C, m LeftStored) (RightS3[C], error) {
	if err := s.turn.check("journalsync.RightS4.SendLeftStored"); err != nil {
		return RightS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Left", "LeftStored", m.Payload); err != nil {
		return RightS3[C]{}, &aura.Error{Op: "journalsync.RightS4.SendLeftStored", Kind: aura.KindOf(err), Err: err}
	}
	return RightS3[C]{s.turn.next()}, nil
}

// RightS5 is a state of Right, which here sends RightFacts of fact.Batch or Done to Left.
type RightS5[C any] struct{ turn turn[C] }

// SendRightFacts sends RightFacts to Left. It takes the capability sync:push and 8 units of flow. After an error of the port the state may be used again.
func (s RightS5[C]) SendRightFacts(ctx C, m RightFacts) (RightS6[C], error) {
	if err := s.turn.check("journalsync.RightS5.SendRightFacts"); err != nil {
		return RightS6[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Left", "RightFacts", m.Payload); err != nil {
		return RightS6[C]{}, &aura.Error{Op: "journalsync.RightS5.SendRightFacts", Kind: aura.KindOf(err), Err: err}
	}
	return RightS6[C]{s.turn.next()}, nil
}

// SendDone sends Done to Left. After an error of the port the state may be used again.
func (s RightS5[C]) SendDone(ctx C, m Done) (RightEnd[C], error) {
	if err := s.turn.check("journalsync.RightS5.SendDone"); err != nil {
		return RightEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Left", "Done", m.Payload); err != nil {
		return RightEnd[C]{}, &aura.Error{Op: "journalsync.RightS5.SendDone", Kind: aura.KindOf(err), Err: err}
	}
	return RightEnd[C]{s.turn.next()}, nil
}

// RightS6 is a state of Right, which here receives RightStored of journal.Frontier from Left.
type RightS6[C any] struct{ turn turn[C] }

// ReceiveRightStored waits for RightStored from Left. After an error of the port the state may be used again.
func (s RightS6[C]) ReceiveRightStored(ctx C) (RightStored, RightS5[C], error) {
	if err := s.turn.check("journalsync.RightS6.ReceiveRightStored"); err != nil {
		return RightStored{}, RightS5[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Left")
	if err != nil {
		return RightStored{}, RightS5[C]{}, &aura.Error{Op: "journalsync.RightS6.ReceiveRightStored", Kind: aura.KindOf(err), Err: err}
	}
	if label != "RightStored" {
		return RightStored{}, RightS5[C]{}, aura.Errorf("journalsync.RightS6.ReceiveRightStored", aura.Corrupt, "message %q is not expected here", label)
	}
	return RightStored{payload}, RightS5[C]{s.turn.next()}, nil
}

// RightEnd is a state of Right, which here is done.
type RightEnd[C any] struct{ turn turn[C] }
