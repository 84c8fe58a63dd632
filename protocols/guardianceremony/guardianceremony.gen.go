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

// InitiatorS1 is a state of Initiator, which here sends Propose of recovery.Proposal to Guardian[0].
type InitiatorS1 struct{ turn turn }

// SendPropose sends Propose to Guardian[0]. It takes the capability recovery:guardian:propose and 4 units of flow. After an error of the port the state may be used again.
func (s InitiatorS1) SendPropose(m Propose) (InitiatorS2, error) {
	if err := s.turn.check("guardianceremony.InitiatorS1.SendPropose"); err != nil {
		return InitiatorS2{}, err
	}
	if err := s.turn.run.port.Send("Guardian[0]", "Propose", m.Payload); err != nil {
		return InitiatorS2{}, &aura.Error{Op: "guardianceremony.InitiatorS1.SendPropose", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS2{s.turn.next()}, nil
}

// InitiatorS2 is a state of Initiator, which here sends Propose of recovery.Proposal to Guardian[1].
type InitiatorS2 struct{ turn turn }

// SendPropose sends Propose to Guardian[1]. It takes the capability recovery:guardian:propose and 4 units of flow. After an error of the port the state may be used again.
func (s InitiatorS2) SendPropose(m Propose) (InitiatorS3, error) {
	if err := s.turn.check("guardianceremony.InitiatorS2.SendPropose"); err != nil {
		return InitiatorS3{}, err
	}
	if err := s.turn.run.port.Send("Guardian[1]", "Propose", m.Payload); err != nil {
		return InitiatorS3{}, &aura.Error{Op: "guardianceremony.InitiatorS2.SendPropose", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS3{s.turn.next()}, nil
}

// InitiatorS3 is a state of Initiator, which here sends Propose of recovery.Proposal to Guardian[2].
type InitiatorS3 struct{ turn turn }

// SendPropose sends Propose to Guardian[2]. It takes the capability recovery:guardian:propose and 4 units of flow. After an error of the port the state may be used again.
func (s InitiatorS3) SendPropose(m Propose) (InitiatorS4, error) {
	if err := s.turn.check("guardianceremony.InitiatorS3.SendPropose"); err != nil {
		return InitiatorS4{}, err
	}
	if err := s.turn.run.port.Send("Guardian[2]", "Propose", m.Payload); err != nil {
		return InitiatorS4{}, &aura.Error{Op: "guardianceremony.InitiatorS3.SendPropose", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS4{s.turn.next()}, nil
}

// InitiatorS4 is a state of Initiator, which here receives Answer of recovery.Answer from Guardian[0].
type InitiatorS4 struct{ turn turn }

// ReceiveAnswer waits for Answer from Guardian[0]. After an error of the port the state may be used again.
func (s InitiatorS4) ReceiveAnswer() (Answer, InitiatorS5, error) {
	if err := s.turn.check("guardianceremony.InitiatorS4.ReceiveAnswer"); err != nil {
		return Answer{}, InitiatorS5{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Guardian[0]")
	if err != nil {
		return Answer{}, InitiatorS5{}, &aura.Error{Op: "guardianceremony.InitiatorS4.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, InitiatorS5{}, aura.Errorf("guardianceremony.InitiatorS4.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, InitiatorS5{s.turn.next()}, nil
}

// InitiatorS5 is a state of Initiator, which here receives Answer of recovery.Answer from Guardian[1].
type InitiatorS5 struct{ turn turn }

// ReceiveAnswer waits for Answer from Guardian[1]. After an error of the port the state may be used again.
func (s InitiatorS5) ReceiveAnswer() (Answer, InitiatorS6, error) {
	if err := s.turn.check("guardianceremony.InitiatorS5.ReceiveAnswer"); err != nil {
		return Answer{}, InitiatorS6{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Guardian[1]")
	if err != nil {
		return Answer{}, InitiatorS6{}, &aura.Error{Op: "guardianceremony.InitiatorS5.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, InitiatorS6{}, aura.Errorf("guardianceremony.InitiatorS5.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, InitiatorS6{s.turn.next()}, nil
}

// InitiatorS6 is a state of Initiator, which here receives Answer of recovery.Answer from Guardian[2].
type InitiatorS6 struct{ turn turn }

// ReceiveAnswer waits for Answer from Guardian[2]. After an error of the port the state may be used again.
func (s InitiatorS6) ReceiveAnswer() (Answer, InitiatorS7, error) {
	if err := s.turn.check("guardianceremony.InitiatorS6.ReceiveAnswer"); err != nil {
		return Answer{}, InitiatorS7{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Guardian[2]")
	if err != nil {
		return Answer{}, InitiatorS7{}, &aura.Error{Op: "guardianceremony.InitiatorS6.ReceiveAnswer", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Answer" {
		return Answer{}, InitiatorS7{}, aura.Errorf("guardianceremony.InitiatorS6.ReceiveAnswer", aura.Corrupt, "message %q is not expected here", label)
	}
	return Answer{payload}, InitiatorS7{s.turn.next()}, nil
}

// InitiatorS7 is a state of Initiator, which here sends Share of recovery.Share or Cancel to Guardian[0].
type InitiatorS7 struct{ turn turn }

// SendShare sends Share to Guardian[0]. It takes the capability recovery:guardian:share and 4 units of flow. After an error of the port the state may be used again.
func (s InitiatorS7) SendShare(m Share) (InitiatorS8, error) {
	if err := s.turn.check("guardianceremony.InitiatorS7.SendShare"); err != nil {
		return InitiatorS8{}, err
	}
	if err := s.turn.run.port.Send("Guardian[0]", "Share", m.Payload); err != nil {
		return InitiatorS8{}, &aura.Error{Op: "guardianceremony.InitiatorS7.SendShare", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS8{s.turn.next()}, nil
}

// SendCancel sends Cancel to Guardian[0]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS7) SendCancel(m Cancel) (InitiatorS19, error) {
	if err := s.turn.check("guardianceremony.InitiatorS7.SendCancel"); err != nil {
		return InitiatorS19{}, err
	}
	if err := s.turn.run.port.Send("Guardian[0]", "Cancel", m.Payload); err != nil {
		return InitiatorS19{}, &aura.Error{Op: "guardianceremony.InitiatorS7.SendCancel", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS19{s.turn.next()}, nil
}

// InitiatorS8 is a state of Initiator, which here sends Share of recovery.Share to Guardian[1].
type InitiatorS8 struct{ turn turn }

// SendShare sends Share to Guardian[1]. It takes the capability recovery:guardian:share and 4 units of flow. After an error of the port the state may be used again.
func (s InitiatorS8) SendShare(m Share) (InitiatorS9, error) {
	if err := s.turn.check("guardianceremony.InitiatorS8.SendShare"); err != nil {
		return InitiatorS9{}, err
	}
	if err := s.turn.run.port.Send("Guardian[1]", "Share", m.Payload); err != nil {
		return InitiatorS9{}, &aura.Error{Op: "guardianceremony.InitiatorS8.SendShare", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS9{s.turn.next()}, nil
}

// InitiatorS9 is a state of Initiator, which here sends Share of recovery.Share to Guardian[2].
type InitiatorS9 struct{ turn turn }

// SendShare sends Share to Guardian[2]. It takes the capability recovery:guardian:share and 4 units of flow. After an error of the port the state may be used again.
func (s InitiatorS9) SendShare(m Share) (InitiatorS10, error) {
	if err := s.turn.check("guardianceremony.InitiatorS9.SendShare"); err != nil {
		return InitiatorS10{}, err
	}
	if err := s.turn.run.port.Send("Guardian[2]", "Share", m.Payload); err != nil {
		return InitiatorS10{}, &aura.Error{Op: "guardianceremony.InitiatorS9.SendShare", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS10{s.turn.next()}, nil
}

// InitiatorS10 is a state of Initiator, which here receives Held of recovery.Holding from Guardian[0].
type InitiatorS10 struct{ turn turn }

// ReceiveHeld waits for Held from Guardian[0]. After an error of the port the state may be used again.
func (s InitiatorS10) ReceiveHeld() (Held, InitiatorS11, error) {
	if err := s.turn.check("guardianceremony.InitiatorS10.ReceiveHeld"); err != nil {
		return Held{}, InitiatorS11{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Guardian[0]")
	if err != nil {
		return Held{}, InitiatorS11{}, &aura.Error{Op: "guardianceremony.InitiatorS10.ReceiveHeld", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Held" {
		return Held{}, InitiatorS11{}, aura.Errorf("guardianceremony.InitiatorS10.ReceiveHeld", aura.Corrupt, "message %q is not expected here", label)
	}
	return Held{payload}, InitiatorS11{s.turn.next()}, nil
}

// InitiatorS11 is a state of Initiator, which here receives Held of recovery.Holding from Guardian[1].
type InitiatorS11 struct{ turn turn }

// ReceiveHeld waits for Held from Guardian[1]. After an error of the port the state may be used again.
func (s InitiatorS11) ReceiveHeld() (Held, InitiatorS12, error) {
	if err := s.turn.check("guardianceremony.InitiatorS11.ReceiveHeld"); err != nil {
		return Held{}, InitiatorS12{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Guardian[1]")
	if err != nil {
		return Held{}, InitiatorS12{}, &aura.Error{Op: "guardianceremony.InitiatorS11.ReceiveHeld", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Held" {
		return Held{}, InitiatorS12{}, aura.Errorf("guardianceremony.InitiatorS11.ReceiveHeld", aura.Corrupt, "message %q is not expected here", label)
	}
	return Held{payload}, InitiatorS12{s.turn.next()}, nil
}

// InitiatorS12 is a state of Initiator, which here receives Held of recovery.Holding from Guardian[2].
type InitiatorS12 struct{ turn turn }

// ReceiveHeld waits for Held from Guardian[2]. After an error of the port the state may be used again.
func (s InitiatorS12) ReceiveHeld() (Held, InitiatorS13, error) {
	if err := s.turn.check("guardianceremony.InitiatorS12.ReceiveHeld"); err != nil {
		return Held{}, InitiatorS13{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Guardian[2]")
	if err != nil {
		return Held{}, InitiatorS13{}, &aura.Error{Op: "guardianceremony.InitiatorS12.ReceiveHeld", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Held" {
		return Held{}, InitiatorS13{}, aura.Errorf("guardianceremony.InitiatorS12.ReceiveHeld", aura.Corrupt, "message %q is not expected here", label)
	}
	return Held{payload}, InitiatorS13{s.turn.next()}, nil
}

// InitiatorS13 is a state of Initiator, which here sends Commit of recovery.Generation or Discard of recovery.Generation to Guardian[0].
type InitiatorS13 struct{ turn turn }

// SendCommit sends Commit to Guardian[0]. It takes the capability recovery:guardian:commit and 2 units of flow. After an error of the port the state may be used again.
func (s InitiatorS13) SendCommit(m Commit) (InitiatorS14, error) {
	if err := s.turn.check("guardianceremony.InitiatorS13.SendCommit"); err != nil {
		return InitiatorS14{}, err
	}
	if err := s.turn.run.port.Send("Guardian[0]", "Commit", m.Payload); err != nil {
		return InitiatorS14{}, &aura.Error{Op: "guardianceremony.InitiatorS13.SendCommit", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS14{s.turn.next()}, nil
}

// SendDiscard sends Discard to Guardian[0]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS13) SendDiscard(m Discard) (InitiatorS17, error) {
	if err := s.turn.check("guardianceremony.InitiatorS13.SendDiscard"); err != nil {
		return InitiatorS17{}, err
	}
	if err := s.turn.run.port.Send("Guardian[0]", "Discard", m.Payload); err != nil {
		return InitiatorS17{}, &aura.Error{Op: "guardianceremony.InitiatorS13.SendDiscard", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS17{s.turn.next()}, nil
}

// InitiatorS14 is a state of Initiator, which here sends Commit of recovery.Generation to Guardian[1].
type InitiatorS14 struct{ turn turn }

// SendCommit sends Commit to Guardian[1]. It takes the capability recovery:guardian:commit and 2 units of flow. After an error of the port the state may be used again.
func (s InitiatorS14) SendCommit(m Commit) (InitiatorS15, error) {
	if err := s.turn.check("guardianceremony.InitiatorS14.SendCommit"); err != nil {
		return InitiatorS15{}, err
	}
	if err := s.turn.run.port.Send("Guardian[1]", "Commit", m.Payload); err != nil {
		return InitiatorS15{}, &aura.Error{Op: "guardianceremony.InitiatorS14.SendCommit", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS15{s.turn.next()}, nil
}

// InitiatorS15 is a state of Initiator, which here sends Commit of recovery.Generation to Guardian[2].
type InitiatorS15 struct{ turn turn }

// SendCommit sends Commit to Guardian[2]. It takes the capability recovery:guardian:commit and 2 units of flow. After an error of the port the state may be used again.
func (s InitiatorS15) SendCommit(m Commit) (InitiatorEnd, error) {
	if err := s.turn.check("guardianceremony.InitiatorS15.SendCommit"); err != nil {
		return InitiatorEnd{}, err
	}
	if err := s.turn.run.port.Send("Guardian[2]", "Commit", m.Payload); err != nil {
		return InitiatorEnd{}, &aura.Error{Op: "guardianceremony.InitiatorS15.SendCommit", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorEnd{s.turn.next()}, nil
}

// InitiatorEnd is a state of Initiator, which here is done.
type InitiatorEnd struct{ turn turn }

// InitiatorS17 is a state of Initiator, which here sends Discard of recovery.Generation to Guardian[1].
type InitiatorS17 struct{ turn turn }

// SendDiscard sends Discard to Guardian[1]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS17) SendDiscard(m Discard) (InitiatorS18, error) {
	if err := s.turn.check("guardianceremony.InitiatorS17.SendDiscard"); err != nil {
		return InitiatorS18{}, err
	}
	if err := s.turn.run.port.Send("Guardian[1]", "Discard", m.Payload); err != nil {
		return InitiatorS18{}, &aura.Error{Op: "guardianceremony.InitiatorS17.SendDiscard", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS18{s.turn.next()}, nil
}

// InitiatorS18 is a state of Initiator, which here sends Discard of recovery.Generation to Guardian[2].
type InitiatorS18 struct{ turn turn }

// SendDiscard sends Discard to Guardian[2]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS18) SendDiscard(m Discard) (InitiatorEnd, error) {
	if err := s.turn.check("guardianceremony.InitiatorS18.SendDiscard"); err != nil {
		return InitiatorEnd{}, err
	}
	if err := s.turn.run.port.Send("Guardian[2]", "Discard", m.Payload); err != nil {
		return InitiatorEnd{}, &aura.Error{Op: "guardianceremony.InitiatorS18.SendDiscard", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorEnd{s.turn.next()}, nil
}

// InitiatorS19 is a state of Initiator, which here sends Cancel to Guardian[1].
type InitiatorS19 struct{ turn turn }

// SendCancel sends Cancel to Guardian[1]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS19) SendCancel(m Cancel) (InitiatorS20, error) {
	if err := s.turn.check("guardianceremony.InitiatorS19.SendCancel"); err != nil {
		return InitiatorS20{}, err
	}
	if err := s.turn.run.port.Send("Guardian[1]", "Cancel", m.Payload); err != nil {
		return InitiatorS20{}, &aura.Error{Op: "guardianceremony.InitiatorS19.SendCancel", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorS20{s.turn.next()}, nil
}

// InitiatorS20 is a state of Initiator, which here sends Cancel to Guardian[2].
type InitiatorS20 struct{ turn turn }

// SendCancel sends Cancel to Guardian[2]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s InitiatorS20) SendCancel(m Cancel) (InitiatorEnd, error) {
	if err := s.turn.check("guardianceremony.InitiatorS20.SendCancel"); err != nil {
		return InitiatorEnd{}, err
	}
	if err := s.turn.run.port.Send("Guardian[2]", "Cancel", m.Payload); err != nil {
		return InitiatorEnd{}, &aura.Error{Op: "guardianceremony.InitiatorS20.SendCancel", Kind: aura.KindOf(err), Err: err}
	}
	return InitiatorEnd{s.turn.next()}, nil
}

// StartGuardian0 begins the part of Guardian[0]. The port must belong to a session of the protocol in that role.
func StartGuardian0(port machine.Port) Guardian0S1 {
	return Guardian0S1{turn{run: &run{port: port}}}
}

// Guardian0S1 is a state of Guardian[0], which here receives Propose of recovery.Proposal from Initiator.
type Guardian0S1 struct{ turn turn }

// ReceivePropose waits for Propose from Initiator. After an error of the port the state may be used again.
func (s Guardian0S1) ReceivePropose() (Propose, Guardian0S2, error) {
	if err := s.turn.check("guardianceremony.Guardian0S1.ReceivePropose"); err != nil {
		return Propose{}, Guardian0S2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Initiator")
	if err != nil {
		return Propose{}, Guardian0S2{}, &aura.Error{Op: "guardianceremony.Guardian0S1.ReceivePropose", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Propose" {
		return Propose{}, Guardian0S2{}, aura.Errorf("guardianceremony.Guardian0S1.ReceivePropose", aura.Corrupt, "message %q is not expected here", label)
	}
	return Propose{payload}, Guardian0S2{s.turn.next()}, nil
}

// Guardian0S2 is a state of Guardian[0], which here sends Answer of recovery.Answer to Initiator.
type Guardian0S2 struct{ turn turn }

// SendAnswer sends Answer to Initiator. It takes the capability recovery:guardian:answer and 2 units of flow. After an error of the port the state may be used again.
func (s Guardian0S2) SendAnswer(m Answer) (Guardian0S3, error) {
	if err := s.turn.check("guardianceremony.Guardian0S2.SendAnswer"); err != nil {
		return Guardian0S3{}, err
	}
	if err := s.turn.run.port.Send("Initiator", "Answer", m.Payload); err != nil {
		return Guardian0S3{}, &aura.Error{Op: "guardianceremony.Guardian0S2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return Guardian0S3{s.turn.next()}, nil
}

// Guardian0S3 is a state of Guardian[0], which here receives Share of recovery.Share or Cancel from Initiator.
type Guardian0S3 struct{ turn turn }

// Guardian0S3Outcome is what Guardian[0] can receive in the state Guardian0S3: Guardian0S3Share, Guardian0S3Cancel.
type Guardian0S3Outcome interface{ isGuardian0S3Outcome() }

// Guardian0S3Share is the message Share and the state after it.
type Guardian0S3Share struct {
	Message Share
	Next    Guardian0S4
}

func (Guardian0S3Share) isGuardian0S3Outcome() {}

// Guardian0S3Cancel is the message Cancel and the state after it.
type Guardian0S3Cancel struct {
	Message Cancel
	Next    Guardian0End
}

func (Guardian0S3Cancel) isGuardian0S3Outcome() {}

// Receive waits for the choice of Initiator. After an error of the port the state may be used again.
func (s Guardian0S3) Receive() (Guardian0S3Outcome, error) {
	if err := s.turn.check("guardianceremony.Guardian0S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Initiator")
	if err != nil {
		return nil, &aura.Error{Op: "guardianceremony.Guardian0S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Share":
		return Guardian0S3Share{Share{payload}, Guardian0S4{s.turn.next()}}, nil
	case "Cancel":
		return Guardian0S3Cancel{Cancel{payload}, Guardian0End{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("guardianceremony.Guardian0S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Guardian0S4 is a state of Guardian[0], which here sends Held of recovery.Holding to Initiator.
type Guardian0S4 struct{ turn turn }

// SendHeld sends Held to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s Guardian0S4) SendHeld(m Held) (Guardian0S5, error) {
	if err := s.turn.check("guardianceremony.Guardian0S4.SendHeld"); err != nil {
		return Guardian0S5{}, err
	}
	if err := s.turn.run.port.Send("Initiator", "Held", m.Payload); err != nil {
		return Guardian0S5{}, &aura.Error{Op: "guardianceremony.Guardian0S4.SendHeld", Kind: aura.KindOf(err), Err: err}
	}
	return Guardian0S5{s.turn.next()}, nil
}

// Guardian0S5 is a state of Guardian[0], which here receives Commit of recovery.Generation or Discard of recovery.Generation from Initiator.
type Guardian0S5 struct{ turn turn }

// Guardian0S5Outcome is what Guardian[0] can receive in the state Guardian0S5: Guardian0S5Commit, Guardian0S5Discard.
type Guardian0S5Outcome interface{ isGuardian0S5Outcome() }

// Guardian0S5Commit is the message Commit and the state after it.
type Guardian0S5Commit struct {
	Message Commit
	Next    Guardian0End
}

func (Guardian0S5Commit) isGuardian0S5Outcome() {}

// Guardian0S5Discard is the message Discard and the state after it.
type Guardian0S5Discard struct {
	Message Discard
	Next    Guardian0End
}

func (Guardian0S5Discard) isGuardian0S5Outcome() {}

// Receive waits for the choice of Initiator. After an error of the port the state may be used again.
func (s Guardian0S5) Receive() (Guardian0S5Outcome, error) {
	if err := s.turn.check("guardianceremony.Guardian0S5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Initiator")
	if err != nil {
		return nil, &aura.Error{Op: "guardianceremony.Guardian0S5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Commit":
		return Guardian0S5Commit{Commit{payload}, Guardian0End{s.turn.next()}}, nil
	case "Discard":
		return Guardian0S5Discard{Discard{payload}, Guardian0End{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("guardianceremony.Guardian0S5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Guardian0End is a state of Guardian[0], which here is done.
type Guardian0End struct{ turn turn }

// StartGuardian1 begins the part of Guardian[1]. The port must belong to a session of the protocol in that role.
func StartGuardian1(port machine.Port) Guardian1S1 {
	return Guardian1S1{turn{run: &run{port: port}}}
}

// Guardian1S1 is a state of Guardian[1], which here receives Propose of recovery.Proposal from Initiator.
type Guardian1S1 struct{ turn turn }

// ReceivePropose waits for Propose from Initiator. After an error of the port the state may be used again.
func (s Guardian1S1) ReceivePropose() (Propose, Guardian1S2, error) {
	if err := s.turn.check("guardianceremony.Guardian1S1.ReceivePropose"); err != nil {
		return Propose{}, Guardian1S2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Initiator")
	if err != nil {
		return Propose{}, Guardian1S2{}, &aura.Error{Op: "guardianceremony.Guardian1S1.ReceivePropose", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Propose" {
		return Propose{}, Guardian1S2{}, aura.Errorf("guardianceremony.Guardian1S1.ReceivePropose", aura.Corrupt, "message %q is not expected here", label)
	}
	return Propose{payload}, Guardian1S2{s.turn.next()}, nil
}

// Guardian1S2 is a state of Guardian[1], which here sends Answer of recovery.Answer to Initiator.
type Guardian1S2 struct{ turn turn }

// SendAnswer sends Answer to Initiator. It takes the capability recovery:guardian:answer and 2 units of flow. After an error of the port the state may be used again.
func (s Guardian1S2) SendAnswer(m Answer) (Guardian1S3, error) {
	if err := s.turn.check("guardianceremony.Guardian1S2.SendAnswer"); err != nil {
		return Guardian1S3{}, err
	}
	if err := s.turn.run.port.Send("Initiator", "Answer", m.Payload); err != nil {
		return Guardian1S3{}, &aura.Error{Op: "guardianceremony.Guardian1S2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return Guardian1S3{s.turn.next()}, nil
}

// Guardian1S3 is a state of Guardian[1], which here receives Cancel or Share of recovery.Share from Initiator.
type Guardian1S3 struct{ turn turn }

// Guardian1S3Outcome is what Guardian[1] can receive in the state Guardian1S3: Guardian1S3Cancel, Guardian1S3Share.
type Guardian1S3Outcome interface{ isGuardian1S3Outcome() }

// Guardian1S3Cancel is the message Cancel and the state after it.
type Guardian1S3Cancel struct {
	Message Cancel
	Next    Guardian1End
}

func (Guardian1S3Cancel) isGuardian1S3Outcome() {}

// Guardian1S3Share is the message Share and the state after it.
type Guardian1S3Share struct {
	Message Share
	Next    Guardian1S5
}

func (Guardian1S3Share) isGuardian1S3Outcome() {}

// Receive waits for the choice of Initiator. After an error of the port the state may be used again.
func (s Guardian1S3) Receive() (Guardian1S3Outcome, error) {
	if err := s.turn.check("guardianceremony.Guardian1S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Initiator")
	if err != nil {
		return nil, &aura.Error{Op: "guardianceremony.Guardian1S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Cancel":
		return Guardian1S3Cancel{Cancel{payload}, Guardian1End{s.turn.next()}}, nil
	case "Share":
		return Guardian1S3Share{Share{payload}, Guardian1S5{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("guardianceremony.Guardian1S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Guardian1End is a state of Guardian[1], which here is done.
type Guardian1End struct{ turn turn }

// Guardian1S5 is a state of Guardian[1], which here sends Held of recovery.Holding to Initiator.
type Guardian1S5 struct{ turn turn }

// SendHeld sends Held to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s Guardian1S5) SendHeld(m Held) (Guardian1S6, error) {
	if err := s.turn.check("guardianceremony.Guardian1S5.SendHeld"); err != nil {
		return Guardian1S6{}, err
	}
	if err := s.turn.run.port.Send("Initiator", "Held", m.Payload); err != nil {
		return Guardian1S6{}, &aura.Error{Op: "guardianceremony.Guardian1S5.SendHeld", Kind: aura.KindOf(err), Err: err}
	}
	return Guardian1S6{s.turn.next()}, nil
}

// Guardian1S6 is a state of Guardian[1], which here receives Commit of recovery.Generation or Discard of recovery.Generation from Initiator.
type Guardian1S6 struct{ turn turn }

// Guardian1S6Outcome is what Guardian[1] can receive in the state Guardian1S6: Guardian1S6Commit, Guardian1S6Discard.
type Guardian1S6Outcome interface{ isGuardian1S6Outcome() }

// Guardian1S6Commit is the message Commit and the state after it.
type Guardian1S6Commit struct {
	Message Commit
	Next    Guardian1End
}

func (Guardian1S6Commit) isGuardian1S6Outcome() {}

// Guardian1S6Discard is the message Discard and the state after it.
type Guardian1S6Discard struct {
	Message Discard
	Next    Guardian1End
}

func (Guardian1S6Discard) isGuardian1S6Outcome() {}

// Receive waits for the choice of Initiator. After an error of the port the state may be used again.
func (s Guardian1S6) Receive() (Guardian1S6Outcome, error) {
	if err := s.turn.check("guardianceremony.Guardian1S6.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Initiator")
	if err != nil {
		return nil, &aura.Error{Op: "guardianceremony.Guardian1S6.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Commit":
		return Guardian1S6Commit{Commit{payload}, Guardian1End{s.turn.next()}}, nil
	case "Discard":
		return Guardian1S6Discard{Discard{payload}, Guardian1End{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("guardianceremony.Guardian1S6.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// StartGuardian2 begins the part of Guardian[2]. The port must belong to a session of the protocol in that role.
func StartGuardian2(port machine.Port) Guardian2S1 {
	return Guardian2S1{turn{run: &run{port: port}}}
}

// Guardian2S1 is a state of Guardian[2], which here receives Propose of recovery.Proposal from Initiator.
type Guardian2S1 struct{ turn turn }

// ReceivePropose waits for Propose from Initiator. After an error of the port the state may be used again.
func (s Guardian2S1) ReceivePropose() (Propose, Guardian2S2, error) {
	if err := s.turn.check("guardianceremony.Guardian2S1.ReceivePropose"); err != nil {
		return Propose{}, Guardian2S2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Initiator")
	if err != nil {
		return Propose{}, Guardian2S2{}, &aura.Error{Op: "guardianceremony.Guardian2S1.ReceivePropose", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Propose" {
		return Propose{}, Guardian2S2{}, aura.Errorf("guardianceremony.Guardian2S1.ReceivePropose", aura.Corrupt, "message %q is not expected here", label)
	}
	return Propose{payload}, Guardian2S2{s.turn.next()}, nil
}

// Guardian2S2 is a state of Guardian[2], which here sends Answer of recovery.Answer to Initiator.
type Guardian2S2 struct{ turn turn }

// SendAnswer sends Answer to Initiator. It takes the capability recovery:guardian:answer and 2 units of flow. After an error of the port the state may be used again.
func (s Guardian2S2) SendAnswer(m Answer) (Guardian2S3, error) {
	if err := s.turn.check("guardianceremony.Guardian2S2.SendAnswer"); err != nil {
		return Guardian2S3{}, err
	}
	if err := s.turn.run.port.Send("Initiator", "Answer", m.Payload); err != nil {
		return Guardian2S3{}, &aura.Error{Op: "guardianceremony.Guardian2S2.SendAnswer", Kind: aura.KindOf(err), Err: err}
	}
	return Guardian2S3{s.turn.next()}, nil
}

// Guardian2S3 is a state of Guardian[2], which here receives Cancel or Share of recovery.Share from Initiator.
type Guardian2S3 struct{ turn turn }

// Guardian2S3Outcome is what Guardian[2] can receive in the state Guardian2S3: Guardian2S3Cancel, Guardian2S3Share.
type Guardian2S3Outcome interface{ isGuardian2S3Outcome() }

// Guardian2S3Cancel is the message Cancel and the state after it.
type Guardian2S3Cancel struct {
	Message Cancel
	Next    Guardian2End
}

func (Guardian2S3Cancel) isGuardian2S3Outcome() {}

// Guardian2S3Share is the message Share and the state after it.
type Guardian2S3Share struct {
	Message Share
	Next    Guardian2S5
}

func (Guardian2S3Share) isGuardian2S3Outcome() {}

// Receive waits for the choice of Initiator. After an error of the port the state may be used again.
func (s Guardian2S3) Receive() (Guardian2S3Outcome, error) {
	if err := s.turn.check("guardianceremony.Guardian2S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Initiator")
	if err != nil {
		return nil, &aura.Error{Op: "guardianceremony.Guardian2S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Cancel":
		return Guardian2S3Cancel{Cancel{payload}, Guardian2End{s.turn.next()}}, nil
	case "Share":
		return Guardian2S3Share{Share{payload}, Guardian2S5{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("guardianceremony.Guardian2S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Guardian2End is a state of Guardian[2], which here is done.
type Guardian2End struct{ turn turn }

// Guardian2S5 is a state of Guardian[2], which here sends Held of recovery.Holding to Initiator.
type Guardian2S5 struct{ turn turn }

// SendHeld sends Held to Initiator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s Guardian2S5) SendHeld(m Held) (Guardian2S6, error) {
	if err := s.turn.check("guardianceremony.Guardian2S5.SendHeld"); err != nil {
		return Guardian2S6{}, err
	}
	if err := s.turn.run.port.Send("Initiator", "Held", m.Payload); err != nil {
		return Guardian2S6{}, &aura.Error{Op: "guardianceremony.Guardian2S5.SendHeld", Kind: aura.KindOf(err), Err: err}
	}
	return Guardian2S6{s.turn.next()}, nil
}

// Guardian2S6 is a state of Guardian[2], which here receives Commit of recovery.Generation or Discard of recovery.Generation from Initiator.
type Guardian2S6 struct{ turn turn }

// Guardian2S6Outcome is what Guardian[2] can receive in the state Guardian2S6: Guardian2S6Commit, Guardian2S6Discard.
type Guardian2S6Outcome interface{ isGuardian2S6Outcome() }

// Guardian2S6Commit is the message Commit and the state after it.
type Guardian2S6Commit struct {
	Message Commit
	Next    Guardian2End
}

func (Guardian2S6Commit) isGuardian2S6Outcome() {}

// Guardian2S6Discard is the message Discard and the state after it.
type Guardian2S6Discard struct {
	Message Discard
	Next    Guardian2End
}

func (Guardian2S6Discard) isGuardian2S6Outcome() {}

// Receive waits for the choice of Initiator. After an error of the port the state may be used again.
func (s Guardian2S6) Receive() (Guardian2S6Outcome, error) {
	if err := s.turn.check("guardianceremony.Guardian2S6.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Initiator")
	if err != nil {
		return nil, &aura.Error{Op: "guardianceremony.Guardian2S6.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Commit":
		return Guardian2S6Commit{Commit{payload}, Guardian2End{s.turn.next()}}, nil
	case "Discard":
		return Guardian2S6Discard{Discard{payload}, Guardian2End{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("guardianceremony.Guardian2S6.Receive", aura.Corrupt, "message %q is not expected here", label)
}
