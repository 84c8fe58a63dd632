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

// Again is the message Again, whose payload encodes invite.Answer.
type Again struct{ Payload []byte }

// Renewed is the message Renewed, whose payload encodes invite.Renewed.
type Renewed struct{ Payload []byte }

// Refused is the message Refused, whose payload encodes invite.Refused.
type Refused struct{ Payload []byte }

// Completed is the message Completed, whose payload encodes invite.Done.
type Completed struct{ Payload []byte }

// Rejected is the message Rejected, whose payload is opaque to the protocol.
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

// StartAccepter begins the part of Accepter. The port must belong to a session of the protocol in that role.
func StartAccepter[C any](port machine.Port[C]) AccepterS1[C] {
	return AccepterS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// AccepterS1 is a state of Accepter, which here sends Hello of invite.Hello to Inviter.
type AccepterS1[C any] struct{ turn turn[C] }

// SendHello sends Hello to Inviter. It takes the capability invite:accept and 1 unit of flow. After an error of the port the state may be used again.
func (s AccepterS1[C]) SendHello(ctx C, m Hello) (AccepterS2[C], error) {
	if err := s.turn.check("invitation.AccepterS1.SendHello"); err != nil {
		return AccepterS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Inviter", "Hello", m.Payload); err != nil {
		return AccepterS2[C]{}, &aura.Error{Op: "invitation.AccepterS1.SendHello", Kind: aura.KindOf(err), Err: err}
	}
	return AccepterS2[C]{s.turn.next()}, nil
}

// AccepterS2 is a state of Accepter, which here receives Answer of invite.Answer or Again of invite.Answer or Renewed of invite.Renewed or Refused of invite.Refused from Inviter.
type AccepterS2[C any] struct{ turn turn[C] }

// AccepterS2Outcome is what Accepter can receive in the state AccepterS2: AccepterS2Answer, AccepterS2Again, AccepterS2Renewed, AccepterS2Refused.
type AccepterS2Outcome[C any] interface{ isAccepterS2Outcome(C) }

// AccepterS2Answer is the message Answer and the state after it.
type AccepterS2Answer[C any] struct {
	Message Answer
	Next    AccepterS3[C]
}

func (AccepterS2Answer[C]) isAccepterS2Outcome(C) {}

// AccepterS2Again is the message Again and the state after it.
type AccepterS2Again[C any] struct {
	Message Again
	Next    AccepterS5[C]
}

func (AccepterS2Again[C]) isAccepterS2Outcome(C) {}

// AccepterS2Renewed is the message Renewed and the state after it.
type AccepterS2Renewed[C any] struct {
	Message Renewed
	Next    AccepterEnd[C]
}

func (AccepterS2Renewed[C]) isAccepterS2Outcome(C) {}

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
	case "Again":
		return AccepterS2Again[C]{Again{payload}, AccepterS5[C]{s.turn.next()}}, nil
	case "Renewed":
		return AccepterS2Renewed[C]{Renewed{payload}, AccepterEnd[C]{s.turn.next()}}, nil
	case "Refused":
		return AccepterS2Refused[C]{Refused{payload}, AccepterEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("invitation.AccepterS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// AccepterS3 is a state of Accepter, which here sends Completed of invite.Done or Rejected to Inviter.
type AccepterS3[C any] struct{ turn turn[C] }

// SendCompleted sends Completed to Inviter. It takes the capability invite:accept and 1 unit of flow. After an error of the port the state may be used again.
func (s AccepterS3[C]) SendCompleted(ctx C, m Completed) (AccepterEnd[C], error) {
	if err := s.turn.check("invitation.AccepterS3.SendCompleted"); err != nil {
		return AccepterEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Inviter", "Completed", m.Payload); err != nil {
		return AccepterEnd[C]{}, &aura.Error{Op: "invitation.AccepterS3.SendCompleted", Kind: aura.KindOf(err), Err: err}
	}
	return AccepterEnd[C]{s.turn.next()}, nil
}

// SendRejected sends Rejected to Inviter. It takes the capability invite:accept and 1 unit of flow. After an error of the port the state may be used again.
func (s AccepterS3[C]) SendRejected(ctx C, m Rejected) (AccepterEnd[C], error) {
	if err := s.turn.check("invitation.AccepterS3.SendRejected"); err != nil {
		return AccepterEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Inviter", "Rejected", m.Payload); err != nil {
		return AccepterEnd[C]{}, &aura.Error{Op: "invitation.AccepterS3.SendRejected", Kind: aura.KindOf(err), Err: err}
	}
	return AccepterEnd[C]{s.turn.next()}, nil
}

// AccepterEnd is a state of Accepter, which here is done.
type AccepterEnd[C any] struct{ turn turn[C] }

// AccepterS5 is a state of Accepter, which here sends Completed of invite.Done or Rejected to Inviter.
type AccepterS5[C any] struct{ turn turn[C] }

// SendCompleted sends Completed to Inviter. It takes the capability invite:accept and 1 unit of flow. After an error of the port the state may be used again.
func (s AccepterS5[C]) SendCompleted(ctx C, m Completed) (AccepterEnd[C], error) {
	if err := s.turn.check("invitation.AccepterS5.SendCompleted"); err != nil {
		return AccepterEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Inviter", "Completed", m.Payload); err != nil {
		return AccepterEnd[C]{}, &aura.Error{Op: "invitation.AccepterS5.SendCompleted", Kind: aura.KindOf(err), Err: err}
	}
	return AccepterEnd[C]{s.turn.next()}, nil
}

// SendRejected sends Rejected to Inviter. It takes the capability invite:accept and 1 unit of flow. After an error of the port the state may be used again.
func (s AccepterS5[C]) SendRejected(ctx C, m Rejected) (AccepterEnd[C], error) {
	if err := s.turn.check("invitation.AccepterS5.SendRejected"); err != nil {
		return AccepterEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Inviter", "Rejected", m.Payload); err != nil {
		return AccepterEnd[C]{}, &aura.Error{Op: "invitation.AccepterS5.SendRejected", Kind: aura.KindOf(err), Err: err}
	}
	return AccepterEnd[C]{s.turn.next()}, nil
}

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

// InviterS2 is a state of Inviter, which here sends Answer of invite.Answer or Again of invite.Answer or Renewed of invite.Renewed or Refused of invite.Refused to Accepter.
type InviterS2[C any] struct{ turn turn[C] }

// SendAnswer sends Answer to Accepter. It takes the capability invite:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s InviterS2[C]) SendAnswer(ctx C, m Answer) (InviterS3[C], error) {
	if err := s.turn.check("invitation.InviterS2.SendAnswer"); err != nil {
		return InviterS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Accepter", "Answer", m.Payload); err != nil {
		return InviterS3[C]{}, &aura.Error{Op: "invitation.InviterS2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return InviterS3[C]{s.turn.next()}, nil
}

// SendAgain sends Again to Accepter. It takes the capability invite:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s InviterS2[C]) SendAgain(ctx C, m Again) (InviterS5[C], error) {
	if err := s.turn.check("invitation.InviterS2.SendAgain"); err != nil {
		return InviterS5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Accepter", "Again", m.Payload); err != nil {
		return InviterS5[C]{}, &aura.Error{Op: "invitation.InviterS2.SendAgain", Kind: aura.KindOf(err), Err: err}
	}
	return InviterS5[C]{s.turn.next()}, nil
}

// SendRenewed sends Renewed to Accepter. It takes the capability invite:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s InviterS2[C]) SendRenewed(ctx C, m Renewed) (InviterEnd[C], error) {
	if err := s.turn.check("invitation.InviterS2.SendRenewed"); err != nil {
		return InviterEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Accepter", "Renewed", m.Payload); err != nil {
		return InviterEnd[C]{}, &aura.Error{Op: "invitation.InviterS2.SendRenewed", Kind: aura.KindOf(err), Err: err}
	}
	return InviterEnd[C]{s.turn.next()}, nil
}

// SendRefused sends Refused to Accepter. It takes the capability invite:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s InviterS2[C]) SendRefused(ctx C, m Refused) (InviterEnd[C], error) {
	if err := s.turn.check("invitation.InviterS2.SendRefused"); err != nil {
		return InviterEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Accepter", "Refused", m.Payload); err != nil {
		return InviterEnd[C]{}, &aura.Error{Op: "invitation.InviterS2.SendRefused", Kind: aura.KindOf(err), Err: err}
	}
	return InviterEnd[C]{s.turn.next()}, nil
}

// InviterS3 is a state of Inviter, which here receives Completed of invite.Done or Rejected from Accepter.
type InviterS3[C any] struct{ turn turn[C] }

// InviterS3Outcome is what Inviter can receive in the state InviterS3: InviterS3Completed, InviterS3Rejected.
type InviterS3Outcome[C any] interface{ isInviterS3Outcome(C) }

// InviterS3Completed is the message Completed and the state after it.
type InviterS3Completed[C any] struct {
	Message Completed
	Next    InviterEnd[C]
}

func (InviterS3Completed[C]) isInviterS3Outcome(C) {}

// InviterS3Rejected is the message Rejected and the state after it.
type InviterS3Rejected[C any] struct {
	Message Rejected
	Next    InviterEnd[C]
}

func (InviterS3Rejected[C]) isInviterS3Outcome(C) {}

// Receive waits for the choice of Accepter. After an error of the port the state may be used again.
func (s InviterS3[C]) Receive(ctx C) (InviterS3Outcome[C], error) {
	if err := s.turn.check("invitation.InviterS3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Accepter")
	if err != nil {
		return nil, &aura.Error{Op: "invitation.InviterS3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Completed":
		return InviterS3Completed[C]{Completed{payload}, InviterEnd[C]{s.turn.next()}}, nil
	case "Rejected":
		return InviterS3Rejected[C]{Rejected{payload}, InviterEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("invitation.InviterS3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// InviterEnd is a state of Inviter, which here is done.
type InviterEnd[C any] struct{ turn turn[C] }

// InviterS5 is a state of Inviter, which here receives Completed of invite.Done or Rejected from Accepter.
type InviterS5[C any] struct{ turn turn[C] }

// InviterS5Outcome is what Inviter can receive in the state InviterS5: InviterS5Completed, InviterS5Rejected.
type InviterS5Outcome[C any] interface{ isInviterS5Outcome(C) }

// InviterS5Completed is the message Completed and the state after it.
type InviterS5Completed[C any] struct {
	Message Completed
	Next    InviterEnd[C]
}

func (InviterS5Completed[C]) isInviterS5Outcome(C) {}

// InviterS5Rejected is the message Rejected and the state after it.
type InviterS5Rejected[C any] struct {
	Message Rejected
	Next    InviterEnd[C]
}

func (InviterS5Rejected[C]) isInviterS5Outcome(C) {}

// Receive waits for the choice of Accepter. After an error of the port the state may be used again.
func (s InviterS5[C]) Receive(ctx C) (InviterS5Outcome[C], error) {
	if err := s.turn.check("invitation.InviterS5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Accepter")
	if err != nil {
		return nil, &aura.Error{Op: "invitation.InviterS5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Completed":
		return InviterS5Completed[C]{Completed{payload}, InviterEnd[C]{s.turn.next()}}, nil
	case "Rejected":
		return InviterS5Rejected[C]{Rejected{payload}, InviterEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("invitation.InviterS5.Receive", aura.Corrupt, "message %q is not expected here", label)
}
