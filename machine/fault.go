package machine

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// FaultCode says why a step was refused. The numbers are append-only.
type FaultCode uint8

// The faults. The codes are shared with other machines that run the same protocols; this one has no
// instruction that could raise some of them (speculation, channel, type, pc, progress, acquire, flow, close) and
// keeps their numbers all the same.
const (
	// FaultType: the machine found a role in a state that does not allow its next step.
	FaultType FaultCode = 1
	// FaultLabel: a message arrived that the state does not expect.
	FaultLabel FaultCode = 2
	// FaultChannel: the edge is not one of the session.
	FaultChannel FaultCode = 3
	// FaultVerification: a value failed its seal, its signature or its replay check.
	FaultVerification FaultCode = 4
	// FaultInvoke: the host failed or gave an answer that is not allowed.
	FaultInvoke FaultCode = 5
	// FaultAcquire: a guard layer was refused.
	FaultAcquire FaultCode = 6
	// FaultTransfer: an ownership transfer could not be committed.
	FaultTransfer FaultCode = 7
	// FaultSpeculation: speculation is not enabled.
	FaultSpeculation FaultCode = 8
	// FaultClose: a session could not be opened or closed.
	FaultClose FaultCode = 9
	// FaultFlow: a flow policy forbids the knowledge to reach its target.
	FaultFlow FaultCode = 10
	// FaultProgress: a progress token was needed and not held.
	FaultProgress FaultCode = 11
	// FaultOutput: an output condition rejected the step.
	FaultOutput FaultCode = 12
	// FaultRegister: a payload is of the wrong shape or too large for its slot.
	FaultRegister FaultCode = 13
	// FaultState: a role is in no state of its part.
	FaultState FaultCode = 14
	// FaultBuffer: an edge is full and its policy is to fail.
	FaultBuffer FaultCode = 15
	// FaultCredits: the cost budget of a role is used up.
	FaultCredits FaultCode = 16
)

var faultNames = [...]string{
	FaultType: "type", FaultLabel: "label", FaultChannel: "channel", FaultVerification: "verification",
	FaultInvoke: "invoke", FaultAcquire: "acquire", FaultTransfer: "transfer", FaultSpeculation: "speculation",
	FaultClose: "close", FaultFlow: "flow", FaultProgress: "progress", FaultOutput: "output_condition",
	FaultRegister: "register", FaultState: "pc", FaultBuffer: "buffer", FaultCredits: "credits",
}

// String returns the stable code, for example "machine.fault.type".
func (c FaultCode) String() string {
	if int(c) < len(faultNames) && faultNames[c] != "" {
		return "machine.fault." + faultNames[c]
	}
	return fmt.Sprintf("machine.fault.%d", uint8(c))
}

// kind is the error kind of a fault: for most, a caller can only start again.
func (c FaultCode) kind() aura.Kind {
	switch c {
	case FaultVerification:
		return aura.Corrupt
	case FaultOutput, FaultFlow, FaultAcquire:
		return aura.Denied
	case FaultBuffer, FaultCredits:
		return aura.Exhausted
	}
	return aura.Invalid
}

// Fault is a step that was refused. It changed nothing but the session, which ended by it. It is the cause
// inside the aura.Error that [Machine.Step] returns.
type Fault struct {
	Code    FaultCode
	Session SessionID
	Role    choreo.Role
	// Detail says more in fixed words; it holds no payload.
	Detail string
}

func (f *Fault) Error() string {
	return fmt.Sprintf("session %d: role %s: %s: %s", f.Session, f.Role, f.Code, f.Detail)
}

func (f *Fault) in(op aura.Op) error { return &aura.Error{Op: op, Kind: f.Code.kind(), Err: f} }
