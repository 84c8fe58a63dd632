package upgrade

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// The capabilities of the steps of the protocol: to propose a version, to say whether a device could change and that it has, to make
// all change.
const (
	CapPropose = "upgrade:propose"
	CapAnswer  = "upgrade:answer"
	CapCommit  = "upgrade:commit"
)

// The kinds of facts.
const (
	// KindRequested: a device was asked to change. The payload is a Requested.
	KindRequested = "upgrade.requested"
	// KindExecuted: sessions begin in the new version from here on. The payload is an Executed.
	KindExecuted = "upgrade.executed"
)

// Request names a change.
type Request struct {
	Protocol string `cbor:"1,keyasint,omitempty"`
	// From and To are versions: each is the digest of the protocol's image with the least sizes of its families.
	From [32]byte `cbor:"2,keyasint,omitzero"`
	To   [32]byte `cbor:"3,keyasint,omitzero"`
}

// Readiness says whether a device could change.
type Readiness struct {
	Ready  bool   `cbor:"1,keyasint,omitempty"`
	Reason string `cbor:"2,keyasint,omitempty"` // why not, at most 200 bytes
}

// Cutover tells the devices to change.
type Cutover struct {
	Request Request `cbor:"1,keyasint"`
}

// Execution says that a device has changed.
type Execution struct {
	Request Request `cbor:"1,keyasint"`
}

// Refusal says that no device changes.
type Refusal struct {
	Role   string `cbor:"1,keyasint,omitempty"` // of the first device that could not
	Reason string `cbor:"2,keyasint,omitempty"`
}

// Requested is the fact that a device was asked.
type Requested struct {
	Session aura.SessionID `cbor:"1,keyasint"`
	Request Request        `cbor:"2,keyasint"`
	Device  aura.DeviceID  `cbor:"3,keyasint,omitzero"`
}

// Executed is the fact that sessions of a protocol begin in another version from here on.
type Executed struct {
	Session aura.SessionID `cbor:"1,keyasint"`
	Request Request        `cbor:"2,keyasint"`
	// Device is the one that was told to change; zero: the own one has changed.
	Device aura.DeviceID `cbor:"3,keyasint,omitzero"`
}

// Ask returns the request for the fact that a device is asked.
func Ask(by domain.Caller, r Requested) (guard.Request, error) {
	d, err := by.Draft(KindRequested, r)
	return guard.Request{Entries: []fact.Draft{d}}, err
}

// Execute returns the request for the fact that sessions begin in the new version.
func Execute(by domain.Caller, e Executed) (guard.Request, error) {
	d, err := by.Draft(KindExecuted, e)
	return guard.Request{Entries: []fact.Draft{d}}, err
}

// Module returns the domain. Its facts stay with the authority.
func Module() domain.Module {
	return domain.Module{
		Name: "upgrade",
		Kinds: []fact.Kind{
			{Name: KindRequested, Columns: []fact.Column{{Name: "session", Key: 1}, {Name: "device", Key: 3}}, Check: checkRequested},
			{Name: KindExecuted, Columns: []fact.Column{{Name: "session", Key: 1}, {Name: "device", Key: 3}}, Check: checkExecuted},
		},
		Capabilities: domain.OwnerCapabilities(CapPropose, CapAnswer, CapCommit),
	}
}

func checkRequested(f *fact.Fact) error {
	var r Requested
	if err := fold.Own(f, &r); err != nil {
		return err
	}
	return r.Request.check()
}

func checkExecuted(f *fact.Fact) error {
	var e Executed
	if err := fold.Own(f, &e); err != nil {
		return err
	}
	return e.Request.check()
}

// maxProtocol is the most bytes of a protocol's identifier.
const maxProtocol = 200

func (r *Request) check() error {
	if r.Protocol == "" || len(r.Protocol) > maxProtocol || r.From == r.To {
		return aura.Errorf("upgrade.Request", aura.Invalid, "a change needs a protocol with a name of at most %d bytes, and two versions of it", maxProtocol)
	}
	return nil
}
