// Code generated from the protocol invitation.Invitation by aura choreo. DO NOT EDIT.

package invitation

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"Invitation","protocol_namespace":"invitation","protocol_qualified_name":"invitation.Invitation","protocol_id":"aura.invitation.exchange","role_names":["Accepter","Inviter"],"guard_capabilities":["invitation:accept","invitation:answer"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Hello is the message Hello, whose payload encodes invite.Hello.
type Hello struct{ Payload []byte }

// Answer is the message Answer, whose payload encodes invite.Answer.
type Answer struct{ Payload []byte }

// Refused is the message Refused, whose payload encodes invite.Refusal.
type Refused struct{ Payload []byte }

// Completed is the message Completed, whose payload is opaque to the protocol.
type Completed struct{ Payload []byte }

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

// StartAccepter begins the part of Accepter. The port must belong to a session of the protocol in that role.
func StartAccepter(port machine.Port) AccepterS1 {
	return AccepterS1{turn{run: &run{port: port}}}
}

// AccepterS1 is a state of Accepter, which here sends Hello of invite.Hello to Inviter.
type AccepterS1 struct{ turn turn }

// SendHello sends Hello to Inviter. It takes the capability invitation:accept and 4 units of flow. After an error of the port the state may be used again.
func (s AccepterS1) SendHello(m Hello) (AccepterS2, error) {
	if err := s.turn.check("invitation.AccepterS1.SendHello"); err != nil {
		return AccepterS2{}, err
	}
	if err := s.turn.run.port.Send("Inviter", "Hello", m.Payload); err != nil {
		return AccepterS2{}, &aura.Error{Op: "invitation.AccepterS1.SendHello", Kind: aura.KindOf(err), Err: err}
	}
	return AccepterS2{s.turn.next()}, nil
}

// AccepterS2 is a state of Accepter, which here receives Answer of invite.Answer or Refused of invite.Refusal from Inviter.
type AccepterS2 struct{ turn turn }

// AccepterS2Outcome is what Accepter can receive in the state AccepterS2: AccepterS2Answer, AccepterS2Refused.
type AccepterS2Outcome interface{ isAccepterS2Outcome() }

// AccepterS2Answer is the message Answer and the state after it.
type AccepterS2Answer struct {
	Message Answer
	Next    AccepterS3
}

func (AccepterS2Answer) isAccepterS2Outcome() {}

// AccepterS2Refused is the message Refused and the state after it.
type AccepterS2Refused struct {
	Message Refused
	Next    AccepterEnd
}

func (AccepterS2Refused) isAccepterS2Outcome() {}

// Receive waits for the choice of Inviter. After an error of the port the state may be used again.
func (s AccepterS2) Receive() (AccepterS2Outcome, error) {
	if err := s.turn.check("invitation.AccepterS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Inviter")
	if err != nil {
		return nil, &aura.Error{Op: "invitation.AccepterS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Answer":
		return AccepterS2Answer{Answer{payload}, AccepterS3{s.turn.next()}}, nil
	case "Refused":
		return AccepterS2Refused{Refused{payload}, AccepterEnd{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("invitation.AccepterS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// AccepterS3 is a state of Accepter, which here sends Completed to Inviter.
type AccepterS3 struct{ turn turn }

// SendCompleted sends Completed to Inviter. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s AccepterS3) SendCompleted(m Completed) (AccepterEnd, error) {
	if err := s.turn.check("invitation.AccepterS3.SendCompleted"); err != nil {
		return AccepterEnd{}, err
	}
	if err := s.turn.run.port.Send("Inviter", "Completed", m.Payload); err != nil {
		return AccepterEnd{}, &aura.Error{Op: "invitation.AccepterS3.SendCompleted", Kind: aura.KindOf(err), Err: err}
	}
	return AccepterEnd{s.turn.next()}, nil
}

// AccepterEnd is a state of Accepter, which here is done.
type AccepterEnd struct{ turn turn }

// StartInviter begins the part of Inviter. The port must belong to a session of the protocol in that role.
func StartInviter(port machine.Port) InviterS1 {
	return InviterS1{turn{run: &run{port: port}}}
}

// InviterS1 is a state of Inviter, which here receives Hello of invite.Hello from Accepter.
type InviterS1 struct{ turn turn }

// ReceiveHello waits for Hello from Accepter. After an error of the port the state may be used again.
func (s InviterS1) ReceiveHello() (Hello, InviterS2, error) {
	if err := s.turn.check("invitation.InviterS1.ReceiveHello"); err != nil {
		return Hello{}, InviterS2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Accepter")
	if err != nil {
		return Hello{}, InviterS2{}, &aura.Error{Op: "invitation.InviterS1.ReceiveHello", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Hello" {
		return Hello{}, InviterS2{}, aura.Errorf("invitation.InviterS1.ReceiveHello", aura.Corrupt, "message %q is not expected here", label)
	}
	return Hello{payload}, InviterS2{s.turn.next()}, nil
}

// InviterS2 is a state of Inviter, which here sends Answer of invite.Answer or Refused of invite.Refusal to Accepter.
type InviterS2 struct{ turn turn }

// SendAnswer sends Answer to Accepter. It takes the capability invitation:answer and 4 units of flow. After an error of the port the state may be used again.
func (s InviterS2) SendAnswer(m Answer) (InviterS3, error) {
	if err := s.turn.check("invitation.InviterS2.SendAnswer"); err != nil {
		return InviterS3{}, err
	}
	if err := s.turn.run.port.Send("Accepter", "Answer", m.Payload); err != nil {
		return InviterS3{}, &aura.Error{Op: "invitation.InviterS2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return InviterS3{s.turn.next()}, nil
}

// SendRefused sends Refused to Accepter. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InviterS2) SendRefused(m Refused) (InviterEnd, error) {
	if err := s.turn.check("invitation.InviterS2.SendRefused"); err != nil {
		return InviterEnd{}, err
	}
	if err := s.turn.run.port.Send("Accepter", "Refused", m.Payload); err != nil {
		return InviterEnd{}, &aura.Error{Op: "invitation.InviterS2.SendRefused", Kind: aura.KindOf(err), Err: err}
	}
	return InviterEnd{s.turn.next()}, nil
}

// InviterS3 is a state of Inviter, which here receives Completed from Accepter.
type InviterS3 struct{ turn turn }

// ReceiveCompleted waits for Completed from Accepter. After an error of the port the state may be used again.
func (s InviterS3) ReceiveCompleted() (Completed, InviterEnd, error) {
	if err := s.turn.check("invitation.InviterS3.ReceiveCompleted"); err != nil {
		return Completed{}, InviterEnd{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Accepter")
	if err != nil {
		return Completed{}, InviterEnd{}, &aura.Error{Op: "invitation.InviterS3.ReceiveCompleted", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Completed" {
		return Completed{}, InviterEnd{}, aura.Errorf("invitation.InviterS3.ReceiveCompleted", aura.Corrupt, "message %q is not expected here", label)
	}
	return Completed{payload}, InviterEnd{s.turn.next()}, nil
}

// InviterEnd is a state of Inviter, which here is done.
type InviterEnd struct{ turn turn }
