package capability

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// The kinds of facts. All but [KindDelegated] live in the namespace of the authority that decides.
const (
	// Kinds is the pattern of all but [KindPolicy].
	Kinds = "capability.*"

	// KindToken carries [Token]: the capabilities of the authority itself, or of one of its devices.
	KindToken = "capability.token"
	// KindDelegated carries [Delegated], in a shared context: a token for one of its members.
	KindDelegated = "capability.delegated"
	// KindRevoked carries [Revoked]: blocks of tokens that no longer count.
	KindRevoked = "capability.revoked"
	// KindPolicy carries [Policy]: the limits of a context.
	KindPolicy = "context.policy"
)

// The intents.
const (
	// IntentDelegate carries [DelegateIntent].
	IntentDelegate = "capability.delegate"
	// IntentEquip carries [EquipIntent].
	IntentEquip = "capability.equip"
	// IntentRevoke carries [Revoked].
	IntentRevoke = "capability.revoke"
)

// The capabilities that the handlers of this package require.
const (
	CapDelegate = "capability:delegate"
	CapRevoke   = "capability:revoke"
)

// The bounds on payloads.
const (
	MaxToken   = 8 << 10 // bytes of an encoded token
	MaxBlocks  = 64      // blocks in one revocation
	MaxBlockID = 128     // bytes of a block's revocation identifier, which is a signature
	MaxNames   = 64      // capabilities in one grant
	MaxLength  = 366 * 24 * time.Hour
)

// Token is the payload of [KindToken].
type Token struct {
	Token []byte `cbor:"1,keyasint"` // encoded; its holder can attenuate it
}

// Delegated is the payload of [KindDelegated].
type Delegated struct {
	To    aura.AuthorityID `cbor:"1,keyasint"`
	Token []byte           `cbor:"2,keyasint"`
}

// Revoked is the payload of [KindRevoked] and of [IntentRevoke]. A revocation is final.
type Revoked struct {
	Blocks [][]byte `cbor:"1,keyasint"` // revocation identifiers; a token with one of these blocks is void
}

// Policy is the payload of [KindPolicy]. The last one of a context counts.
type Policy struct {
	Context aura.ContextID `cbor:"1,keyasint,omitzero"` // zero: every context without its own
	Limit   uint64         `cbor:"2,keyasint,omitempty"`
	Epoch   uint64         `cbor:"3,keyasint"` // length in milliseconds
	Leak    []LeakLimit    `cbor:"4,keyasint,omitempty"`
}

// LeakLimit is one leakage budget of a [Policy]. A class without one is undefined, which denies.
type LeakLimit struct {
	Observer fact.Observer `cbor:"1,keyasint"`
	Bits     uint64        `cbor:"2,keyasint,omitempty"`
}

// retention is how long it is known that a delegation arrived.
const retention = 30 * 24 * time.Hour

// checkAs builds a kind's check from where it belongs and the check of its payload.
func checkAs[P any](in func(*fact.Fact, any) error, valid func(*P) error) func(*fact.Fact) error {
	return func(f *fact.Fact) error {
		_, err := read(f, in, valid)
		return err
	}
}

func read[P any](f *fact.Fact, in func(*fact.Fact, any) error, valid func(*P) error) (*P, error) {
	p := new(P)
	if err := in(f, p); err != nil {
		return nil, err
	}
	return p, valid(p)
}

func (p *Token) check() error { return checkToken(p.Token) }

func (p *Delegated) check() error {
	if p.To.IsZero() {
		return aura.Errorf("capability.Delegated", aura.Invalid, "the token is handed to no authority")
	}
	return checkToken(p.Token)
}

func checkToken(token []byte) error {
	if len(token) == 0 || len(token) > MaxToken {
		return aura.Errorf("capability.Token", aura.Invalid, "token has %d bytes, between 1 and %d are possible", len(token), MaxToken)
	}
	return nil
}

func (p *Revoked) check() error {
	const op = "capability.Revoked"
	if len(p.Blocks) == 0 || len(p.Blocks) > MaxBlocks {
		return aura.Errorf(op, aura.Invalid, "revocation of %d blocks, between 1 and %d are possible", len(p.Blocks), MaxBlocks)
	}
	for _, id := range p.Blocks {
		if len(id) == 0 || len(id) > MaxBlockID {
			return aura.Errorf(op, aura.Invalid, "identifier of %d bytes, between 1 and %d are possible", len(id), MaxBlockID)
		}
	}
	return nil
}

func (p *Policy) check() error {
	const op = "capability.Policy"
	if p.Epoch == 0 || p.Epoch > uint64(MaxLength/time.Millisecond) {
		return aura.Errorf(op, aura.Invalid, "epoch has %d ms, between 1 ms and a year are possible", p.Epoch)
	}
	for i, l := range p.Leak {
		if l.Observer == 0 || l.Observer >= fact.Observers {
			return aura.Errorf(op, aura.Invalid, "leakage budget of observer class %d", l.Observer)
		}
		if i > 0 && p.Leak[i-1].Observer >= l.Observer {
			return aura.Errorf(op, aura.Invalid, "leakage budgets are not in ascending order")
		}
	}
	return nil
}
