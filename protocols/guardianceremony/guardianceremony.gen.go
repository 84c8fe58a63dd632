// Code generated from the protocol recovery.GuardianCeremony by aura choreo. DO NOT EDIT.

package guardianceremony

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"GuardianCeremony","protocol_namespace":"recovery","protocol_qualified_name":"recovery.GuardianCeremony","protocol_id":"aura.recovery.guardian_ceremony","role_names":["Initiator","Guardian"],"required_capabilities":["termination_bounded"],"theorem_packs":[{"name":"AuraAuthorityEvidence","capabilities":["protocol_machine_envelope_adherence","protocol_machine_envelope_admission","protocol_envelope_bridge"],"version":"1","issuer":"aura"}],"required_theorem_packs":["AuraAuthorityEvidence"],"required_theorem_pack_capabilities":["protocol_machine_envelope_adherence","protocol_machine_envelope_admission","protocol_envelope_bridge"],"guard_capabilities":["recovery:guardian:propose","recovery:guardian:answer","recovery:guardian:share","recovery:guardian:commit"],"determinism_policy_ref":"aura.vm.recovery_grant.prod"}`

// Propose is the message Propose, whose payload encodes recovery.Proposal.
type Propose struct{ Payload []byte }

// Answer is the message Answer, whose payload encodes recovery.Answer.
type Answer struct{ Payload []byte }

// Share is the message Share, whose payload encodes recovery.Share.
type Share struct{ Payload []byte }

// Cancel is the message Cancel, whose payload is opaque to the protocol.
type Cancel struct{ Payload []byte }

// Held is the message Held, whose payload encodes recovery.Holding.
type Held struct{ Payload []byte }

// Commit is the message Commit, whose payload encodes recovery.Generation.
type Commit struct{ Payload []byte }

// Discard is the message Discard, whose payload encodes recovery.Generation.
type Discard struct{ Payload []byte }

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

// InitiatorS1 is a state of Initiator, which here sends Propose of recovery.Proposal to Guardian[0].
type InitiatorS1[C any] struct{ turn turn[C] }

// SendPropose sends Propose to Guardian[0]. It takes the capability recovery:guardian:propose and 4 units of flow. After an error of the port the state may be used again.
func (s InitiatorS1[C]) SendPropose(ctx C, m Propose) (InitiatorS2[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS1.SendPropose"); err != nil {
		return InitiatorS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[0]", "Propose", m.Payload); err != nil {
		return InitiatorS2[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS1.SendPropose", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS2[C]{s.turn.next()}, nil
}

// InitiatorS2 is a state of Initiator, which here sends Propose of recovery.Proposal to Guardian[1].
type InitiatorS2[C any] struct{ turn turn[C] }

// SendPropose sends Propose to Guardian[1]. It takes the capability recovery:guardian:propose and 4 units of flow. After an error of the port the state may be used again.
func (s InitiatorS2[C]) SendPropose(ctx C, m Propose) (InitiatorS3[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS2.SendPropose"); err != nil {
		return InitiatorS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[1]", "Propose", m.Payload); err != nil {
		return InitiatorS3[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS2.SendPropose", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS3[C]{s.turn.next()}, nil
}

// InitiatorS3 is a state of Initiator, which here sends Propose of recovery.Proposal to Guardian[2].
type InitiatorS3[C any] struct{ turn turn[C] }

// SendPropose sends Propose to Guardian[2]. It takes the capability recovery:guardian:propose and 4 units of flow. After an error of the port the state may be used again.
func (s InitiatorS3[C]) SendPropose(ctx C, m Propose) (InitiatorS4[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS3.SendPropose"); err != nil {
		return InitiatorS4[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[2]", "Propose", m.Payload); err != nil {
		return InitiatorS4[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS3.SendPropose", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS4[C]{s.turn.next()}, nil
}

// InitiatorS4 is a state of Initiator, which here receives Answer of recovery.Answer from Guardian[0].
type InitiatorS4[C any] struct{ turn turn[C] }

// ReceiveAnswer waits for Answer from Guardian[0]. After an error of the port the state may be used again.
func (s InitiatorS4[C]) ReceiveAnswer(ctx C) (Answer, InitiatorS5[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS4.ReceiveAnswer"); err != nil {
		return Answer{}, InitiatorS5[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Guardian[0]")
	if err != nil {
		return Answer{}, InitiatorS5[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS4.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, InitiatorS5[C]{}, aura.Errorf("guardianceremony.InitiatorS4.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, InitiatorS5[C]{s.turn.next()}, nil
}

// InitiatorS5 is a state of Initiator, which here receives Answer of recovery.Answer from Guardian[1].
type InitiatorS5[C any] struct{ turn turn[C] }

// ReceiveAnswer waits for Answer from Guardian[1]. After an error of the port the state may be used again.
func (s InitiatorS5[C]) ReceiveAnswer(ctx C) (Answer, InitiatorS6[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS5.ReceiveAnswer"); err != nil {
		return Answer{}, InitiatorS6[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Guardian[1]")
	if err != nil {
		return Answer{}, InitiatorS6[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS5.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, InitiatorS6[C]{}, aura.Errorf("guardianceremony.InitiatorS5.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, InitiatorS6[C]{s.turn.next()}, nil
}

// InitiatorS6 is a state of Initiator, which here receives Answer of recovery.Answer from Guardian[2].
type InitiatorS6[C any] struct{ turn turn[C] }

// ReceiveAnswer waits for Answer from Guardian[2]. After an error of the port the state may be used again.
func (s InitiatorS6[C]) ReceiveAnswer(ctx C) (Answer, InitiatorS7[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS6.ReceiveAnswer"); err != nil {
		return Answer{}, InitiatorS7[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Guardian[2]")
	if err != nil {
		return Answer{}, InitiatorS7[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS6.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, InitiatorS7[C]{}, aura.Errorf("guardianceremony.InitiatorS6.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, InitiatorS7[C]{s.turn.next()}, nil
}

// InitiatorS7 is a state of Initiator, which here sends Share of recovery.Share or Cancel to Guardian[0].
type InitiatorS7[C any] struct{ turn turn[C] }

// SendShare sends Share to Guardian[0]. It takes the capability recovery:guardian:share and 4 units of flow. After an error of the port the state may be used again.
func (s InitiatorS7[C]) SendShare(ctx C, m Share) (InitiatorS8[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS7.SendShare"); err != nil {
		return InitiatorS8[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[0]", "Share", m.Payload); err != nil {
		return InitiatorS8[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS7.SendShare", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS8[C]{s.turn.next()}, nil
}

// SendCancel sends Cancel to Guardian[0]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS7[C]) SendCancel(ctx C, m Cancel) (InitiatorS19[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS7.SendCancel"); err != nil {
		return InitiatorS19[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[0]", "Cancel", m.Payload); err != nil {
		return InitiatorS19[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS7.SendCancel", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS19[C]{s.turn.next()}, nil
}

// InitiatorS8 is a state of Initiator, which here sends Share of recovery.Share to Guardian[1].
type InitiatorS8[C any] struct{ turn turn[C] }

// SendShare sends Share to Guardian[1]. It takes the capability recovery:guardian:share and 4 units of flow. After an error of the port the state may be used again.
func (s InitiatorS8[C]) SendShare(ctx C, m Share) (InitiatorS9[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS8.SendShare"); err != nil {
		return InitiatorS9[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[1]", "Share", m.Payload); err != nil {
		return InitiatorS9[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS8.SendShare", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS9[C]{s.turn.next()}, nil
}

// InitiatorS9 is a state of Initiator, which here sends Share of recovery.Share to Guardian[2].
type InitiatorS9[C any] struct{ turn turn[C] }

// SendShare sends Share to Guardian[2]. It takes the capability recovery:guardian:share and 4 units of flow. After an error of the port the state may be used again.
func (s InitiatorS9[C]) SendShare(ctx C, m Share) (InitiatorS10[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS9.SendShare"); err != nil {
		return InitiatorS10[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[2]", "Share", m.Payload); err != nil {
		return InitiatorS10[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS9.SendShare", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS10[C]{s.turn.next()}, nil
}

// InitiatorS10 is a state of Initiator, which here receives Held of recovery.Holding from Guardian[0].
type InitiatorS10[C any] struct{ turn turn[C] }

// ReceiveHeld waits for Held from Guardian[0]. After an error of the port the state may be used again.
func (s InitiatorS10[C]) ReceiveHeld(ctx C) (Held, InitiatorS11[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS10.ReceiveHeld"); err != nil {
		return Held{}, InitiatorS11[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Guardian[0]")
	if err != nil {
		return Held{}, InitiatorS11[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS10.ReceiveHeld", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Held" {
		return Held{}, InitiatorS11[C]{}, aura.Errorf("guardianceremony.InitiatorS10.ReceiveHeld", aura.Corrupt, "message %q is not expected here", label)
	}
	return Held{payload}, InitiatorS11[C]{s.turn.next()}, nil
}

// InitiatorS11 is a state of Initiator, which here receives Held of recovery.Holding from Guardian[1].
type InitiatorS11[C any] struct{ turn turn[C] }

// ReceiveHeld waits for Held from Guardian[1]. After an error of the port the state may be used again.
func (s InitiatorS11[C]) ReceiveHeld(ctx C) (Held, InitiatorS12[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS11.ReceiveHeld"); err != nil {
		return Held{}, InitiatorS12[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Guardian[1]")
	if err != nil {
		return Held{}, InitiatorS12[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS11.ReceiveHeld", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Held" {
		return Held{}, InitiatorS12[C]{}, aura.Errorf("guardianceremony.InitiatorS11.ReceiveHeld", aura.Corrupt, "message %q is not expected here", label)
	}
	return Held{payload}, InitiatorS12[C]{s.turn.next()}, nil
}

// InitiatorS12 is a state of Initiator, which here receives Held of recovery.Holding from Guardian[2].
type InitiatorS12[C any] struct{ turn turn[C] }

// ReceiveHeld waits for Held from Guardian[2]. After an error of the port the state may be used again.
func (s InitiatorS12[C]) ReceiveHeld(ctx C) (Held, InitiatorS13[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS12.ReceiveHeld"); err != nil {
		return Held{}, InitiatorS13[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Guardian[2]")
	if err != nil {
		return Held{}, InitiatorS13[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS12.ReceiveHeld", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Held" {
		return Held{}, InitiatorS13[C]{}, aura.Errorf("guardianceremony.InitiatorS12.ReceiveHeld", aura.Corrupt, "message %q is not expected here", label)
	}
	return Held{payload}, InitiatorS13[C]{s.turn.next()}, nil
}

// InitiatorS13 is a state of Initiator, which here sends Commit of recovery.Generation or Discard of recovery.Generation to Guardian[0].
type InitiatorS13[C any] struct{ turn turn[C] }

// SendCommit sends Commit to Guardian[0]. It takes the capability recovery:guardian:commit and 2 units of flow. After an error of the port the state may be used again.
func (s InitiatorS13[C]) SendCommit(ctx C, m Commit) (InitiatorS14[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS13.SendCommit"); err != nil {
		return InitiatorS14[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[0]", "Commit", m.Payload); err != nil {
		return InitiatorS14[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS13.SendCommit", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS14[C]{s.turn.next()}, nil
}

// SendDiscard sends Discard to Guardian[0]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS13[C]) SendDiscard(ctx C, m Discard) (InitiatorS17[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS13.SendDiscard"); err != nil {
		return InitiatorS17[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[0]", "Discard", m.Payload); err != nil {
		return InitiatorS17[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS13.SendDiscard", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS17[C]{s.turn.next()}, nil
}

// InitiatorS14 is a state of Initiator, which here sends Commit of recovery.Generation to Guardian[1].
type InitiatorS14[C any] struct{ turn turn[C] }

// SendCommit sends Commit to Guardian[1]. It takes the capability recovery:guardian:commit and 2 units of flow. After an error of the port the state may be used again.
func (s InitiatorS14[C]) SendCommit(ctx C, m Commit) (InitiatorS15[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS14.SendCommit"); err != nil {
		return InitiatorS15[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[1]", "Commit", m.Payload); err != nil {
		return InitiatorS15[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS14.SendCommit", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS15[C]{s.turn.next()}, nil
}

// InitiatorS15 is a state of Initiator, which here sends Commit of recovery.Generation to Guardian[2].
type InitiatorS15[C any] struct{ turn turn[C] }

// SendCommit sends Commit to Guardian[2]. It takes the capability recovery:guardian:commit and 2 units of flow. After an error of the port the state may be used again.
func (s InitiatorS15[C]) SendCommit(ctx C, m Commit) (InitiatorEnd[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS15.SendCommit"); err != nil {
		return InitiatorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[2]", "Commit", m.Payload); err != nil {
		return InitiatorEnd[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS15.SendCommit", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorEnd[C]{s.turn.next()}, nil
}

// InitiatorEnd is a state of Initiator, which here is done.
type InitiatorEnd[C any] struct{ turn turn[C] }

// InitiatorS17 is a state of Initiator, which here sends Discard of recovery.Generation to Guardian[1].
type InitiatorS17[C any] struct{ turn turn[C] }

// SendDiscard sends Discard to Guardian[1]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS17[C]) SendDiscard(ctx C, m Discard) (InitiatorS18[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS17.SendDiscard"); err != nil {
		return InitiatorS18[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[1]", "Discard", m.Payload); err != nil {
		return InitiatorS18[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS17.SendDiscard", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS18[C]{s.turn.next()}, nil
}

// InitiatorS18 is a state of Initiator, which here sends Discard of recovery.Generation to Guardian[2].
type InitiatorS18[C any] struct{ turn turn[C] }

// SendDiscard sends Discard to Guardian[2]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS18[C]) SendDiscard(ctx C, m Discard) (InitiatorEnd[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS18.SendDiscard"); err != nil {
		return InitiatorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[2]", "Discard", m.Payload); err != nil {
		return InitiatorEnd[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS18.SendDiscard", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorEnd[C]{s.turn.next()}, nil
}

// InitiatorS19 is a state of Initiator, which here sends Cancel to Guardian[1].
type InitiatorS19[C any] struct{ turn turn[C] }

// SendCancel sends Cancel to Guardian[1]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS19[C]) SendCancel(ctx C, m Cancel) (InitiatorS20[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS19.SendCancel"); err != nil {
		return InitiatorS20[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[1]", "Cancel", m.Payload); err != nil {
		return InitiatorS20[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS19.SendCancel", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS20[C]{s.turn.next()}, nil
}

// InitiatorS20 is a state of Initiator, which here sends Cancel to Guardian[2].
type InitiatorS20[C any] struct{ turn turn[C] }

// SendCancel sends Cancel to Guardian[2]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS20[C]) SendCancel(ctx C, m Cancel) (InitiatorEnd[C], error) {
	if err := s.turn.check("guardianceremony.InitiatorS20.SendCancel"); err != nil {
		return InitiatorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Guardian[2]", "Cancel", m.Payload); err != nil {
		return InitiatorEnd[C]{}, &aura.Error{Op: "guardianceremony.InitiatorS20.SendCancel", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorEnd[C]{s.turn.next()}, nil
}

// StartGuardian0 begins the part of Guardian[0]. The port must belong to a session of the protocol in that role.
func StartGuardian0[C any](port machine.Port[C]) Guardian0S1[C] {
	return Guardian0S1[C]{turn[C]{run: &run[C]{port: port}}}
}

// Guardian0S1 is a state of Guardian[0], which here receives Propose of recovery.Proposal from Initiator.
type Guardian0S1[C any] struct{ turn turn[C] }

// ReceivePropose waits for Propose from Initiator. After an error of the port the state may be used again.
func (s Guardian0S1[C]) ReceivePropose(ctx C) (Propose, Guardian0S2[C], error) {
	if err := s.turn.check("guardianceremony.Guardian0S1.ReceivePropose"); err != nil {
		return Propose{}, Guardian0S2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Initiator")
	if err != nil {
		return Propose{}, Guardian0S2[C]{}, &aura.Error{Op: "guardianceremony.Guardian0S1.ReceivePropose", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Propose" {
		return Propose{}, Guardian0S2[C]{}, aura.Errorf("guardianceremony.Guardian0S1.ReceivePropose", aura.Corrupt, "message %q is not expected here", label)
	}
	return Propose{payload}, Guardian0S2[C]{s.turn.next()}, nil
}

// Guardian0S2 is a state of Guardian[0], which here sends Answer of recovery.Answer to Initiator.
type Guardian0S2[C any] struct{ turn turn[C] }

// SendAnswer sends Answer to Initiator. It takes the capability recovery:guardian:answer and 2 units of flow. After an error of the port the state may be used again.
func (s Guardian0S2[C]) SendAnswer(ctx C, m Answer) (Guardian0S3[C], error) {
	if err := s.turn.check("guardianceremony.Guardian0S2.SendAnswer"); err != nil {
		return Guardian0S3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Initiator", "Answer", m.Payload); err != nil {
		return Guardian0S3[C]{}, &aura.Error{Op: "guardianceremony.Guardian0S2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return Guardian0S3[C]{s.turn.next()}, nil
}

// Guardian0S3 is a state of Guardian[0], which here receives Share of recovery.Share or Cancel from Initiator.
type Guardian0S3[C any] struct{ turn turn[C] }

// Guardian0S3Outcome is what Guardian[0] can receive in the state Guardian0S3: Guardian0S3Share, Guardian0S3Cancel.
type Guardian0S3Outcome[C any] interface{ isGuardian0S3Outcome(C) }

// Guardian0S3Share is the message Share and the state after it.
type Guardian0S3Share[C any] struct {
	Message Share
	Next    Guardian0S4[C]
}

func (Guardian0S3Share[C]) isGuardian0S3Outcome(C) {}

// Guardian0S3Cancel is the message Cancel and the state after it.
type Guardian0S3Cancel[C any] struct {
	Message Cancel
	Next    Guardian0End[C]
}

func (Guardian0S3Cancel[C]) isGuardian0S3Outcome(C) {}

// Receive waits for the choice of Initiator. After an error of the port the state may be used again.
func (s Guardian0S3[C]) Receive(ctx C) (Guardian0S3Outcome[C], error) {
	if err := s.turn.check("guardianceremony.Guardian0S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Initiator")
	if err != nil {
		return nil, &aura.Error{Op: "guardianceremony.Guardian0S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Share":
		return Guardian0S3Share[C]{Share{payload}, Guardian0S4[C]{s.turn.next()}}, nil
	case "Cancel":
		return Guardian0S3Cancel[C]{Cancel{payload}, Guardian0End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("guardianceremony.Guardian0S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Guardian0S4 is a state of Guardian[0], which here sends Held of recovery.Holding to Initiator.
type Guardian0S4[C any] struct{ turn turn[C] }

// SendHeld sends Held to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s Guardian0S4[C]) SendHeld(ctx C, m Held) (Guardian0S5[C], error) {
	if err := s.turn.check("guardianceremony.Guardian0S4.SendHeld"); err != nil {
		return Guardian0S5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Initiator", "Held", m.Payload); err != nil {
		return Guardian0S5[C]{}, &aura.Error{Op: "guardianceremony.Guardian0S4.SendHeld", Kind: aura.KindOf(err), Err: err}
	}
	return Guardian0S5[C]{s.turn.next()}, nil
}

// Guardian0S5 is a state of Guardian[0], which here receives Commit of recovery.Generation or Discard of recovery.Generation from Initiator.
type Guardian0S5[C any] struct{ turn turn[C] }

// Guardian0S5Outcome is what Guardian[0] can receive in the state Guardian0S5: Guardian0S5Commit, Guardian0S5Discard.
type Guardian0S5Outcome[C any] interface{ isGuardian0S5Outcome(C) }

// Guardian0S5Commit is the message Commit and the state after it.
type Guardian0S5Commit[C any] struct {
	Message Commit
	Next    Guardian0End[C]
}

func (Guardian0S5Commit[C]) isGuardian0S5Outcome(C) {}

// Guardian0S5Discard is the message Discard and the state after it.
type Guardian0S5Discard[C any] struct {
	Message Discard
	Next    Guardian0End[C]
}

func (Guardian0S5Discard[C]) isGuardian0S5Outcome(C) {}

// Receive waits for the choice of Initiator. After an error of the port the state may be used again.
func (s Guardian0S5[C]) Receive(ctx C) (Guardian0S5Outcome[C], error) {
	if err := s.turn.check("guardianceremony.Guardian0S5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Initiator")
	if err != nil {
		return nil, &aura.Error{Op: "guardianceremony.Guardian0S5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Commit":
		return Guardian0S5Commit[C]{Commit{payload}, Guardian0End[C]{s.turn.next()}}, nil
	case "Discard":
		return Guardian0S5Discard[C]{Discard{payload}, Guardian0End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("guardianceremony.Guardian0S5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Guardian0End is a state of Guardian[0], which here is done.
type Guardian0End[C any] struct{ turn turn[C] }

// StartGuardian1 begins the part of Guardian[1]. The port must belong to a session of the protocol in that role.
func StartGuardian1[C any](port machine.Port[C]) Guardian1S1[C] {
	return Guardian1S1[C]{turn[C]{run: &run[C]{port: port}}}
}

// Guardian1S1 is a state of Guardian[1], which here receives Propose of recovery.Proposal from Initiator.
type Guardian1S1[C any] struct{ turn turn[C] }

// ReceivePropose waits for Propose from Initiator. After an error of the port the state may be used again.
func (s Guardian1S1[C]) ReceivePropose(ctx C) (Propose, Guardian1S2[C], error) {
	if err := s.turn.check("guardianceremony.Guardian1S1.ReceivePropose"); err != nil {
		return Propose{}, Guardian1S2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Initiator")
	if err != nil {
		return Propose{}, Guardian1S2[C]{}, &aura.Error{Op: "guardianceremony.Guardian1S1.ReceivePropose", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Propose" {
		return Propose{}, Guardian1S2[C]{}, aura.Errorf("guardianceremony.Guardian1S1.ReceivePropose", aura.Corrupt, "message %q is not expected here", label)
	}
	return Propose{payload}, Guardian1S2[C]{s.turn.next()}, nil
}

// Guardian1S2 is a state of Guardian[1], which here sends Answer of recovery.Answer to Initiator.
type Guardian1S2[C any] struct{ turn turn[C] }

// SendAnswer sends Answer to Initiator. It takes the capability recovery:guardian:answer and 2 units of flow. After an error of the port the state may be used again.
func (s Guardian1S2[C]) SendAnswer(ctx C, m Answer) (Guardian1S3[C], error) {
	if err := s.turn.check("guardianceremony.Guardian1S2.SendAnswer"); err != nil {
		return Guardian1S3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Initiator", "Answer", m.Payload); err != nil {
		return Guardian1S3[C]{}, &aura.Error{Op: "guardianceremony.Guardian1S2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return Guardian1S3[C]{s.turn.next()}, nil
}

// Guardian1S3 is a state of Guardian[1], which here receives Cancel or Share of recovery.Share from Initiator.
type Guardian1S3[C any] struct{ turn turn[C] }

// Guardian1S3Outcome is what Guardian[1] can receive in the state Guardian1S3: Guardian1S3Cancel, Guardian1S3Share.
type Guardian1S3Outcome[C any] interface{ isGuardian1S3Outcome(C) }

// Guardian1S3Cancel is the message Cancel and the state after it.
type Guardian1S3Cancel[C any] struct {
	Message Cancel
	Next    Guardian1End[C]
}

func (Guardian1S3Cancel[C]) isGuardian1S3Outcome(C) {}

// Guardian1S3Share is the message Share and the state after it.
type Guardian1S3Share[C any] struct {
	Message Share
	Next    Guardian1S5[C]
}

func (Guardian1S3Share[C]) isGuardian1S3Outcome(C) {}

// Receive waits for the choice of Initiator. After an error of the port the state may be used again.
func (s Guardian1S3[C]) Receive(ctx C) (Guardian1S3Outcome[C], error) {
	if err := s.turn.check("guardianceremony.Guardian1S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Initiator")
	if err != nil {
		return nil, &aura.Error{Op: "guardianceremony.Guardian1S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Cancel":
		return Guardian1S3Cancel[C]{Cancel{payload}, Guardian1End[C]{s.turn.next()}}, nil
	case "Share":
		return Guardian1S3Share[C]{Share{payload}, Guardian1S5[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("guardianceremony.Guardian1S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Guardian1End is a state of Guardian[1], which here is done.
type Guardian1End[C any] struct{ turn turn[C] }

// Guardian1S5 is a state of Guardian[1], which here sends Held of recovery.Holding to Initiator.
type Guardian1S5[C any] struct{ turn turn[C] }

// SendHeld sends Held to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s Guardian1S5[C]) SendHeld(ctx C, m Held) (Guardian1S6[C], error) {
	if err := s.turn.check("guardianceremony.Guardian1S5.SendHeld"); err != nil {
		return Guardian1S6[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Initiator", "Held", m.Payload); err != nil {
		return Guardian1S6[C]{}, &aura.Error{Op: "guardianceremony.Guardian1S5.SendHeld", Kind: aura.KindOf(err), Err: err}
	}
	return Guardian1S6[C]{s.turn.next()}, nil
}

// Guardian1S6 is a state of Guardian[1], which here receives Commit of recovery.Generation or Discard of recovery.Generation from Initiator.
type Guardian1S6[C any] struct{ turn turn[C] }

// Guardian1S6Outcome is what Guardian[1] can receive in the state Guardian1S6: Guardian1S6Commit, Guardian1S6Discard.
type Guardian1S6Outcome[C any] interface{ isGuardian1S6Outcome(C) }

// Guardian1S6Commit is the message Commit and the state after it.
type Guardian1S6Commit[C any] struct {
	Message Commit
	Next    Guardian1End[C]
}

func (Guardian1S6Commit[C]) isGuardian1S6Outcome(C) {}

// Guardian1S6Discard is the message Discard and the state after it.
type Guardian1S6Discard[C any] struct {
	Message Discard
	Next    Guardian1End[C]
}

func (Guardian1S6Discard[C]) isGuardian1S6Outcome(C) {}

// Receive waits for the choice of Initiator. After an error of the port the state may be used again.
func (s Guardian1S6[C]) Receive(ctx C) (Guardian1S6Outcome[C], error) {
	if err := s.turn.check("guardianceremony.Guardian1S6.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Initiator")
	if err != nil {
		return nil, &aura.Error{Op: "guardianceremony.Guardian1S6.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Commit":
		return Guardian1S6Commit[C]{Commit{payload}, Guardian1End[C]{s.turn.next()}}, nil
	case "Discard":
		return Guardian1S6Discard[C]{Discard{payload}, Guardian1End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("guardianceremony.Guardian1S6.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// StartGuardian2 begins the part of Guardian[2]. The port must belong to a session of the protocol in that role.
func StartGuardian2[C any](port machine.Port[C]) Guardian2S1[C] {
	return Guardian2S1[C]{turn[C]{run: &run[C]{port: port}}}
}

// Guardian2S1 is a state of Guardian[2], which here receives Propose of recovery.Proposal from Initiator.
type Guardian2S1[C any] struct{ turn turn[C] }

// ReceivePropose waits for Propose from Initiator. After an error of the port the state may be used again.
func (s Guardian2S1[C]) ReceivePropose(ctx C) (Propose, Guardian2S2[C], error) {
	if err := s.turn.check("guardianceremony.Guardian2S1.ReceivePropose"); err != nil {
		return Propose{}, Guardian2S2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Initiator")
	if err != nil {
		return Propose{}, Guardian2S2[C]{}, &aura.Error{Op: "guardianceremony.Guardian2S1.ReceivePropose", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Propose" {
		return Propose{}, Guardian2S2[C]{}, aura.Errorf("guardianceremony.Guardian2S1.ReceivePropose", aura.Corrupt, "message %q is not expected here", label)
	}
	return Propose{payload}, Guardian2S2[C]{s.turn.next()}, nil
}

// Guardian2S2 is a state of Guardian[2], which here sends Answer of recovery.Answer to Initiator.
type Guardian2S2[C any] struct{ turn turn[C] }

// SendAnswer sends Answer to Initiator. It takes the capability recovery:guardian:answer and 2 units of flow. After an error of the port the state may be used again.
func (s Guardian2S2[C]) SendAnswer(ctx C, m Answer) (Guardian2S3[C], error) {
	if err := s.turn.check("guardianceremony.Guardian2S2.SendAnswer"); err != nil {
		return Guardian2S3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Initiator", "Answer", m.Payload); err != nil {
		return Guardian2S3[C]{}, &aura.Error{Op: "guardianceremony.Guardian2S2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return Guardian2S3[C]{s.turn.next()}, nil
}

// Guardian2S3 is a state of Guardian[2], which here receives Cancel or Share of recovery.Share from Initiator.
type Guardian2S3[C any] struct{ turn turn[C] }

// Guardian2S3Outcome is what Guardian[2] can receive in the state Guardian2S3: Guardian2S3Cancel, Guardian2S3Share.
type Guardian2S3Outcome[C any] interface{ isGuardian2S3Outcome(C) }

// Guardian2S3Cancel is the message Cancel and the state after it.
type Guardian2S3Cancel[C any] struct {
	Message Cancel
	Next    Guardian2End[C]
}

func (Guardian2S3Cancel[C]) isGuardian2S3Outcome(C) {}

// Guardian2S3Share is the message Share and the state after it.
type Guardian2S3Share[C any] struct {
	Message Share
	Next    Guardian2S5[C]
}

func (Guardian2S3Share[C]) isGuardian2S3Outcome(C) {}

// Receive waits for the choice of Initiator. After an error of the port the state may be used again.
func (s Guardian2S3[C]) Receive(ctx C) (Guardian2S3Outcome[C], error) {
	if err := s.turn.check("guardianceremony.Guardian2S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Initiator")
	if err != nil {
		return nil, &aura.Error{Op: "guardianceremony.Guardian2S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Cancel":
		return Guardian2S3Cancel[C]{Cancel{payload}, Guardian2End[C]{s.turn.next()}}, nil
	case "Share":
		return Guardian2S3Share[C]{Share{payload}, Guardian2S5[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("guardianceremony.Guardian2S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Guardian2End is a state of Guardian[2], which here is done.
type Guardian2End[C any] struct{ turn turn[C] }

// Guardian2S5 is a state of Guardian[2], which here sends Held of recovery.Holding to Initiator.
type Guardian2S5[C any] struct{ turn turn[C] }

// SendHeld sends Held to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s Guardian2S5[C]) SendHeld(ctx C, m Held) (Guardian2S6[C], error) {
	if err := s.turn.check("guardianceremony.Guardian2S5.SendHeld"); err != nil {
		return Guardian2S6[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Initiator", "Held", m.Payload); err != nil {
		return Guardian2S6[C]{}, &aura.Error{Op: "guardianceremony.Guardian2S5.SendHeld", Kind: aura.KindOf(err), Err: err}
	}
	return Guardian2S6[C]{s.turn.next()}, nil
}

// Guardian2S6 is a state of Guardian[2], which here receives Commit of recovery.Generation or Discard of recovery.Generation from Initiator.
type Guardian2S6[C any] struct{ turn turn[C] }

// Guardian2S6Outcome is what Guardian[2] can receive in the state Guardian2S6: Guardian2S6Commit, Guardian2S6Discard.
type Guardian2S6Outcome[C any] interface{ isGuardian2S6Outcome(C) }

// Guardian2S6Commit is the message Commit and the state after it.
type Guardian2S6Commit[C any] struct {
	Message Commit
	Next    Guardian2End[C]
}

func (Guardian2S6Commit[C]) isGuardian2S6Outcome(C) {}

// Guardian2S6Discard is the message Discard and the state after it.
type Guardian2S6Discard[C any] struct {
	Message Discard
	Next    Guardian2End[C]
}

func (Guardian2S6Discard[C]) isGuardian2S6Outcome(C) {}

// Receive waits for the choice of Initiator. After an error of the port the state may be used again.
func (s Guardian2S6[C]) Receive(ctx C) (Guardian2S6Outcome[C], error) {
	if err := s.turn.check("guardianceremony.Guardian2S6.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Initiator")
	if err != nil {
		return nil, &aura.Error{Op: "guardianceremony.Guardian2S6.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Commit":
		return Guardian2S6Commit[C]{Commit{payload}, Guardian2End[C]{s.turn.next()}}, nil
	case "Discard":
		return Guardian2S6Discard[C]{Discard{payload}, Guardian2End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("guardianceremony.Guardian2S6.Receive", aura.Corrupt, "message %q is not expected here", label)
}
