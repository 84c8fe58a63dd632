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

// StartDepositor begins the part of Depositor. The port must belong to a session of the protocol in that role.
func StartDepositor(port machine.Port) DepositorS1 {
	return DepositorS1{turn{run: &run{port: port}}}
}

// DepositorS1 is a state of Depositor, which here sends Deposit of hold.Object to Holder.
type DepositorS1 struct{ turn turn }

// SendDeposit sends Deposit to Holder. It takes the capability hold:deposit and 8 units of flow and leakage to relay:1. After an error of the port the state may be used again.
func (s DepositorS1) SendDeposit(m Deposit) (DepositorS2, error) {
	if err := s.turn.check("holddeposit.DepositorS1.SendDeposit"); err != nil {
		return DepositorS2{}, err
	}
	if err := s.turn.run.port.Send("Holder", "Deposit", m.Payload); err != nil {
		return DepositorS2{}, &aura.Error{Op: "holddeposit.DepositorS1.SendDeposit", Kind: aura.KindOf(err), Err: err}
	}
	return DepositorS2{s.turn.next()}, nil
}

// DepositorS2 is a state of Depositor, which here receives Accepted of hold.Receipt or Rejected of hold.Refusal from Holder.
type DepositorS2 struct{ turn turn }

// DepositorS2Outcome is what Depositor can receive in the state DepositorS2: DepositorS2Accepted, DepositorS2Rejected.
type DepositorS2Outcome interface{ isDepositorS2Outcome() }

// DepositorS2Accepted is the message Accepted and the state after it.
type DepositorS2Accepted struct {
	Message Accepted
	Next    DepositorEnd
}

func (DepositorS2Accepted) isDepositorS2Outcome() {}

// DepositorS2Rejected is the message Rejected and the state after it.
type DepositorS2Rejected struct {
	Message Rejected
	Next    DepositorEnd
}

func (DepositorS2Rejected) isDepositorS2Outcome() {}

// Receive waits for the choice of Holder. After an error of the port the state may be used again.
func (s DepositorS2) Receive() (DepositorS2Outcome, error) {
	if err := s.turn.check("holddeposit.DepositorS2.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Holder")
	if err != nil {
		return nil, &aura.Error{Op: "holddeposit.DepositorS2.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Accepted":
		return DepositorS2Accepted{Accepted{payload}, DepositorEnd{s.turn.next()}}, nil
	case "Rejected":
		return DepositorS2Rejected{Rejected{payload}, DepositorEnd{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("holddeposit.DepositorS2.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// DepositorEnd is a state of Depositor, which here is done.
type DepositorEnd struct{ turn turn }

// StartHolder begins the part of Holder. The port must belong to a session of the protocol in that role.
func StartHolder(port machine.Port) HolderS1 {
	return HolderS1{turn{run: &run{port: port}}}
}

// HolderS1 is a state of Holder, which here receives Deposit of hold.Object from Depositor.
type HolderS1 struct{ turn turn }

// ReceiveDeposit waits for Deposit from Depositor. After an error of the port the state may be used again.
func (s HolderS1) ReceiveDeposit() (Deposit, HolderS2, error) {
	if err := s.turn.check("holddeposit.HolderS1.ReceiveDeposit"); err != nil {
		return Deposit{}, HolderS2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Depositor")
	if err != nil {
		return Deposit{}, HolderS2{}, &aura.Error{Op: "holddeposit.HolderS1.ReceiveDeposit", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Deposit" {
		return Deposit{}, HolderS2{}, aura.Errorf("holddeposit.HolderS1.ReceiveDeposit", aura.Corrupt, "message %q is not expected here", label)
	}
	return Deposit{payload}, HolderS2{s.turn.next()}, nil
}

// HolderS2 is a state of Holder, which here sends Accepted of hold.Receipt or Rejected of hold.Refusal to Depositor.
type HolderS2 struct{ turn turn }

// SendAccepted sends Accepted to Depositor. It takes the capability hold:keep and 1 unit of flow. After an error of the port the state may be used again.
func (s HolderS2) SendAccepted(m Accepted) (HolderEnd, error) {
	if err := s.turn.check("holddeposit.HolderS2.SendAccepted"); err != nil {
		return HolderEnd{}, err
	}
	if err := s.turn.run.port.Send("Depositor", "Accepted", m.Payload); err != nil {
		return HolderEnd{}, &aura.Error{Op: "holddeposit.HolderS2.SendAccepted", Kind: aura.KindOf(err), Err: err}
	}
	return HolderEnd{s.turn.next()}, nil
}

// SendRejected sends Rejected to Depositor. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s HolderS2) SendRejected(m Rejected) (HolderEnd, error) {
	if err := s.turn.check("holddeposit.HolderS2.SendRejected"); err != nil {
		return HolderEnd{}, err
	}
	if err := s.turn.run.port.Send("Depositor", "Rejected", m.Payload); err != nil {
		return HolderEnd{}, &aura.Error{Op: "holddeposit.HolderS2.SendRejected", Kind: aura.KindOf(err), Err: err}
	}
	return HolderEnd{s.turn.next()}, nil
}

// HolderEnd is a state of Holder, which here is done.
type HolderEnd struct{ turn turn }
