// Code generated from the protocol session.SessionCoordination by aura choreo. DO NOT EDIT.

package sessioncoordination

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"SessionCoordination","protocol_namespace":"session","protocol_qualified_name":"session.SessionCoordination","protocol_id":"aura.session.coordination","role_names":["Coordinator","Participant"],"guard_capabilities":["session:invite","session:answer","session:create"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Invite is the message Invite, whose payload encodes session.Invite.
type Invite struct{ Payload []byte }

// Answer is the message Answer, whose payload encodes session.Answer.
type Answer struct{ Payload []byte }

// Created is the message Created, whose payload encodes session.Made.
type Created struct{ Payload []byte }

// Failed is the message Failed, whose payload encodes session.Failure.
type Failed struct{ Payload []byte }

// Ended is the message Ended, whose payload encodes session.PartEnded.
type Ended struct{ Payload []byte }

// Closed is the message Closed, whose payload is opaque to the protocol.
type Closed struct{ Payload []byte }

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

// StartCoordinator begins the part of Coordinator. The port must belong to a session of the protocol in that role.
func StartCoordinator[C any](port machine.Port[C]) CoordinatorS1[C] {
	return CoordinatorS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// CoordinatorS1 is a state of Coordinator, which here sends Invite of session.Invite to Participant[0].
type CoordinatorS1[C any] struct{ turn turn[C] }

// SendInvite sends Invite to Participant[0]. It takes the capability session:invite and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS1[C]) SendInvite(ctx C, m Invite) (CoordinatorS2[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS1.SendInvite"); err != nil {
		return CoordinatorS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[0]", "Invite", m.Payload); err != nil {
		return CoordinatorS2[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS1.SendInvite", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS2[C]{s.turn.next()}, nil
}

// CoordinatorS2 is a state of Coordinator, which here sends Invite of session.Invite to Participant[1].
type CoordinatorS2[C any] struct{ turn turn[C] }

// SendInvite sends Invite to Participant[1]. It takes the capability session:invite and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS2[C]) SendInvite(ctx C, m Invite) (CoordinatorS3[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS2.SendInvite"); err != nil {
		return CoordinatorS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[1]", "Invite", m.Payload); err != nil {
		return CoordinatorS3[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS2.SendInvite", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS3[C]{s.turn.next()}, nil
}

// CoordinatorS3 is a state of Coordinator, which here sends Invite of session.Invite to Participant[2].
type CoordinatorS3[C any] struct{ turn turn[C] }

// SendInvite sends Invite to Participant[2]. It takes the capability session:invite and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS3[C]) SendInvite(ctx C, m Invite) (CoordinatorS4[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS3.SendInvite"); err != nil {
		return CoordinatorS4[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[2]", "Invite", m.Payload); err != nil {
		return CoordinatorS4[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS3.SendInvite", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS4[C]{s.turn.next()}, nil
}

// CoordinatorS4 is a state of Coordinator, which here receives Answer of session.Answer from Participant[0].
type CoordinatorS4[C any] struct{ turn turn[C] }

// ReceiveAnswer waits for Answer from Participant[0]. After an error of the port the state may be used again.
func (s CoordinatorS4[C]) ReceiveAnswer(ctx C) (Answer, CoordinatorS5[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS4.ReceiveAnswer"); err != nil {
		return Answer{}, CoordinatorS5[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Participant[0]")
	if err != nil {
		return Answer{}, CoordinatorS5[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS4.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, CoordinatorS5[C]{}, aura.Errorf("sessioncoordination.CoordinatorS4.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, CoordinatorS5[C]{s.turn.next()}, nil
}

// CoordinatorS5 is a state of Coordinator, which here receives Answer of session.Answer from Participant[1].
type CoordinatorS5[C any] struct{ turn turn[C] }

// ReceiveAnswer waits for Answer from Participant[1]. After an error of the port the state may be used again.
func (s CoordinatorS5[C]) ReceiveAnswer(ctx C) (Answer, CoordinatorS6[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS5.ReceiveAnswer"); err != nil {
		return Answer{}, CoordinatorS6[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Participant[1]")
	if err != nil {
		return Answer{}, CoordinatorS6[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS5.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, CoordinatorS6[C]{}, aura.Errorf("sessioncoordination.CoordinatorS5.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, CoordinatorS6[C]{s.turn.next()}, nil
}

// CoordinatorS6 is a state of Coordinator, which here receives Answer of session.Answer from Participant[2].
type CoordinatorS6[C any] struct{ turn turn[C] }

// ReceiveAnswer waits for Answer from Participant[2]. After an error of the port the state may be used again.
func (s CoordinatorS6[C]) ReceiveAnswer(ctx C) (Answer, CoordinatorS7[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS6.ReceiveAnswer"); err != nil {
		return Answer{}, CoordinatorS7[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Participant[2]")
	if err != nil {
		return Answer{}, CoordinatorS7[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS6.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, CoordinatorS7[C]{}, aura.Errorf("sessioncoordination.CoordinatorS6.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, CoordinatorS7[C]{s.turn.next()}, nil
}

// CoordinatorS7 is a state of Coordinator, which here sends Created of session.Made or Failed of session.Failure to Participant[0].
type CoordinatorS7[C any] struct{ turn turn[C] }

// SendCreated sends Created to Participant[0]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS7[C]) SendCreated(ctx C, m Created) (CoordinatorS8[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS7.SendCreated"); err != nil {
		return CoordinatorS8[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[0]", "Created", m.Payload); err != nil {
		return CoordinatorS8[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS7.SendCreated", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS8[C]{s.turn.next()}, nil
}

// SendFailed sends Failed to Participant[0]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS7[C]) SendFailed(ctx C, m Failed) (CoordinatorS17[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS7.SendFailed"); err != nil {
		return CoordinatorS17[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[0]", "Failed", m.Payload); err != nil {
		return CoordinatorS17[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS7.SendFailed", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS17[C]{s.turn.next()}, nil
}

// CoordinatorS8 is a state of Coordinator, which here sends Created of session.Made to Participant[1].
type CoordinatorS8[C any] struct{ turn turn[C] }

// SendCreated sends Created to Participant[1]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS8[C]) SendCreated(ctx C, m Created) (CoordinatorS9[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS8.SendCreated"); err != nil {
		return CoordinatorS9[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[1]", "Created", m.Payload); err != nil {
		return CoordinatorS9[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS8.SendCreated", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS9[C]{s.turn.next()}, nil
}

// CoordinatorS9 is a state of Coordinator, which here sends Created of session.Made to Participant[2].
type CoordinatorS9[C any] struct{ turn turn[C] }

// SendCreated sends Created to Participant[2]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS9[C]) SendCreated(ctx C, m Created) (CoordinatorS10[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS9.SendCreated"); err != nil {
		return CoordinatorS10[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[2]", "Created", m.Payload); err != nil {
		return CoordinatorS10[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS9.SendCreated", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS10[C]{s.turn.next()}, nil
}

// CoordinatorS10 is a state of Coordinator, which here receives Ended of session.PartEnded from Participant[0].
type CoordinatorS10[C any] struct{ turn turn[C] }

// ReceiveEnded waits for Ended from Participant[0]. After an error of the port the state may be used again.
func (s CoordinatorS10[C]) ReceiveEnded(ctx C) (Ended, CoordinatorS11[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS10.ReceiveEnded"); err != nil {
		return Ended{}, CoordinatorS11[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Participant[0]")
	if err != nil {
		return Ended{}, CoordinatorS11[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS10.ReceiveEnded", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Ended" {
		return Ended{}, CoordinatorS11[C]{}, aura.Errorf("sessioncoordination.CoordinatorS10.ReceiveEnded", aura.Corrupt, "message %q is not expected here", label)
	}
	return Ended{payload}, CoordinatorS11[C]{s.turn.next()}, nil
}

// CoordinatorS11 is a state of Coordinator, which here receives Ended of session.PartEnded from Participant[1].
type CoordinatorS11[C any] struct{ turn turn[C] }

// ReceiveEnded waits for Ended from Participant[1]. After an error of the port the state may be used again.
func (s CoordinatorS11[C]) ReceiveEnded(ctx C) (Ended, CoordinatorS12[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS11.ReceiveEnded"); err != nil {
		return Ended{}, CoordinatorS12[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Participant[1]")
	if err != nil {
		return Ended{}, CoordinatorS12[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS11.ReceiveEnded", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Ended" {
		return Ended{}, CoordinatorS12[C]{}, aura.Errorf("sessioncoordination.CoordinatorS11.ReceiveEnded", aura.Corrupt, "message %q is not expected here", label)
	}
	return Ended{payload}, CoordinatorS12[C]{s.turn.next()}, nil
}

// CoordinatorS12 is a state of Coordinator, which here receives Ended of session.PartEnded from Participant[2].
type CoordinatorS12[C any] struct{ turn turn[C] }

// ReceiveEnded waits for Ended from Participant[2]. After an error of the port the state may be used again.
func (s CoordinatorS12[C]) ReceiveEnded(ctx C) (Ended, CoordinatorS13[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS12.ReceiveEnded"); err != nil {
		return Ended{}, CoordinatorS13[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Participant[2]")
	if err != nil {
		return Ended{}, CoordinatorS13[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS12.ReceiveEnded", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Ended" {
		return Ended{}, CoordinatorS13[C]{}, aura.Errorf("sessioncoordination.CoordinatorS12.ReceiveEnded", aura.Corrupt, "message %q is not expected here", label)
	}
	return Ended{payload}, CoordinatorS13[C]{s.turn.next()}, nil
}

// CoordinatorS13 is a state of Coordinator, which here sends Closed to Participant[0].
type CoordinatorS13[C any] struct{ turn turn[C] }

// SendClosed sends Closed to Participant[0]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS13[C]) SendClosed(ctx C, m Closed) (CoordinatorS14[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS13.SendClosed"); err != nil {
		return CoordinatorS14[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[0]", "Closed", m.Payload); err != nil {
		return CoordinatorS14[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS13.SendClosed", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS14[C]{s.turn.next()}, nil
}

// CoordinatorS14 is a state of Coordinator, which here sends Closed to Participant[1].
type CoordinatorS14[C any] struct{ turn turn[C] }

// SendClosed sends Closed to Participant[1]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS14[C]) SendClosed(ctx C, m Closed) (CoordinatorS15[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS14.SendClosed"); err != nil {
		return CoordinatorS15[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[1]", "Closed", m.Payload); err != nil {
		return CoordinatorS15[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS14.SendClosed", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS15[C]{s.turn.next()}, nil
}

// CoordinatorS15 is a state of Coordinator, which here sends Closed to Participant[2].
type CoordinatorS15[C any] struct{ turn turn[C] }

// SendClosed sends Closed to Participant[2]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS15[C]) SendClosed(ctx C, m Closed) (CoordinatorEnd[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS15.SendClosed"); err != nil {
		return CoordinatorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[2]", "Closed", m.Payload); err != nil {
		return CoordinatorEnd[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS15.SendClosed", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorEnd[C]{s.turn.next()}, nil
}

// CoordinatorEnd is a state of Coordinator, which here is done.
type CoordinatorEnd[C any] struct{ turn turn[C] }

// CoordinatorS17 is a state of Coordinator, which here sends Failed of session.Failure to Participant[1].
type CoordinatorS17[C any] struct{ turn turn[C] }

// SendFailed sends Failed to Participant[1]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS17[C]) SendFailed(ctx C, m Failed) (CoordinatorS18[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS17.SendFailed"); err != nil {
		return CoordinatorS18[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[1]", "Failed", m.Payload); err != nil {
		return CoordinatorS18[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS17.SendFailed", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS18[C]{s.turn.next()}, nil
}

// CoordinatorS18 is a state of Coordinator, which here sends Failed of session.Failure to Participant[2].
type CoordinatorS18[C any] struct{ turn turn[C] }

// SendFailed sends Failed to Participant[2]. It takes the capability session:create and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS18[C]) SendFailed(ctx C, m Failed) (CoordinatorEnd[C], error) {
	if err := s.turn.check("sessioncoordination.CoordinatorS18.SendFailed"); err != nil {
		return CoordinatorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Participant[2]", "Failed", m.Payload); err != nil {
		return CoordinatorEnd[C]{}, &aura.Error{Op: "sessioncoordination.CoordinatorS18.SendFailed", Kind: aura.KindOf(err), Err: err}
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

// Participant0S3 is a state of Participant[0], which here receives Created of session.Made or Failed of session.Failure from Coordinator.
type Participant0S3[C any] struct{ turn turn[C] }

// Participant0S3Outcome is what Participant[0] can receive in the state Participant0S3: Participant0S3Created, Participant0S3Failed.
type Participant0S3Outcome[C any] interface{ isParticipant0S3Outcome(C) }

// Participant0S3Created is the message Created and the state after it.
type Participant0S3Created[C any] struct {
	Message Created
	Next    Participant0S4[C]
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
		return Participant0S3Created[C]{Created{payload}, Participant0S4[C]{s.turn.next()}}, nil
	case "Failed":
		return Participant0S3Failed[C]{Failed{payload}, Participant0End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("sessioncoordination.Participant0S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Participant0S4 is a state of Participant[0], which here sends Ended of session.PartEnded to Coordinator.
type Participant0S4[C any] struct{ turn turn[C] }

// SendEnded sends Ended to Coordinator. It takes the capability session:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s Participant0S4[C]) SendEnded(ctx C, m Ended) (Participant0S5[C], error) {
	if err := s.turn.check("sessioncoordination.Participant0S4.SendEnded"); err != nil {
		return Participant0S5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "Ended", m.Payload); err != nil {
		return Participant0S5[C]{}, &aura.Error{Op: "sessioncoordination.Participant0S4.SendEnded", Kind: aura.KindOf(err), Err: err}
	}
	return Participant0S5[C]{s.turn.next()}, nil
}

// Participant0S5 is a state of Participant[0], which here receives Closed from Coordinator.
type Participant0S5[C any] struct{ turn turn[C] }

// ReceiveClosed waits for Closed from Coordinator. After an error of the port the state may be used again.
func (s Participant0S5[C]) ReceiveClosed(ctx C) (Closed, Participant0End[C], error) {
	if err := s.turn.check("sessioncoordination.Participant0S5.ReceiveClosed"); err != nil {
		return Closed{}, Participant0End[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return Closed{}, Participant0End[C]{}, &aura.Error{Op: "sessioncoordination.Participant0S5.ReceiveClosed", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Closed" {
		return Closed{}, Participant0End[C]{}, aura.Errorf("sessioncoordination.Participant0S5.ReceiveClosed", aura.Corrupt, "message %q is not expected here", label)
	}
	return Closed{payload}, Participant0End[C]{s.turn.next()}, nil
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

// Participant1S3 is a state of Participant[1], which here receives Created of session.Made or Failed of session.Failure from Coordinator.
type Participant1S3[C any] struct{ turn turn[C] }

// Participant1S3Outcome is what Participant[1] can receive in the state Participant1S3: Participant1S3Created, Participant1S3Failed.
type Participant1S3Outcome[C any] interface{ isParticipant1S3Outcome(C) }

// Participant1S3Created is the message Created and the state after it.
type Participant1S3Created[C any] struct {
	Message Created
	Next    Participant1S4[C]
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
		return Participant1S3Created[C]{Created{payload}, Participant1S4[C]{s.turn.next()}}, nil
	case "Failed":
		return Participant1S3Failed[C]{Failed{payload}, Participant1End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("sessioncoordination.Participant1S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Participant1S4 is a state of Participant[1], which here sends Ended of session.PartEnded to Coordinator.
type Participant1S4[C any] struct{ turn turn[C] }

// SendEnded sends Ended to Coordinator. It takes the capability session:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s Participant1S4[C]) SendEnded(ctx C, m Ended) (Participant1S5[C], error) {
	if err := s.turn.check("sessioncoordination.Participant1S4.SendEnded"); err != nil {
		return Participant1S5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "Ended", m.Payload); err != nil {
		return Participant1S5[C]{}, &aura.Error{Op: "sessioncoordination.Participant1S4.SendEnded", Kind: aura.KindOf(err), Err: err}
	}
	return Participant1S5[C]{s.turn.next()}, nil
}

// Participant1S5 is a state of Participant[1], which here receives Closed from Coordinator.
type Participant1S5[C any] struct{ turn turn[C] }

// ReceiveClosed waits for Closed from Coordinator. After an error of the port the state may be used again.
func (s Participant1S5[C]) ReceiveClosed(ctx C) (Closed, Participant1End[C], error) {
	if err := s.turn.check("sessioncoordination.Participant1S5.ReceiveClosed"); err != nil {
		return Closed{}, Participant1End[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return Closed{}, Participant1End[C]{}, &aura.Error{Op: "sessioncoordination.Participant1S5.ReceiveClosed", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Closed" {
		return Closed{}, Participant1End[C]{}, aura.Errorf("sessioncoordination.Participant1S5.ReceiveClosed", aura.Corrupt, "message %q is not expected here", label)
	}
	return Closed{payload}, Participant1End[C]{s.turn.next()}, nil
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

// Participant2S3 is a state of Participant[2], which here receives Created of session.Made or Failed of session.Failure from Coordinator.
type Participant2S3[C any] struct{ turn turn[C] }

// Participant2S3Outcome is what Participant[2] can receive in the state Participant2S3: Participant2S3Created, Participant2S3Failed.
type Participant2S3Outcome[C any] interface{ isParticipant2S3Outcome(C) }

// Participant2S3Created is the message Created and the state after it.
type Participant2S3Created[C any] struct {
	Message Created
	Next    Participant2S4[C]
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
		return Participant2S3Created[C]{Created{payload}, Participant2S4[C]{s.turn.next()}}, nil
	case "Failed":
		return Participant2S3Failed[C]{Failed{payload}, Participant2End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("sessioncoordination.Participant2S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Participant2S4 is a state of Participant[2], which here sends Ended of session.PartEnded to Coordinator.
type Participant2S4[C any] struct{ turn turn[C] }

// SendEnded sends Ended to Coordinator. It takes the capability session:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s Participant2S4[C]) SendEnded(ctx C, m Ended) (Participant2S5[C], error) {
	if err := s.turn.check("sessioncoordination.Participant2S4.SendEnded"); err != nil {
		return Participant2S5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "Ended", m.Payload); err != nil {
		return Participant2S5[C]{}, &aura.Error{Op: "sessioncoordination.Participant2S4.SendEnded", Kind: aura.KindOf(err), Err: err}
	}
	return Participant2S5[C]{s.turn.next()}, nil
}

// Participant2S5 is a state of Participant[2], which here receives Closed from Coordinator.
type Participant2S5[C any] struct{ turn turn[C] }

// ReceiveClosed waits for Closed from Coordinator. After an error of the port the state may be used again.
func (s Participant2S5[C]) ReceiveClosed(ctx C) (Closed, Participant2End[C], error) {
	if err := s.turn.check("sessioncoordination.Participant2S5.ReceiveClosed"); err != nil {
		return Closed{}, Participant2End[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return Closed{}, Participant2End[C]{}, &aura.Error{Op: "sessioncoordination.Participant2S5.ReceiveClosed", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Closed" {
		return Closed{}, Participant2End[C]{}, aura.Errorf("sessioncoordination.Participant2S5.ReceiveClosed", aura.Corrupt, "message %q is not expected here", label)
	}
	return Closed{payload}, Participant2End[C]{s.turn.next()}, nil
}

// Participant2End is a state of Participant[2], which here is done.
type Participant2End[C any] struct{ turn turn[C] }
