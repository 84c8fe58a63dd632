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

// CoordinatorS1 is a state of Coordinator, which here sends Propose of upgrade.Request to Device[0].
type CoordinatorS1 struct{ turn turn }

// SendPropose sends Propose to Device[0]. It takes the capability upgrade:propose and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS1) SendPropose(m Propose) (CoordinatorS2, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS1.SendPropose"); err != nil {
		return CoordinatorS2{}, err
	}
	if err := s.turn.run.port.Send("Device[0]", "Propose", m.Payload); err != nil {
		return CoordinatorS2{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS1.SendPropose", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS2{s.turn.next()}, nil
}

// CoordinatorS2 is a state of Coordinator, which here sends Propose of upgrade.Request to Device[1].
type CoordinatorS2 struct{ turn turn }

// SendPropose sends Propose to Device[1]. It takes the capability upgrade:propose and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS2) SendPropose(m Propose) (CoordinatorS3, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS2.SendPropose"); err != nil {
		return CoordinatorS3{}, err
	}
	if err := s.turn.run.port.Send("Device[1]", "Propose", m.Payload); err != nil {
		return CoordinatorS3{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS2.SendPropose", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS3{s.turn.next()}, nil
}

// CoordinatorS3 is a state of Coordinator, which here sends Propose of upgrade.Request to Device[2].
type CoordinatorS3 struct{ turn turn }

// SendPropose sends Propose to Device[2]. It takes the capability upgrade:propose and 4 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS3) SendPropose(m Propose) (CoordinatorS4, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS3.SendPropose"); err != nil {
		return CoordinatorS4{}, err
	}
	if err := s.turn.run.port.Send("Device[2]", "Propose", m.Payload); err != nil {
		return CoordinatorS4{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS3.SendPropose", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS4{s.turn.next()}, nil
}

// CoordinatorS4 is a state of Coordinator, which here receives Readiness of upgrade.Readiness from Device[0].
type CoordinatorS4 struct{ turn turn }

// ReceiveReadiness waits for Readiness from Device[0]. After an error of the port the state may be used again.
func (s CoordinatorS4) ReceiveReadiness() (Readiness, CoordinatorS5, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS4.ReceiveReadiness"); err != nil {
		return Readiness{}, CoordinatorS5{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Device[0]")
	if err != nil {
		return Readiness{}, CoordinatorS5{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS4.ReceiveReadiness", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Readiness" {
		return Readiness{}, CoordinatorS5{}, aura.Errorf("runtimeupgrade.CoordinatorS4.ReceiveReadiness", aura.Corrupt, "message %q is not expected here", label)
	}
	return Readiness{payload}, CoordinatorS5{s.turn.next()}, nil
}

// CoordinatorS5 is a state of Coordinator, which here receives Readiness of upgrade.Readiness from Device[1].
type CoordinatorS5 struct{ turn turn }

// ReceiveReadiness waits for Readiness from Device[1]. After an error of the port the state may be used again.
func (s CoordinatorS5) ReceiveReadiness() (Readiness, CoordinatorS6, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS5.ReceiveReadiness"); err != nil {
		return Readiness{}, CoordinatorS6{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Device[1]")
	if err != nil {
		return Readiness{}, CoordinatorS6{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS5.ReceiveReadiness", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Readiness" {
		return Readiness{}, CoordinatorS6{}, aura.Errorf("runtimeupgrade.CoordinatorS5.ReceiveReadiness", aura.Corrupt, "message %q is not expected here", label)
	}
	return Readiness{payload}, CoordinatorS6{s.turn.next()}, nil
}

// CoordinatorS6 is a state of Coordinator, which here receives Readiness of upgrade.Readiness from Device[2].
type CoordinatorS6 struct{ turn turn }

// ReceiveReadiness waits for Readiness from Device[2]. After an error of the port the state may be used again.
func (s CoordinatorS6) ReceiveReadiness() (Readiness, CoordinatorS7, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS6.ReceiveReadiness"); err != nil {
		return Readiness{}, CoordinatorS7{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Device[2]")
	if err != nil {
		return Readiness{}, CoordinatorS7{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS6.ReceiveReadiness", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Readiness" {
		return Readiness{}, CoordinatorS7{}, aura.Errorf("runtimeupgrade.CoordinatorS6.ReceiveReadiness", aura.Corrupt, "message %q is not expected here", label)
	}
	return Readiness{payload}, CoordinatorS7{s.turn.next()}, nil
}

// CoordinatorS7 is a state of Coordinator, which here sends Commit of upgrade.Cutover or Abort of upgrade.Refusal to Device[0].
type CoordinatorS7 struct{ turn turn }

// SendCommit sends Commit to Device[0]. It takes the capability upgrade:commit and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS7) SendCommit(m Commit) (CoordinatorS8, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS7.SendCommit"); err != nil {
		return CoordinatorS8{}, err
	}
	if err := s.turn.run.port.Send("Device[0]", "Commit", m.Payload); err != nil {
		return CoordinatorS8{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS7.SendCommit", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS8{s.turn.next()}, nil
}

// SendAbort sends Abort to Device[0]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS7) SendAbort(m Abort) (CoordinatorS14, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS7.SendAbort"); err != nil {
		return CoordinatorS14{}, err
	}
	if err := s.turn.run.port.Send("Device[0]", "Abort", m.Payload); err != nil {
		return CoordinatorS14{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS7.SendAbort", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS14{s.turn.next()}, nil
}

// CoordinatorS8 is a state of Coordinator, which here sends Commit of upgrade.Cutover to Device[1].
type CoordinatorS8 struct{ turn turn }

// SendCommit sends Commit to Device[1]. It takes the capability upgrade:commit and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS8) SendCommit(m Commit) (CoordinatorS9, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS8.SendCommit"); err != nil {
		return CoordinatorS9{}, err
	}
	if err := s.turn.run.port.Send("Device[1]", "Commit", m.Payload); err != nil {
		return CoordinatorS9{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS8.SendCommit", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS9{s.turn.next()}, nil
}

// CoordinatorS9 is a state of Coordinator, which here sends Commit of upgrade.Cutover to Device[2].
type CoordinatorS9 struct{ turn turn }

// SendCommit sends Commit to Device[2]. It takes the capability upgrade:commit and 2 units of flow. After an error of the port the state may be used again.
func (s CoordinatorS9) SendCommit(m Commit) (CoordinatorS10, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS9.SendCommit"); err != nil {
		return CoordinatorS10{}, err
	}
	if err := s.turn.run.port.Send("Device[2]", "Commit", m.Payload); err != nil {
		return CoordinatorS10{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS9.SendCommit", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS10{s.turn.next()}, nil
}

// CoordinatorS10 is a state of Coordinator, which here receives Activated of upgrade.Execution from Device[0].
type CoordinatorS10 struct{ turn turn }

// ReceiveActivated waits for Activated from Device[0]. After an error of the port the state may be used again.
func (s CoordinatorS10) ReceiveActivated() (Activated, CoordinatorS11, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS10.ReceiveActivated"); err != nil {
		return Activated{}, CoordinatorS11{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Device[0]")
	if err != nil {
		return Activated{}, CoordinatorS11{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS10.ReceiveActivated", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Activated" {
		return Activated{}, CoordinatorS11{}, aura.Errorf("runtimeupgrade.CoordinatorS10.ReceiveActivated", aura.Corrupt, "message %q is not expected here", label)
	}
	return Activated{payload}, CoordinatorS11{s.turn.next()}, nil
}

// CoordinatorS11 is a state of Coordinator, which here receives Activated of upgrade.Execution from Device[1].
type CoordinatorS11 struct{ turn turn }

// ReceiveActivated waits for Activated from Device[1]. After an error of the port the state may be used again.
func (s CoordinatorS11) ReceiveActivated() (Activated, CoordinatorS12, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS11.ReceiveActivated"); err != nil {
		return Activated{}, CoordinatorS12{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Device[1]")
	if err != nil {
		return Activated{}, CoordinatorS12{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS11.ReceiveActivated", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Activated" {
		return Activated{}, CoordinatorS12{}, aura.Errorf("runtimeupgrade.CoordinatorS11.ReceiveActivated", aura.Corrupt, "message %q is not expected here", label)
	}
	return Activated{payload}, CoordinatorS12{s.turn.next()}, nil
}

// CoordinatorS12 is a state of Coordinator, which here receives Activated of upgrade.Execution from Device[2].
type CoordinatorS12 struct{ turn turn }

// ReceiveActivated waits for Activated from Device[2]. After an error of the port the state may be used again.
func (s CoordinatorS12) ReceiveActivated() (Activated, CoordinatorEnd, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS12.ReceiveActivated"); err != nil {
		return Activated{}, CoordinatorEnd{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Device[2]")
	if err != nil {
		return Activated{}, CoordinatorEnd{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS12.ReceiveActivated", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Activated" {
		return Activated{}, CoordinatorEnd{}, aura.Errorf("runtimeupgrade.CoordinatorS12.ReceiveActivated", aura.Corrupt, "message %q is not expected here", label)
	}
	return Activated{payload}, CoordinatorEnd{s.turn.next()}, nil
}

// CoordinatorEnd is a state of Coordinator, which here is done.
type CoordinatorEnd struct{ turn turn }

// CoordinatorS14 is a state of Coordinator, which here sends Abort of upgrade.Refusal to Device[1].
type CoordinatorS14 struct{ turn turn }

// SendAbort sends Abort to Device[1]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS14) SendAbort(m Abort) (CoordinatorS15, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS14.SendAbort"); err != nil {
		return CoordinatorS15{}, err
	}
	if err := s.turn.run.port.Send("Device[1]", "Abort", m.Payload); err != nil {
		return CoordinatorS15{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS14.SendAbort", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorS15{s.turn.next()}, nil
}

// CoordinatorS15 is a state of Coordinator, which here sends Abort of upgrade.Refusal to Device[2].
type CoordinatorS15 struct{ turn turn }

// SendAbort sends Abort to Device[2]. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s CoordinatorS15) SendAbort(m Abort) (CoordinatorEnd, error) {
	if err := s.turn.check("runtimeupgrade.CoordinatorS15.SendAbort"); err != nil {
		return CoordinatorEnd{}, err
	}
	if err := s.turn.run.port.Send("Device[2]", "Abort", m.Payload); err != nil {
		return CoordinatorEnd{}, &aura.Error{Op: "runtimeupgrade.CoordinatorS15.SendAbort", Kind: aura.KindOf(err), Err: err}
	}
	return CoordinatorEnd{s.turn.next()}, nil
}

// StartDevice0 begins the part of Device[0]. The port must belong to a session of the protocol in that role.
func StartDevice0(port machine.Port) Device0S1 {
	return Device0S1{turn{run: &run{port: port}}}
}

// Device0S1 is a state of Device[0], which here receives Propose of upgrade.Request from Coordinator.
type Device0S1 struct{ turn turn }

// ReceivePropose waits for Propose from Coordinator. After an error of the port the state may be used again.
func (s Device0S1) ReceivePropose() (Propose, Device0S2, error) {
	if err := s.turn.check("runtimeupgrade.Device0S1.ReceivePropose"); err != nil {
		return Propose{}, Device0S2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return Propose{}, Device0S2{}, &aura.Error{Op: "runtimeupgrade.Device0S1.ReceivePropose", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Propose" {
		return Propose{}, Device0S2{}, aura.Errorf("runtimeupgrade.Device0S1.ReceivePropose", aura.Corrupt, "message %q is not expected here", label)
	}
	return Propose{payload}, Device0S2{s.turn.next()}, nil
}

// Device0S2 is a state of Device[0], which here sends Readiness of upgrade.Readiness to Coordinator.
type Device0S2 struct{ turn turn }

// SendReadiness sends Readiness to Coordinator. It takes the capability upgrade:answer and 2 units of flow. After an error of the port the state may be used again.
func (s Device0S2) SendReadiness(m Readiness) (Device0S3, error) {
	if err := s.turn.check("runtimeupgrade.Device0S2.SendReadiness"); err != nil {
		return Device0S3{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "Readiness", m.Payload); err != nil {
		return Device0S3{}, &aura.Error{Op: "runtimeupgrade.Device0S2.SendReadiness", Kind: aura.KindOf(err), Err: err}
	}
	return Device0S3{s.turn.next()}, nil
}

// Device0S3 is a state of Device[0], which here receives Commit of upgrade.Cutover or Abort of upgrade.Refusal from Coordinator.
type Device0S3 struct{ turn turn }

// Device0S3Outcome is what Device[0] can receive in the state Device0S3: Device0S3Commit, Device0S3Abort.
type Device0S3Outcome interface{ isDevice0S3Outcome() }

// Device0S3Commit is the message Commit and the state after it.
type Device0S3Commit struct {
	Message Commit
	Next    Device0S4
}

func (Device0S3Commit) isDevice0S3Outcome() {}

// Device0S3Abort is the message Abort and the state after it.
type Device0S3Abort struct {
	Message Abort
	Next    Device0End
}

func (Device0S3Abort) isDevice0S3Outcome() {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Device0S3) Receive() (Device0S3Outcome, error) {
	if err := s.turn.check("runtimeupgrade.Device0S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "runtimeupgrade.Device0S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Commit":
		return Device0S3Commit{Commit{payload}, Device0S4{s.turn.next()}}, nil
	case "Abort":
		return Device0S3Abort{Abort{payload}, Device0End{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("runtimeupgrade.Device0S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Device0S4 is a state of Device[0], which here sends Activated of upgrade.Execution to Coordinator.
type Device0S4 struct{ turn turn }

// SendActivated sends Activated to Coordinator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s Device0S4) SendActivated(m Activated) (Device0End, error) {
	if err := s.turn.check("runtimeupgrade.Device0S4.SendActivated"); err != nil {
		return Device0End{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "Activated", m.Payload); err != nil {
		return Device0End{}, &aura.Error{Op: "runtimeupgrade.Device0S4.SendActivated", Kind: aura.KindOf(err), Err: err}
	}
	return Device0End{s.turn.next()}, nil
}

// Device0End is a state of Device[0], which here is done.
type Device0End struct{ turn turn }

// StartDevice1 begins the part of Device[1]. The port must belong to a session of the protocol in that role.
func StartDevice1(port machine.Port) Device1S1 {
	return Device1S1{turn{run: &run{port: port}}}
}

// Device1S1 is a state of Device[1], which here receives Propose of upgrade.Request from Coordinator.
type Device1S1 struct{ turn turn }

// ReceivePropose waits for Propose from Coordinator. After an error of the port the state may be used again.
func (s Device1S1) ReceivePropose() (Propose, Device1S2, error) {
	if err := s.turn.check("runtimeupgrade.Device1S1.ReceivePropose"); err != nil {
		return Propose{}, Device1S2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return Propose{}, Device1S2{}, &aura.Error{Op: "runtimeupgrade.Device1S1.ReceivePropose", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Propose" {
		return Propose{}, Device1S2{}, aura.Errorf("runtimeupgrade.Device1S1.ReceivePropose", aura.Corrupt, "message %q is not expected here", label)
	}
	return Propose{payload}, Device1S2{s.turn.next()}, nil
}

// Device1S2 is a state of Device[1], which here sends Readiness of upgrade.Readiness to Coordinator.
type Device1S2 struct{ turn turn }

// SendReadiness sends Readiness to Coordinator. It takes the capability upgrade:answer and 2 units of flow. After an error of the port the state may be used again.
func (s Device1S2) SendReadiness(m Readiness) (Device1S3, error) {
	if err := s.turn.check("runtimeupgrade.Device1S2.SendReadiness"); err != nil {
		return Device1S3{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "Readiness", m.Payload); err != nil {
		return Device1S3{}, &aura.Error{Op: "runtimeupgrade.Device1S2.SendReadiness", Kind: aura.KindOf(err), Err: err}
	}
	return Device1S3{s.turn.next()}, nil
}

// Device1S3 is a state of Device[1], which here receives Abort of upgrade.Refusal or Commit of upgrade.Cutover from Coordinator.
type Device1S3 struct{ turn turn }

// Device1S3Outcome is what Device[1] can receive in the state Device1S3: Device1S3Abort, Device1S3Commit.
type Device1S3Outcome interface{ isDevice1S3Outcome() }

// Device1S3Abort is the message Abort and the state after it.
type Device1S3Abort struct {
	Message Abort
	Next    Device1End
}

func (Device1S3Abort) isDevice1S3Outcome() {}

// Device1S3Commit is the message Commit and the state after it.
type Device1S3Commit struct {
	Message Commit
	Next    Device1S5
}

func (Device1S3Commit) isDevice1S3Outcome() {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Device1S3) Receive() (Device1S3Outcome, error) {
	if err := s.turn.check("runtimeupgrade.Device1S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "runtimeupgrade.Device1S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Abort":
		return Device1S3Abort{Abort{payload}, Device1End{s.turn.next()}}, nil
	case "Commit":
		return Device1S3Commit{Commit{payload}, Device1S5{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("runtimeupgrade.Device1S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Device1End is a state of Device[1], which here is done.
type Device1End struct{ turn turn }

// Device1S5 is a state of Device[1], which here sends Activated of upgrade.Execution to Coordinator.
type Device1S5 struct{ turn turn }

// SendActivated sends Activated to Coordinator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s Device1S5) SendActivated(m Activated) (Device1End, error) {
	if err := s.turn.check("runtimeupgrade.Device1S5.SendActivated"); err != nil {
		return Device1End{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "Activated", m.Payload); err != nil {
		return Device1End{}, &aura.Error{Op: "runtimeupgrade.Device1S5.SendActivated", Kind: aura.KindOf(err), Err: err}
	}
	return Device1End{s.turn.next()}, nil
}

// StartDevice2 begins the part of Device[2]. The port must belong to a session of the protocol in that role.
func StartDevice2(port machine.Port) Device2S1 {
	return Device2S1{turn{run: &run{port: port}}}
}

// Device2S1 is a state of Device[2], which here receives Propose of upgrade.Request from Coordinator.
type Device2S1 struct{ turn turn }

// ReceivePropose waits for Propose from Coordinator. After an error of the port the state may be used again.
func (s Device2S1) ReceivePropose() (Propose, Device2S2, error) {
	if err := s.turn.check("runtimeupgrade.Device2S1.ReceivePropose"); err != nil {
		return Propose{}, Device2S2{}, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return Propose{}, Device2S2{}, &aura.Error{Op: "runtimeupgrade.Device2S1.ReceivePropose", Kind: aura.KindOf(err), Err: err}
	}
	if label != "Propose" {
		return Propose{}, Device2S2{}, aura.Errorf("runtimeupgrade.Device2S1.ReceivePropose", aura.Corrupt, "message %q is not expected here", label)
	}
	return Propose{payload}, Device2S2{s.turn.next()}, nil
}

// Device2S2 is a state of Device[2], which here sends Readiness of upgrade.Readiness to Coordinator.
type Device2S2 struct{ turn turn }

// SendReadiness sends Readiness to Coordinator. It takes the capability upgrade:answer and 2 units of flow. After an error of the port the state may be used again.
func (s Device2S2) SendReadiness(m Readiness) (Device2S3, error) {
	if err := s.turn.check("runtimeupgrade.Device2S2.SendReadiness"); err != nil {
		return Device2S3{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "Readiness", m.Payload); err != nil {
		return Device2S3{}, &aura.Error{Op: "runtimeupgrade.Device2S2.SendReadiness", Kind: aura.KindOf(err), Err: err}
	}
	return Device2S3{s.turn.next()}, nil
}

// Device2S3 is a state of Device[2], which here receives Abort of upgrade.Refusal or Commit of upgrade.Cutover from Coordinator.
type Device2S3 struct{ turn turn }

// Device2S3Outcome is what Device[2] can receive in the state Device2S3: Device2S3Abort, Device2S3Commit.
type Device2S3Outcome interface{ isDevice2S3Outcome() }

// Device2S3Abort is the message Abort and the state after it.
type Device2S3Abort struct {
	Message Abort
	Next    Device2End
}

func (Device2S3Abort) isDevice2S3Outcome() {}

// Device2S3Commit is the message Commit and the state after it.
type Device2S3Commit struct {
	Message Commit
	Next    Device2S5
}

func (Device2S3Commit) isDevice2S3Outcome() {}

// Receive waits for the choice of Coordinator. After an error of the port the state may be used again.
func (s Device2S3) Receive() (Device2S3Outcome, error) {
	if err := s.turn.check("runtimeupgrade.Device2S3.Receive"); err != nil {
		return nil, err
	}
	label, payload, err := s.turn.run.port.Receive("Coordinator")
	if err != nil {
		return nil, &aura.Error{Op: "runtimeupgrade.Device2S3.Receive", Kind: aura.KindOf(err), Err: err}
	}
	switch label {
	case "Abort":
		return Device2S3Abort{Abort{payload}, Device2End{s.turn.next()}}, nil
	case "Commit":
		return Device2S3Commit{Commit{payload}, Device2S5{s.turn.next()}}, nil
	}
	return nil, aura.Errorf("runtimeupgrade.Device2S3.Receive", aura.Corrupt, "message %q is not expected here", label)
}

// Device2End is a state of Device[2], which here is done.
type Device2End struct{ turn turn }

// Device2S5 is a state of Device[2], which here sends Activated of upgrade.Execution to Coordinator.
type Device2S5 struct{ turn turn }

// SendActivated sends Activated to Coordinator. It takes 1 unit of flow. After an error of the port the state may be used again.
func (s Device2S5) SendActivated(m Activated) (Device2End, error) {
	if err := s.turn.check("runtimeupgrade.Device2S5.SendActivated"); err != nil {
		return Device2End{}, err
	}
	if err := s.turn.run.port.Send("Coordinator", "Activated", m.Payload); err != nil {
		return Device2End{}, &aura.Error{Op: "runtimeupgrade.Device2S5.SendActivated", Kind: aura.KindOf(err), Err: err}
	}
	return Device2End{s.turn.next()}, nil
}
