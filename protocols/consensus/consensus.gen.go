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

// NonceCommit is the message NonceCommit, whose payload encodes consensus.Commitment.
type NonceCommit struct{ Payload []byte }

// SignRequest is the message SignRequest, whose payload encodes consensus.SignRequest.
type SignRequest struct{ Payload []byte }

// SignShare is the message SignShare, whose payload encodes consensus.Share.
type SignShare struct{ Payload []byte }

// Committed is the message Committed, whose payload encodes consensus.Commit.
type Committed struct{ Payload []byte }

// Abandoned is the message Abandoned, whose payload encodes consensus.Conflict.
type Abandoned struct{ Payload []byte }

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

// CoordinatorS1 is a state of Coordinator, which here sends Execute of consensus.Operation to Witness[0].
type CoordinatorS1[C any] struct{ turn turn[C] }

// SendExecute sends Execute to Witness[0]. It takes the capability consensus:initiate and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS1[C]) SendExecute(ctx C, m Execute) (CoordinatorS2[C], error) {
	if err := s.turn.check("consensus.CoordinatorS1.SendExecute"); err != nil {
		return CoordinatorS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[0]", "Execute", m.Payload); err != nil {
		return CoordinatorS2[C]{}, &aura.Error{Op: "consensus.CoordinatorS1.SendExecute", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS2[C]{s.turn.next()}, nil
}

// CoordinatorS2 is a state of Coordinator, which here sends Execute of consensus.Operation to Witness[1].
type CoordinatorS2[C any] struct{ turn turn[C] }

// SendExecute sends Execute to Witness[1]. It takes the capability consensus:initiate and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS2[C]) SendExecute(ctx C, m Execute) (CoordinatorS3[C], error) {
	if err := s.turn.check("consensus.CoordinatorS2.SendExecute"); err != nil {
		return CoordinatorS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[1]", "Execute", m.Payload); err != nil {
		return CoordinatorS3[C]{}, &aura.Error{Op: "consensus.CoordinatorS2.SendExecute", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS3[C]{s.turn.next()}, nil
}

// CoordinatorS3 is a state of Coordinator, which here sends Execute of consensus.Operation to Witness[2].
type CoordinatorS3[C any] struct{ turn turn[C] }

// SendExecute sends Execute to Witness[2]. It takes the capability consensus:initiate and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS3[C]) SendExecute(ctx C, m Execute) (CoordinatorS4[C], error) {
	if err := s.turn.check("consensus.CoordinatorS3.SendExecute"); err != nil {
		return CoordinatorS4[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[2]", "Execute", m.Payload); err != nil {
		return CoordinatorS4[C]{}, &aura.Error{Op: "consensus.CoordinatorS3.SendExecute", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS4[C]{s.turn.next()}, nil
}

// CoordinatorS4 is a state of Coordinator, which here receives NonceCommit of consensus.Commitment from Witness[0].
type CoordinatorS4[C any] struct{ turn turn[C] }

// ReceiveNonceCommit waits for NonceCommit from Witness[0]. After an error of the port the state may be used again.
func (s CoordinatorS4[C]) ReceiveNonceCommit(ctx C) (NonceCommit, CoordinatorS5[C], error) {
	if err := s.turn.check("consensus.CoordinatorS4.ReceiveNonceCommit"); err != nil {
		return NonceCommit{}, CoordinatorS5[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Witness[0]")
	if err != nil {
		return NonceCommit{}, CoordinatorS5[C]{}, &aura.Error{Op: "consensus.CoordinatorS4.ReceiveNonceCommit", Kind: aura.KindOf(err), Err: err}
	}
	if label != "NonceCommit" {
		return NonceCommit{}, CoordinatorS5[C]{}, aura.Errorf("consensus.CoordinatorS4.ReceiveNonceCommit", aura.Corrupt, "message %q is not expected here", label)
	}
	return NonceCommit{payload}, CoordinatorS5[C]{s.turn.next()}, nil
}

// CoordinatorS5 is a state of Coordinator, which here receives NonceCommit of consensus.Commitment from Witness[1].
type CoordinatorS5[C any] struct{ turn turn[C] }

// ReceiveNonceCommit waits for NonceCommit from Witness[1]. After an error of the port the state may be used again.
func (s CoordinatorS5[C]) ReceiveNonceCommit(ctx C) (NonceCommit, CoordinatorS6[C], error) {
	if err := s.turn.check("consensus.CoordinatorS5.ReceiveNonceCommit"); err != nil {
		return NonceCommit{}, CoordinatorS6[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Witness[1]")
	if err != nil {
		return NonceCommit{}, CoordinatorS6[C]{}, &aura.Error{Op: "consensus.CoordinatorS5.ReceiveNonceCommit", Kind: aura.KindOf(err), Err: err}
	}
	if label != "NonceCommit" {
		return NonceCommit{}, CoordinatorS6[C]{}, aura.Errorf("consensus.CoordinatorS5.ReceiveNonceCommit", aura.Corrupt, "message %q is not expected here", label)
	}
	return NonceCommit{payload}, CoordinatorS6[C]{s.turn.next()}, nil
}

// CoordinatorS6 is a state of Coordinator, which here receives NonceCommit of consensus.Commitment from Witness[2].
type CoordinatorS6[C any] struct{ turn turn[C] }

// ReceiveNonceCommit waits for NonceCommit from Witness[2]. After an error of the port the state may be used again.
func (s CoordinatorS6[C]) ReceiveNonceCommit(ctx C) (NonceCommit, CoordinatorS7[C], error) {
	if err := s.turn.check("consensus.CoordinatorS6.ReceiveNonceCommit"); err != nil {
		return NonceCommit{}, CoordinatorS7[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Witness[2]")
	if err != nil {
		return NonceCommit{}, CoordinatorS7[C]{}, &aura.Error{Op: "consensus.CoordinatorS6.ReceiveNonceCommit", Kind: aura.KindOf(err), Err: err}
	}
	if label != "NonceCommit" {
		return NonceCommit{}, CoordinatorS7[C]{}, aura.Errorf("consensus.CoordinatorS6.ReceiveNonceCommit", aura.Corrupt, "message %q is not expected here", label)
	}
	return NonceCommit{payload}, CoordinatorS7[C]{s.turn.next()}, nil
}

// CoordinatorS7 is a state of Coordinator, which here sends SignRequest of consensus.SignRequest to Witness[0].
type CoordinatorS7[C any] struct{ turn turn[C] }

// SendSignRequest sends SignRequest to Witness[0]. It takes the capability consensus:aggregate and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS7[C]) SendSignRequest(ctx C, m SignRequest) (CoordinatorS8[C], error) {
	if err := s.turn.check("consensus.CoordinatorS7.SendSignRequest"); err != nil {
		return CoordinatorS8[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[0]", "SignRequest", m.Payload); err != nil {
		return CoordinatorS8[C]{}, &aura.Error{Op: "consensus.CoordinatorS7.SendSignRequest", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS8[C]{s.turn.next()}, nil
}

// CoordinatorS8 is a state of Coordinator, which here sends SignRequest of consensus.SignRequest to Witness[1].
type CoordinatorS8[C any] struct{ turn turn[C] }

// SendSignRequest sends SignRequest to Witness[1]. It takes the capability consensus:aggregate and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS8[C]) SendSignRequest(ctx C, m SignRequest) (CoordinatorS9[C], error) {
	if err := s.turn.check("consensus.CoordinatorS8.SendSignRequest"); err != nil {
		return CoordinatorS9[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[1]", "SignRequest", m.Payload); err != nil {
		return CoordinatorS9[C]{}, &aura.Error{Op: "consensus.CoordinatorS8.SendSignRequest", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS9[C]{s.turn.next()}, nil
}

// CoordinatorS9 is a state of Coordinator, which here sends SignRequest of consensus.SignRequest to Witness[2].
type CoordinatorS9[C any] struct{ turn turn[C] }

// SendSignRequest sends SignRequest to Witness[2]. It takes the capability consensus:aggregate and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS9[C]) SendSignRequest(ctx C, m SignRequest) (CoordinatorS10[C], error) {
	if err := s.turn.check("consensus.CoordinatorS9.SendSignRequest"); err != nil {
		return CoordinatorS10[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[2]", "SignRequest", m.Payload); err != nil {
		return CoordinatorS10[C]{}, &aura.Error{Op: "consensus.CoordinatorS9.SendSignRequest", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS10[C]{s.turn.next()}, nil
}

// CoordinatorS10 is a state of Coordinator, which here receives SignShare of consensus.Share from Witness[0].
type CoordinatorS10[C any] struct{ turn turn[C] }

// ReceiveSignShare waits for SignShare from Witness[0]. After an error of the port the state may be used again.
func (s CoordinatorS10[C]) ReceiveSignShare(ctx C) (SignShare, CoordinatorS11[C], error) {
	if err := s.turn.check("consensus.CoordinatorS10.ReceiveSignShare"); err != nil {
		return SignShare{}, CoordinatorS11[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Witness[0]")
	if err != nil {
		return SignShare{}, CoordinatorS11[C]{}, &aura.Error{Op: "consensus.CoordinatorS10.ReceiveSignShare", Kind: aura.KindOf(err), Err: err}
	}
	if label != "SignShare" {
		return SignShare{}, CoordinatorS11[C]{}, aura.Errorf("consensus.CoordinatorS10.ReceiveSignShare", aura.Corrupt, "message %q is not expected here", label)
	}
	return SignShare{payload}, CoordinatorS11[C]{s.turn.next()}, nil
}

// CoordinatorS11 is a state of Coordinator, which here receives SignShare of consensus.Share from Witness[1].
type CoordinatorS11[C any] struct{ turn turn[C] }

// ReceiveSignShare waits for SignShare from Witness[1]. After an error of the port the state may be used again.
func (s CoordinatorS11[C]) ReceiveSignShare(ctx C) (SignShare, CoordinatorS12[C], error) {
	if err := s.turn.check("consensus.CoordinatorS11.ReceiveSignShare"); err != nil {
		return SignShare{}, CoordinatorS12[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Witness[1]")
	if err != nil {
		return SignShare{}, CoordinatorS12[C]{}, &aura.Error{Op: "consensus.CoordinatorS11.ReceiveSignShare", Kind: aura.KindOf(err), Err: err}
	}
	if label != "SignShare" {
		return SignShare{}, CoordinatorS12[C]{}, aura.Errorf("consensus.CoordinatorS11.ReceiveSignShare", aura.Corrupt, "message %q is not expected here", label)
	}
	return SignShare{payload}, CoordinatorS12[C]{s.turn.next()}, nil
}

// CoordinatorS12 is a state of Coordinator, which here receives SignShare of consensus.Share from Witness[2].
type CoordinatorS12[C any] struct{ turn turn[C] }

// ReceiveSignShare waits for SignShare from Witness[2]. After an error of the port the state may be used again.
func (s CoordinatorS12[C]) ReceiveSignShare(ctx C) (SignShare, CoordinatorS13[C], error) {
	if err := s.turn.check("consensus.CoordinatorS12.ReceiveSignShare"); err != nil {
		return SignShare{}, CoordinatorS13[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Witness[2]")
	if err != nil {
		return SignShare{}, CoordinatorS13[C]{}, &aura.Error{Op: "consensus.CoordinatorS12.ReceiveSignShare", Kind: aura.KindOf(err), Err: err}
	}
	if label != "SignShare" {
		return SignShare{}, CoordinatorS13[C]{}, aura.Errorf("consensus.CoordinatorS12.ReceiveSignShare", aura.Corrupt, "message %q is not expected here", label)
	}
	return SignShare{payload}, CoordinatorS13[C]{s.turn.next()}, nil
}

// CoordinatorS13 is a state of Coordinator, which here sends Committed of consensus.Commit or Abandoned of consensus.Conflict to Witness[0].
type CoordinatorS13[C any] struct{ turn turn[C] }

// SendCommitted sends Committed to Witness[0]. It takes the capability consensus:finalize and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS13[C]) SendCommitted(ctx C, m Committed) (CoordinatorS14[C], error) {
	if err := s.turn.check("consensus.CoordinatorS13.SendCommitted"); err != nil {
		return CoordinatorS14[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[0]", "Committed", m.Payload); err != nil {
		return CoordinatorS14[C]{}, &aura.Error{Op: "consensus.CoordinatorS13.SendCommitted", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS14[C]{s.turn.next()}, nil
}

// SendAbandoned sends Abandoned to Witness[0]. It takes the capability consensus:finalize and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS13[C]) SendAbandoned(ctx C, m Abandoned) (CoordinatorS17[C], error) {
	if err := s.turn.check("consensus.CoordinatorS13.SendAbandoned"); err != nil {
		return CoordinatorS17[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[0]", "Abandoned", m.Payload); err != nil {
		return CoordinatorS17[C]{}, &aura.Error{Op: "consensus.CoordinatorS13.SendAbandoned", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS17[C]{s.turn.next()}, nil
}

// CoordinatorS14 is a state of Coordinator, which here sends Committed of consensus.Commit to Witness[1].
type CoordinatorS14[C any] struct{ turn turn[C] }

// SendCommitted sends Committed to Witness[1]. It takes the capability consensus:finalize and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS14[C]) SendCommitted(ctx C, m Committed) (CoordinatorS15[C], error) {
	if err := s.turn.check("consensus.CoordinatorS14.SendCommitted"); err != nil {
		return CoordinatorS15[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[1]", "Committed", m.Payload); err != nil {
		return CoordinatorS15[C]{}, &aura.Error{Op: "consensus.CoordinatorS14.SendCommitted", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS15[C]{s.turn.next()}, nil
}

// CoordinatorS15 is a state of Coordinator, which here sends Committed of consensus.Commit to Witness[2].
type CoordinatorS15[C any] struct{ turn turn[C] }

// SendCommitted sends Committed to Witness[2]. It takes the capability consensus:finalize and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS15[C]) SendCommitted(ctx C, m Committed) (CoordinatorEnd[C], error) {
	if err := s.turn.check("consensus.CoordinatorS15.SendCommitted"); err != nil {
		return CoordinatorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[2]", "Committed", m.Payload); err != nil {
		return CoordinatorEnd[C]{}, &aura.Error{Op: "consensus.CoordinatorS15.SendCommitted", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorEnd[C]{s.turn.next()}, nil
}

// CoordinatorEnd is a state of Coordinator, which here is done.
type CoordinatorEnd[C any] struct{ turn turn[C] }

// CoordinatorS17 is a state of Coordinator, which here sends Abandoned of consensus.Conflict to Witness[1].
type CoordinatorS17[C any] struct{ turn turn[C] }

// SendAbandoned sends Abandoned to Witness[1]. It takes the capability consensus:finalize and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS17[C]) SendAbandoned(ctx C, m Abandoned) (CoordinatorS18[C], error) {
	if err := s.turn.check("consensus.CoordinatorS17.SendAbandoned"); err != nil {
		return CoordinatorS18[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[1]", "Abandoned", m.Payload); err != nil {
		return CoordinatorS18[C]{}, &aura.Error{Op: "consensus.CoordinatorS17.SendAbandoned", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS18[C]{s.turn.next()}, nil
}

// CoordinatorS18 is a state of Coordinator, which here sends Abandoned of consensus.Conflict to Witness[2].
type CoordinatorS18[C any] struct{ turn turn[C] }

// SendAbandoned sends Abandoned to Witness[2]. It takes the capability consensus:finalize and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS18[C]) SendAbandoned(ctx C, m Abandoned) (CoordinatorEnd[C], error) {
	if err := s.turn.check("consensus.CoordinatorS18.SendAbandoned"); err != nil {
		return CoordinatorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Witness[2]", "Abandoned", m.Payload); err != nil {
		return CoordinatorEnd[C]{}, &aura.Error{Op: "consensus.CoordinatorS18.SendAbandoned", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorEnd[C]{s.turn.next()}, nil
}

// StartWitness0 begins the part of Witness[0]. The port must belong to a session of the protocol in that role.
func StartWitness0[C any](port machine.Port[C]) Witness0S1[C] {
	return Witness0S1[C]{turn[C]{run: &run[C]{port: port}}}
}

// Witness0S1 is a state of Witness[0], which here receives Execute of consensus.Operation from Coordinator.
type Witness0S1[C any] struct{ turn turn[C] }

// ReceiveExecute waits for Execute from Coordinator. After an error of the port the state may be used again.
func (s Witness0S1[C]) ReceiveExecute(ctx C) (Execute, Witness0S2[C], error) {
	if err := s.turn.check("consensus.Witness0S1.ReceiveExecute"); err != nil {
		return Execute{}, Witness0S2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return Execute{}, Witness0S2[C]{}, &aura.Error{Op: "consensus.Witness0S1.ReceiveExecute", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Execute" {
		return Execute{}, Witness0S2[C]{}, aura.Errorf("consensus.Witness0S1.ReceiveExecute", aura.Corrupt, "message %q is not expected here", label)
	}
	return Execute{payload}, Witness0S2[C]{s.turn.next()}, nil
}

// Witness0S2 is a state of Witness[0], which here sends NonceCommit of consensus.Commitment to Coordinator.
type Witness0S2[C any] struct{ turn turn[C] }

// SendNonceCommit sends NonceCommit to Coordinator. It takes the capability consensus:witness:nonce and 2 units of flow. After an error of the port the state may be used again.
func (s Witness0S2[C]) SendNonceCommit(ctx C, m NonceCommit) (Witness0S3[C], error) {
	if err := s.turn.check("consensus.Witness0S2.SendNonceCommit"); err != nil {
		return Witness0S3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "NonceCommit", m.Payload); err != nil {
		return Witness0S3[C]{}, &aura.Error{Op: "consensus.Witness0S2.SendNonceCommit", Kind: aura.KindOf(err), Err: err}
	}
	return Witness0S3[C]{s.turn.next()}, nil
}

// Witness0S3 is a state of Witness[0], which here receives SignRequest of consensus.SignRequest from Coordinator.
type Witness0S3[C any] struct{ turn turn[C] }

// ReceiveSignRequest waits for SignRequest from Coordinator. After an error of the port the state may be used again.
func (s Witness0S3[C]) ReceiveSignRequest(ctx C) (SignRequest, Witness0S4[C], error) {
	if err := s.turn.check("consensus.Witness0S3.ReceiveSignRequest"); err != nil {
		return SignRequest{}, Witness0S4[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return SignRequest{}, Witness0S4[C]{}, &aura.Error{Op: "consensus.Witness0S3.ReceiveSignRequest", Kind: aura.KindOf(err), Err: err}
	}
	if label != "SignRequest" {
		return SignRequest{}, Witness0S4[C]{}, aura.Errorf("consensus.Witness0S3.ReceiveSignRequest", aura.Corrupt, "message %q is not expected here", label)
	}
	return SignRequest{payload}, Witness0S4[C]{s.turn.next()}, nil
}

// Witness0S4 is a state of Witness[0], which here sends SignShare of consensus.Share to Coordinator.
type Witness0S4[C any] struct{ turn turn[C] }

// SendSignShare sends SignShare to Coordinator. It takes the capability consensus:witness:sign and 2 units of flow and leakage to relationship. After an error of the port the state may be used again.
func (s Witness0S4[C]) SendSignShare(ctx C, m SignShare) (Witness0S5[C], error) {
	if err := s.turn.check("consensus.Witness0S4.SendSignShare"); err != nil {
		return Witness0S5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "SignShare", m.Payload); err != nil {
		return Witness0S5[C]{}, &aura.Error{Op: "consensus.Witness0S4.SendSignShare", Kind: aura.KindOf(err), Err: err}
	}
	return Witness0S5[C]{s.turn.next()}, nil
}

// Witness0S5 is a state of Witness[0], which here receives Committed of consensus.Commit or Abandoned of consensus.Conflict from Coordinator.
type Witness0S5[C any] struct{ turn turn[C] }

// Witness0S5Outcome is what Witness[0] can receive in the state Witness0S5: Witness0S5Committed, Witness0S5Abandoned.
type Witness0S5Outcome[C any] interface{ isWitness0S5Outcome(C) }

// Witness0S5Committed is the message Committed and the state after it.
type Witness0S5Committed[C any] struct {
	Message Committed
	Next    Witness0End[C]
}

func (Witness0S5Committed[C]) isWitness0S5Outcome(C) {}

// Witness0S5Abandoned is the message Abandoned and the state after it.
type Witness0S5Abandoned[C any] struct {
	Message Abandoned
	Next    Witness0End[C]
}

func (Witness0S5Abandoned[C]) isWitness0S5Outcome(C) {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Witness0S5[C]) Receive(ctx C) (Witness0S5Outcome[C], error) {
	if err := s.turn.check("consensus.Witness0S5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "consensus.Witness0S5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Committed":
		return Witness0S5Committed[C]{Committed{payload}, Witness0End[C]{s.turn.next()}}, nil
	case "Abandoned":
		return Witness0S5Abandoned[C]{Abandoned{payload}, Witness0End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("consensus.Witness0S5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Witness0End is a state of Witness[0], which here is done.
type Witness0End[C any] struct{ turn turn[C] }

// StartWitness1 begins the part of Witness[1]. The port must belong to a session of the protocol in that role.
func StartWitness1[C any](port machine.Port[C]) Witness1S1[C] {
	return Witness1S1[C]{turn[C]{run: &run[C]{port: port}}}
}

// Witness1S1 is a state of Witness[1], which here receives Execute of consensus.Operation from Coordinator.
type Witness1S1[C any] struct{ turn turn[C] }

// ReceiveExecute waits for Execute from Coordinator. After an error of the port the state may be used again.
func (s Witness1S1[C]) ReceiveExecute(ctx C) (Execute, Witness1S2[C], error) {
	if err := s.turn.check("consensus.Witness1S1.ReceiveExecute"); err != nil {
		return Execute{}, Witness1S2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return Execute{}, Witness1S2[C]{}, &aura.Error{Op: "consensus.Witness1S1.ReceiveExecute", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Execute" {
		return Execute{}, Witness1S2[C]{}, aura.Errorf("consensus.Witness1S1.ReceiveExecute", aura.Corrupt, "message %q is not expected here", label)
	}
	return Execute{payload}, Witness1S2[C]{s.turn.next()}, nil
}

// Witness1S2 is a state of Witness[1], which here sends NonceCommit of consensus.Commitment to Coordinator.
type Witness1S2[C any] struct{ turn turn[C] }

// SendNonceCommit sends NonceCommit to Coordinator. It takes the capability consensus:witness:nonce and 2 units of flow. After an error of the port the state may be used again.
func (s Witness1S2[C]) SendNonceCommit(ctx C, m NonceCommit) (Witness1S3[C], error) {
	if err := s.turn.check("consensus.Witness1S2.SendNonceCommit"); err != nil {
		return Witness1S3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "NonceCommit", m.Payload); err != nil {
		return Witness1S3[C]{}, &aura.Error{Op: "consensus.Witness1S2.SendNonceCommit", Kind: aura.KindOf(err), Err: err}
	}
	return Witness1S3[C]{s.turn.next()}, nil
}

// Witness1S3 is a state of Witness[1], which here receives SignRequest of consensus.SignRequest from Coordinator.
type Witness1S3[C any] struct{ turn turn[C] }

// ReceiveSignRequest waits for SignRequest from Coordinator. After an error of the port the state may be used again.
func (s Witness1S3[C]) ReceiveSignRequest(ctx C) (SignRequest, Witness1S4[C], error) {
	if err := s.turn.check("consensus.Witness1S3.ReceiveSignRequest"); err != nil {
		return SignRequest{}, Witness1S4[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return SignRequest{}, Witness1S4[C]{}, &aura.Error{Op: "consensus.Witness1S3.ReceiveSignRequest", Kind: aura.KindOf(err), Err: err}
	}
	if label != "SignRequest" {
		return SignRequest{}, Witness1S4[C]{}, aura.Errorf("consensus.Witness1S3.ReceiveSignRequest", aura.Corrupt, "message %q is not expected here", label)
	}
	return SignRequest{payload}, Witness1S4[C]{s.turn.next()}, nil
}

// Witness1S4 is a state of Witness[1], which here sends SignShare of consensus.Share to Coordinator.
type Witness1S4[C any] struct{ turn turn[C] }

// SendSignShare sends SignShare to Coordinator. It takes the capability consensus:witness:sign and 2 units of flow and leakage to relationship. After an error of the port the state may be used again.
func (s Witness1S4[C]) SendSignShare(ctx C, m SignShare) (Witness1S5[C], error) {
	if err := s.turn.check("consensus.Witness1S4.SendSignShare"); err != nil {
		return Witness1S5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "SignShare", m.Payload); err != nil {
		return Witness1S5[C]{}, &aura.Error{Op: "consensus.Witness1S4.SendSignShare", Kind: aura.KindOf(err), Err: err}
	}
	return Witness1S5[C]{s.turn.next()}, nil
}

// Witness1S5 is a state of Witness[1], which here receives Abandoned of consensus.Conflict or Committed of consensus.Commit from Coordinator.
type Witness1S5[C any] struct{ turn turn[C] }

// Witness1S5Outcome is what Witness[1] can receive in the state Witness1S5: Witness1S5Abandoned, Witness1S5Committed.
type Witness1S5Outcome[C any] interface{ isWitness1S5Outcome(C) }

// Witness1S5Abandoned is the message Abandoned and the state after it.
type Witness1S5Abandoned[C any] struct {
	Message Abandoned
	Next    Witness1End[C]
}

func (Witness1S5Abandoned[C]) isWitness1S5Outcome(C) {}

// Witness1S5Committed is the message Committed and the state after it.
type Witness1S5Committed[C any] struct {
	Message Committed
	Next    Witness1End[C]
}

func (Witness1S5Committed[C]) isWitness1S5Outcome(C) {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Witness1S5[C]) Receive(ctx C) (Witness1S5Outcome[C], error) {
	if err := s.turn.check("consensus.Witness1S5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "consensus.Witness1S5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Abandoned":
		return Witness1S5Abandoned[C]{Abandoned{payload}, Witness1End[C]{s.turn.next()}}, nil
	case "Committed":
		return Witness1S5Committed[C]{Committed{payload}, Witness1End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("consensus.Witness1S5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Witness1End is a state of Witness[1], which here is done.
type Witness1End[C any] struct{ turn turn[C] }

// StartWitness2 begins the part of Witness[2]. The port must belong to a session of the protocol in that role.
func StartWitness2[C any](port machine.Port[C]) Witness2S1[C] {
	return Witness2S1[C]{turn[C]{run: &run[C]{port: port}}}
}

// Witness2S1 is a state of Witness[2], which here receives Execute of consensus.Operation from Coordinator.
type Witness2S1[C any] struct{ turn turn[C] }

// ReceiveExecute waits for Execute from Coordinator. After an error of the port the state may be used again.
func (s Witness2S1[C]) ReceiveExecute(ctx C) (Execute, Witness2S2[C], error) {
	if err := s.turn.check("consensus.Witness2S1.ReceiveExecute"); err != nil {
		return Execute{}, Witness2S2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return Execute{}, Witness2S2[C]{}, &aura.Error{Op: "consensus.Witness2S1.ReceiveExecute", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Execute" {
		return Execute{}, Witness2S2[C]{}, aura.Errorf("consensus.Witness2S1.ReceiveExecute", aura.Corrupt, "message %q is not expected here", label)
	}
	return Execute{payload}, Witness2S2[C]{s.turn.next()}, nil
}

// Witness2S2 is a state of Witness[2], which here sends NonceCommit of consensus.Commitment to Coordinator.
type Witness2S2[C any] struct{ turn turn[C] }

// SendNonceCommit sends NonceCommit to Coordinator. It takes the capability consensus:witness:nonce and 2 units of flow. After an error of the port the state may be used again.
func (s Witness2S2[C]) SendNonceCommit(ctx C, m NonceCommit) (Witness2S3[C], error) {
	if err := s.turn.check("consensus.Witness2S2.SendNonceCommit"); err != nil {
		return Witness2S3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "NonceCommit", m.Payload); err != nil {
		return Witness2S3[C]{}, &aura.Error{Op: "consensus.Witness2S2.SendNonceCommit", Kind: aura.KindOf(err), Err: err}
	}
	return Witness2S3[C]{s.turn.next()}, nil
}

// Witness2S3 is a state of Witness[2], which here receives SignRequest of consensus.SignRequest from Coordinator.
type Witness2S3[C any] struct{ turn turn[C] }

// ReceiveSignRequest waits for SignRequest from Coordinator. After an error of the port the state may be used again.
func (s Witness2S3[C]) ReceiveSignRequest(ctx C) (SignRequest, Witness2S4[C], error) {
	if err := s.turn.check("consensus.Witness2S3.ReceiveSignRequest"); err != nil {
		return SignRequest{}, Witness2S4[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return SignRequest{}, Witness2S4[C]{}, &aura.Error{Op: "consensus.Witness2S3.ReceiveSignRequest", Kind: aura.KindOf(err), Err: err}
	}
	if label != "SignRequest" {
		return SignRequest{}, Witness2S4[C]{}, aura.Errorf("consensus.Witness2S3.ReceiveSignRequest", aura.Corrupt, "message %q is not expected here", label)
	}
	return SignRequest{payload}, Witness2S4[C]{s.turn.next()}, nil
}

// Witness2S4 is a state of Witness[2], which here sends SignShare of consensus.Share to Coordinator.
type Witness2S4[C any] struct{ turn turn[C] }

// SendSignShare sends SignShare to Coordinator. It takes the capability consensus:witness:sign and 2 units of flow and leakage to relationship. After an error of the port the state may be used again.
func (s Witness2S4[C]) SendSignShare(ctx C, m SignShare) (Witness2S5[C], error) {
	if err := s.turn.check("consensus.Witness2S4.SendSignShare"); err != nil {
		return Witness2S5[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "SignShare", m.Payload); err != nil {
		return Witness2S5[C]{}, &aura.Error{Op: "consensus.Witness2S4.SendSignShare", Kind: aura.KindOf(err), Err: err}
	}
	return Witness2S5[C]{s.turn.next()}, nil
}

// Witness2S5 is a state of Witness[2], which here receives Abandoned of consensus.Conflict or Committed of consensus.Commit from Coordinator.
type Witness2S5[C any] struct{ turn turn[C] }

// Witness2S5Outcome is what Witness[2] can receive in the state Witness2S5: Witness2S5Abandoned, Witness2S5Committed.
type Witness2S5Outcome[C any] interface{ isWitness2S5Outcome(C) }

// Witness2S5Abandoned is the message Abandoned and the state after it.
type Witness2S5Abandoned[C any] struct {
	Message Abandoned
	Next    Witness2End[C]
}

func (Witness2S5Abandoned[C]) isWitness2S5Outcome(C) {}

// Witness2S5Committed is the message Committed and the state after it.
type Witness2S5Committed[C any] struct {
	Message Committed
	Next    Witness2End[C]
}

func (Witness2S5Committed[C]) isWitness2S5Outcome(C) {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Witness2S5[C]) Receive(ctx C) (Witness2S5Outcome[C], error) {
	if err := s.turn.check("consensus.Witness2S5.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "consensus.Witness2S5.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Abandoned":
		return Witness2S5Abandoned[C]{Abandoned{payload}, Witness2End[C]{s.turn.next()}}, nil
	case "Committed":
		return Witness2S5Committed[C]{Committed{payload}, Witness2End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("consensus.Witness2S5.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Witness2End is a state of Witness[2], which here is done.
type Witness2End[C any] struct{ turn turn[C] }
