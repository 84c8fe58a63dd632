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

// StartLeft begins the part of Left. The port must belong to a session of the protocol in that role.
func StartLeft(port machine.Port) LeftS1 {
	return LeftS1{turn{run: &run{port: port}}}
}

// LeftS1 is a state of Left, which here sends Frontier of journal.Frontier to Right.
type LeftS1 struct{ turn turn }

// SendFrontier sends Frontier to Right. It takes the capability sync:frontier and 1 unit of flow. After an error of the port the state may be used again.
func (s LeftS1) SendFrontier(m Frontier) (LeftS2, error) {
	if err := s.turn.check("journalsync.LeftS1.SendFrontier"); err != nil {
		return LeftS2{}, err
	}
	if err := s.turn.run.port.Send("Right", "Frontier", m.Payload); err != nil {
		return LeftS2{}, &aura.Error{Op: "journalsync.LeftS1.SendFrontier", Kind: aura.KindOf(err), Err: err}
	}
	return LeftS2{s.turn.next()}, nil
}

// LeftS2 is a state of Left, which here receives Frontier of journal.Frontier from Right.
type LeftS2 struct{ turn turn }

// ReceiveFrontier waits for Frontier from Right. After an error of the port the state may be used again.
func (s LeftS2) ReceiveFrontier() (Frontier, LeftS3, error) {
	if err := s.turn.check("journalsync.LeftS2.ReceiveFrontier"); err != nil {
		return Frontier{}, LeftS3{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Right")
	if err != nil {
		return Frontier{}, LeftS3{}, &aura.Error{Op: "journalsync.LeftS2.ReceiveFrontier", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Frontier" {
		return Frontier{}, LeftS3{}, aura.Errorf("journalsync.LeftS2.ReceiveFrontier", aura.Corrupt, "message %q is not expected here", label)
	}
	return Frontier{payload}, LeftS3{s.turn.next()}, nil
}

// LeftS3 is a state of Left, which here sends LeftFacts of fact.Batch or Done to Right.
type LeftS3 struct{ turn turn }

// SendLeftFacts sends LeftFacts to Right. It takes the capability sync:push and 8 units of flow. After an error of the port the state may be used again.
func (s LeftS3) SendLeftFacts(m LeftFacts) (LeftS4, error) {
	if err := s.turn.check("journalsync.LeftS3.SendLeftFacts"); err != nil {
		return LeftS4{}, err
	}
	if err := s.turn.run.port.Send("Right", "LeftFacts", m.Payload); err != nil {
		return LeftS4{}, &aura.Error{Op: "journalsync.LeftS3.SendLeftFacts", Kind: aura.KindOf(err), Err: err}
	}
	return LeftS4{s.turn.next()}, nil
}

// SendDone sends Done to Right. After an error of the port the state may be used again.
func (s LeftS3) SendDone(m Done) (LeftS5, error) {
	if err := s.turn.check("journalsync.LeftS3.SendDone"); err != nil {
		return LeftS5{}, err
	}
	if err := s.turn.run.port.Send("Right", "Done", m.Payload); err != nil {
		return LeftS5{}, &aura.Error{Op: "journalsync.LeftS3.SendDone", Kind: aura.KindOf(err), Err: err}
	}
	return LeftS5{s.turn.next()}, nil
}

// LeftS4 is a state of Left, which here receives LeftStored of journal.Frontier from Right.
type LeftS4 struct{ turn turn }

// ReceiveLeftStored waits for LeftStored from Right. After an error of the port the state may be used again.
func (s LeftS4) ReceiveLeftStored() (LeftStored, LeftS3, error) {
	if err := s.turn.check("journalsync.LeftS4.ReceiveLeftStored"); err != nil {
		return LeftStored{}, LeftS3{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Right")
	if err != nil {
		return LeftStored{}, LeftS3{}, &aura.Error{Op: "journalsync.LeftS4.ReceiveLeftStored", Kind: aura.KindOf(err), Err: err}
	}
	if label != "LeftStored" {
		return LeftStored{}, LeftS3{}, aura.Errorf("journalsync.LeftS4.ReceiveLeftStored", aura.Corrupt, "message %q is not expected here", label)
	}
	return LeftStored{payload}, LeftS3{s.turn.next()}, nil
}

// LeftS5 is a state of Left, which here receives RightFacts of fact.Batch or Done from Right.
type LeftS5 struct{ turn turn }

// LeftS5Outcome is what Left can receive in the state LeftS5: LeftS5RightFacts, LeftS5Done.
type LeftS5Outcome interface{ isLeftS5Outcome() }

// LeftS5RightFacts is the message RightFacts and the state after it.
type LeftS5RightFacts struct {
	Message RightFacts
	Next    LeftS6
}

func (LeftS5RightFacts) isLeftS5Outcome() {}

// LeftS5Done is the message Done and the state after it.
type LeftS5Done struct {
	Message Done
	Next    LeftEnd
}

func (LeftS5Done) isLeftS5Outcome() {}

// Receive waits for the choice of Right. After an error of the port the state may be used again.
func (s LeftS5) Receive() (LeftS5Outcome, error) {
	if err := s.turn.check("journalsync.LeftS5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Right")
	if err != nil {
		return nil, &aura.Error{Op: "journalsync.LeftS5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "RightFacts":
		return LeftS5RightFacts{RightFacts{payload}, LeftS6{s.turn.next()}}, nil
	case "Done":
		return LeftS5Done{Done{payload}, LeftEnd{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("journalsync.LeftS5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// LeftS6 is a state of Left, which here sends RightStored of journal.Frontier to Right.
type LeftS6 struct{ turn turn }

// SendRightStored sends RightStored to Right. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s LeftS6) SendRightStored(m RightStored) (LeftS5, error) {
	if err := s.turn.check("journalsync.LeftS6.SendRightStored"); err != nil {
		return LeftS5{}, err
	}
	if err := s.turn.run.port.Send("Right", "RightStored", m.Payload); err != nil {
		return LeftS5{}, &aura.Error{Op: "journalsync.LeftS6.SendRightStored", Kind: aura.KindOf(err), Err: err}
	}
	return LeftS5{s.turn.next()}, nil
}

// LeftEnd is a state of Left, which here is done.
type LeftEnd struct{ turn turn }

// StartRight begins the part of Right. The port must belong to a session of the protocol in that role.
func StartRight(port machine.Port) RightS1 {
	return RightS1{turn{run: &run{port: port}}}
}

// RightS1 is a state of Right, which here receives Frontier of journal.Frontier from Left.
type RightS1 struct{ turn turn }

// ReceiveFrontier waits for Frontier from Left. After an error of the port the state may be used again.
func (s RightS1) ReceiveFrontier() (Frontier, RightS2, error) {
	if err := s.turn.check("journalsync.RightS1.ReceiveFrontier"); err != nil {
		return Frontier{}, RightS2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Left")
	if err != nil {
		return Frontier{}, RightS2{}, &aura.Error{Op: "journalsync.RightS1.ReceiveFrontier", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Frontier" {
		return Frontier{}, RightS2{}, aura.Errorf("journalsync.RightS1.ReceiveFrontier", aura.Corrupt, "message %q is not expected here", label)
	}
	return Frontier{payload}, RightS2{s.turn.next()}, nil
}

// RightS2 is a state of Right, which here sends Frontier of journal.Frontier to Left.
type RightS2 struct{ turn turn }

// SendFrontier sends Frontier to Left. It takes the capability sync:frontier and 1 unit of flow. After an error of the port the state may be used again.
func (s RightS2) SendFrontier(m Frontier) (RightS3, error) {
	if err := s.turn.check("journalsync.RightS2.SendFrontier"); err != nil {
		return RightS3{}, err
	}
	if err := s.turn.run.port.Send("Left", "Frontier", m.Payload); err != nil {
		return RightS3{}, &aura.Error{Op: "journalsync.RightS2.SendFrontier", Kind: aura.KindOf(err), Err: err}
	}
	return RightS3{s.turn.next()}, nil
}

// RightS3 is a state of Right, which here receives LeftFacts of fact.Batch or Done from Left.
type RightS3 struct{ turn turn }

// RightS3Outcome is what Right can receive in the state RightS3: RightS3LeftFacts, RightS3Done.
type RightS3Outcome interface{ isRightS3Outcome() }

// RightS3LeftFacts is the message LeftFacts and the state after it.
type RightS3LeftFacts struct {
	Message LeftFacts
	Next    RightS4
}

func (RightS3LeftFacts) isRightS3Outcome() {}

// RightS3Done is the message Done and the state after it.
type RightS3Done struct {
	Message Done
	Next    RightS5
}

func (RightS3Done) isRightS3Outcome() {}

// Receive waits for the choice of Left. After an error of the port the state may be used again.
func (s RightS3) Receive() (RightS3Outcome, error) {
	if err := s.turn.check("journalsync.RightS3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Left")
	if err != nil {
		return nil, &aura.Error{Op: "journalsync.RightS3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "LeftFacts":
		return RightS3LeftFacts{LeftFacts{payload}, RightS4{s.turn.next()}}, nil
	case "Done":
		return RightS3Done{Done{payload}, RightS5{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("journalsync.RightS3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// RightS4 is a state of Right, which here sends LeftStored of journal.Frontier to Left.
type RightS4 struct{ turn turn }

// SendLeftStored sends LeftStored to Left. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s RightS4) SendLeftStored(m LeftStored) (RightS3, error) {
	if err := s.turn.check("journalsync.RightS4.SendLeftStored"); err != nil {
		return RightS3{}, err
	}
	if err := s.turn.run.port.Send("Left", "LeftStored", m.Payload); err != nil {
		return RightS3{}, &aura.Error{Op: "journalsync.RightS4.SendLeftStored", Kind: aura.KindOf(err), Err: err}
	}
	return RightS3{s.turn.next()}, nil
}

// RightS5 is a state of Right, which here sends RightFacts of fact.Batch or Done to Left.
type RightS5 struct{ turn turn }

// SendRightFacts sends RightFacts to Left. It takes the capability sync:push and 8 units of flow. After an error of the port the state may be used again.
func (s RightS5) SendRightFacts(m RightFacts) (RightS6, error) {
	if err := s.turn.check("journalsync.RightS5.SendRightFacts"); err != nil {
		return RightS6{}, err
	}
	if err := s.turn.run.port.Send("Left", "RightFacts", m.Payload); err != nil {
		return RightS6{}, &aura.Error{Op: "journalsync.RightS5.SendRightFacts", Kind: aura.KindOf(err), Err: err}
	}
	return RightS6{s.turn.next()}, nil
}

// SendDone sends Done to Left. After an error of the port the state may be used again.
func (s RightS5) SendDone(m Done) (RightEnd, error) {
	if err := s.turn.check("journalsync.RightS5.SendDone"); err != nil {
		return RightEnd{}, err
	}
	if err := s.turn.run.port.Send("Left", "Done", m.Payload); err != nil {
		return RightEnd{}, &aura.Error{Op: "journalsync.RightS5.SendDone", Kind: aura.KindOf(err), Err: err}
	}
	return RightEnd{s.turn.next()}, nil
}

// RightS6 is a state of Right, which here receives RightStored of journal.Frontier from Left.
type RightS6 struct{ turn turn }

// ReceiveRightStored waits for RightStored from Left. After an error of the port the state may be used again.
func (s RightS6) ReceiveRightStored() (RightStored, RightS5, error) {
	if err := s.turn.check("journalsync.RightS6.ReceiveRightStored"); err != nil {
		return RightStored{}, RightS5{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Left")
	if err != nil {
		return RightStored{}, RightS5{}, &aura.Error{Op: "journalsync.RightS6.ReceiveRightStored", Kind: aura.KindOf(err), Err: err}
	}
	if label != "RightStored" {
		return RightStored{}, RightS5{}, aura.Errorf("journalsync.RightS6.ReceiveRightStored", aura.Corrupt, "message %q is not expected here", label)
	}
	return RightStored{payload}, RightS5{s.turn.next()}, nil
}

// RightEnd is a state of Right, which here is done.
type RightEnd struct{ turn turn }
