package session

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/domain/upgrade"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// The capabilities of the steps of the protocol Delegation: to give a session to another device, and to take one.
const (
	CapDelegate = "session:delegate"
	CapTake     = "session:take"
)

// IntentMove gives a session to another device of the account. The payload is a [MoveIntent].
const IntentMove = "session.move"

// MoveIntent asks for a delegation.
type MoveIntent struct {
	Session aura.SessionID `cbor:"1,keyasint,omitzero"`
	To      aura.DeviceID  `cbor:"2,keyasint,omitzero"`
	// Fragments are those to which the scope narrows: none unless Extent says so.
	Fragments []string `cbor:"4,keyasint,omitempty"`
	// Upgrade is a change of a protocol's version that both devices make with it; nil: none.
	Upgrade *upgrade.Request `cbor:"5,keyasint,omitempty"`
	// Extent must be stated: a request that leaves it out is refused.
	Extent Extent `cbor:"6,keyasint,omitempty"`
}

// Extent is how much of its owner's scope goes with a session. The numbers cross the wire: append only.
type Extent uint8

// The extents.
const (
	ExtentIntact     Extent = 1 // all that the owner has
	ExtentAttenuated Extent = 2 // fewer fragments
)

func (e Extent) String() string {
	switch e {
	case ExtentIntact:
		return "intact"
	case ExtentAttenuated:
		return "attenuated"
	}
	return "not stated"
}

// Delegations returns the domain of sessions that go from one device of an account to another one. A service of the runtime carries its operation
// out, in a session of the two devices. Its facts stay with the authority.
func Delegations() domain.Module {
	return domain.Module{
		Name: "delegation",
		Kinds: []fact.Kind{
			{Name: KindDelegated, Columns: []fact.Column{{Name: "session", Key: 1}, {Name: "protocol", Key: 2}}, Check: checkDelegated},
			{Name: KindTaken, Columns: []fact.Column{{Name: "session", Key: 1}, {Name: "ceremony", Key: 2}}, Check: checkTaken},
		},
		Capabilities: domain.OwnerCapabilities(CapDelegate, CapTake),
		Operations:   []domain.Operation{{Name: IntentMove, Category: domain.CategoryCeremony, Protocol: "delegation", Leaves: KindDelegated}},
	}
}

// The kinds of facts of a delegation.
const (
	// KindDelegated: this device gave a session to another one. The payload is a Delegated.
	KindDelegated = "session.delegated"
	// KindTaken: this device took a session that another one had given to it. The payload is a Taken.
	KindTaken = "session.taken"
)

// MaxRecording is the most bytes of a recording that goes to another device, and MaxPiece those of one message of it.
const (
	MaxRecording = 4 << 20
	MaxPiece     = 32 << 10
)

// Rule is the part of a protocol's manifest by which a role may go to another device.
type Rule struct {
	// Bundle is the bundle that the role's part belongs to; empty: the protocol links none, and is one fragment.
	Bundle string `cbor:"1,keyasint,omitempty"`
	// FromRole and ToRole are those of the manifest's constraint; empty: the manifest constrains no delegation.
	FromRole string `cbor:"2,keyasint,omitempty"`
	ToRole   string `cbor:"3,keyasint,omitempty"`
}

// Offer asks a device to take a session. It names the five parts that move together: the owner's record, its capability, the fragments, the
// footprint and the witness.
type Offer struct {
	Session  aura.SessionID `cbor:"1,keyasint,omitzero"`
	Protocol string         `cbor:"2,keyasint,omitempty"`
	Version  [32]byte       `cbor:"3,keyasint,omitzero"` // the digest of the image with the session's sizes
	Sizes    []Size         `cbor:"4,keyasint,omitempty"`
	Role     string         `cbor:"5,keyasint,omitempty"`
	Rule     Rule           `cbor:"6,keyasint"`
	// Attenuated says that the scope narrows; otherwise it moves intact.
	Attenuated bool `cbor:"7,keyasint,omitempty"`
	// Fragments are those that the owner's capability reaches afterwards, and what it owns. Nil: the whole session.
	Fragments []string `cbor:"8,keyasint,omitempty"`
	// From and To are the generations of the owner's record before and after.
	From uint64 `cbor:"9,keyasint,omitempty"`
	To   uint64 `cbor:"10,keyasint,omitempty"`
	// Bytes and Digest are those of the recording, which is the footprint: SHA-256 over all pieces.
	Bytes  uint64   `cbor:"11,keyasint,omitempty"`
	Digest [32]byte `cbor:"12,keyasint,omitzero"`
	// Moves are the witnesses of the role, the oldest first. The last one is that of this delegation, and signed as an offer.
	Moves []Move `cbor:"13,keyasint,omitempty"`
	// Piece is the recording, or its first MaxPiece bytes.
	Piece []byte `cbor:"14,keyasint,omitempty"`
	// Upgrade is a change of a protocol's version that both devices make together with the delegation; nil: none.
	Upgrade *upgrade.Request `cbor:"15,keyasint,omitempty"`
}

// Stays reports whether the sessions of a protocol belong to the device that plays in them: one that moves another session, and one that
// changes a version there.
func Stays(protocol string) bool {
	return protocol == "aura.session.delegation" || protocol == "aura.upgrade.runtime"
}

// Check returns aura.Invalid for an offer that contradicts itself, and aura.Denied for a session that stays where it is.
func (o *Offer) Check() error {
	const op = "session.Offer"
	switch {
	case o.Bytes == 0 || o.Bytes > MaxRecording || uint64(len(o.Piece)) != min(o.Bytes, MaxPiece):
		return aura.Errorf(op, aura.Invalid, "a recording of %d bytes, of which %d come first", o.Bytes, len(o.Piece))
	case len(o.Moves) == 0 || len(o.Moves) > MaxMoves:
		return aura.Errorf(op, aura.Invalid, "%d witnesses: there are 1 to %d", len(o.Moves), MaxMoves)
	case Stays(o.Protocol):
		return aura.Errorf(op, aura.Denied, "a session of protocol %s belongs to its device and stays there", o.Protocol)
	case len(o.Fragments) == 0 && o.Attenuated || len(o.Fragments) > MaxParts || len(o.Sizes) > MaxParts:
		return aura.Errorf(op, aura.Invalid, "%d fragments: there are %d at most, and at least one when the scope narrows", len(o.Fragments), MaxParts)
	}
	return checkNames(append([]string{o.Protocol, o.Role, o.Rule.Bundle, o.Rule.FromRole, o.Rule.ToRole}, o.Fragments...)...)
}

// Piece is the next part of a recording.
type Piece struct {
	Bytes []byte `cbor:"1,keyasint,omitempty"` // MaxPiece, and of the last one fewer
}

// Readiness says that a device has taken a session in, which does not act there.
type Readiness struct {
	Digest [32]byte `cbor:"1,keyasint,omitzero"` // of the recording
	// Signature is Ed25519, by the device, over [Readiness.SigningBytes].
	Signature [64]byte `cbor:"2,keyasint,omitzero"`
}

// SigningBytes returns what a device signs that is ready to take a session: a domain label, the last witness and the recording's digest.
func (r *Readiness) SigningBytes(m *Move) []byte {
	b := append([]byte("aura session readiness 1\x00"), m.Signature[:]...)
	return append(b, r.Digest[:]...)
}

// Delegated is the fact that a session was given to another device, and the message that says so to that device. It proves that the
// source owns the session no more.
type Delegated struct {
	Session  aura.SessionID `cbor:"1,keyasint,omitzero"`
	Protocol string         `cbor:"2,keyasint,omitempty"`
	Role     string         `cbor:"3,keyasint,omitempty"`
	Move     Move           `cbor:"4,keyasint"` // the last of the offer, signed as a witness
	// Ready is the target's signature that it had the recording.
	Ready      Readiness        `cbor:"5,keyasint"`
	Rule       Rule             `cbor:"6,keyasint"`
	Attenuated bool             `cbor:"7,keyasint,omitempty"`
	Fragments  []string         `cbor:"8,keyasint,omitempty"`
	Upgrade    *upgrade.Request `cbor:"9,keyasint,omitempty"`
}

// Taken is the fact that this device acts on a session from here on.
type Taken struct {
	Session  aura.SessionID `cbor:"1,keyasint,omitzero"`
	Ceremony aura.SessionID `cbor:"2,keyasint,omitzero"` // that gave it
	Move     Move           `cbor:"3,keyasint"`
}

// Delegate returns the request for the fact that a session goes to another device.
func Delegate(by domain.Caller, d *Delegated) (guard.Request, error) {
	f, err := by.Draft(KindDelegated, d)
	return guard.Request{Entries: []fact.Draft{f}}, err
}

// Take returns the request for the fact that this device took a session.
func Take(by domain.Caller, t *Taken) (guard.Request, error) {
	f, err := by.Draft(KindTaken, t)
	return guard.Request{Entries: []fact.Draft{f}}, err
}

func checkDelegated(f *fact.Fact) error {
	var d Delegated
	if err := fold.Own(f, &d); err != nil {
		return err
	}
	if err := checkMove(f, &d.Move, d.Move.From); err != nil {
		return err
	}
	return checkNames(append([]string{d.Protocol, d.Role}, d.Fragments...)...)
}

func checkTaken(f *fact.Fact) error {
	var t Taken
	if err := fold.Own(f, &t); err != nil {
		return err
	}
	return checkMove(f, &t.Move, t.Move.To)
}

// checkMove returns aura.Invalid unless the fact of a move is by the device whose step it is.
func checkMove(f *fact.Fact, m *Move, by aura.DeviceID) error {
	if f.Device != by || m.From == m.To || m.Generation == 0 || m.Generation > MaxMoves {
		return aura.Errorf("session.Check", aura.Invalid, "%s is not of its device's own move", f.Kind)
	}
	return nil
}
