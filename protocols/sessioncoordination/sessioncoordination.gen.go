// Code generated from the protocol session.SessionCoordination by aura choreo. DO NOT EDIT.

package sessioncoordination

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"SessionCoordination","protocol_namespace":"session","protocol_qualified_name":"session.SessionCoordination","protocol_id":"aura.session.coordination","role_names":["Initiator","Coordinator","Participant"],"guard_capabilities":["session:initiate","session:invite","session:answer","session:create"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Request is the message Request, whose payload encodes session.Request.
type Request struct{ Payload []byte }

// Created is the message Created, whose payload encodes session.Session.
type Created struct{ Payload []byte }

// Failed is the message Failed, whose payload encodes session.Failure.
type Failed struct{ Payload []byte }

// Invite is the message Invite, whose payload encodes session.Invite.
type Invite struct{ Payload []byte }

// Answer is the message Answer, whose payload encodes session.Answer.
type Answer struct{ Payload []byte }

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

// InitiatorS1 is a state of Initiator, which here sends Request of session.Request to Coordinator.
type InitiatorS1[C any] struct{ turn turn[C] }

// SendRequest sends Request to Coordinator. It takes the capability session:initiate and 2 units of flow. After an error of the port the state may be used again.
func (s InitiatorS1[C]) SendRequest(ctx C, m Request) (InitiatorS2[C], error) {
	if err := s.turn.check("sessioncoordination.InitiatorS1.SendRequest"); err != nil {
		return InitiatorS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "Request", m.Payload); err != nil {
		return InitiatorS2[C]{}, &aura.Error{Op: "sessioncoordination.InitiatorS1.SendRequest", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS2[C]{s.turn.next()}, nil
}

// InitiatorS2 is a state of Initiator, which here receives Created of session.Session or Failed of session.Failure from Coordinator.
type InitiatorS2[C any] struct{ turn turn[C] }

// InitiatorS2Outcome is what Initiator can receive in the state InitiatorS2: InitiatorS2Created, InitiatorS2Failed.
type InitiatorS2Outcome[C any] interface{ isInitiatorS2Outcome(C) }

// InitiatorS2Created is the message Created and the state after it.
type InitiatorS2Created[C any] struct {
	Message Created
	Next    InitiatorEnd[C]
}

func (InitiatorS2Created[C]) isInitiatorS2Outcome(C) {}

// InitiatorS2Failed is the message Failed and the state after it.
type InitiatorS2Failed[C any] struct {
	Message Failed
	Next    InitiatorEnd[C]
}

func (InitiatorS2Failed[C]) isInitiatorS2Outcome(C) {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s InitiatorS2[C]) Receive(ctx C) (InitiatorS2Outcome[C], error) {
	if err := s.turn.check("sessioncoordination.InitiatorS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "sessioncoordination.InitiatorS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Created":
		return InitiatorS2Created[C]{Created{payload}, InitiatorEnd[C]{s.turn.next()}}, nil
	case "Failed":
		return InitiatorS2Failed[C]{Failed{payload}, InitiatorEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("sessioncoordination.InitiatorS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// InitiatorEnd is a state of Initiator, which here is done.
type InitiatorEnd[C any] struct{ turn turn[C] }

// StartCoordinator begins the part of Coordinator. The port must belong to a session of the protocol in that role.
func StartCoordinator[C any](port machine.Port[C]) CoordinatorS1[C] {
	return CoordinatorS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// CoordinatorS1 is a state of Coordinator, which here receives Request of session.Request from Initiator.
type CoordinatorS1[C any] struct{ turn turn[C] }

// ReceiveRequest waits for Request from Initiator. After an error of the port the state may be used again.
func (s CoordinatorS1[C]) ReceiveRequest(ctx C) (Request, CoordinatorS2[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS1.ReceiveRequest"); err != nil {
		return Request{}, CoordinatorS2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Initiator")
	if err != nil {
		return Request{}, CoordinatorS2[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS1.ReceiveRequest", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Request" {
		return Request{}, CoordinatorS2[C]{}, aura.Errorf("sessioncoordination.CoordinatorS1.ReceiveRequest", aura.Corrupt, "message %q is not expected here", label)
	}
	return Request{payload}, CoordinatorS2[C]{s.turn.next()}, nil
}

// CoordinatorS2 is a state of Coordinator, which here sends Invite of session.Invite to Participant[0].
type CoordinatorS2[C any] struct{ turn turn[C] }

// SendInvite sends Invite to Participant[0]. It takes the capability session:invite and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS2[C]) SendInvite(ctx C, m Invite) (CoordinatorS3[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS2.SendInvite"); err != nil {
		return CoordinatorS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[0]", "Invite", m.Payload); err != nil {
		return CoordinatorS3[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS2.SendInvite", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS3[C]{s.turn.next()}, nil
}

// CoordinatorS3 is a state of Coordinator, which here sends Invite of session.Invite to Participant[1].
type CoordinatorS3[C any] struct{ turn turn[C] }

// SendInvite sends Invite to Participant[1]. It takes the capability session:invite and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS3[C]) SendInvite(ctx C, m Invite) (CoordinatorS4[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS3.SendInvite"); err != nil {
		return CoordinatorS4[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[1]", "Invite", m.Payload); err != nil {
		return CoordinatorS4[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS3.SendInvite", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS4[C]{s.turn.next()}, nil
}

// CoordinatorS4 is a state of Coordinator, which here sends Invite of session.Invite to Participant[2].
type CoordinatorS4[C any] struct{ turn turn[C] }

// SendInvite sends Invite to Participant[2]. It takes the capability session:invite and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS4[C]) SendInvite(ctx C, m Invite) (CoordinatorS5[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS4.SendInvite"); err != nil {
		return CoordinatorS5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[2]", "Invite", m.Payload); err != nil {
		return CoordinatorS5[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS4.SendInvite", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS5[C]{s.turn.next()}, nil
}

// CoordinatorS5 is a state of Coordinator, which here receives Answer of session.Answer from Participant[0].
type CoordinatorS5[C any] struct{ turn turn[C] }

// ReceiveAnswer waits for Answer from Participant[0]. After an error of the port the state may be used again.
func (s CoordinatorS5[C]) ReceiveAnswer(ctx C) (Answer, CoordinatorS6[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS5.ReceiveAnswer"); err != nil {
		return Answer{}, CoordinatorS6[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Participant[0]")
	if err != nil {
		return Answer{}, CoordinatorS6[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS5.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, CoordinatorS6[C]{}, aura.Errorf("sessioncoordination.CoordinatorS5.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, CoordinatorS6[C]{s.turn.next()}, nil
}

// CoordinatorS6 is a state of Coordinator, which here receives Answer of session.Answer from Participant[1].
type CoordinatorS6[C any] struct{ turn turn[C] }

// ReceiveAnswer waits for Answer from Participant[1]. After an error of the port the state may be used again.
func (s CoordinatorS6[C]) ReceiveAnswer(ctx C) (Answer, CoordinatorS7[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS6.ReceiveAnswer"); err != nil {
		return Answer{}, CoordinatorS7[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Participant[1]")
	if err != nil {
		return Answer{}, CoordinatorS7[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS6.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, CoordinatorS7[C]{}, aura.Errorf("sessioncoordination.CoordinatorS6.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, CoordinatorS7[C]{s.turn.next()}, nil
}

// CoordinatorS7 is a state of Coordinator, which here receives Answer of session.Answer from Participant[2].
type CoordinatorS7[C any] struct{ turn turn[C] }

// ReceiveAnswer waits for Answer from Participant[2]. After an error of the port the state may be used again.
func (s CoordinatorS7[C]) ReceiveAnswer(ctx C) (Answer, CoordinatorS8[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS7.ReceiveAnswer"); err != nil {
		return Answer{}, CoordinatorS8[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Participant[2]")
	if err != nil {
		return Answer{}, CoordinatorS8[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS7.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, CoordinatorS8[C]{}, aura.Errorf("sessioncoordination.CoordinatorS7.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, CoordinatorS8[C]{s.turn.next()}, nil
}

// CoordinatorS8 is a state of Coordinator, which here sends Created of session.Session or Failed of session.Failure to Participant[0].
type CoordinatorS8[C any] struct{ turn turn[C] }

// SendCreated sends Created to Participant[0]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS8[C]) SendCreated(ctx C, m Created) (CoordinatorS9[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS8.SendCreated"); err != nil {
		return CoordinatorS9[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[0]", "Created", m.Payload); err != nil {
		return CoordinatorS9[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS8.SendCreated", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS9[C]{s.turn.next()}, nil
}

// SendFailed sends Failed to Participant[0]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS8[C]) SendFailed(ctx C, m Failed) (CoordinatorS13[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS8.SendFailed"); err != nil {
		return CoordinatorS13[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[0]", "Failed", m.Payload); err != nil {
		return CoordinatorS13[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS8.SendFailed", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS13[C]{s.turn.next()}, nil
}

// CoordinatorS9 is a state of Coordinator, which here sends Created of session.Session to Participant[1].
type CoordinatorS9[C any] struct{ turn turn[C] }

// SendCreated sends Created to Participant[1]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS9[C]) SendCreated(ctx C, m Created) (CoordinatorS10[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS9.SendCreated"); err != nil {
		return CoordinatorS10[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[1]", "Created", m.Payload); err != nil {
		return CoordinatorS10[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS9.SendCreated", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS10[C]{s.turn.next()}, nil
}

// CoordinatorS10 is a state of Coordinator, which here sends Created of session.Session to Participant[2].
type CoordinatorS10[C any] struct{ turn turn[C] }

// SendCreated sends Created to Participant[2]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS10[C]) SendCreated(ctx C, m Created) (CoordinatorS11[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS10.SendCreated"); err != nil {
		return CoordinatorS11[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[2]", "Created", m.Payload); err != nil {
		return CoordinatorS11[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS10.SendCreated", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS11[C]{s.turn.next()}, nil
}

// CoordinatorS11 is a state of Coordinator, which here sends Created of session.Session to Initiator.
type CoordinatorS11[C any] struct{ turn turn[C] }

// SendCreated sends Created to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS11[C]) SendCreated(ctx C, m Created) (CoordinatorEnd[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS11.SendCreated"); err != nil {
		return CoordinatorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Initiator", "Created", m.Payload); err != nil {
		return CoordinatorEnd[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS11.SendCreated", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorEnd[C]{s.turn.next()}, nil
}

// CoordinatorEnd is a state of Coordinator, which here is done.
type CoordinatorEnd[C any] struct{ turn turn[C] }

// CoordinatorS13 is a state of Coordinator, which here sends Failed of session.Failure to Participant[1].
type CoordinatorS13[C any] struct{ turn turn[C] }

// SendFailed sends Failed to Participant[1]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS13[C]) SendFailed(ctx C, m Failed) (CoordinatorS14[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS13.SendFailed"); err != nil {
		return CoordinatorS14[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[1]", "Failed", m.Payload); err != nil {
		return CoordinatorS14[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS13.SendFailed", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS14[C]{s.turn.next()}, nil
}

// CoordinatorS14 is a state of Coordinator, which here sends Failed of session.Failure to Participant[2].
type CoordinatorS14[C any] struct{ turn turn[C] }

// SendFailed sends Failed to Participant[2]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS14[C]) SendFailed(ctx C, m Failed) (CoordinatorS15[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS14.SendFailed"); err != nil {
		return CoordinatorS15[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[2]", "Failed", m.Payload); err != nil {
		return CoordinatorS15[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS14.SendFailed", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS15[C]{s.turn.next()}, nil
}

// CoordinatorS15 is a state of Coordinator, which here sends Failed of session.Failure to Initiator.
type CoordinatorS15[C any] struct{ turn turn[C] }

// SendFailed sends Failed to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS15[C]) SendFailed(ctx C, m Failed) (CoordinatorEnd[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS15.SendFailed"); err != nil {
		return CoordinatorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Initiator", "Failed", m.Payload); err != nil {
		return CoordinatorEnd[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS15.SendFailed", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorEnd[C]{s.turn.next()}, nil
}

// StartParticipant0 begins the part of Participant[0]. The port must belong to a session of the protocol in that role.
func StartParticipant0[C any](port machine.Port[C]) Participant0S1[C] {
	return Participant0S1[C]{turn[C]{run: &run[C]{port: port}}}
}

// Participant0S1 is a state of Participant[0], which here receives Invite of session.Invite from Coordinator.
type Participant0S1[C any] struct{ turn turn[C] }

// ReceiveInvite waits for Invite from Coordinator. After an error of the port the state may be used again.
func (s Participant0S1[C]) ReceiveInvite(ctx C) (Invite, Participant0S2[C], error) {
	if err := s.turn.check("sessioncoordination.Participant0S1.ReceiveInvite"); err != nil {
		return Invite{}, Participant0S2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return Invite{}, Participant0S2[C]{}, &aura.Error{Op: "sessioncoordination.Participant0S1.ReceiveInvite", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Invite" {
		return Invite{}, Participant0S2[C]{}, aura.Errorf("sessioncoordination.Participant0S1.ReceiveInvite", aura.Corrupt, "message %q is not expected here", label)
	}
	return Invite{payload}, Participant0S2[C]{s.turn.next()}, nil
}

// Participant0S2 is a state of Participant[0], which here sends Answer of session.Answer to Coordinator.
type Participant0S2[C any] struct{ turn turn[C] }

// SendAnswer sends Answer to Coordinator. It takes the capability session:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s Participant0S2[C]) SendAnswer(ctx C, m Answer) (Participant0S3[C], error) {
	if err := s.turn.check("sessioncoordination.Participant0S2.SendAnswer"); err != nil {
		return Participant0S3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "Answer", m.Payload); err != nil {
		return Participant0S3[C]{}, &aura.Error{Op: "sessioncoordination.Participant0S2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return Participant0S3[C]{s.turn.next()}, nil
}

// Participant0S3 is a state of Participant[0], which here receives Created of session.Session or Failed of session.Failure from Coordinator.
type Participant0S3[C any] struct{ turn turn[C] }

// Participant0S3Outcome is what Participant[0] can receive in the state Participant0S3: Participant0S3Created, Participant0S3Failed.
type Participant0S3Outcome[C any] interface{ isParticipant0S3Outcome(C) }

// Participant0S3Created is the message Created and the state after it.
type Participant0S3Created[C any] struct {
	Message Created
	Next    Participant0End[C]
}

func (Participant0S3Created[C]) isParticipant0S3Outcome(C) {}

// Participant0S3Failed is the message Failed and the state after it.
type Participant0S3Failed[C any] struct {
	Message Failed
	Next    Participant0End[C]
}

func (Participant0S3Failed[C]) isParticipant0S3Outcome(C) {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Participant0S3[C]) Receive(ctx C) (Participant0S3Outcome[C], error) {
	if err := s.turn.check("sessioncoordination.Participant0S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "sessioncoordination.Participant0S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Created":
		return Participant0S3Created[C]{Created{payload}, Participant0End[C]{s.turn.next()}}, nil
	case "Failed":
		return Participant0S3Failed[C]{Failed{payload}, Participant0End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("sessioncoordination.Participant0S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Participant0End is a state of Participant[0], which here is done.
type Participant0End[C any] struct{ turn turn[C] }

// StartParticipant1 begins the part of Participant[1]. The port must belong to a session of the protocol in that role.
func StartParticipant1[C any](port machine.Port[C]) Participant1S1[C] {
	return Participant1S1[C]{turn[C]{run: &run[C]{port: port}}}
}

// Participant1S1 is a state of Participant[1], which here receives Invite of session.Invite from Coordinator.
type Participant1S1[C any] struct{ turn turn[C] }

// ReceiveInvite waits for Invite from Coordinator. After an error of the port the state may be used again.
func (s Participant1S1[C]) ReceiveInvite(ctx C) (Invite, Participant1S2[C], error) {
	if err := s.turn.check("sessioncoordination.Participant1S1.ReceiveInvite"); err != nil {
		return Invite{}, Participant1S2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return Invite{}, Participant1S2[C]{}, &aura.Error{Op: "sessioncoordination.Participant1S1.ReceiveInvite", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Invite" {
		return Invite{}, Participant1S2[C]{}, aura.Errorf("sessioncoordination.Participant1S1.ReceiveInvite", aura.Corrupt, "message %q is not expected here", label)
	}
	return Invite{payload}, Participant1S2[C]{s.turn.next()}, nil
}

// Participant1S2 is a state of Participant[1], which here sends Answer of session.Answer to Coordinator.
type Participant1S2[C any] struct{ turn turn[C] }

// SendAnswer sends Answer to Coordinator. It takes the capability session:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s Participant1S2[C]) SendAnswer(ctx C, m Answer) (Participant1S3[C], error) {
	if err := s.turn.check("sessioncoordination.Participant1S2.SendAnswer"); err != nil {
		return Participant1S3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "Answer", m.Payload); err != nil {
		return Participant1S3[C]{}, &aura.Error{Op: "sessioncoordination.Participant1S2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return Participant1S3[C]{s.turn.next()}, nil
}

// Participant1S3 is a state of Participant[1], which here receives Created of session.Session or Failed of session.Failure from Coordinator.
type Participant1S3[C any] struct{ turn turn[C] }

// Participant1S3Outcome is what Participant[1] can receive in the state Participant1S3: Participant1S3Created, Participant1S3Failed.
type Participant1S3Outcome[C any] interface{ isParticipant1S3Outcome(C) }

// Participant1S3Created is the message Created and the state after it.
type Participant1S3Created[C any] struct {
	Message Created
	Next    Participant1End[C]
}

func (Participant1S3Created[C]) isParticipant1S3Outcome(C) {}

// Participant1S3Failed is the message Failed and the state after it.
type Participant1S3Failed[C any] struct {
	Message Failed
	Next    Participant1End[C]
}

func (Participant1S3Failed[C]) isParticipant1S3Outcome(C) {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Participant1S3[C]) Receive(ctx C) (Participant1S3Outcome[C], error) {
	if err := s.turn.check("sessioncoordination.Participant1S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "sessioncoordination.Participant1S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Created":
		return Participant1S3Created[C]{Created{payload}, Participant1End[C]{s.turn.next()}}, nil
	case "Failed":
		return Participant1S3Failed[C]{Failed{payload}, Participant1End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("sessioncoordination.Participant1S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Participant1End is a state of Participant[1], which here is done.
type Participant1End[C any] struct{ turn turn[C] }

// StartParticipant2 begins the part of Participant[2]. The port must belong to a session of the protocol in that role.
func StartParticipant2[C any](port machine.Port[C]) Participant2S1[C] {
	return Participant2S1[C]{turn[C]{run: &run[C]{port: port}}}
}

// Participant2S1 is a state of Participant[2], which here receives Invite of session.Invite from Coordinator.
type Participant2S1[C any] struct{ turn turn[C] }

// ReceiveInvite waits for Invite from Coordinator. After an error of the port the state may be used again.
func (s Participant2S1[C]) ReceiveInvite(ctx C) (Invite, Participant2S2[C], error) {
	if err := s.turn.check("sessioncoordination.Participant2S1.ReceiveInvite"); err != nil {
		return Invite{}, Participant2S2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return Invite{}, Participant2S2[C]{}, &aura.Error{Op: "sessioncoordination.Participant2S1.ReceiveInvite", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Invite" {
		return Invite{}, Participant2S2[C]{}, aura.Errorf("sessioncoordination.Participant2S1.ReceiveInvite", aura.Corrupt, "message %q is not expected here", label)
	}
	return Invite{payload}, Participant2S2[C]{s.turn.next()}, nil
}

// Participant2S2 is a state of Participant[2], which here sends Answer of session.Answer to Coordinator.
type Participant2S2[C any] struct{ turn turn[C] }

// SendAnswer sends Answer to Coordinator. It takes the capability session:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s Participant2S2[C]) SendAnswer(ctx C, m Answer) (Participant2S3[C], error) {
	if err := s.turn.check("sessioncoordination.Participant2S2.SendAnswer"); err != nil {
		return Participant2S3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "Answer", m.Payload); err != nil {
		return Participant2S3[C]{}, &aura.Error{Op: "sessioncoordination.Participant2S2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return Participant2S3[C]{s.turn.next()}, nil
}

// Participant2S3 is a state of Participant[2], which here receives Created of session.Session or Failed of session.Failure from Coordinator.
type Participant2S3[C any] struct{ turn turn[C] }

// Participant2S3Outcome is what Participant[2] can receive in the state Participant2S3: Participant2S3Created, Participant2S3Failed.
type Participant2S3Outcome[C any] interface{ isParticipant2S3Outcome(C) }

// Participant2S3Created is the message Created and the state after it.
type Participant2S3Created[C any] struct {
	Message Created
	Next    Participant2End[C]
}

func (Participant2S3Created[C]) isParticipant2S3Outcome(C) {}

// Participant2S3Failed is the message Failed and the state after it.
type Participant2S3Failed[C any] struct {
	Message Failed
	Next    Participant2End[C]
}

func (Participant2S3Failed[C]) isParticipant2S3Outcome(C) {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Participant2S3[C]) Receive(ctx C) (Participant2S3Outcome[C], error) {
	if err := s.turn.check("sessioncoordination.Participant2S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "sessioncoordination.Participant2S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Created":
		return Participant2S3Created[C]{Created{payload}, Participant2End[C]{s.turn.next()}}, nil
	case "Failed":
		return Participant2S3Failed[C]{Failed{payload}, Participant2End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("sessioncoordination.Participant2S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Participant2End is a state of Participant[2], which here is done.
type Participant2End[C any] struct{ turn turn[C] }
