package aura

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
)

// Identifiers are 32 bytes. Each has one text form: a typed prefix, an underscore and lower-case
// base32 (RFC 4648, no padding), so that a reader and a parser can both tell them apart.
type (
	// AuthorityID names a person, a device group or a shared context: the SHA-256 of its root public key.
	AuthorityID [32]byte
	// DeviceID names one device: the SHA-256 of its signing public key.
	DeviceID [32]byte
	// ContextID names a shared context: a contact pair or a group.
	ContextID [32]byte
	// ChannelID names a conversation inside a context.
	ChannelID [32]byte
	// SessionID names one execution of a choreography.
	SessionID [32]byte
	// FactID is the SHA-256 of a fact's canonical encoding, without its proof.
	FactID [32]byte
	// OperationID names one action of a user, from submission to its terminal phase.
	OperationID [32]byte
)

// Epoch counts the budget periods of a context. Spending resets when it turns.
type Epoch uint64

// FlowCost is an amount of flow budget, in units.
type FlowCost uint32

// Nonce makes a receipt unique. It is never secret.
type Nonce [16]byte

const (
	prefixAuthority = "auth"
	prefixDevice    = "dev"
	prefixContext   = "ctx"
	prefixChannel   = "chan"
	prefixSession   = "sess"
	prefixFact      = "fact"
	prefixOperation = "op"
)

func (id AuthorityID) String() string { return formatID(prefixAuthority, id) }
func (id DeviceID) String() string    { return formatID(prefixDevice, id) }
func (id ContextID) String() string   { return formatID(prefixContext, id) }
func (id ChannelID) String() string   { return formatID(prefixChannel, id) }
func (id SessionID) String() string   { return formatID(prefixSession, id) }
func (id FactID) String() string      { return formatID(prefixFact, id) }
func (id OperationID) String() string { return formatID(prefixOperation, id) }

// IsZero reports whether the identifier is the zero value, which names nothing.
func (id AuthorityID) IsZero() bool { return id == AuthorityID{} }

// IsZero reports whether the identifier is the zero value, which names nothing.
func (id DeviceID) IsZero() bool { return id == DeviceID{} }

// IsZero reports whether the identifier is the zero value, which names nothing.
func (id ContextID) IsZero() bool { return id == ContextID{} }

// IsZero reports whether the identifier is the zero value, which names nothing.
func (id FactID) IsZero() bool { return id == FactID{} }

// IsZero reports whether the identifier is the zero value, which names nothing.
func (id OperationID) IsZero() bool { return id == OperationID{} }

// Compare orders identifiers by their bytes, for sorting.
func (id AuthorityID) Compare(o AuthorityID) int { return bytes.Compare(id[:], o[:]) }

// Compare orders identifiers by their bytes, for sorting.
func (id DeviceID) Compare(o DeviceID) int { return bytes.Compare(id[:], o[:]) }

// Compare orders identifiers by their bytes, for sorting.
func (id ContextID) Compare(o ContextID) int { return bytes.Compare(id[:], o[:]) }

// Compare orders identifiers by their bytes, for sorting.
func (id FactID) Compare(o FactID) int { return bytes.Compare(id[:], o[:]) }

// Compare orders identifiers by their bytes, for sorting.
func (id OperationID) Compare(o OperationID) int { return bytes.Compare(id[:], o[:]) }

// ParseAuthorityID reads the text form. It returns [Invalid] for anything else.
func ParseAuthorityID(s string) (AuthorityID, error) { return parseID(prefixAuthority, s) }

// ParseDeviceID reads the text form. It returns [Invalid] for anything else.
func ParseDeviceID(s string) (DeviceID, error) { return parseID(prefixDevice, s) }

// ParseContextID reads the text form. It returns [Invalid] for anything else.
func ParseContextID(s string) (ContextID, error) { return parseID(prefixContext, s) }

// ParseFactID reads the text form. It returns [Invalid] for anything else.
func ParseFactID(s string) (FactID, error) { return parseID(prefixFact, s) }

// ParseOperationID reads the text form. It returns [Invalid] for anything else.
func ParseOperationID(s string) (OperationID, error) { return parseID(prefixOperation, s) }

// ParseSessionID reads the text form. It returns [Invalid] for anything else.
func ParseSessionID(s string) (SessionID, error) { return parseID(prefixSession, s) }

// ParseChannelID reads the text form. It returns [Invalid] for anything else.
func ParseChannelID(s string) (ChannelID, error) { return parseID(prefixChannel, s) }

// MarshalText implements [encoding.TextMarshaler] with the text form.
func (id AuthorityID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText implements [encoding.TextMarshaler] with the text form.
func (id DeviceID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText implements [encoding.TextMarshaler] with the text form.
func (id ContextID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText implements [encoding.TextMarshaler] with the text form.
func (id ChannelID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText implements [encoding.TextMarshaler] with the text form.
func (id SessionID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText implements [encoding.TextMarshaler] with the text form.
func (id FactID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// MarshalText implements [encoding.TextMarshaler] with the text form.
func (id OperationID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *AuthorityID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseAuthorityID(string(b))
	return err
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *DeviceID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseDeviceID(string(b))
	return err
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *ContextID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseContextID(string(b))
	return err
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *ChannelID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseChannelID(string(b))
	return err
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *SessionID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseSessionID(string(b))
	return err
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *FactID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseFactID(string(b))
	return err
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *OperationID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseOperationID(string(b))
	return err
}

// AuthorityOf returns the identifier of the authority whose root public key is given (Ed25519, 32 bytes).
func AuthorityOf(rootPublicKey []byte) AuthorityID { return sha256.Sum256(rootPublicKey) }

// DeviceOf returns the identifier of the device whose signing public key is given (Ed25519, 32 bytes).
func DeviceOf(signingPublicKey []byte) DeviceID { return sha256.Sum256(signingPublicKey) }

// Short returns the first characters of an identifier's text form after its prefix, for a person's eye.
// It is not unique and is never parsed.
func Short(id fmt.Stringer) string {
	s := id.String()
	if i := bytes.IndexByte([]byte(s), '_'); i >= 0 && len(s) >= i+9 {
		return s[i+1 : i+9]
	}
	return s
}

const alphabet = "abcdefghijklmnopqrstuvwxyz234567"

func formatID(prefix string, id [32]byte) string {
	return prefix + "_" + base32.NewEncoding(alphabet).WithPadding(base32.NoPadding).EncodeToString(id[:])
}

func parseID(prefix, s string) (id [32]byte, err error) {
	const op = "aura.parseID"
	if len(s) <= len(prefix) || s[:len(prefix)] != prefix || s[len(prefix)] != '_' {
		return id, Errorf(op, Invalid, "identifier does not start with %q", prefix+"_")
	}
	enc := base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)
	b, err := enc.DecodeString(s[len(prefix)+1:])
	if err != nil || len(b) != len(id) {
		return id, Errorf(op, Invalid, "identifier %s… is not 32 bytes of base32", prefix)
	}
	copy(id[:], b)
	// The last character carries spare bits: only one spelling of them is the identifier.
	if enc.EncodeToString(b) != s[len(prefix)+1:] {
		return [32]byte{}, Errorf(op, Invalid, "identifier %s… is not in canonical form", prefix)
	}
	return id, nil
}
