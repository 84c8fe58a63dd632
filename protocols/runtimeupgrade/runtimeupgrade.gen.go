// Code generated from the protocol upgrade.RuntimeUpgrade by aura choreo. DO NOT EDIT.

package runtimeupgrade

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
)

// Manifest is what admission needs to know of the protocol, as JSON.
const Manifest = `{"protocol_name":"RuntimeUpgrade","protocol_namespace":"upgrade","protocol_qualified_name":"upgrade.RuntimeUpgrade","protocol_id":"aura.upgrade.runtime","role_names":["Coordinator","Device"],"required_capabilities":["termination_bounded"],"theorem_packs":[{"name":"AuraTransitionSafety","capabilities":["protocol_machine_envelope_adherence","protocol_machine_envelope_admission","protocol_envelope_bridge","reconfiguration_safety"],"version":"1","issuer":"aura"}],"required_theorem_packs":["AuraTransitionSafety"],"required_theorem_pack_capabilities":["protocol_machine_envelope_adherence","protocol_machine_envelope_admission","protocol_envelope_bridge","reconfiguration_safety"],"guard_capabilities":["upgrade:propose","upgrade:answer","upgrade:commit"],"determinism_policy_ref":"aura.vm.recovery_grant.prod","link_specs":[{"role":"Coordinator","bundle_id":"runtime_upgrade","exports":["upgrade_request"],"imports":["device_readiness"]}]}`

// Propose is the message Propose, whose payload encodes upgrade.Request.
type Propose struct{ Payload []byte }

// Readiness is the message Readiness, whose payload encodes upgrade.Readiness.
type Readiness struct{ Payload []byte }

// Commit is the message Commit, whose payload encodes upgrade.Cutover.
type Commit struct{ Payload []byte }

// Abort is the message Abort, whose payload encodes upgrade.Refusal.
type Abort struct{ Payload []byte }

// Activated is the message Activated, whose payload encodes upgrade.Execution.
type Activated struct{ Payload []byte }

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

// CoordinatorS1 is a state of Coordinator, which here sends Propose of upgrade.Request to Device[0].
type CoordinatorS1[C any] struct{ turn turn[C] }

// SendPropose sends Propose to Device[0]. It takes the capability upgrade:propose and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS1[C]) SendPropose(ctx C, m Propose) (CoordinatorS2[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS1.SendPropose"); err != nil {
		return CoordinatorS2[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device[0]", "Propose", m.Payload); err != nil {
		return CoordinatorS2[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS1.SendPropose", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS2[C]{s.turn.next()}, nil
}

// CoordinatorS2 is a state of Coordinator, which here sends Propose of upgrade.Request to Device[1].
type CoordinatorS2[C any] struct{ turn turn[C] }

// SendPropose sends Propose to Device[1]. It takes the capability upgrade:propose and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS2[C]) SendPropose(ctx C, m Propose) (CoordinatorS3[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS2.SendPropose"); err != nil {
		return CoordinatorS3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device[1]", "Propose", m.Payload); err != nil {
		return CoordinatorS3[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS2.SendPropose", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS3[C]{s.turn.next()}, nil
}

// CoordinatorS3 is a state of Coordinator, which here sends Propose of upgrade.Request to Device[2].
type CoordinatorS3[C any] struct{ turn turn[C] }

// SendPropose sends Propose to Device[2]. It takes the capability upgrade:propose and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS3[C]) SendPropose(ctx C, m Propose) (CoordinatorS4[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS3.SendPropose"); err != nil {
		return CoordinatorS4[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device[2]", "Propose", m.Payload); err != nil {
		return CoordinatorS4[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS3.SendPropose", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS4[C]{s.turn.next()}, nil
}

// CoordinatorS4 is a state of Coordinator, which here receives Readiness of upgrade.Readiness from Device[0].
type CoordinatorS4[C any] struct{ turn turn[C] }

// ReceiveReadiness waits for Readiness from Device[0]. After an error of the port the state may be used again.
func (s CoordinatorS4[C]) ReceiveReadiness(ctx C) (Readiness, CoordinatorS5[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS4.ReceiveReadiness"); err != nil {
		return Readiness{}, CoordinatorS5[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Device[0]")
	if err != nil {
		return Readiness{}, CoordinatorS5[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS4.ReceiveReadiness", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Readiness" {
		return Readiness{}, CoordinatorS5[C]{}, aura.Errorf("runtimeupgrade.CoordinatorS4.ReceiveReadiness", aura.Corrupt, "message %q is not expected here", label)
	}
	return Readiness{payload}, CoordinatorS5[C]{s.turn.next()}, nil
}

// CoordinatorS5 is a state of Coordinator, which here receives Readiness of upgrade.Readiness from Device[1].
type CoordinatorS5[C any] struct{ turn turn[C] }

// ReceiveReadiness waits for Readiness from Device[1]. After an error of the port the state may be used again.
func (s CoordinatorS5[C]) ReceiveReadiness(ctx C) (Readiness, CoordinatorS6[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS5.ReceiveReadiness"); err != nil {
		return Readiness{}, CoordinatorS6[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Device[1]")
	if err != nil {
		return Readiness{}, CoordinatorS6[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS5.ReceiveReadiness", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Readiness" {
		return Readiness{}, CoordinatorS6[C]{}, aura.Errorf("runtimeupgrade.CoordinatorS5.ReceiveReadiness", aura.Corrupt, "message %q is not expected here", label)
	}
	return Readiness{payload}, CoordinatorS6[C]{s.turn.next()}, nil
}

// CoordinatorS6 is a state of Coordinator, which here receives Readiness of upgrade.Readiness from Device[2].
type CoordinatorS6[C any] struct{ turn turn[C] }

// ReceiveReadiness waits for Readiness from Device[2]. After an error of the port the state may be used again.
func (s CoordinatorS6[C]) ReceiveReadiness(ctx C) (Readiness, CoordinatorS7[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS6.ReceiveReadiness"); err != nil {
		return Readiness{}, CoordinatorS7[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Device[2]")
	if err != nil {
		return Readiness{}, CoordinatorS7[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS6.ReceiveReadiness", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Readiness" {
		return Readiness{}, CoordinatorS7[C]{}, aura.Errorf("runtimeupgrade.CoordinatorS6.ReceiveReadiness", aura.Corrupt, "message %q is not expected here", label)
	}
	return Readiness{payload}, CoordinatorS7[C]{s.turn.next()}, nil
}

// CoordinatorS7 is a state of Coordinator, which here sends Commit of upgrade.Cutover or Abort of upgrade.Refusal to Device[0].
type CoordinatorS7[C any] struct{ turn turn[C] }

// SendCommit sends Commit to Device[0]. It takes the capability upgrade:commit and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS7[C]) SendCommit(ctx C, m Commit) (CoordinatorS8[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS7.SendCommit"); err != nil {
		return CoordinatorS8[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device[0]", "Commit", m.Payload); err != nil {
		return CoordinatorS8[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS7.SendCommit", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS8[C]{s.turn.next()}, nil
}

// SendAbort sends Abort to Device[0]. It takes the capability upgrade:commit and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS7[C]) SendAbort(ctx C, m Abort) (CoordinatorS14[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS7.SendAbort"); err != nil {
		return CoordinatorS14[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device[0]", "Abort", m.Payload); err != nil {
		return CoordinatorS14[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS7.SendAbort", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS14[C]{s.turn.next()}, nil
}

// CoordinatorS8 is a state of Coordinator, which here sends Commit of upgrade.Cutover to Device[1].
type CoordinatorS8[C any] struct{ turn turn[C] }

// SendCommit sends Commit to Device[1]. It takes the capability upgrade:commit and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS8[C]) SendCommit(ctx C, m Commit) (CoordinatorS9[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS8.SendCommit"); err != nil {
		return CoordinatorS9[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device[1]", "Commit", m.Payload); err != nil {
		return CoordinatorS9[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS8.SendCommit", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS9[C]{s.turn.next()}, nil
}

// CoordinatorS9 is a state of Coordinator, which here sends Commit of upgrade.Cutover to Device[2].
type CoordinatorS9[C any] struct{ turn turn[C] }

// SendCommit sends Commit to Device[2]. It takes the capability upgrade:commit and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS9[C]) SendCommit(ctx C, m Commit) (CoordinatorS10[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS9.SendCommit"); err != nil {
		return CoordinatorS10[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device[2]", "Commit", m.Payload); err != nil {
		return CoordinatorS10[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS9.SendCommit", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS10[C]{s.turn.next()}, nil
}

// CoordinatorS10 is a state of Coordinator, which here receives Activated of upgrade.Execution from Device[0].
type CoordinatorS10[C any] struct{ turn turn[C] }

// ReceiveActivated waits for Activated from Device[0]. After an error of the port the state may be used again.
func (s CoordinatorS10[C]) ReceiveActivated(ctx C) (Activated, CoordinatorS11[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS10.ReceiveActivated"); err != nil {
		return Activated{}, CoordinatorS11[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Device[0]")
	if err != nil {
		return Activated{}, CoordinatorS11[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS10.ReceiveActivated", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Activated" {
		return Activated{}, CoordinatorS11[C]{}, aura.Errorf("runtimeupgrade.CoordinatorS10.ReceiveActivated", aura.Corrupt, "message %q is not expected here", label)
	}
	return Activated{payload}, CoordinatorS11[C]{s.turn.next()}, nil
}

// CoordinatorS11 is a state of Coordinator, which here receives Activated of upgrade.Execution from Device[1].
type CoordinatorS11[C any] struct{ turn turn[C] }

// ReceiveActivated waits for Activated from Device[1]. After an error of the port the state may be used again.
func (s CoordinatorS11[C]) ReceiveActivated(ctx C) (Activated, CoordinatorS12[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS11.ReceiveActivated"); err != nil {
		return Activated{}, CoordinatorS12[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Device[1]")
	if err != nil {
		return Activated{}, CoordinatorS12[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS11.ReceiveActivated", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Activated" {
		return Activated{}, CoordinatorS12[C]{}, aura.Errorf("runtimeupgrade.CoordinatorS11.ReceiveActivated", aura.Corrupt, "message %q is not expected here", label)
	}
	return Activated{payload}, CoordinatorS12[C]{s.turn.next()}, nil
}

// CoordinatorS12 is a state of Coordinator, which here receives Activated of upgrade.Execution from Device[2].
type CoordinatorS12[C any] struct{ turn turn[C] }

// ReceiveActivated waits for Activated from Device[2]. After an error of the port the state may be used again.
func (s CoordinatorS12[C]) ReceiveActivated(ctx C) (Activated, CoordinatorEnd[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS12.ReceiveActivated"); err != nil {
		return Activated{}, CoordinatorEnd[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Device[2]")
	if err != nil {
		return Activated{}, CoordinatorEnd[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS12.ReceiveActivated", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Activated" {
		return Activated{}, CoordinatorEnd[C]{}, aura.Errorf("runtimeupgrade.CoordinatorS12.ReceiveActivated", aura.Corrupt, "message %q is not expected here", label)
	}
	return Activated{payload}, CoordinatorEnd[C]{s.turn.next()}, nil
}

// CoordinatorEnd is a state of Coordinator, which here is done.
type CoordinatorEnd[C any] struct{ turn turn[C] }

// CoordinatorS14 is a state of Coordinator, which here sends Abort of upgrade.Refusal to Device[1].
type CoordinatorS14[C any] struct{ turn turn[C] }

// SendAbort sends Abort to Device[1]. It takes the capability upgrade:commit and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS14[C]) SendAbort(ctx C, m Abort) (CoordinatorS15[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS14.SendAbort"); err != nil {
		return CoordinatorS15[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device[1]", "Abort", m.Payload); err != nil {
		return CoordinatorS15[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS14.SendAbort", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS15[C]{s.turn.next()}, nil
}

// CoordinatorS15 is a state of Coordinator, which here sends Abort of upgrade.Refusal to Device[2].
type CoordinatorS15[C any] struct{ turn turn[C] }

// SendAbort sends Abort to Device[2]. It takes the capability upgrade:commit and 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS15[C]) SendAbort(ctx C, m Abort) (CoordinatorEnd[C], error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS15.SendAbort"); err != nil {
		return CoordinatorEnd[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Device[2]", "Abort", m.Payload); err != nil {
		return CoordinatorEnd[C]{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS15.SendAbort", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorEnd[C]{s.turn.next()}, nil
}

// StartDevice0 begins the part of Device[0]. The port must belong to a session of the protocol in that role.
func StartDevice0[C any](port machine.Port[C]) Device0S1[C] {
	return Device0S1[C]{turn[C]{run: &run[C]{port: port}}}
}

// Device0S1 is a state of Device[0], which here receives Propose of upgrade.Request from Coordinator.
type Device0S1[C any] struct{ turn turn[C] }

// ReceivePropose waits for Propose from Coordinator. After an error of the port the state may be used again.
func (s Device0S1[C]) ReceivePropose(ctx C) (Propose, Device0S2[C], error) {
	if err := s.turn.check("runtimeupgrade.Device0S1.ReceivePropose"); err != nil {
		return Propose{}, Device0S2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return Propose{}, Device0S2[C]{}, &aura.Error{Op: "runtimeupgrade.Device0S1.ReceivePropose", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Propose" {
		return Propose{}, Device0S2[C]{}, aura.Errorf("runtimeupgrade.Device0S1.ReceivePropose", aura.Corrupt, "message %q is not expected here", label)
	}
	return Propose{payload}, Device0S2[C]{s.turn.next()}, nil
}

// Device0S2 is a state of Device[0], which here sends Readiness of upgrade.Readiness to Coordinator.
type Device0S2[C any] struct{ turn turn[C] }

// SendReadiness sends Readiness to Coordinator. It takes the capability upgrade:answer and 2 units of flow. After an error of the port the state may be used again.
func (s Device0S2[C]) SendReadiness(ctx C, m Readiness) (Device0S3[C], error) {
	if err := s.turn.check("runtimeupgrade.Device0S2.SendReadiness"); err != nil {
		return Device0S3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "Readiness", m.Payload); err != nil {
		return Device0S3[C]{}, &aura.Error{Op: "runtimeupgrade.Device0S2.SendReadiness", Kind: aura.KindOf(err), Err: err}
	}
	return Device0S3[C]{s.turn.next()}, nil
}

// Device0S3 is a state of Device[0], which here receives Commit of upgrade.Cutover or Abort of upgrade.Refusal from Coordinator.
type Device0S3[C any] struct{ turn turn[C] }

// Device0S3Outcome is what Device[0] can receive in the state Device0S3: Device0S3Commit, Device0S3Abort.
type Device0S3Outcome[C any] interface{ isDevice0S3Outcome(C) }

// Device0S3Commit is the message Commit and the state after it.
type Device0S3Commit[C any] struct {
	Message Commit
	Next    Device0S4[C]
}

func (Device0S3Commit[C]) isDevice0S3Outcome(C) {}

// Device0S3Abort is the message Abort and the state after it.
type Device0S3Abort[C any] struct {
	Message Abort
	Next    Device0End[C]
}

func (Device0S3Abort[C]) isDevice0S3Outcome(C) {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Device0S3[C]) Receive(ctx C) (Device0S3Outcome[C], error) {
	if err := s.turn.check("runtimeupgrade.Device0S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "runtimeupgrade.Device0S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Commit":
		return Device0S3Commit[C]{Commit{payload}, Device0S4[C]{s.turn.next()}}, nil
	case "Abort":
		return Device0S3Abort[C]{Abort{payload}, Device0End[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("runtimeupgrade.Device0S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Device0S4 is a state of Device[0], which here sends Activated of upgrade.Execution to Coordinator.
type Device0S4[C any] struct{ turn turn[C] }

// SendActivated sends Activated to Coordinator. It takes the capability upgrade:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s Device0S4[C]) SendActivated(ctx C, m Activated) (Device0End[C], error) {
	if err := s.turn.check("runtimeupgrade.Device0S4.SendActivated"); err != nil {
		return Device0End[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "Activated", m.Payload); err != nil {
		return Device0End[C]{}, &aura.Error{Op: "runtimeupgrade.Device0S4.SendActivated", Kind: aura.KindOf(err), Err: err}
	}
	return Device0End[C]{s.turn.next()}, nil
}

// Device0End is a state of Device[0], which here is done.
type Device0End[C any] struct{ turn turn[C] }

// StartDevice1 begins the part of Device[1]. The port must belong to a session of the protocol in that role.
func StartDevice1[C any](port machine.Port[C]) Device1S1[C] {
	return Device1S1[C]{turn[C]{run: &run[C]{port: port}}}
}

// Device1S1 is a state of Device[1], which here receives Propose of upgrade.Request from Coordinator.
type Device1S1[C any] struct{ turn turn[C] }

// ReceivePropose waits for Propose from Coordinator. After an error of the port the state may be used again.
func (s Device1S1[C]) ReceivePropose(ctx C) (Propose, Device1S2[C], error) {
	if err := s.turn.check("runtimeupgrade.Device1S1.ReceivePropose"); err != nil {
		return Propose{}, Device1S2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return Propose{}, Device1S2[C]{}, &aura.Error{Op: "runtimeupgrade.Device1S1.ReceivePropose", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Propose" {
		return Propose{}, Device1S2[C]{}, aura.Errorf("runtimeupgrade.Device1S1.ReceivePropose", aura.Corrupt, "message %q is not expected here", label)
	}
	return Propose{payload}, Device1S2[C]{s.turn.next()}, nil
}

// Device1S2 is a state of Device[1], which here sends Readiness of upgrade.Readiness to Coordinator.
type Device1S2[C any] struct{ turn turn[C] }

// SendReadiness sends Readiness to Coordinator. It takes the capability upgrade:answer and 2 units of flow. After an error of the port the state may be used again.
func (s Device1S2[C]) SendReadiness(ctx C, m Readiness) (Device1S3[C], error) {
	if err := s.turn.check("runtimeupgrade.Device1S2.SendReadiness"); err != nil {
		return Device1S3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "Readiness", m.Payload); err != nil {
		return Device1S3[C]{}, &aura.Error{Op: "runtimeupgrade.Device1S2.SendReadiness", Kind: aura.KindOf(err), Err: err}
	}
	return Device1S3[C]{s.turn.next()}, nil
}

// Device1S3 is a state of Device[1], which here receives Abort of upgrade.Refusal or Commit of upgrade.Cutover from Coordinator.
type Device1S3[C any] struct{ turn turn[C] }

// Device1S3Outcome is what Device[1] can receive in the state Device1S3: Device1S3Abort, Device1S3Commit.
type Device1S3Outcome[C any] interface{ isDevice1S3Outcome(C) }

// Device1S3Abort is the message Abort and the state after it.
type Device1S3Abort[C any] struct {
	Message Abort
	Next    Device1End[C]
}

func (Device1S3Abort[C]) isDevice1S3Outcome(C) {}

// Device1S3Commit is the message Commit and the state after it.
type Device1S3Commit[C any] struct {
	Message Commit
	Next    Device1S5[C]
}

func (Device1S3Commit[C]) isDevice1S3Outcome(C) {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Device1S3[C]) Receive(ctx C) (Device1S3Outcome[C], error) {
	if err := s.turn.check("runtimeupgrade.Device1S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "runtimeupgrade.Device1S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Abort":
		return Device1S3Abort[C]{Abort{payload}, Device1End[C]{s.turn.next()}}, nil
	case "Commit":
		return Device1S3Commit[C]{Commit{payload}, Device1S5[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("runtimeupgrade.Device1S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Device1End is a state of Device[1], which here is done.
type Device1End[C any] struct{ turn turn[C] }

// Device1S5 is a state of Device[1], which here sends Activated of upgrade.Execution to Coordinator.
type Device1S5[C any] struct{ turn turn[C] }

// SendActivated sends Activated to Coordinator. It takes the capability upgrade:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s Device1S5[C]) SendActivated(ctx C, m Activated) (Device1End[C], error) {
	if err := s.turn.check("runtimeupgrade.Device1S5.SendActivated"); err != nil {
		return Device1End[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "Activated", m.Payload); err != nil {
		return Device1End[C]{}, &aura.Error{Op: "runtimeupgrade.Device1S5.SendActivated", Kind: aura.KindOf(err), Err: err}
	}
	return Device1End[C]{s.turn.next()}, nil
}

// StartDevice2 begins the part of Device[2]. The port must belong to a session of the protocol in that role.
func StartDevice2[C any](port machine.Port[C]) Device2S1[C] {
	return Device2S1[C]{turn[C]{run: &run[C]{port: port}}}
}

// Device2S1 is a state of Device[2], which here receives Propose of upgrade.Request from Coordinator.
type Device2S1[C any] struct{ turn turn[C] }

// ReceivePropose waits for Propose from Coordinator. After an error of the port the state may be used again.
func (s Device2S1[C]) ReceivePropose(ctx C) (Propose, Device2S2[C], error) {
	if err := s.turn.check("runtimeupgrade.Device2S1.ReceivePropose"); err != nil {
		return Propose{}, Device2S2[C]{}, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return Propose{}, Device2S2[C]{}, &aura.Error{Op: "runtimeupgrade.Device2S1.ReceivePropose", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Propose" {
		return Propose{}, Device2S2[C]{}, aura.Errorf("runtimeupgrade.Device2S1.ReceivePropose", aura.Corrupt, "message %q is not expected here", label)
	}
	return Propose{payload}, Device2S2[C]{s.turn.next()}, nil
}

// Device2S2 is a state of Device[2], which here sends Readiness of upgrade.Readiness to Coordinator.
type Device2S2[C any] struct{ turn turn[C] }

// SendReadiness sends Readiness to Coordinator. It takes the capability upgrade:answer and 2 units of flow. After an error of the port the state may be used again.
func (s Device2S2[C]) SendReadiness(ctx C, m Readiness) (Device2S3[C], error) {
	if err := s.turn.check("runtimeupgrade.Device2S2.SendReadiness"); err != nil {
		return Device2S3[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "Readiness", m.Payload); err != nil {
		return Device2S3[C]{}, &aura.Error{Op: "runtimeupgrade.Device2S2.SendReadiness", Kind: aura.KindOf(err), Err: err}
	}
	return Device2S3[C]{s.turn.next()}, nil
}

// Device2S3 is a state of Device[2], which here receives Abort of upgrade.Refusal or Commit of upgrade.Cutover from Coordinator.
type Device2S3[C any] struct{ turn turn[C] }

// Device2S3Outcome is what Device[2] can receive in the state Device2S3: Device2S3Abort, Device2S3Commit.
type Device2S3Outcome[C any] interface{ isDevice2S3Outcome(C) }

// Device2S3Abort is the message Abort and the state after it.
type Device2S3Abort[C any] struct {
	Message Abort
	Next    Device2End[C]
}

func (Device2S3Abort[C]) isDevice2S3Outcome(C) {}

// Device2S3Commit is the message Commit and the state after it.
type Device2S3Commit[C any] struct {
	Message Commit
	Next    Device2S5[C]
}

func (Device2S3Commit[C]) isDevice2S3Outcome(C) {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Device2S3[C]) Receive(ctx C) (Device2S3Outcome[C], error) {
	if err := s.turn.check("runtimeupgrade.Device2S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive(ctx, "Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "runtimeupgrade.Device2S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Abort":
		return Device2S3Abort[C]{Abort{payload}, Device2End[C]{s.turn.next()}}, nil
	case "Commit":
		return Device2S3Commit[C]{Commit{payload}, Device2S5[C]{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("runtimeupgrade.Device2S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Device2End is a state of Device[2], which here is done.
type Device2End[C any] struct{ turn turn[C] }

// Device2S5 is a state of Device[2], which here sends Activated of upgrade.Execution to Coordinator.
type Device2S5[C any] struct{ turn turn[C] }

// SendActivated sends Activated to Coordinator. It takes the capability upgrade:answer and 1 unit of flow. After an error of the port the state may be used again.
func (s Device2S5[C]) SendActivated(ctx C, m Activated) (Device2End[C], error) {
	if err := s.turn.check("runtimeupgrade.Device2S5.SendActivated"); err != nil {
		return Device2End[C]{}, err
	}
	if err := s.turn.run.port.Send(ctx, "Coordinator", "Activated", m.Payload); err != nil {
		return Device2End[C]{}, &aura.Error{Op: "runtimeupgrade.Device2S5.SendActivated", Kind: aura.KindOf(err), Err: err}
	}
	return Device2End[C]{s.turn.next()}, nil
}
