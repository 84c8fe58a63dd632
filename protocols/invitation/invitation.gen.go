// Code generated from the protocol invitation.Invitation by aura choreo. DO NOT EDIT.

package invitation

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"Invitation","protocol_namespace":"invitation","protocol_qualified_name":"invitation.Invitation","protocol_id":"aura.invitation.exchange","role_names":["Accepter","Inviter"],"guard_capabilities":["invite:accept","invite:answer"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Hello is the message Hello, whose payload encodes invite.Hello.
type Hello struct{ Payload []byte }

// Answer is the message Answer, whose payload encodes invite.Answer.
type Answer struct{ Payload []byte }

// Refused is the message Refused, whose payload encodes invite.Refusal.
type Refused struct{ Payload []byte }

// Completed is the message Completed, whose payload is opaque to the protocol.
type Completed struct{ Payload []byte }

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

// StartAccepter begins the part of Accepter. The port must belong to a session of the protocol in that role.
func StartAccepter[C any](port machine.Port[C]) AccepterS1[C] {
	return AccepterS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// AccepterS1 is a state of Accepter, which here sends Hello of invite.Hello to Inviter.
type AccepterS1[C any] struct{ turn turn[C] }

// SendHello sends Hello to Inviter. It takes the capability invite:accept and 4 units of flow. After an error of the port the state may be used again.
func (s AccepterS1[C]) SendHello(ctx C, m Hello) (AccepterS2[C], error) {
	if err := s.turn.check("invitation.AccepterS1.SendHello"); err != nil {
		return AccepterS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Inviter", "Hello", m.Payload); err != nil {
		return AccepterS2[C]{}, &aura.Error{Op: "invitation.AccepterS1.SendHello", Kind: aura.KindOf(err), Err: err}
	}
	return AccepterS2[C]{s.turn.next()}, nil
}

// AccepterS2 is a state of Accepter, which here receives Answer of invite.Answer or Refused of invite.Refusal from Inviter.
type AccepterS2[C any] struct{ turn turn[C] }

// AccepterS2Outcome is what Accepter can receive in the state AccepterS2: AccepterS2Answer, AccepterS2Refused.
type AccepterS2Outcome[C any] interface{ isAccepterS2Outcome(C) }

// AccepterS2Answer is the message Answer and the state after it.
type AccepterS2Answer[C any] struct {
	Message Answer
	Next    AccepterS3[C]
}

func (AccepterS2Answer[C]) isAccepterS2Outcome(C) {}

// AccepterS2Refused is the message Refused and the state after it.
type AccepterS2Refused[C any] struct {
	Message Refused
	Next    AccepterEnd[C]
}

func (AccepterS2Refused[C]) isAccepterS2Outcome(C) {}

// Receive waits for the choice of Inviter. After an error of the port the state may be used again.
func (s AccepterS2[C]) Receive(ctx C) (AccepterS2Outcome[C], error) {
	if err := s.turn.check("invitation.AccepterS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Inviter")
	if err != nil {
		return nil, &aura.Error{Op: "invitation.AccepterS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Answer":
		return AccepterS2Answer[C]{Answer{payload}, AccepterS3[C]{s.turn.next()}}, nil
	case "Refused":
		return AccepterS2Refused[C]{Refused{payload}, AccepterEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("invitation.AccepterS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// AccepterS3 is a state of Accepter, which here sends Completed to Inviter.
type AccepterS3[C any] struct{ turn turn[C] }

// SendCompleted sends Completed to Inviter. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s AccepterS3[C]) SendCompleted(ctx C, m Completed) (AccepterEnd[C], error) {
	if err := s.turn.check("invitation.AccepterS3.SendCompleted"); err != nil {
		return AccepterEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Inviter", "Completed", m.Payload); err != nil {
		return AccepterEnd[C]{}, &aura.Error{Op: "invitation.AccepterS3.SendCompleted", Kind: aura.KindOf(err), Err: err}
	}
	return AccepterEnd[C]{s.turn.next()}, nil
}

// AccepterEnd is a state of Accepter, which here is done.
type AccepterEnd[C any] struct{ turn turn[C] }

// StartInviter begins the part of Inviter. The port must belong to a session of the protocol in that role.
func StartInviter[C any](port machine.Port[C]) InviterS1[C] {
	return InviterS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// InviterS1 is a state of Inviter, which here receives Hello of invite.Hello from Accepter.
type InviterS1[C any] struct{ turn turn[C] }

// ReceiveHello waits for Hello from Accepter. After an error of the port the state may be used again.
func (s InviterS1[C]) ReceiveHello(ctx C) (Hello, InviterS2[C], error) {
	if err := s.turn.check("invitation.InviterS1.ReceiveHello"); err != nil {
		return Hello{}, InviterS2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Accepter")
	if err != nil {
		return Hello{}, InviterS2[C]{}, &aura.Error{Op: "invitation.InviterS1.ReceiveHello", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Hello" {
		return Hello{}, InviterS2[C]{}, aura.Errorf("invitation.InviterS1.ReceiveHello", aura.Corrupt, "message %q is not expected here", label)
	}
	return Hello{payload}, InviterS2[C]{s.turn.next()}, nil
}

// InviterS2 is a state of Inviter, which here sends Answer of invite.Answer or Refused of invite.Refusal to Accepter.
type InviterS2[C any] struct{ turn turn[C] }

// SendAnswer sends Answer to Accepter. It takes the capability invite:answer and 4 units of flow. After an error of the port the state may be used again.
func (s InviterS2[C]) SendAnswer(ctx C, m Answer) (InviterS3[C], error) {
	if err := s.turn.check("invitation.InviterS2.SendAnswer"); err != nil {
		return InviterS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Accepter", "Answer", m.Payload); err != nil {
		return InviterS3[C]{}, &aura.Error{Op: "invitation.InviterS2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return InviterS3[C]{s.turn.next()}, nil
}

// SendRefused sends Refused to Accepter. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InviterS2[C]) SendRefused(ctx C, m Refused) (InviterEnd[C], error) {
	if err := s.turn.check("invitation.InviterS2.SendRefused"); err != nil {
		return InviterEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Accepter", "Refused", m.Payload); err != nil {
		return InviterEnd[C]{}, &aura.Error{Op: "invitation.InviterS2.SendRefused", Kind: aura.KindOf(err), Err: err}
	}
	return InviterEnd[C]{s.turn.next()}, nil
}

// InviterS3 is a state of Inviter, which here receives Completed from Accepter.
type InviterS3[C any] struct{ turn turn[C] }

// ReceiveCompleted waits for Completed from Accepter. After an error of the port the state may be used again.
func (s InviterS3[C]) ReceiveCompleted(ctx C) (Completed, InviterEnd[C], error) {
	if err := s.turn.check("invitation.InviterS3.ReceiveCompleted"); err != nil {
		return Completed{}, InviterEnd[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Accepter")
	if err != nil {
		return Completed{}, InviterEnd[C]{}, &aura.Error{Op: "invitation.InviterS3.ReceiveCompleted", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Completed" {
		return Completed{}, InviterEnd[C]{}, aura.Errorf("invitation.InviterS3.ReceiveCompleted", aura.Corrupt, "message %q is not expected here", label)
	}
	return Completed{payload}, InviterEnd[C]{s.turn.next()}, nil
}

// InviterEnd is a state of Inviter, which here is done.
type InviterEnd[C any] struct{ turn turn[C] }
