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

// StartInitiator begins the part of Initiator. The port must belong to a session of the protocol in that role.
func StartInitiator(port machine.Port) InitiatorS1 {
	return InitiatorS1{turn{run: &run{port: port}}}
}

// InitiatorS1 is a state of Initiator, which here sends Request of session.Request to Coordinator.
type InitiatorS1 struct{ turn turn }

// SendRequest sends Request to Coordinator. It takes the capability session:initiate and 2 units of flow. After an error of the port the state may be used again.
func (s InitiatorS1) SendRequest(m Request) (InitiatorS2, error) {
	if err := s.turn.check("sessioncoordination.InitiatorS1.SendRequest"); err != nil {
		return InitiatorS2{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "Request", m.Payload); err != nil {
		return InitiatorS2{}, &aura.Error{Op: "sessioncoordination.InitiatorS1.SendRequest", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS2{s.turn.next()}, nil
}

// InitiatorS2 is a state of Initiator, which here receives Created of session.Session or Failed of session.Failure from Coordinator.
type InitiatorS2 struct{ turn turn }

// InitiatorS2Outcome is what Initiator can receive in the state InitiatorS2: InitiatorS2Created, InitiatorS2Failed.
type InitiatorS2Outcome interface{ isInitiatorS2Outcome() }

// InitiatorS2Created is the message Created and the state after it.
type InitiatorS2Created struct {
	Message Created
	Next    InitiatorEnd
}

func (InitiatorS2Created) isInitiatorS2Outcome() {}

// InitiatorS2Failed is the message Failed and the state after it.
type InitiatorS2Failed struct {
	Message Failed
	Next    InitiatorEnd
}

func (InitiatorS2Failed) isInitiatorS2Outcome() {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s InitiatorS2) Receive() (InitiatorS2Outcome, error) {
	if err := s.turn.check("sessioncoordination.InitiatorS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "sessioncoordination.InitiatorS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Created":
		return InitiatorS2Created{Created{payload}, InitiatorEnd{s.turn.next()}}, nil
	case "Failed":
		return InitiatorS2Failed{Failed{payload}, InitiatorEnd{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("sessioncoordination.InitiatorS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// InitiatorEnd is a state of Initiator, which here is done.
type InitiatorEnd struct{ turn turn }

// StartCoordinator begins the part of Coordinator. The port must belong to a session of the protocol in that role.
func StartCoordinator(port machine.Port) CoordinatorS1 {
	return CoordinatorS1{turn{run: &run{port: port}}}
}

// CoordinatorS1 is a state of Coordinator, which here receives Request of session.Request from Initiator.
type CoordinatorS1 struct{ turn turn }

// ReceiveRequest waits for Request from Initiator. After an error of the port the state may be used again.
func (s CoordinatorS1) ReceiveRequest() (Request, CoordinatorS2, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS1.ReceiveRequest"); err != nil {
		return Request{}, CoordinatorS2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Initiator")
	if err != nil {
		return Request{}, CoordinatorS2{}, &aura.Error{Op: "sessioncoordination.CoordinatorS1.ReceiveRequest", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Request" {
		return Request{}, CoordinatorS2{}, aura.Errorf("sessioncoordination.CoordinatorS1.ReceiveRequest", aura.Corrupt, "message %q is not expected here", label)
	}
	return Request{payload}, CoordinatorS2{s.turn.next()}, nil
}

// CoordinatorS2 is a state of Coordinator, which here sends Invite of session.Invite to Participant[0].
type CoordinatorS2 struct{ turn turn }

// SendInvite sends Invite to Participant[0]. It takes the capability session:invite and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS2) SendInvite(m Invite) (CoordinatorS3, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS2.SendInvite"); err != nil {
		return CoordinatorS3{}, err
	}
	if err := s.turn.run.port.Send("Participant[0]", "Invite", m.Payload); err != nil {
		return CoordinatorS3{}, &aura.Error{Op: "sessioncoordination.CoordinatorS2.SendInvite", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS3{s.turn.next()}, nil
}

// CoordinatorS3 is a state of Coordinator, which here sends Invite of session.Invite to Participant[1].
type CoordinatorS3 struct{ turn turn }

// SendInvite sends Invite to Participant[1]. It takes the capability session:invite and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS3) SendInvite(m Invite) (CoordinatorS4, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS3.SendInvite"); err != nil {
		return CoordinatorS4{}, err
	}
	if err := s.turn.run.port.Send("Participant[1]", "Invite", m.Payload); err != nil {
		return CoordinatorS4{}, &aura.Error{Op: "sessioncoordination.CoordinatorS3.SendInvite", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS4{s.turn.next()}, nil
}

// CoordinatorS4 is a state of Coordinator, which here sends Invite of session.Invite to Participant[2].
type CoordinatorS4 struct{ turn turn }

// SendInvite sends Invite to Participant[2]. It takes the capability session:invite and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS4) SendInvite(m Invite) (CoordinatorS5, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS4.SendInvite"); err != nil {
		return CoordinatorS5{}, err
	}
	if err := s.turn.run.port.Send("Participant[2]", "Invite", m.Payload); err != nil {
		return CoordinatorS5{}, &aura.Error{Op: "sessioncoordination.CoordinatorS4.SendInvite", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS5{s.turn.next()}, nil
}

// CoordinatorS5 is a state of Coordinator, which here receives Answer of session.Answer from Participant[0].
type CoordinatorS5 struct{ turn turn }

// ReceiveAnswer waits for Answer from Participant[0]. After an error of the port the state may be used again.
func (s CoordinatorS5) ReceiveAnswer() (Answer, CoordinatorS6, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS5.ReceiveAnswer"); err != nil {
		return Answer{}, CoordinatorS6{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Participant[0]")
	if err != nil {
		return Answer{}, CoordinatorS6{}, &aura.Error{Op: "sessioncoordination.CoordinatorS5.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, CoordinatorS6{}, aura.Errorf("sessioncoordination.CoordinatorS5.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, CoordinatorS6{s.turn.next()}, nil
}

// CoordinatorS6 is a state of Coordinator, which here receives Answer of session.Answer from Participant[1].
type CoordinatorS6 struct{ turn turn }

// ReceiveAnswer waits for Answer from Participant[1]. After an error of the port the state may be used again.
func (s CoordinatorS6) ReceiveAnswer() (Answer, CoordinatorS7, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS6.ReceiveAnswer"); err != nil {
		return Answer{}, CoordinatorS7{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Participant[1]")
	if err != nil {
		return Answer{}, CoordinatorS7{}, &aura.Error{Op: "sessioncoordination.CoordinatorS6.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, CoordinatorS7{}, aura.Errorf("sessioncoordination.CoordinatorS6.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, CoordinatorS7{s.turn.next()}, nil
}

// CoordinatorS7 is a state of Coordinator, which here receives Answer of session.Answer from Participant[2].
type CoordinatorS7 struct{ turn turn }

// ReceiveAnswer waits for Answer from Participant[2]. After an error of the port the state may be used again.
func (s CoordinatorS7) ReceiveAnswer() (Answer, CoordinatorS8, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS7.ReceiveAnswer"); err != nil {
		return Answer{}, CoordinatorS8{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Participant[2]")
	if err != nil {
		return Answer{}, CoordinatorS8{}, &aura.Error{Op: "sessioncoordination.CoordinatorS7.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, CoordinatorS8{}, aura.Errorf("sessioncoordination.CoordinatorS7.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, CoordinatorS8{s.turn.next()}, nil
}

// CoordinatorS8 is a state of Coordinator, which here sends Created of session.Session or Failed of session.Failure to Participant[0].
type CoordinatorS8 struct{ turn turn }

// SendCreated sends Created to Participant[0]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS8) SendCreated(m Created) (CoordinatorS9, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS8.SendCreated"); err != nil {
		return CoordinatorS9{}, err
	}
	if err := s.turn.run.port.Send("Participant[0]", "Created", m.Payload); err != nil {
		return CoordinatorS9{}, &aura.Error{Op: "sessioncoordination.CoordinatorS8.SendCreated", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS9{s.turn.next()}, nil
}

// SendFailed sends Failed to Participant[0]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS8) SendFailed(m Failed) (CoordinatorS13, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS8.SendFailed"); err != nil {
		return CoordinatorS13{}, err
	}
	if err := s.turn.run.port.Send("Participant[0]", "Failed", m.Payload); err != nil {
		return CoordinatorS13{}, &aura.Error{Op: "sessioncoordination.CoordinatorS8.SendFailed", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS13{s.turn.next()}, nil
}

// CoordinatorS9 is a state of Coordinator, which here sends Created of session.Session to Participant[1].
type CoordinatorS9 struct{ turn turn }

// SendCreated sends Created to Participant[1]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS9) SendCreated(m Created) (CoordinatorS10, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS9.SendCreated"); err != nil {
		return CoordinatorS10{}, err
	}
	if err := s.turn.run.port.Send("Participant[1]", "Created", m.Payload); err != nil {
		return CoordinatorS10{}, &aura.Error{Op: "sessioncoordination.CoordinatorS9.SendCreated", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS10{s.turn.next()}, nil
}

// CoordinatorS10 is a state of Coordinator, which here sends Created of session.Session to Participant[2].
type CoordinatorS10 struct{ turn turn }

// SendCreated sends Created to Participant[2]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS10) SendCreated(m Created) (CoordinatorS11, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS10.SendCreated"); err != nil {
		return CoordinatorS11{}, err
	}
	if err := s.turn.run.port.Send("Participant[2]", "Created", m.Payload); err != nil {
		return CoordinatorS11{}, &aura.Error{Op: "sessioncoordination.CoordinatorS10.SendCreated", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS11{s.turn.next()}, nil
}

// CoordinatorS11 is a state of Coordinator, which here sends Created of session.Session to Initiator.
type CoordinatorS11 struct{ turn turn }

// SendCreated sends Created to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS11) SendCreated(m Created) (CoordinatorEnd, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS11.SendCreated"); err != nil {
		return CoordinatorEnd{}, err
	}
	if err := s.turn.run.port.Send("Initiator", "Created", m.Payload); err != nil {
		return CoordinatorEnd{}, &aura.Error{Op: "sessioncoordination.CoordinatorS11.SendCreated", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorEnd{s.turn.next()}, nil
}

// CoordinatorEnd is a state of Coordinator, which here is done.
type CoordinatorEnd struct{ turn turn }

// CoordinatorS13 is a state of Coordinator, which here sends Failed of session.Failure to Participant[1].
type CoordinatorS13 struct{ turn turn }

// SendFailed sends Failed to Participant[1]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS13) SendFailed(m Failed) (CoordinatorS14, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS13.SendFailed"); err != nil {
		return CoordinatorS14{}, err
	}
	if err := s.turn.run.port.Send("Participant[1]", "Failed", m.Payload); err != nil {
		return CoordinatorS14{}, &aura.Error{Op: "sessioncoordination.CoordinatorS13.SendFailed", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS14{s.turn.next()}, nil
}

// CoordinatorS14 is a state of Coordinator, which here sends Failed of session.Failure to Participant[2].
type CoordinatorS14 struct{ turn turn }

// SendFailed sends Failed to Participant[2]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS14) SendFailed(m Failed) (CoordinatorS15, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS14.SendFailed"); err != nil {
		return CoordinatorS15{}, err
	}
	if err := s.turn.run.port.Send("Participant[2]", "Failed", m.Payload); err != nil {
		return CoordinatorS15{}, &aura.Error{Op: "sessioncoordination.CoordinatorS14.SendFailed", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS15{s.turn.next()}, nil
}

// CoordinatorS15 is a state of Coordinator, which here sends Failed of session.Failure to Initiator.
type CoordinatorS15 struct{ turn turn }

// SendFailed sends Failed to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS15) SendFailed(m Failed) (CoordinatorEnd, error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS15.SendFailed"); err != nil {
		return CoordinatorEnd{}, err
	}
	if err := s.turn.run.port.Send("Initiator", "Failed", m.Payload); err != nil {
		return CoordinatorEnd{}, &aura.Error{Op: "sessioncoordination.CoordinatorS15.SendFailed", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorEnd{s.turn.next()}, nil
}

// StartParticipant0 begins the part of Participant[0]. The port must belong to a session of the protocol in that role.
func StartParticipant0(port machine.Port) Participant0S1 {
	return Participant0S1{turn{run: &run{port: port}}}
}

// Participant0S1 is a state of Participant[0], which here receives Invite of session.Invite from Coordinator.
type Participant0S1 struct{ turn turn }

// ReceiveInvite waits for Invite from Coordinator. After an error of the port the state may be used again.
func (s Participant0S1) ReceiveInvite() (Invite, Participant0S2, error) {
	if err := s.turn.check("sessioncoordination.Participant0S1.ReceiveInvite"); err != nil {
		return Invite{}, Participant0S2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return Invite{}, Participant0S2{}, &aura.Error{Op: "sessioncoordination.Participant0S1.ReceiveInvite", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Invite" {
		return Invite{}, Participant0S2{}, aura.Errorf("sessioncoordination.Participant0S1.ReceiveInvite", aura.Corrupt, "message %q is not expected here", label)
	}
	return Invite{payload}, Participant0S2{s.turn.next()}, nil
}

// Participant0S2 is a state of Participant[0], which here sends Answer of session.Answer to Coordinator.
type Participant0S2 struct{ turn turn }

// SendAnswer sends Answer to Coordinator. It takes the capability session:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s Participant0S2) SendAnswer(m Answer) (Participant0S3, error) {
	if err := s.turn.check("sessioncoordination.Participant0S2.SendAnswer"); err != nil {
		return Participant0S3{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "Answer", m.Payload); err != nil {
		return Participant0S3{}, &aura.Error{Op: "sessioncoordination.Participant0S2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return Participant0S3{s.turn.next()}, nil
}

// Participant0S3 is a state of Participant[0], which here receives Created of session.Session or Failed of session.Failure from Coordinator.
type Participant0S3 struct{ turn turn }

// Participant0S3Outcome is what Participant[0] can receive in the state Participant0S3: Participant0S3Created, Participant0S3Failed.
type Participant0S3Outcome interface{ isParticipant0S3Outcome() }

// Participant0S3Created is the message Created and the state after it.
type Participant0S3Created struct {
	Message Created
	Next    Participant0End
}

func (Participant0S3Created) isParticipant0S3Outcome() {}

// Participant0S3Failed is the message Failed and the state after it.
type Participant0S3Failed struct {
	Message Failed
	Next    Participant0End
}

func (Participant0S3Failed) isParticipant0S3Outcome() {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Participant0S3) Receive() (Participant0S3Outcome, error) {
	if err := s.turn.check("sessioncoordination.Participant0S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "sessioncoordination.Participant0S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Created":
		return Participant0S3Created{Created{payload}, Participant0End{s.turn.next()}}, nil
	case "Failed":
		return Participant0S3Failed{Failed{payload}, Participant0End{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("sessioncoordination.Participant0S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Participant0End is a state of Participant[0], which here is done.
type Participant0End struct{ turn turn }

// StartParticipant1 begins the part of Participant[1]. The port must belong to a session of the protocol in that role.
func StartParticipant1(port machine.Port) Participant1S1 {
	return Participant1S1{turn{run: &run{port: port}}}
}

// Participant1S1 is a state of Participant[1], which here receives Invite of session.Invite from Coordinator.
type Participant1S1 struct{ turn turn }

// ReceiveInvite waits for Invite from Coordinator. After an error of the port the state may be used again.
func (s Participant1S1) ReceiveInvite() (Invite, Participant1S2, error) {
	if err := s.turn.check("sessioncoordination.Participant1S1.ReceiveInvite"); err != nil {
		return Invite{}, Participant1S2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return Invite{}, Participant1S2{}, &aura.Error{Op: "sessioncoordination.Participant1S1.ReceiveInvite", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Invite" {
		return Invite{}, Participant1S2{}, aura.Errorf("sessioncoordination.Participant1S1.ReceiveInvite", aura.Corrupt, "message %q is not expected here", label)
	}
	return Invite{payload}, Participant1S2{s.turn.next()}, nil
}

// Participant1S2 is a state of Participant[1], which here sends Answer of session.Answer to Coordinator.
type Participant1S2 struct{ turn turn }

// SendAnswer sends Answer to Coordinator. It takes the capability session:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s Participant1S2) SendAnswer(m Answer) (Participant1S3, error) {
	if err := s.turn.check("sessioncoordination.Participant1S2.SendAnswer"); err != nil {
		return Participant1S3{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "Answer", m.Payload); err != nil {
		return Participant1S3{}, &aura.Error{Op: "sessioncoordination.Participant1S2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return Participant1S3{s.turn.next()}, nil
}

// Participant1S3 is a state of Participant[1], which here receives Created of session.Session or Failed of session.Failure from Coordinator.
type Participant1S3 struct{ turn turn }

// Participant1S3Outcome is what Participant[1] can receive in the state Participant1S3: Participant1S3Created, Participant1S3Failed.
type Participant1S3Outcome interface{ isParticipant1S3Outcome() }

// Participant1S3Created is the message Created and the state after it.
type Participant1S3Created struct {
	Message Created
	Next    Participant1End
}

func (Participant1S3Created) isParticipant1S3Outcome() {}

// Participant1S3Failed is the message Failed and the state after it.
type Participant1S3Failed struct {
	Message Failed
	Next    Participant1End
}

func (Participant1S3Failed) isParticipant1S3Outcome() {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Participant1S3) Receive() (Participant1S3Outcome, error) {
	if err := s.turn.check("sessioncoordination.Participant1S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "sessioncoordination.Participant1S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Created":
		return Participant1S3Created{Created{payload}, Participant1End{s.turn.next()}}, nil
	case "Failed":
		return Participant1S3Failed{Failed{payload}, Participant1End{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("sessioncoordination.Participant1S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Participant1End is a state of Participant[1], which here is done.
type Participant1End struct{ turn turn }

// StartParticipant2 begins the part of Participant[2]. The port must belong to a session of the protocol in that role.
func StartParticipant2(port machine.Port) Participant2S1 {
	return Participant2S1{turn{run: &run{port: port}}}
}

// Participant2S1 is a state of Participant[2], which here receives Invite of session.Invite from Coordinator.
type Participant2S1 struct{ turn turn }

// ReceiveInvite waits for Invite from Coordinator. After an error of the port the state may be used again.
func (s Participant2S1) ReceiveInvite() (Invite, Participant2S2, error) {
	if err := s.turn.check("sessioncoordination.Participant2S1.ReceiveInvite"); err != nil {
		return Invite{}, Participant2S2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return Invite{}, Participant2S2{}, &aura.Error{Op: "sessioncoordination.Participant2S1.ReceiveInvite", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Invite" {
		return Invite{}, Participant2S2{}, aura.Errorf("sessioncoordination.Participant2S1.ReceiveInvite", aura.Corrupt, "message %q is not expected here", label)
	}
	return Invite{payload}, Participant2S2{s.turn.next()}, nil
}

// Participant2S2 is a state of Participant[2], which here sends Answer of session.Answer to Coordinator.
type Participant2S2 struct{ turn turn }

// SendAnswer sends Answer to Coordinator. It takes the capability session:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s Participant2S2) SendAnswer(m Answer) (Participant2S3, error) {
	if err := s.turn.check("sessioncoordination.Participant2S2.SendAnswer"); err != nil {
		return Participant2S3{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "Answer", m.Payload); err != nil {
		return Participant2S3{}, &aura.Error{Op: "sessioncoordination.Participant2S2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return Participant2S3{s.turn.next()}, nil
}

// Participant2S3 is a state of Participant[2], which here receives Created of session.Session or Failed of session.Failure from Coordinator.
type Participant2S3 struct{ turn turn }

// Participant2S3Outcome is what Participant[2] can receive in the state Participant2S3: Participant2S3Created, Participant2S3Failed.
type Participant2S3Outcome interface{ isParticipant2S3Outcome() }

// Participant2S3Created is the message Created and the state after it.
type Participant2S3Created struct {
	Message Created
	Next    Participant2End
}

func (Participant2S3Created) isParticipant2S3Outcome() {}

// Participant2S3Failed is the message Failed and the state after it.
type Participant2S3Failed struct {
	Message Failed
	Next    Participant2End
}

func (Participant2S3Failed) isParticipant2S3Outcome() {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Participant2S3) Receive() (Participant2S3Outcome, error) {
	if err := s.turn.check("sessioncoordination.Participant2S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "sessioncoordination.Participant2S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Created":
		return Participant2S3Created{Created{payload}, Participant2End{s.turn.next()}}, nil
	case "Failed":
		return Participant2S3Failed{Failed{payload}, Participant2End{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("sessioncoordination.Participant2S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Participant2End is a state of Participant[2], which here is done.
type Participant2End struct{ turn turn }
