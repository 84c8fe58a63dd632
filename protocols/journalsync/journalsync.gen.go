// Code generated from the protocol sync.JournalSync by aura choreo. DO NOT EDIT.

package journalsync

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"JournalSync","protocol_namespace":"sync","protocol_qualified_name":"sync.JournalSync","protocol_id":"aura.sync.journal","role_names":["Left","Right"],"guard_capabilities":["sync:frontier","sync:push"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Streams is the message Streams, whose payload encodes device.Streams.
type Streams struct{ Payload []byte }

// Compare is the message Compare, whose payload encodes journal.Set.
type Compare struct{ Payload []byte }

// Facts is the message Facts, whose payload encodes device.Batch.
type Facts struct{ Payload []byte }

// Next is the message Next, whose payload encodes device.Cursor.
type Next struct{ Payload []byte }

// Done is the message Done, whose payload is opaque to the protocol.
type Done struct{ Payload []byte }

// Stored is the message Stored, whose payload encodes device.Stored.
type Stored struct{ Payload []byte }

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

// LeftS1 is a state of Left, which here sends Streams of device.Streams or Compare of journal.Set or Facts of device.Batch or Next of device.Cursor or Done to Right.
type LeftS1[C any] struct{ turn turn[C] }

// SendStreams sends Streams to Right. It takes the capability sync:frontier and 1 unit of flow. After an error of the port the state may be used again.
func (s LeftS1[C]) SendStreams(ctx C, m Streams) (LeftS2[C], error) {
	if err := s.turn.check("journalsync.LeftS1.SendStreams"); err != nil {
		return LeftS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Right", "Streams", m.Payload); err != nil {
		return LeftS2[C]{}, &aura.Error{Op: "journalsync.LeftS1.SendStreams", Kind: aura.KindOf(err), Err: err}
	}
	return LeftS2[C]{s.turn.next()}, nil
}

// SendCompare sends Compare to Right. It takes the capability sync:frontier and 1 unit of flow. After an error of the port the state may be used again.
func (s LeftS1[C]) SendCompare(ctx C, m Compare) (LeftS3[C], error) {
	if err := s.turn.check("journalsync.LeftS1.SendCompare"); err != nil {
		return LeftS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Right", "Compare", m.Payload); err != nil {
		return LeftS3[C]{}, &aura.Error{Op: "journalsync.LeftS1.SendCompare", Kind: aura.KindOf(err), Err: err}
	}
	return LeftS3[C]{s.turn.next()}, nil
}

// SendFacts sends Facts to Right. It takes the capability sync:push and 1 unit of flow. After an error of the port the state may be used again.
func (s LeftS1[C]) SendFacts(ctx C, m Facts) (LeftS4[C], error) {
	if err := s.turn.check("journalsync.LeftS1.SendFacts"); err != nil {
		return LeftS4[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Right", "Facts", m.Payload); err != nil {
		return LeftS4[C]{}, &aura.Error{Op: "journalsync.LeftS1.SendFacts", Kind: aura.KindOf(err), Err: err}
	}
	return LeftS4[C]{s.turn.next()}, nil
}

// SendNext sends Next to Right. It takes the capability sync:frontier and 1 unit of flow. After an error of the port the state may be used again.
func (s LeftS1[C]) SendNext(ctx C, m Next) (LeftS5[C], error) {
	if err := s.turn.check("journalsync.LeftS1.SendNext"); err != nil {
		return LeftS5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Right", "Next", m.Payload); err != nil {
		return LeftS5[C]{}, &aura.Error{Op: "journalsync.LeftS1.SendNext", Kind: aura.KindOf(err), Err: err}
	}
	return LeftS5[C]{s.turn.next()}, nil
}

// SendDone sends Done to Right. It takes the capability sync:frontier and 1 unit of flow. After an error of the port the state may be used again.
func (s LeftS1[C]) SendDone(ctx C, m Done) (LeftEnd[C], error) {
	if err := s.turn.check("journalsync.LeftS1.SendDone"); err != nil {
		return LeftEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Right", "Done", m.Payload); err != nil {
		return LeftEnd[C]{}, &aura.Error{Op: "journalsync.LeftS1.SendDone", Kind: aura.KindOf(err), Err: err}
	}
	return LeftEnd[C]{s.turn.next()}, nil
}

// LeftS2 is a state of Left, which here receives Streams of device.Streams from Right.
type LeftS2[C any] struct{ turn turn[C] }

// ReceiveStreams waits for Streams from Right. After an error of the port the state may be used again.
func (s LeftS2[C]) ReceiveStreams(ctx C) (Streams, LeftS1[C], error) {
	if err := s.turn.check("journalsync.LeftS2.ReceiveStreams"); err != nil {
		return Streams{}, LeftS1[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Right")
	if err != nil {
		return Streams{}, LeftS1[C]{}, &aura.Error{Op: "journalsync.LeftS2.ReceiveStreams", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Streams" {
		return Streams{}, LeftS1[C]{}, aura.Errorf("journalsync.LeftS2.ReceiveStreams", aura.Corrupt, "message %q is not expected here", label)
	}
	return Streams{payload}, LeftS1[C]{s.turn.next()}, nil
}

// LeftS3 is a state of Left, which here receives Compare of journal.Set from Right.
type LeftS3[C any] struct{ turn turn[C] }

// ReceiveCompare waits for Compare from Right. After an error of the port the state may be used again.
func (s LeftS3[C]) ReceiveCompare(ctx C) (Compare, LeftS1[C], error) {
	if err := s.turn.check("journalsync.LeftS3.ReceiveCompare"); err != nil {
		return Compare{}, LeftS1[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Right")
	if err != nil {
		return Compare{}, LeftS1[C]{}, &aura.Error{Op: "journalsync.LeftS3.ReceiveCompare", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Compare" {
		return Compare{}, LeftS1[C]{}, aura.Errorf("journalsync.LeftS3.ReceiveCompare", aura.Corrupt, "message %q is not expected here", label)
	}
	return Compare{payload}, LeftS1[C]{s.turn.next()}, nil
}

// LeftS4 is a state of Left, which here receives Stored of device.Stored from Right.
type LeftS4[C any] struct{ turn turn[C] }

// ReceiveStored waits for Stored from Right. After an error of the port the state may be used again.
func (s LeftS4[C]) ReceiveStored(ctx C) (Stored, LeftS1[C], error) {
	if err := s.turn.check("journalsync.LeftS4.ReceiveStored"); err != nil {
		return Stored{}, LeftS1[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Right")
	if err != nil {
		return Stored{}, LeftS1[C]{}, &aura.Error{Op: "journalsync.LeftS4.ReceiveStored", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Stored" {
		return Stored{}, LeftS1[C]{}, aura.Errorf("journalsync.LeftS4.ReceiveStored", aura.Corrupt, "message %q is not expected here", label)
	}
	return Stored{payload}, LeftS1[C]{s.turn.next()}, nil
}

// LeftS5 is a state of Left, which here receives Facts of device.Batch from Right.
type LeftS5[C any] struct{ turn turn[C] }

// ReceiveFacts waits for Facts from Right. After an error of the port the state may be used again.
func (s LeftS5[C]) ReceiveFacts(ctx C) (Facts, LeftS1[C], error) {
	if err := s.turn.check("journalsync.LeftS5.ReceiveFacts"); err != nil {
		return Facts{}, LeftS1[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Right")
	if err != nil {
		return Facts{}, LeftS1[C]{}, &aura.Error{Op: "journalsync.LeftS5.ReceiveFacts", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Facts" {
		return Facts{}, LeftS1[C]{}, aura.Errorf("journalsync.LeftS5.ReceiveFacts", aura.Corrupt, "message %q is not expected here", label)
	}
	return Facts{payload}, LeftS1[C]{s.turn.next()}, nil
}

// LeftEnd is a state of Left, which here is done.
type LeftEnd[C any] struct{ turn turn[C] }

// StartRight begins the part of Right. The port must belong to a session of the protocol in that role.
func StartRight[C any](port machine.Port[C]) RightS1[C] {
	return RightS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// RightS1 is a state of Right, which here receives Streams of device.Streams or Compare of journal.Set or Facts of device.Batch or Next of device.Cursor or Done from Left.
type RightS1[C any] struct{ turn turn[C] }

// RightS1Outcome is what Right can receive in the state RightS1: RightS1Streams, RightS1Compare, RightS1Facts, RightS1Next, RightS1Done.
type RightS1Outcome[C any] interface{ isRightS1Outcome(C) }

// RightS1Streams is the message Streams and the state after it.
type RightS1Streams[C any] struct {
	Message Streams
	Next    RightS2[C]
}

func (RightS1Streams[C]) isRightS1Outcome(C) {}

// RightS1Compare is the message Compare and the state after it.
type RightS1Compare[C any] struct {
	Message Compare
	Next    RightS3[C]
}

func (RightS1Compare[C]) isRightS1Outcome(C) {}

// RightS1Facts is the message Facts and the state after it.
type RightS1Facts[C any] struct {
	Message Facts
	Next    RightS4[C]
}

func (RightS1Facts[C]) isRightS1Outcome(C) {}

// RightS1Next is the message Next and the state after it.
type RightS1Next[C any] struct {
	Message Next
	Next    RightS5[C]
}

func (RightS1Next[C]) isRightS1Outcome(C) {}

// RightS1Done is the message Done and the state after it.
type RightS1Done[C any] struct {
	Message Done
	Next    RightEnd[C]
}

func (RightS1Done[C]) isRightS1Outcome(C) {}

// Receive waits for the choice of Left. After an error of the port the state may be used again.
func (s RightS1[C]) Receive(ctx C) (RightS1Outcome[C], error) {
	if err := s.turn.check("journalsync.RightS1.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Left")
	if err != nil {
		return nil, &aura.Error{Op: "journalsync.RightS1.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Streams":
		return RightS1Streams[C]{Streams{payload}, RightS2[C]{s.turn.next()}}, nil
	case "Compare":
		return RightS1Compare[C]{Compare{payload}, RightS3[C]{s.turn.next()}}, nil
	case "Facts":
		return RightS1Facts[C]{Facts{payload}, RightS4[C]{s.turn.next()}}, nil
	case "Next":
		return RightS1Next[C]{Next{payload}, RightS5[C]{s.turn.next()}}, nil
	case "Done":
		return RightS1Done[C]{Done{payload}, RightEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("journalsync.RightS1.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// RightS2 is a state of Right, which here sends Streams of device.Streams to Left.
type RightS2[C any] struct{ turn turn[C] }

// SendStreams sends Streams to Left. It takes the capability sync:frontier and 1 unit of flow. After an error of the port the state may be used again.
func (s RightS2[C]) SendStreams(ctx C, m Streams) (RightS1[C], error) {
	if err := s.turn.check("journalsync.RightS2.SendStreams"); err != nil {
		return RightS1[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Left", "Streams", m.Payload); err != nil {
		return RightS1[C]{}, &aura.Error{Op: "journalsync.RightS2.SendStreams", Kind: aura.KindOf(err), Err: err}
	}
	return RightS1[C]{s.turn.next()}, nil
}

// RightS3 is a state of Right, which here sends Compare of journal.Set to Left.
type RightS3[C any] struct{ turn turn[C] }

// SendCompare sends Compare to Left. It takes the capability sync:frontier and 1 unit of flow. After an error of the port the state may be used again.
func (s RightS3[C]) SendCompare(ctx C, m Compare) (RightS1[C], error) {
	if err := s.turn.check("journalsync.RightS3.SendCompare"); err != nil {
		return RightS1[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Left", "Compare", m.Payload); err != nil {
		return RightS1[C]{}, &aura.Error{Op: "journalsync.RightS3.SendCompare", Kind: aura.KindOf(err), Err: err}
	}
	return RightS1[C]{s.turn.next()}, nil
}

// RightS4 is a state of Right, which here sends Stored of device.Stored to Left.
type RightS4[C any] struct{ turn turn[C] }

// SendStored sends Stored to Left. It takes the capability sync:push and 1 unit of flow. After an error of the port the state may be used again.
func (s RightS4[C]) SendStored(ctx C, m Stored) (RightS1[C], error) {
	if err := s.turn.check("journalsync.RightS4.SendStored"); err != nil {
		return RightS1[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Left", "Stored", m.Payload); err != nil {
		return RightS1[C]{}, &aura.Error{Op: "journalsync.RightS4.SendStored", Kind: aura.KindOf(err), Err: err}
	}
	return RightS1[C]{s.turn.next()}, nil
}

// RightS5 is a state of Right, which here sends Facts of device.Batch to Left.
type RightS5[C any] struct{ turn turn[C] }

// SendFacts sends Facts to Left. It takes the capability sync:push and 1 unit of flow. After an error of the port the state may be used again.
func (s RightS5[C]) SendFacts(ctx C, m Facts) (RightS1[C], error) {
	if err := s.turn.check("journalsync.RightS5.SendFacts"); err != nil {
		return RightS1[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Left", "Facts", m.Payload); err != nil {
		return RightS1[C]{}, &aura.Error{Op: "journalsync.RightS5.SendFacts", Kind: aura.KindOf(err), Err: err}
	}
	return RightS1[C]{s.turn.next()}, nil
}

// RightEnd is a state of Right, which here is done.
type RightEnd[C any] struct{ turn turn[C] }
