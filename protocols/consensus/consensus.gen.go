// Code generated from the protocol consensus.Consensus by aura choreo. DO NOT EDIT.

package consensus

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"Consensus","protocol_namespace":"consensus","protocol_qualified_name":"consensus.Consensus","protocol_id":"aura.consensus","role_names":["Coordinator","Witness"],"required_capabilities":["byzantine_envelope"],"theorem_packs":[{"name":"AuraAuthorityEvidence","capabilities":["protocol_machine_envelope_adherence","protocol_machine_envelope_admission","protocol_envelope_bridge"],"version":"1","issuer":"aura"}],"required_theorem_packs":["AuraAuthorityEvidence"],"required_theorem_pack_capabilities":["protocol_machine_envelope_adherence","protocol_machine_envelope_admission","protocol_envelope_bridge"],"guard_capabilities":["consensus:initiate","consensus:witness:nonce","consensus:aggregate","consensus:witness:sign","consensus:finalize"],"determinism_policy_ref":"aura.vm.consensus_fallback.prod"}`

// Execute is the message Execute, whose payload encodes consensus.Operation.
type Execute struct{ Payload []byte }

// NonceCommit is the message NonceCommit, whose payload encodes consensus.NonceCommitment.
type NonceCommit struct{ Payload []byte }

// SignRequest is the message SignRequest, whose payload encodes consensus.SignRequest.
type SignRequest struct{ Payload []byte }

// SignShare is the message SignShare, whose payload encodes consensus.SignatureShare.
type SignShare struct{ Payload []byte }

// Committed is the message Committed, whose payload encodes consensus.Commit.
type Committed struct{ Payload []byte }

// Abandoned is the message Abandoned, whose payload encodes consensus.Conflict.
type Abandoned struct{ Payload []byte }

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

// StartCoordinator begins the part of Coordinator. The port must belong to a session of the protocol in that role.
func StartCoordinator(port machine.Port) CoordinatorS1 {
	return CoordinatorS1{turn{run: &run{port: port}}}
}

// CoordinatorS1 is a state of Coordinator, which here sends Execute of consensus.Operation to Witness[0].
type CoordinatorS1 struct{ turn turn }

// SendExecute sends Execute to Witness[0]. It takes the capability consensus:initiate and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS1) SendExecute(m Execute) (CoordinatorS2, error) {
	if err := s.turn.check("consensus.CoordinatorS1.SendExecute"); err != nil {
		return CoordinatorS2{}, err
	}
	if err := s.turn.run.port.Send("Witness[0]", "Execute", m.Payload); err != nil {
		return CoordinatorS2{}, &aura.Error{Op: "consensus.CoordinatorS1.SendExecute", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS2{s.turn.next()}, nil
}

// CoordinatorS2 is a state of Coordinator, which here sends Execute of consensus.Operation to Witness[1].
type CoordinatorS2 struct{ turn turn }

// SendExecute sends Execute to Witness[1]. It takes the capability consensus:initiate and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS2) SendExecute(m Execute) (CoordinatorS3, error) {
	if err := s.turn.check("consensus.CoordinatorS2.SendExecute"); err != nil {
		return CoordinatorS3{}, err
	}
	if err := s.turn.run.port.Send("Witness[1]", "Execute", m.Payload); err != nil {
		return CoordinatorS3{}, &aura.Error{Op: "consensus.CoordinatorS2.SendExecute", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS3{s.turn.next()}, nil
}

// CoordinatorS3 is a state of Coordinator, which here sends Execute of consensus.Operation to Witness[2].
type CoordinatorS3 struct{ turn turn }

// SendExecute sends Execute to Witness[2]. It takes the capability consensus:initiate and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS3) SendExecute(m Execute) (CoordinatorS4, error) {
	if err := s.turn.check("consensus.CoordinatorS3.SendExecute"); err != nil {
		return CoordinatorS4{}, err
	}
	if err := s.turn.run.port.Send("Witness[2]", "Execute", m.Payload); err != nil {
		return CoordinatorS4{}, &aura.Error{Op: "consensus.CoordinatorS3.SendExecute", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS4{s.turn.next()}, nil
}

// CoordinatorS4 is a state of Coordinator, which here receives NonceCommit of consensus.NonceCommitment from Witness[0].
type CoordinatorS4 struct{ turn turn }

// ReceiveNonceCommit waits for NonceCommit from Witness[0]. After an error of the port the state may be used again.
func (s CoordinatorS4) ReceiveNonceCommit() (NonceCommit, CoordinatorS5, error) {
	if err := s.turn.check("consensus.CoordinatorS4.ReceiveNonceCommit"); err != nil {
		return NonceCommit{}, CoordinatorS5{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Witness[0]")
	if err != nil {
		return NonceCommit{}, CoordinatorS5{}, &aura.Error{Op: "consensus.CoordinatorS4.ReceiveNonceCommit", Kind: aura.KindOf(err), Err: err}
	}
	if label != "NonceCommit" {
		return NonceCommit{}, CoordinatorS5{}, aura.Errorf("consensus.CoordinatorS4.ReceiveNonceCommit", aura.Corrupt, "message %q is not expected here", label)
	}
	return NonceCommit{payload}, CoordinatorS5{s.turn.next()}, nil
}

// CoordinatorS5 is a state of Coordinator, which here receives NonceCommit of consensus.NonceCommitment from Witness[1].
type CoordinatorS5 struct{ turn turn }

// ReceiveNonceCommit waits for NonceCommit from Witness[1]. After an error of the port the state may be used again.
func (s CoordinatorS5) ReceiveNonceCommit() (NonceCommit, CoordinatorS6, error) {
	if err := s.turn.check("consensus.CoordinatorS5.ReceiveNonceCommit"); err != nil {
		return NonceCommit{}, CoordinatorS6{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Witness[1]")
	if err != nil {
		return NonceCommit{}, CoordinatorS6{}, &aura.Error{Op: "consensus.CoordinatorS5.ReceiveNonceCommit", Kind: aura.KindOf(err), Err: err}
	}
	if label != "NonceCommit" {
		return NonceCommit{}, CoordinatorS6{}, aura.Errorf("consensus.CoordinatorS5.ReceiveNonceCommit", aura.Corrupt, "message %q is not expected here", label)
	}
	return NonceCommit{payload}, CoordinatorS6{s.turn.next()}, nil
}

// CoordinatorS6 is a state of Coordinator, which here receives NonceCommit of consensus.NonceCommitment from Witness[2].
type CoordinatorS6 struct{ turn turn }

// ReceiveNonceCommit waits for NonceCommit from Witness[2]. After an error of the port the state may be used again.
func (s CoordinatorS6) ReceiveNonceCommit() (NonceCommit, CoordinatorS7, error) {
	if err := s.turn.check("consensus.CoordinatorS6.ReceiveNonceCommit"); err != nil {
		return NonceCommit{}, CoordinatorS7{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Witness[2]")
	if err != nil {
		return NonceCommit{}, CoordinatorS7{}, &aura.Error{Op: "consensus.CoordinatorS6.ReceiveNonceCommit", Kind: aura.KindOf(err), Err: err}
	}
	if label != "NonceCommit" {
		return NonceCommit{}, CoordinatorS7{}, aura.Errorf("consensus.CoordinatorS6.ReceiveNonceCommit", aura.Corrupt, "message %q is not expected here", label)
	}
	return NonceCommit{payload}, CoordinatorS7{s.turn.next()}, nil
}

// CoordinatorS7 is a state of Coordinator, which here sends SignRequest of consensus.SignRequest to Witness[0].
type CoordinatorS7 struct{ turn turn }

// SendSignRequest sends SignRequest to Witness[0]. It takes the capability consensus:aggregate and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS7) SendSignRequest(m SignRequest) (CoordinatorS8, error) {
	if err := s.turn.check("consensus.CoordinatorS7.SendSignRequest"); err != nil {
		return CoordinatorS8{}, err
	}
	if err := s.turn.run.port.Send("Witness[0]", "SignRequest", m.Payload); err != nil {
		return CoordinatorS8{}, &aura.Error{Op: "consensus.CoordinatorS7.SendSignRequest", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS8{s.turn.next()}, nil
}

// CoordinatorS8 is a state of Coordinator, which here sends SignRequest of consensus.SignRequest to Witness[1].
type CoordinatorS8 struct{ turn turn }

// SendSignRequest sends SignRequest to Witness[1]. It takes the capability consensus:aggregate and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS8) SendSignRequest(m SignRequest) (CoordinatorS9, error) {
	if err := s.turn.check("consensus.CoordinatorS8.SendSignRequest"); err != nil {
		return CoordinatorS9{}, err
	}
	if err := s.turn.run.port.Send("Witness[1]", "SignRequest", m.Payload); err != nil {
		return CoordinatorS9{}, &aura.Error{Op: "consensus.CoordinatorS8.SendSignRequest", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS9{s.turn.next()}, nil
}

// CoordinatorS9 is a state of Coordinator, which here sends SignRequest of consensus.SignRequest to Witness[2].
type CoordinatorS9 struct{ turn turn }

// SendSignRequest sends SignRequest to Witness[2]. It takes the capability consensus:aggregate and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS9) SendSignRequest(m SignRequest) (CoordinatorS10, error) {
	if err := s.turn.check("consensus.CoordinatorS9.SendSignRequest"); err != nil {
		return CoordinatorS10{}, err
	}
	if err := s.turn.run.port.Send("Witness[2]", "SignRequest", m.Payload); err != nil {
		return CoordinatorS10{}, &aura.Error{Op: "consensus.CoordinatorS9.SendSignRequest", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS10{s.turn.next()}, nil
}

// CoordinatorS10 is a state of Coordinator, which here receives SignShare of consensus.SignatureShare from Witness[0].
type CoordinatorS10 struct{ turn turn }

// ReceiveSignShare waits for SignShare from Witness[0]. After an error of the port the state may be used again.
func (s CoordinatorS10) ReceiveSignShare() (SignShare, CoordinatorS11, error) {
	if err := s.turn.check("consensus.CoordinatorS10.ReceiveSignShare"); err != nil {
		return SignShare{}, CoordinatorS11{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Witness[0]")
	if err != nil {
		return SignShare{}, CoordinatorS11{}, &aura.Error{Op: "consensus.CoordinatorS10.ReceiveSignShare", Kind: aura.KindOf(err), Err: err}
	}
	if label != "SignShare" {
		return SignShare{}, CoordinatorS11{}, aura.Errorf("consensus.CoordinatorS10.ReceiveSignShare", aura.Corrupt, "message %q is not expected here", label)
	}
	return SignShare{payload}, CoordinatorS11{s.turn.next()}, nil
}

// CoordinatorS11 is a state of Coordinator, which here receives SignShare of consensus.SignatureShare from Witness[1].
type CoordinatorS11 struct{ turn turn }

// ReceiveSignShare waits for SignShare from Witness[1]. After an error of the port the state may be used again.
func (s CoordinatorS11) ReceiveSignShare() (SignShare, CoordinatorS12, error) {
	if err := s.turn.check("consensus.CoordinatorS11.ReceiveSignShare"); err != nil {
		return SignShare{}, CoordinatorS12{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Witness[1]")
	if err != nil {
		return SignShare{}, CoordinatorS12{}, &aura.Error{Op: "consensus.CoordinatorS11.ReceiveSignShare", Kind: aura.KindOf(err), Err: err}
	}
	if label != "SignShare" {
		return SignShare{}, CoordinatorS12{}, aura.Errorf("consensus.CoordinatorS11.ReceiveSignShare", aura.Corrupt, "message %q is not expected here", label)
	}
	return SignShare{payload}, CoordinatorS12{s.turn.next()}, nil
}

// CoordinatorS12 is a state of Coordinator, which here receives SignShare of consensus.SignatureShare from Witness[2].
type CoordinatorS12 struct{ turn turn }

// ReceiveSignShare waits for SignShare from Witness[2]. After an error of the port the state may be used again.
func (s CoordinatorS12) ReceiveSignShare() (SignShare, CoordinatorS13, error) {
	if err := s.turn.check("consensus.CoordinatorS12.ReceiveSignShare"); err != nil {
		return SignShare{}, CoordinatorS13{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Witness[2]")
	if err != nil {
		return SignShare{}, CoordinatorS13{}, &aura.Error{Op: "consensus.CoordinatorS12.ReceiveSignShare", Kind: aura.KindOf(err), Err: err}
	}
	if label != "SignShare" {
		return SignShare{}, CoordinatorS13{}, aura.Errorf("consensus.CoordinatorS12.ReceiveSignShare", aura.Corrupt, "message %q is not expected here", label)
	}
	return SignShare{payload}, CoordinatorS13{s.turn.next()}, nil
}

// CoordinatorS13 is a state of Coordinator, which here sends Committed of consensus.Commit or Abandoned of consensus.Conflict to Witness[0].
type CoordinatorS13 struct{ turn turn }

// SendCommitted sends Committed to Witness[0]. It takes the capability consensus:finalize and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS13) SendCommitted(m Committed) (CoordinatorS14, error) {
	if err := s.turn.check("consensus.CoordinatorS13.SendCommitted"); err != nil {
		return CoordinatorS14{}, err
	}
	if err := s.turn.run.port.Send("Witness[0]", "Committed", m.Payload); err != nil {
		return CoordinatorS14{}, &aura.Error{Op: "consensus.CoordinatorS13.SendCommitted", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS14{s.turn.next()}, nil
}

// SendAbandoned sends Abandoned to Witness[0]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS13) SendAbandoned(m Abandoned) (CoordinatorS17, error) {
	if err := s.turn.check("consensus.CoordinatorS13.SendAbandoned"); err != nil {
		return CoordinatorS17{}, err
	}
	if err := s.turn.run.port.Send("Witness[0]", "Abandoned", m.Payload); err != nil {
		return CoordinatorS17{}, &aura.Error{Op: "consensus.CoordinatorS13.SendAbandoned", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS17{s.turn.next()}, nil
}

// CoordinatorS14 is a state of Coordinator, which here sends Committed of consensus.Commit to Witness[1].
type CoordinatorS14 struct{ turn turn }

// SendCommitted sends Committed to Witness[1]. It takes the capability consensus:finalize and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS14) SendCommitted(m Committed) (CoordinatorS15, error) {
	if err := s.turn.check("consensus.CoordinatorS14.SendCommitted"); err != nil {
		return CoordinatorS15{}, err
	}
	if err := s.turn.run.port.Send("Witness[1]", "Committed", m.Payload); err != nil {
		return CoordinatorS15{}, &aura.Error{Op: "consensus.CoordinatorS14.SendCommitted", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS15{s.turn.next()}, nil
}

// CoordinatorS15 is a state of Coordinator, which here sends Committed of consensus.Commit to Witness[2].
type CoordinatorS15 struct{ turn turn }

// SendCommitted sends Committed to Witness[2]. It takes the capability consensus:finalize and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS15) SendCommitted(m Committed) (CoordinatorEnd, error) {
	if err := s.turn.check("consensus.CoordinatorS15.SendCommitted"); err != nil {
		return CoordinatorEnd{}, err
	}
	if err := s.turn.run.port.Send("Witness[2]", "Committed", m.Payload); err != nil {
		return CoordinatorEnd{}, &aura.Error{Op: "consensus.CoordinatorS15.SendCommitted", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorEnd{s.turn.next()}, nil
}

// CoordinatorEnd is a state of Coordinator, which here is done.
type CoordinatorEnd struct{ turn turn }

// CoordinatorS17 is a state of Coordinator, which here sends Abandoned of consensus.Conflict to Witness[1].
type CoordinatorS17 struct{ turn turn }

// SendAbandoned sends Abandoned to Witness[1]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS17) SendAbandoned(m Abandoned) (CoordinatorS18, error) {
	if err := s.turn.check("consensus.CoordinatorS17.SendAbandoned"); err != nil {
		return CoordinatorS18{}, err
	}
	if err := s.turn.run.port.Send("Witness[1]", "Abandoned", m.Payload); err != nil {
		return CoordinatorS18{}, &aura.Error{Op: "consensus.CoordinatorS17.SendAbandoned", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS18{s.turn.next()}, nil
}

// CoordinatorS18 is a state of Coordinator, which here sends Abandoned of consensus.Conflict to Witness[2].
type CoordinatorS18 struct{ turn turn }

// SendAbandoned sends Abandoned to Witness[2]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS18) SendAbandoned(m Abandoned) (CoordinatorEnd, error) {
	if err := s.turn.check("consensus.CoordinatorS18.SendAbandoned"); err != nil {
		return CoordinatorEnd{}, err
	}
	if err := s.turn.run.port.Send("Witness[2]", "Abandoned", m.Payload); err != nil {
		return CoordinatorEnd{}, &aura.Error{Op: "consensus.CoordinatorS18.SendAbandoned", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorEnd{s.turn.next()}, nil
}

// StartWitness0 begins the part of Witness[0]. The port must belong to a session of the protocol in that role.
func StartWitness0(port machine.Port) Witness0S1 {
	return Witness0S1{turn{run: &run{port: port}}}
}

// Witness0S1 is a state of Witness[0], which here receives Execute of consensus.Operation from Coordinator.
type Witness0S1 struct{ turn turn }

// ReceiveExecute waits for Execute from Coordinator. After an error of the port the state may be used again.
func (s Witness0S1) ReceiveExecute() (Execute, Witness0S2, error) {
	if err := s.turn.check("consensus.Witness0S1.ReceiveExecute"); err != nil {
		return Execute{}, Witness0S2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return Execute{}, Witness0S2{}, &aura.Error{Op: "consensus.Witness0S1.ReceiveExecute", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Execute" {
		return Execute{}, Witness0S2{}, aura.Errorf("consensus.Witness0S1.ReceiveExecute", aura.Corrupt, "message %q is not expected here", label)
	}
	return Execute{payload}, Witness0S2{s.turn.next()}, nil
}

// Witness0S2 is a state of Witness[0], which here sends NonceCommit of consensus.NonceCommitment to Coordinator.
type Witness0S2 struct{ turn turn }

// SendNonceCommit sends NonceCommit to Coordinator. It takes the capability consensus:witness:nonce and 2 units of flow. After an error of the port the state may be used again.
func (s Witness0S2) SendNonceCommit(m NonceCommit) (Witness0S3, error) {
	if err := s.turn.check("consensus.Witness0S2.SendNonceCommit"); err != nil {
		return Witness0S3{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "NonceCommit", m.Payload); err != nil {
		return Witness0S3{}, &aura.Error{Op: "consensus.Witness0S2.SendNonceCommit", Kind: aura.KindOf(err), Err: err}
	}
	return Witness0S3{s.turn.next()}, nil
}

// Witness0S3 is a state of Witness[0], which here receives SignRequest of consensus.SignRequest from Coordinator.
type Witness0S3 struct{ turn turn }

// ReceiveSignRequest waits for SignRequest from Coordinator. After an error of the port the state may be used again.
func (s Witness0S3) ReceiveSignRequest() (SignRequest, Witness0S4, error) {
	if err := s.turn.check("consensus.Witness0S3.ReceiveSignRequest"); err != nil {
		return SignRequest{}, Witness0S4{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return SignRequest{}, Witness0S4{}, &aura.Error{Op: "consensus.Witness0S3.ReceiveSignRequest", Kind: aura.KindOf(err), Err: err}
	}
	if label != "SignRequest" {
		return SignRequest{}, Witness0S4{}, aura.Errorf("consensus.Witness0S3.ReceiveSignRequest", aura.Corrupt, "message %q is not expected here", label)
	}
	return SignRequest{payload}, Witness0S4{s.turn.next()}, nil
}

// Witness0S4 is a state of Witness[0], which here sends SignShare of consensus.SignatureShare to Coordinator.
type Witness0S4 struct{ turn turn }

// SendSignShare sends SignShare to Coordinator. It takes the capability consensus:witness:sign and 2 units of flow and leakage to pipelined_commitment. After an error of the port the state may be used again.
func (s Witness0S4) SendSignShare(m SignShare) (Witness0S5, error) {
	if err := s.turn.check("consensus.Witness0S4.SendSignShare"); err != nil {
		return Witness0S5{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "SignShare", m.Payload); err != nil {
		return Witness0S5{}, &aura.Error{Op: "consensus.Witness0S4.SendSignShare", Kind: aura.KindOf(err), Err: err}
	}
	return Witness0S5{s.turn.next()}, nil
}

// Witness0S5 is a state of Witness[0], which here receives Committed of consensus.Commit or Abandoned of consensus.Conflict from Coordinator.
type Witness0S5 struct{ turn turn }

// Witness0S5Outcome is what Witness[0] can receive in the state Witness0S5: Witness0S5Committed, Witness0S5Abandoned.
type Witness0S5Outcome interface{ isWitness0S5Outcome() }

// Witness0S5Committed is the message Committed and the state after it.
type Witness0S5Committed struct {
	Message Committed
	Next    Witness0End
}

func (Witness0S5Committed) isWitness0S5Outcome() {}

// Witness0S5Abandoned is the message Abandoned and the state after it.
type Witness0S5Abandoned struct {
	Message Abandoned
	Next    Witness0End
}

func (Witness0S5Abandoned) isWitness0S5Outcome() {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Witness0S5) Receive() (Witness0S5Outcome, error) {
	if err := s.turn.check("consensus.Witness0S5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "consensus.Witness0S5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Committed":
		return Witness0S5Committed{Committed{payload}, Witness0End{s.turn.next()}}, nil
	case "Abandoned":
		return Witness0S5Abandoned{Abandoned{payload}, Witness0End{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("consensus.Witness0S5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Witness0End is a state of Witness[0], which here is done.
type Witness0End struct{ turn turn }

// StartWitness1 begins the part of Witness[1]. The port must belong to a session of the protocol in that role.
func StartWitness1(port machine.Port) Witness1S1 {
	return Witness1S1{turn{run: &run{port: port}}}
}

// Witness1S1 is a state of Witness[1], which here receives Execute of consensus.Operation from Coordinator.
type Witness1S1 struct{ turn turn }

// ReceiveExecute waits for Execute from Coordinator. After an error of the port the state may be used again.
func (s Witness1S1) ReceiveExecute() (Execute, Witness1S2, error) {
	if err := s.turn.check("consensus.Witness1S1.ReceiveExecute"); err != nil {
		return Execute{}, Witness1S2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return Execute{}, Witness1S2{}, &aura.Error{Op: "consensus.Witness1S1.ReceiveExecute", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Execute" {
		return Execute{}, Witness1S2{}, aura.Errorf("consensus.Witness1S1.ReceiveExecute", aura.Corrupt, "message %q is not expected here", label)
	}
	return Execute{payload}, Witness1S2{s.turn.next()}, nil
}

// Witness1S2 is a state of Witness[1], which here sends NonceCommit of consensus.NonceCommitment to Coordinator.
type Witness1S2 struct{ turn turn }

// SendNonceCommit sends NonceCommit to Coordinator. It takes the capability consensus:witness:nonce and 2 units of flow. After an error of the port the state may be used again.
func (s Witness1S2) SendNonceCommit(m NonceCommit) (Witness1S3, error) {
	if err := s.turn.check("consensus.Witness1S2.SendNonceCommit"); err != nil {
		return Witness1S3{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "NonceCommit", m.Payload); err != nil {
		return Witness1S3{}, &aura.Error{Op: "consensus.Witness1S2.SendNonceCommit", Kind: aura.KindOf(err), Err: err}
	}
	return Witness1S3{s.turn.next()}, nil
}

// Witness1S3 is a state of Witness[1], which here receives SignRequest of consensus.SignRequest from Coordinator.
type Witness1S3 struct{ turn turn }

// ReceiveSignRequest waits for SignRequest from Coordinator. After an error of the port the state may be used again.
func (s Witness1S3) ReceiveSignRequest() (SignRequest, Witness1S4, error) {
	if err := s.turn.check("consensus.Witness1S3.ReceiveSignRequest"); err != nil {
		return SignRequest{}, Witness1S4{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return SignRequest{}, Witness1S4{}, &aura.Error{Op: "consensus.Witness1S3.ReceiveSignRequest", Kind: aura.KindOf(err), Err: err}
	}
	if label != "SignRequest" {
		return SignRequest{}, Witness1S4{}, aura.Errorf("consensus.Witness1S3.ReceiveSignRequest", aura.Corrupt, "message %q is not expected here", label)
	}
	return SignRequest{payload}, Witness1S4{s.turn.next()}, nil
}

// Witness1S4 is a state of Witness[1], which here sends SignShare of consensus.SignatureShare to Coordinator.
type Witness1S4 struct{ turn turn }

// SendSignShare sends SignShare to Coordinator. It takes the capability consensus:witness:sign and 2 units of flow and leakage to pipelined_commitment. After an error of the port the state may be used again.
func (s Witness1S4) SendSignShare(m SignShare) (Witness1S5, error) {
	if err := s.turn.check("consensus.Witness1S4.SendSignShare"); err != nil {
		return Witness1S5{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "SignShare", m.Payload); err != nil {
		return Witness1S5{}, &aura.Error{Op: "consensus.Witness1S4.SendSignShare", Kind: aura.KindOf(err), Err: err}
	}
	return Witness1S5{s.turn.next()}, nil
}

// Witness1S5 is a state of Witness[1], which here receives Abandoned of consensus.Conflict or Committed of consensus.Commit from Coordinator.
type Witness1S5 struct{ turn turn }

// Witness1S5Outcome is what Witness[1] can receive in the state Witness1S5: Witness1S5Abandoned, Witness1S5Committed.
type Witness1S5Outcome interface{ isWitness1S5Outcome() }

// Witness1S5Abandoned is the message Abandoned and the state after it.
type Witness1S5Abandoned struct {
	Message Abandoned
	Next    Witness1End
}

func (Witness1S5Abandoned) isWitness1S5Outcome() {}

// Witness1S5Committed is the message Committed and the state after it.
type Witness1S5Committed struct {
	Message Committed
	Next    Witness1End
}

func (Witness1S5Committed) isWitness1S5Outcome() {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Witness1S5) Receive() (Witness1S5Outcome, error) {
	if err := s.turn.check("consensus.Witness1S5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "consensus.Witness1S5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Abandoned":
		return Witness1S5Abandoned{Abandoned{payload}, Witness1End{s.turn.next()}}, nil
	case "Committed":
		return Witness1S5Committed{Committed{payload}, Witness1End{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("consensus.Witness1S5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Witness1End is a state of Witness[1], which here is done.
type Witness1End struct{ turn turn }

// StartWitness2 begins the part of Witness[2]. The port must belong to a session of the protocol in that role.
func StartWitness2(port machine.Port) Witness2S1 {
	return Witness2S1{turn{run: &run{port: port}}}
}

// Witness2S1 is a state of Witness[2], which here receives Execute of consensus.Operation from Coordinator.
type Witness2S1 struct{ turn turn }

// ReceiveExecute waits for Execute from Coordinator. After an error of the port the state may be used again.
func (s Witness2S1) ReceiveExecute() (Execute, Witness2S2, error) {
	if err := s.turn.check("consensus.Witness2S1.ReceiveExecute"); err != nil {
		return Execute{}, Witness2S2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return Execute{}, Witness2S2{}, &aura.Error{Op: "consensus.Witness2S1.ReceiveExecute", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Execute" {
		return Execute{}, Witness2S2{}, aura.Errorf("consensus.Witness2S1.ReceiveExecute", aura.Corrupt, "message %q is not expected here", label)
	}
	return Execute{payload}, Witness2S2{s.turn.next()}, nil
}

// Witness2S2 is a state of Witness[2], which here sends NonceCommit of consensus.NonceCommitment to Coordinator.
type Witness2S2 struct{ turn turn }

// SendNonceCommit sends NonceCommit to Coordinator. It takes the capability consensus:witness:nonce and 2 units of flow. After an error of the port the state may be used again.
func (s Witness2S2) SendNonceCommit(m NonceCommit) (Witness2S3, error) {
	if err := s.turn.check("consensus.Witness2S2.SendNonceCommit"); err != nil {
		return Witness2S3{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "NonceCommit", m.Payload); err != nil {
		return Witness2S3{}, &aura.Error{Op: "consensus.Witness2S2.SendNonceCommit", Kind: aura.KindOf(err), Err: err}
	}
	return Witness2S3{s.turn.next()}, nil
}

// Witness2S3 is a state of Witness[2], which here receives SignRequest of consensus.SignRequest from Coordinator.
type Witness2S3 struct{ turn turn }

// ReceiveSignRequest waits for SignRequest from Coordinator. After an error of the port the state may be used again.
func (s Witness2S3) ReceiveSignRequest() (SignRequest, Witness2S4, error) {
	if err := s.turn.check("consensus.Witness2S3.ReceiveSignRequest"); err != nil {
		return SignRequest{}, Witness2S4{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return SignRequest{}, Witness2S4{}, &aura.Error{Op: "consensus.Witness2S3.ReceiveSignRequest", Kind: aura.KindOf(err), Err: err}
	}
	if label != "SignRequest" {
		return SignRequest{}, Witness2S4{}, aura.Errorf("consensus.Witness2S3.ReceiveSignRequest", aura.Corrupt, "message %q is not expected here", label)
	}
	return SignRequest{payload}, Witness2S4{s.turn.next()}, nil
}

// Witness2S4 is a state of Witness[2], which here sends SignShare of consensus.SignatureShare to Coordinator.
type Witness2S4 struct{ turn turn }

// SendSignShare sends SignShare to Coordinator. It takes the capability consensus:witness:sign and 2 units of flow and leakage to pipelined_commitment. After an error of the port the state may be used again.
func (s Witness2S4) SendSignShare(m SignShare) (Witness2S5, error) {
	if err := s.turn.check("consensus.Witness2S4.SendSignShare"); err != nil {
		return Witness2S5{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "SignShare", m.Payload); err != nil {
		return Witness2S5{}, &aura.Error{Op: "consensus.Witness2S4.SendSignShare", Kind: aura.KindOf(err), Err: err}
	}
	return Witness2S5{s.turn.next()}, nil
}

// Witness2S5 is a state of Witness[2], which here receives Abandoned of consensus.Conflict or Committed of consensus.Commit from Coordinator.
type Witness2S5 struct{ turn turn }

// Witness2S5Outcome is what Witness[2] can receive in the state Witness2S5: Witness2S5Abandoned, Witness2S5Committed.
type Witness2S5Outcome interface{ isWitness2S5Outcome() }

// Witness2S5Abandoned is the message Abandoned and the state after it.
type Witness2S5Abandoned struct {
	Message Abandoned
	Next    Witness2End
}

func (Witness2S5Abandoned) isWitness2S5Outcome() {}

// Witness2S5Committed is the message Committed and the state after it.
type Witness2S5Committed struct {
	Message Committed
	Next    Witness2End
}

func (Witness2S5Committed) isWitness2S5Outcome() {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Witness2S5) Receive() (Witness2S5Outcome, error) {
	if err := s.turn.check("consensus.Witness2S5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "consensus.Witness2S5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Abandoned":
		return Witness2S5Abandoned{Abandoned{payload}, Witness2End{s.turn.next()}}, nil
	case "Committed":
		return Witness2S5Committed{Committed{payload}, Witness2End{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("consensus.Witness2S5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Witness2End is a state of Witness[2], which here is done.
type Witness2End struct{ turn turn }
