// Code generated from the protocol chat.ContactMessage by aura choreo. DO NOT EDIT.

package contactmessage

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"ContactMessage","protocol_namespace":"chat","protocol_qualified_name":"chat.ContactMessage","protocol_id":"aura.chat.contact_message","role_names":["Sender","Receiver"],"guard_capabilities":["chat:send"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Message is the message Message, whose payload encodes chat.Message.
type Message struct{ Payload []byte }

// Acknowledged is the message Acknowledged, whose payload encodes fact.ID.
type Acknowledged struct{ Payload []byte }

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

// SenderS1 is a state of Sender, which here sends Message of chat.Message to Receiver.
type SenderS1[C any] struct{ turn turn[C] }

// SendMessage sends Message to Receiver. It takes the capability chat:send and 1 unit of flow. After an error of the port the state may be used again.
func (s SenderS1[C]) SendMessage(ctx C, m Message) (SenderS2[C], error) {
	if err := s.turn.check("contactmessage.SenderS1.SendMessage"); err != nil {
		return SenderS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Receiver", "Message", m.Payload); err != nil {
		return SenderS2[C]{}, &aura.Error{Op: "contactmessage.SenderS1.SendMessage", Kind: aura.KindOf(err), Err: err}
	}
	return SenderS2[C]{s.turn.next()}, nil
}

// SenderS2 is a state of Sender, which here receives Acknowledged of fact.ID from Receiver.
type SenderS2[C any] struct{ turn turn[C] }

// ReceiveAcknowledged waits for Acknowledged from Receiver. After an error of the port the state may be used again.
func (s SenderS2[C]) ReceiveAcknowledged(ctx C) (Acknowledged, SenderEnd[C], error) {
	if err := s.turn.check("contactmessage.SenderS2.ReceiveAcknowledged"); err != nil {
		return Acknowledged{}, SenderEnd[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Receiver")
	if err != nil {
		return Acknowledged{}, SenderEnd[C]{}, &aura.Error{Op: "contactmessage.SenderS2.ReceiveAcknowledged", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Acknowledged" {
		return Acknowledged{}, SenderEnd[C]{}, aura.Errorf("contactmessage.SenderS2.ReceiveAcknowledged", aura.Corrupt, "message %q is not expected here", label)
	}
	return Acknowledged{payload}, SenderEnd[C]{s.turn.next()}, nil
}

// SenderEnd is a state of Sender, which here is done.
type SenderEnd[C any] struct{ turn turn[C] }

// StartReceiver begins the part of Receiver. The port must belong to a session of the protocol in that role.
func StartReceiver[C any](port machine.Port[C]) ReceiverS1[C] {
	return ReceiverS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// ReceiverS1 is a state of Receiver, which here receives Message of chat.Message from Sender.
type ReceiverS1[C any] struct{ turn turn[C] }

// ReceiveMessage waits for Message from Sender. After an error of the port the state may be used again.
func (s ReceiverS1[C]) ReceiveMessage(ctx C) (Message, ReceiverS2[C], error) {
	if err := s.turn.check("contactmessage.ReceiverS1.ReceiveMessage"); err != nil {
		return Message{}, ReceiverS2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Sender")
	if err != nil {
		return Message{}, ReceiverS2[C]{}, &aura.Error{Op: "contactmessage.ReceiverS1.ReceiveMessage", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Message" {
		return Message{}, ReceiverS2[C]{}, aura.Errorf("contactmessage.ReceiverS1.ReceiveMessage", aura.Corrupt, "message %q is not expected here", label)
	}
	return Message{payload}, ReceiverS2[C]{s.turn.next()}, nil
}

// ReceiverS2 is a state of Receiver, which here sends Acknowledged of fact.ID to Sender.
type ReceiverS2[C any] struct{ turn turn[C] }

// SendAcknowledged sends Acknowledged to Sender. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s ReceiverS2[C]) SendAcknowledged(ctx C, m Acknowledged) (ReceiverEnd[C], error) {
	if err := s.turn.check("contactmessage.ReceiverS2.SendAcknowledged"); err != nil {
		return ReceiverEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Sender", "Acknowledged", m.Payload); err != nil {
		return ReceiverEnd[C]{}, &aura.Error{Op: "contactmessage.ReceiverS2.SendAcknowledged", Kind: aura.KindOf(err), Err: err}
	}
	return ReceiverEnd[C]{s.turn.next()}, nil
}

// ReceiverEnd is a state of Receiver, which here is done.
type ReceiverEnd[C any] struct{ turn turn[C] }
