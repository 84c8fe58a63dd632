// Code generated from the protocol hold.HoldDeposit by aura choreo. DO NOT EDIT.

package holddeposit

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"HoldDeposit","protocol_namespace":"hold","protocol_qualified_name":"hold.HoldDeposit","protocol_id":"aura.hold.deposit","role_names":["Depositor","Holder"],"guard_capabilities":["hold:deposit","hold:keep"],"determinism_policy_ref":"aura.vm.prod.default"}`

// Deposit is the message Deposit, whose payload encodes hold.Object.
type Deposit struct{ Payload []byte }

// Accepted is the message Accepted, whose payload encodes hold.Receipt.
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

// StartDepositor begins the part of Depositor. The port must belong to a session of the protocol in that role.
func StartDepositor[C any](port machine.Port[C]) DepositorS1[C] {
	return DepositorS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// DepositorS1 is a state of Depositor, which here sends Deposit of hold.Object to Holder.
type DepositorS1[C any] struct{ turn turn[C] }

// SendDeposit sends Deposit to Holder. It takes the capability hold:deposit and 8 units of flow and leakage to custody. After an error of the port the state may be used again.
func (s DepositorS1[C]) SendDeposit(ctx C, m Deposit) (DepositorS2[C], error) {
	if err := s.turn.check("holddeposit.DepositorS1.SendDeposit"); err != nil {
		return DepositorS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Holder", "Deposit", m.Payload); err != nil {
		return DepositorS2[C]{}, &aura.Error{Op: "holddeposit.DepositorS1.SendDeposit", Kind: aura.KindOf(err), Err: err}
	}
	return DepositorS2[C]{s.turn.next()}, nil
}

// DepositorS2 is a state of Depositor, which here receives Accepted of hold.Receipt or Rejected of hold.Refusal from Holder.
type DepositorS2[C any] struct{ turn turn[C] }

// DepositorS2Outcome is what Depositor can receive in the state DepositorS2: DepositorS2Accepted, DepositorS2Rejected.
type DepositorS2Outcome[C any] interface{ isDepositorS2Outcome(C) }

// DepositorS2Accepted is the message Accepted and the state after it.
type DepositorS2Accepted[C any] struct {
	Message Accepted
	Next    DepositorEnd[C]
}

func (DepositorS2Accepted[C]) isDepositorS2Outcome(C) {}

// DepositorS2Rejected is the message Rejected and the state after it.
type DepositorS2Rejected[C any] struct {
	Message Rejected
	Next    DepositorEnd[C]
}

func (DepositorS2Rejected[C]) isDepositorS2Outcome(C) {}

// Receive waits for the choice of Holder. After an error of the port the state may be used again.
func (s DepositorS2[C]) Receive(ctx C) (DepositorS2Outcome[C], error) {
	if err := s.turn.check("holddeposit.DepositorS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Holder")
	if err != nil {
		return nil, &aura.Error{Op: "holddeposit.DepositorS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Accepted":
		return DepositorS2Accepted[C]{Accepted{payload}, DepositorEnd[C]{s.turn.next()}}, nil
	case "Rejected":
		return DepositorS2Rejected[C]{Rejected{payload}, DepositorEnd[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("holddeposit.DepositorS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// DepositorEnd is a state of Depositor, which here is done.
type DepositorEnd[C any] struct{ turn turn[C] }

// StartHolder begins the part of Holder. The port must belong to a session of the protocol in that role.
func StartHolder[C any](port machine.Port[C]) HolderS1[C] {
	return HolderS1[C]{turn[C]{run: &run[C]{port: port}}}
}

// HolderS1 is a state of Holder, which here receives Deposit of hold.Object from Depositor.
type HolderS1[C any] struct{ turn turn[C] }

// ReceiveDeposit waits for Deposit from Depositor. After an error of the port the state may be used again.
func (s HolderS1[C]) ReceiveDeposit(ctx C) (Deposit, HolderS2[C], error) {
	if err := s.turn.check("holddeposit.HolderS1.ReceiveDeposit"); err != nil {
		return Deposit{}, HolderS2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Depositor")
	if err != nil {
		return Deposit{}, HolderS2[C]{}, &aura.Error{Op: "holddeposit.HolderS1.ReceiveDeposit", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Deposit" {
		return Deposit{}, HolderS2[C]{}, aura.Errorf("holddeposit.HolderS1.ReceiveDeposit", aura.Corrupt, "message %q is not expected here", label)
	}
	return Deposit{payload}, HolderS2[C]{s.turn.next()}, nil
}

// HolderS2 is a state of Holder, which here sends Accepted of hold.Receipt or Rejected of hold.Refusal to Depositor.
type HolderS2[C any] struct{ turn turn[C] }

// SendAccepted sends Accepted to Depositor. It takes the capability hold:keep and 1 unit of flow. After an error of the port the state may be used again.
func (s HolderS2[C]) SendAccepted(ctx C, m Accepted) (HolderEnd[C], error) {
	if err := s.turn.check("holddeposit.HolderS2.SendAccepted"); err != nil {
		return HolderEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Depositor", "Accepted", m.Payload); err != nil {
		return HolderEnd[C]{}, &aura.Error{Op: "holddeposit.HolderS2.SendAccepted", Kind: aura.KindOf(err), Err: err}
	}
	return HolderEnd[C]{s.turn.next()}, nil
}

// SendRejected sends Rejected to Depositor. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s HolderS2[C]) SendRejected(ctx C, m Rejected) (HolderEnd[C], error) {
	if err := s.turn.check("holddeposit.HolderS2.SendRejected"); err != nil {
		return HolderEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Depositor", "Rejected", m.Payload); err != nil {
		return HolderEnd[C]{}, &aura.Error{Op: "holddeposit.HolderS2.SendRejected", Kind: aura.KindOf(err), Err: err}
	}
	return HolderEnd[C]{s.turn.next()}, nil
}

// HolderEnd is a state of Holder, which here is done.
type HolderEnd[C any] struct{ turn turn[C] }
