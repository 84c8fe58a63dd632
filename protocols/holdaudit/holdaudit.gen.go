// Code generated from the protocol hold.HoldAudit by aura choreo. DO NOT EDIT.

package holdaudit

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"HoldAudit","protocol_namespace":"hold","protocol_qualified_name":"hold.HoldAudit","protocol_id":"aura.hold.audit","role_names":["Auditor","Holder"],"guard_capabilities":["hold:audit"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Challenge is the message Challenge, whose payload encodes hold.Challenge.
type Challenge struct{ Payload []byte }

// Accepted is the message Accepted, whose payload encodes hold.Proof.
type Accepted struct{ Payload []byte }

// Rejected is the message Rejected, whose payload encodes hold.Refusal.
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

// StartAuditor begins the part of Auditor. The port must belong to a session of the protocol in that role.
func StartAuditor[C any](port machine.Port[C]) AuditorS1[C] {
	return AuditorS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// AuditorS1 is a state of Auditor, which here sends Challenge of hold.Challenge to Holder.
type AuditorS1[C any] struct{ turn turn[C] }

// SendChallenge sends Challenge to Holder. It takes the capability hold:audit and 1 unit of flow and leakage to custody. After an error of the port the state may be used again.
func (s AuditorS1[C]) SendChallenge(ctx C, m Challenge) (AuditorS2[C], error) {
	if err := s.turn.check("holdaudit.AuditorS1.SendChallenge"); err != nil {
		return AuditorS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Holder", "Challenge", m.Payload); err != nil {
		return AuditorS2[C]{}, &aura.Error{Op: "holdaudit.AuditorS1.SendChallenge", Kind: aura.KindOf(err), Err: err}
	}
	return AuditorS2[C]{s.turn.next()}, nil
}

// AuditorS2 is a state of Auditor, which here receives Accepted of hold.Proof or Rejected of hold.Refusal from Holder.
type AuditorS2[C any] struct{ turn turn[C] }

// AuditorS2Outcome is what Auditor can receive in the state AuditorS2: AuditorS2Accepted, AuditorS2Rejected.
type AuditorS2Outcome[C any] interface{ isAuditorS2Outcome(C) }

// AuditorS2Accepted is the message Accepted and the state after it.
type AuditorS2Accepted[C any] struct {
	Message Accepted
	Next    AuditorEnd[C]
}

func (AuditorS2Accepted[C]) isAuditorS2Outcome(C) {}

// AuditorS2Rejected is the message Rejected and the state after it.
type AuditorS2Rejected[C any] struct {
	Message Rejected
	Next    AuditorEnd[C]
}

func (AuditorS2Rejected[C]) isAuditorS2Outcome(C) {}

// Receive waits for the choice of Holder. After an error of the port the state may be used again.
func (s AuditorS2[C]) Receive(ctx C) (AuditorS2Outcome[C], error) {
	if err := s.turn.check("holdaudit.AuditorS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Holder")
	if err != nil {
		return nil, &aura.Error{Op: "holdaudit.AuditorS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Accepted":
		return AuditorS2Accepted[C]{Accepted{payload}, AuditorEnd[C]{s.turn.next()}}, nil
	case "Rejected":
		return AuditorS2Rejected[C]{Rejected{payload}, AuditorEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("holdaudit.AuditorS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// AuditorEnd is a state of Auditor, which here is done.
type AuditorEnd[C any] struct{ turn turn[C] }

// StartHolder begins the part of Holder. The port must belong to a session of the protocol in that role.
func StartHolder[C any](port machine.Port[C]) HolderS1[C] {
	return HolderS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// HolderS1 is a state of Holder, which here receives Challenge of hold.Challenge from Auditor.
type HolderS1[C any] struct{ turn turn[C] }

// ReceiveChallenge waits for Challenge from Auditor. After an error of the port the state may be used again.
func (s HolderS1[C]) ReceiveChallenge(ctx C) (Challenge, HolderS2[C], error) {
	if err := s.turn.check("holdaudit.HolderS1.ReceiveChallenge"); err != nil {
		return Challenge{}, HolderS2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Auditor")
	if err != nil {
		return Challenge{}, HolderS2[C]{}, &aura.Error{Op: "holdaudit.HolderS1.ReceiveChallenge", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Challenge" {
		return Challenge{}, HolderS2[C]{}, aura.Errorf("holdaudit.HolderS1.ReceiveChallenge", aura.Corrupt, "message %q is not expected here", label)
	}
	return Challenge{payload}, HolderS2[C]{s.turn.next()}, nil
}

// HolderS2 is a state of Holder, which here sends Accepted of hold.Proof or Rejected of hold.Refusal to Auditor.
type HolderS2[C any] struct{ turn turn[C] }

// SendAccepted sends Accepted to Auditor. It takes 2 units of flow. After an error of the port the state may be used again.
func (s HolderS2[C]) SendAccepted(ctx C, m Accepted) (HolderEnd[C], error) {
	if err := s.turn.check("holdaudit.HolderS2.SendAccepted"); err != nil {
		return HolderEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Auditor", "Accepted", m.Payload); err != nil {
		return HolderEnd[C]{}, &aura.Error{Op: "holdaudit.HolderS2.SendAccepted", Kind: aura.KindOf(err), Err: err}
	}
	return HolderEnd[C]{s.turn.next()}, nil
}

// SendRejected sends Rejected to Auditor. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s HolderS2[C]) SendRejected(ctx C, m Rejected) (HolderEnd[C], error) {
	if err := s.turn.check("holdaudit.HolderS2.SendRejected"); err != nil {
		return HolderEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Auditor", "Rejected", m.Payload); err != nil {
		return HolderEnd[C]{}, &aura.Error{Op: "holdaudit.HolderS2.SendRejected", Kind: aura.KindOf(err), Err: err}
	}
	return HolderEnd[C]{s.turn.next()}, nil
}

// HolderEnd is a state of Holder, which here is done.
type HolderEnd[C any] struct{ turn turn[C] }
