// Code generated from the protocol delivery.Delivery by aura choreo. DO NOT EDIT.

package delivery

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"Delivery","protocol_namespace":"delivery","protocol_qualified_name":"delivery.Delivery","protocol_id":"aura.link.delivery","role_names":["Sender","Receiver"],"guard_capabilities":["delivery:hello","delivery:reach","delivery:recall","delivery:evidence","delivery:seek","delivery:introduce"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Hello is the message Hello, whose payload encodes delivery.Hello.
type Hello struct{ Payload []byte }

// Facts is the message Facts, whose payload encodes delivery.Facts.
type Facts struct{ Payload []byte }

// Stored is the message Stored, whose payload encodes delivery.Stored.
type Stored struct{ Payload []byte }

// Addresses is the message Addresses, whose payload encodes delivery.Addresses.
type Addresses struct{ Payload []byte }

// Places is the message Places, whose payload encodes delivery.Places.
type Places struct{ Payload []byte }

// Evidence is the message Evidence, whose payload encodes delivery.Evidence.
type Evidence struct{ Payload []byte }

// Seek is the message Seek, whose payload encodes delivery.Seek.
type Seek struct{ Payload []byte }

// Introduction is the message Introduction, whose payload encodes delivery.Introduction.
type Introduction struct{ Payload []byte }

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

// StartSender begins the part of Sender. The port must belong to a session of the protocol in that role.
func StartSender[C any](port machine.Port[C]) SenderS1[C] {
	return SenderS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// SenderS1 is a state of Sender, which here sends Hello of delivery.Hello to Receiver.
type SenderS1[C any] struct{ turn turn[C] }

// SendHello sends Hello to Receiver. It takes the capability delivery:hello and 100 units of flow. After an error of the port the state may be used again.
func (s SenderS1[C]) SendHello(ctx C, m Hello) (SenderS2[C], error) {
	if err := s.turn.check("delivery.SenderS1.SendHello"); err != nil {
		return SenderS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Receiver", "Hello", m.Payload); err != nil {
		return SenderS2[C]{}, &aura.Error{Op: "delivery.SenderS1.SendHello", Kind: aura.KindOf(err), Err: err}
	}
	return SenderS2[C]{s.turn.next()}, nil
}

// SenderS2 is a state of Sender, which here sends Facts of delivery.Facts or Stored of delivery.Stored or Addresses of delivery.Addresses or Places of delivery.Places or Evidence of delivery.Evidence or Seek of delivery.Seek or Introduction of delivery.Introduction to Receiver.
type SenderS2[C any] struct{ turn turn[C] }

// SendFacts sends Facts to Receiver. After an error of the port the state may be used again.
func (s SenderS2[C]) SendFacts(ctx C, m Facts) (SenderS2[C], error) {
	if err := s.turn.check("delivery.SenderS2.SendFacts"); err != nil {
		return SenderS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Receiver", "Facts", m.Payload); err != nil {
		return SenderS2[C]{}, &aura.Error{Op: "delivery.SenderS2.SendFacts", Kind: aura.KindOf(err), Err: err}
	}
	return SenderS2[C]{s.turn.next()}, nil
}

// SendStored sends Stored to Receiver. After an error of the port the state may be used again.
func (s SenderS2[C]) SendStored(ctx C, m Stored) (SenderS2[C], error) {
	if err := s.turn.check("delivery.SenderS2.SendStored"); err != nil {
		return SenderS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Receiver", "Stored", m.Payload); err != nil {
		return SenderS2[C]{}, &aura.Error{Op: "delivery.SenderS2.SendStored", Kind: aura.KindOf(err), Err: err}
	}
	return SenderS2[C]{s.turn.next()}, nil
}

// SendAddresses sends Addresses to Receiver. It takes the capability delivery:reach and 100 units of flow. After an error of the port the state may be used again.
func (s SenderS2[C]) SendAddresses(ctx C, m Addresses) (SenderS2[C], error) {
	if err := s.turn.check("delivery.SenderS2.SendAddresses"); err != nil {
		return SenderS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Receiver", "Addresses", m.Payload); err != nil {
		return SenderS2[C]{}, &aura.Error{Op: "delivery.SenderS2.SendAddresses", Kind: aura.KindOf(err), Err: err}
	}
	return SenderS2[C]{s.turn.next()}, nil
}

// SendPlaces sends Places to Receiver. It takes the capability delivery:recall and 100 units of flow. After an error of the port the state may be used again.
func (s SenderS2[C]) SendPlaces(ctx C, m Places) (SenderS2[C], error) {
	if err := s.turn.check("delivery.SenderS2.SendPlaces"); err != nil {
		return SenderS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Receiver", "Places", m.Payload); err != nil {
		return SenderS2[C]{}, &aura.Error{Op: "delivery.SenderS2.SendPlaces", Kind: aura.KindOf(err), Err: err}
	}
	return SenderS2[C]{s.turn.next()}, nil
}

// SendEvidence sends Evidence to Receiver. It takes the capability delivery:evidence and 100 units of flow. After an error of the port the state may be used again.
func (s SenderS2[C]) SendEvidence(ctx C, m Evidence) (SenderS2[C], error) {
	if err := s.turn.check("delivery.SenderS2.SendEvidence"); err != nil {
		return SenderS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Receiver", "Evidence", m.Payload); err != nil {
		return SenderS2[C]{}, &aura.Error{Op: "delivery.SenderS2.SendEvidence", Kind: aura.KindOf(err), Err: err}
	}
	return SenderS2[C]{s.turn.next()}, nil
}

// SendSeek sends Seek to Receiver. It takes the capability delivery:seek and 100 units of flow. After an error of the port the state may be used again.
func (s SenderS2[C]) SendSeek(ctx C, m Seek) (SenderS2[C], error) {
	if err := s.turn.check("delivery.SenderS2.SendSeek"); err != nil {
		return SenderS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Receiver", "Seek", m.Payload); err != nil {
		return SenderS2[C]{}, &aura.Error{Op: "delivery.SenderS2.SendSeek", Kind: aura.KindOf(err), Err: err}
	}
	return SenderS2[C]{s.turn.next()}, nil
}

// SendIntroduction sends Introduction to Receiver. It takes the capability delivery:introduce and 100 units of flow. After an error of the port the state may be used again.
func (s SenderS2[C]) SendIntroduction(ctx C, m Introduction) (SenderS2[C], error) {
	if err := s.turn.check("delivery.SenderS2.SendIntroduction"); err != nil {
		return SenderS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Receiver", "Introduction", m.Payload); err != nil {
		return SenderS2[C]{}, &aura.Error{Op: "delivery.SenderS2.SendIntroduction", Kind: aura.KindOf(err), Err: err}
	}
	return SenderS2[C]{s.turn.next()}, nil
}

// StartReceiver begins the part of Receiver. The port must belong to a session of the protocol in that role.
func StartReceiver[C any](port machine.Port[C]) ReceiverS1[C] {
	return ReceiverS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// ReceiverS1 is a state of Receiver, which here receives Hello of delivery.Hello from Sender.
type ReceiverS1[C any] struct{ turn turn[C] }

// ReceiveHello waits for Hello from Sender. After an error of the port the state may be used again.
func (s ReceiverS1[C]) ReceiveHello(ctx C) (Hello, ReceiverS2[C], error) {
	if err := s.turn.check("delivery.ReceiverS1.ReceiveHello"); err != nil {
		return Hello{}, ReceiverS2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Sender")
	if err != nil {
		return Hello{}, ReceiverS2[C]{}, &aura.Error{Op: "delivery.ReceiverS1.ReceiveHello", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Hello" {
		return Hello{}, ReceiverS2[C]{}, aura.Errorf("delivery.ReceiverS1.ReceiveHello", aura.Corrupt, "message %q is not expected here", label)
	}
	return Hello{payload}, ReceiverS2[C]{s.turn.next()}, nil
}

// ReceiverS2 is a state of Receiver, which here receives Facts of delivery.Facts or Stored of delivery.Stored or Addresses of delivery.Addresses or Places of delivery.Places or Evidence of delivery.Evidence or Seek of delivery.Seek or Introduction of delivery.Introduction from Sender.
type ReceiverS2[C any] struct{ turn turn[C] }

// ReceiverS2Outcome is what Receiver can receive in the state ReceiverS2: ReceiverS2Facts, ReceiverS2Stored, ReceiverS2Addresses, ReceiverS2Places, ReceiverS2Evidence, ReceiverS2Seek, ReceiverS2Introduction.
type ReceiverS2Outcome[C any] interface{ isReceiverS2Outcome(C) }

// ReceiverS2Facts is the message Facts and the state after it.
type ReceiverS2Facts[C any] struct {
	Message Facts
	Next    ReceiverS2[C]
}

func (ReceiverS2Facts[C]) isReceiverS2Outcome(C) {}

// ReceiverS2Stored is the message Stored and the state after it.
type ReceiverS2Stored[C any] struct {
	Message Stored
	Next    ReceiverS2[C]
}

func (ReceiverS2Stored[C]) isReceiverS2Outcome(C) {}

// ReceiverS2Addresses is the message Addresses and the state after it.
type ReceiverS2Addresses[C any] struct {
	Message Addresses
	Next    ReceiverS2[C]
}

func (ReceiverS2Addresses[C]) isReceiverS2Outcome(C) {}

// ReceiverS2Places is the message Places and the state after it.
type ReceiverS2Places[C any] struct {
	Message Places
	Next    ReceiverS2[C]
}

func (ReceiverS2Places[C]) isReceiverS2Outcome(C) {}

// ReceiverS2Evidence is the message Evidence and the state after it.
type ReceiverS2Evidence[C any] struct {
	Message Evidence
	Next    ReceiverS2[C]
}

func (ReceiverS2Evidence[C]) isReceiverS2Outcome(C) {}

// ReceiverS2Seek is the message Seek and the state after it.
type ReceiverS2Seek[C any] struct {
	Message Seek
	Next    ReceiverS2[C]
}

func (ReceiverS2Seek[C]) isReceiverS2Outcome(C) {}

// ReceiverS2Introduction is the message Introduction and the state after it.
type ReceiverS2Introduction[C any] struct {
	Message Introduction
	Next    ReceiverS2[C]
}

func (ReceiverS2Introduction[C]) isReceiverS2Outcome(C) {}

// Receive waits for the choice of Sender. After an error of the port the state may be used again.
func (s ReceiverS2[C]) Receive(ctx C) (ReceiverS2Outcome[C], error) {
	if err := s.turn.check("delivery.ReceiverS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Sender")
	if err != nil {
		return nil, &aura.Error{Op: "delivery.ReceiverS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Facts":
		return ReceiverS2Facts[C]{Facts{payload}, ReceiverS2[C]{s.turn.next()}}, nil
	case "Stored":
		return ReceiverS2Stored[C]{Stored{payload}, ReceiverS2[C]{s.turn.next()}}, nil
	case "Addresses":
		return ReceiverS2Addresses[C]{Addresses{payload}, ReceiverS2[C]{s.turn.next()}}, nil
	case "Places":
		return ReceiverS2Places[C]{Places{payload}, ReceiverS2[C]{s.turn.next()}}, nil
	case "Evidence":
		return ReceiverS2Evidence[C]{Evidence{payload}, ReceiverS2[C]{s.turn.next()}}, nil
	case "Seek":
		return ReceiverS2Seek[C]{Seek{payload}, ReceiverS2[C]{s.turn.next()}}, nil
	case "Introduction":
		return ReceiverS2Introduction[C]{Introduction{payload}, ReceiverS2[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("delivery.ReceiverS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}
