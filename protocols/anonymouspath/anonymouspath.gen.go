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

// StartInitiator begins the part of Initiator. The port must belong to a session of the protocol in that role.
func StartInitiator[C any](port machine.Port[C]) InitiatorS1[C] {
	return InitiatorS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// InitiatorS1 is a state of Initiator, which here sends Establish of onion.Setup to Hop.
type InitiatorS1[C any] struct{ turn turn[C] }

// SendEstablish sends Establish to Hop. It takes the capability path:establish and 4 units of flow and leakage to neighbour, custody, external. After an error of the port the state may be used again.
func (s InitiatorS1[C]) SendEstablish(ctx C, m Establish) (InitiatorS2[C], error) {
	if err := s.turn.check("anonymouspath.InitiatorS1.SendEstablish"); err != nil {
		return InitiatorS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Hop", "Establish", m.Payload); err != nil {
		return InitiatorS2[C]{}, &aura.Error{Op: "anonymouspath.InitiatorS1.SendEstablish", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS2[C]{s.turn.next()}, nil
}

// InitiatorS2 is a state of Initiator, which here receives Established of onion.Reply or Busy or Expired or Unpermitted or Unsupported from Hop.
type InitiatorS2[C any] struct{ turn turn[C] }

// InitiatorS2Outcome is what Initiator can receive in the state InitiatorS2: InitiatorS2Established, InitiatorS2Busy, InitiatorS2Expired, InitiatorS2Unpermitted, InitiatorS2Unsupported.
type InitiatorS2Outcome[C any] interface{ isInitiatorS2Outcome(C) }

// InitiatorS2Established is the message Established and the state after it.
type InitiatorS2Established[C any] struct {
	Message Established
	Next    InitiatorS3[C]
}

func (InitiatorS2Established[C]) isInitiatorS2Outcome(C) {}

// InitiatorS2Busy is the message Busy and the state after it.
type InitiatorS2Busy[C any] struct {
	Message Busy
	Next    InitiatorEnd[C]
}

func (InitiatorS2Busy[C]) isInitiatorS2Outcome(C) {}

// InitiatorS2Expired is the message Expired and the state after it.
type InitiatorS2Expired[C any] struct {
	Message Expired
	Next    InitiatorEnd[C]
}

func (InitiatorS2Expired[C]) isInitiatorS2Outcome(C) {}

// InitiatorS2Unpermitted is the message Unpermitted and the state after it.
type InitiatorS2Unpermitted[C any] struct {
	Message Unpermitted
	Next    InitiatorEnd[C]
}

func (InitiatorS2Unpermitted[C]) isInitiatorS2Outcome(C) {}

// InitiatorS2Unsupported is the message Unsupported and the state after it.
type InitiatorS2Unsupported[C any] struct {
	Message Unsupported
	Next    InitiatorEnd[C]
}

func (InitiatorS2Unsupported[C]) isInitiatorS2Outcome(C) {}

// Receive waits for the choice of Hop. After an error of the port the state may be used again.
func (s InitiatorS2[C]) Receive(ctx C) (InitiatorS2Outcome[C], error) {
	if err := s.turn.check("anonymouspath.InitiatorS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Hop")
	if err != nil {
		return nil, &aura.Error{Op: "anonymouspath.InitiatorS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Established":
		return InitiatorS2Established[C]{Established{payload}, InitiatorS3[C]{s.turn.next()}}, nil
	case "Busy":
		return InitiatorS2Busy[C]{Busy{payload}, InitiatorEnd[C]{s.turn.next()}}, nil
	case "Expired":
		return InitiatorS2Expired[C]{Expired{payload}, InitiatorEnd[C]{s.turn.next()}}, nil
	case "Unpermitted":
		return InitiatorS2Unpermitted[C]{Unpermitted{payload}, InitiatorEnd[C]{s.turn.next()}}, nil
	case "Unsupported":
		return InitiatorS2Unsupported[C]{Unsupported{payload}, InitiatorEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("anonymouspath.InitiatorS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// InitiatorS3 is a state of Initiator, which here sends Confirmed of onion.Confirmation to Hop.
type InitiatorS3[C any] struct{ turn turn[C] }

// SendConfirmed sends Confirmed to Hop. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS3[C]) SendConfirmed(ctx C, m Confirmed) (InitiatorEnd[C], error) {
	if err := s.turn.check("anonymouspath.InitiatorS3.SendConfirmed"); err != nil {
		return InitiatorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Hop", "Confirmed", m.Payload); err != nil {
		return InitiatorEnd[C]{}, &aura.Error{Op: "anonymouspath.InitiatorS3.SendConfirmed", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorEnd[C]{s.turn.next()}, nil
}

// InitiatorEnd is a state of Initiator, which here is done.
type InitiatorEnd[C any] struct{ turn turn[C] }

// StartHop begins the part of Hop. The port must belong to a session of the protocol in that role.
func StartHop[C any](port machine.Port[C]) HopS1[C] {
	return HopS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// HopS1 is a state of Hop, which here receives Establish of onion.Setup from Initiator.
type HopS1[C any] struct{ turn turn[C] }

// ReceiveEstablish waits for Establish from Initiator. After an error of the port the state may be used again.
func (s HopS1[C]) ReceiveEstablish(ctx C) (Establish, HopS2[C], error) {
	if err := s.turn.check("anonymouspath.HopS1.ReceiveEstablish"); err != nil {
		return Establish{}, HopS2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Initiator")
	if err != nil {
		return Establish{}, HopS2[C]{}, &aura.Error{Op: "anonymouspath.HopS1.ReceiveEstablish", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Establish" {
		return Establish{}, HopS2[C]{}, aura.Errorf("anonymouspath.HopS1.ReceiveEstablish", aura.Corrupt, "message %q is not expected here", label)
	}
	return Establish{payload}, HopS2[C]{s.turn.next()}, nil
}

// HopS2 is a state of Hop, which here sends Established of onion.Reply or Busy or Expired or Unpermitted or Unsupported to Initiator.
type HopS2[C any] struct{ turn turn[C] }

// SendEstablished sends Established to Initiator. It takes the capability path:relay and 4 units of flow. After an error of the port the state may be used again.
func (s HopS2[C]) SendEstablished(ctx C, m Established) (HopS3[C], error) {
	if err := s.turn.check("anonymouspath.HopS2.SendEstablished"); err != nil {
		return HopS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Initiator", "Established", m.Payload); err != nil {
		return HopS3[C]{}, &aura.Error{Op: "anonymouspath.HopS2.SendEstablished", Kind: aura.KindOf(err), Err: err}
	}
	return HopS3[C]{s.turn.next()}, nil
}

// SendBusy sends Busy to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s HopS2[C]) SendBusy(ctx C, m Busy) (HopEnd[C], error) {
	if err := s.turn.check("anonymouspath.HopS2.SendBusy"); err != nil {
		return HopEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Initiator", "Busy", m.Payload); err != nil {
		return HopEnd[C]{}, &aura.Error{Op: "anonymouspath.HopS2.SendBusy", Kind: aura.KindOf(err), Err: err}
	}
	return HopEnd[C]{s.turn.next()}, nil
}

// SendExpired sends Expired to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s HopS2[C]) SendExpired(ctx C, m Expired) (HopEnd[C], error) {
	if err := s.turn.check("anonymouspath.HopS2.SendExpired"); err != nil {
		return HopEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Initiator", "Expired", m.Payload); err != nil {
		return HopEnd[C]{}, &aura.Error{Op: "anonymouspath.HopS2.SendExpired", Kind: aura.KindOf(err), Err: err}
	}
	return HopEnd[C]{s.turn.next()}, nil
}

// SendUnpermitted sends Unpermitted to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s HopS2[C]) SendUnpermitted(ctx C, m Unpermitted) (HopEnd[C], error) {
	if err := s.turn.check("anonymouspath.HopS2.SendUnpermitted"); err != nil {
		return HopEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Initiator", "Unpermitted", m.Payload); err != nil {
		return HopEnd[C]{}, &aura.Error{Op: "anonymouspath.HopS2.SendUnpermitted", Kind: aura.KindOf(err), Err: err}
	}
	return HopEnd[C]{s.turn.next()}, nil
}

// SendUnsupported sends Unsupported to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s HopS2[C]) SendUnsupported(ctx C, m Unsupported) (HopEnd[C], error) {
	if err := s.turn.check("anonymouspath.HopS2.SendUnsupported"); err != nil {
		return HopEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Initiator", "Unsupported", m.Payload); err != nil {
		return HopEnd[C]{}, &aura.Error{Op: "anonymouspath.HopS2.SendUnsupported", Kind: aura.KindOf(err), Err: err}
	}
	return HopEnd[C]{s.turn.next()}, nil
}

// HopS3 is a state of Hop, which here receives Confirmed of onion.Confirmation from Initiator.
type HopS3[C any] struct{ turn turn[C] }

// ReceiveConfirmed waits for Confirmed from Initiator. After an error of the port the state may be used again.
func (s HopS3[C]) ReceiveConfirmed(ctx C) (Confirmed, HopEnd[C], error) {
	if err := s.turn.check("anonymouspath.HopS3.ReceiveConfirmed"); err != nil {
		return Confirmed{}, HopEnd[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Initiator")
	if err != nil {
		return Confirmed{}, HopEnd[C]{}, &aura.Error{Op: "anonymouspath.HopS3.ReceiveConfirmed", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Confirmed" {
		return Confirmed{}, HopEnd[C]{}, aura.Errorf("anonymouspath.HopS3.ReceiveConfirmed", aura.Corrupt, "message %q is not expected here", label)
	}
	return Confirmed{payload}, HopEnd[C]{s.turn.next()}, nil
}

// HopEnd is a state of Hop, which here is done.
type HopEnd[C any] struct{ turn turn[C] }
