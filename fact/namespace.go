package fact

import (
	"bytes"
	"strings"

	"github.com/aura-runtime/aura"
)

// Space says whose namespace it is. The numbers are on disk and on the wire: append only.
type Space uint8

// The spaces.
const (
	// SpaceAuthority is an authority's own namespace, synced between its devices only.
	SpaceAuthority Space = 1
	// SpaceContext is the namespace that the members of a context share.
	SpaceContext Space = 2
)

// String returns the prefix of the space in a namespace's text form.
func (s Space) String() string {
	switch s {
	case SpaceAuthority:
		return "own"
	case SpaceContext:
		return "ctx"
	}
	return "none"
}

// Namespace says where a fact lives: with one authority or in one shared context. It is comparable;
// the zero value names nothing.
type Namespace struct {
	Space Space    `cbor:"1,keyasint,omitempty"`
	ID    [32]byte `cbor:"2,keyasint,omitzero"`
}

// OwnNamespace returns the namespace that belongs to authority alone.
func OwnNamespace(authority aura.AuthorityID) Namespace {
	return Namespace{Space: SpaceAuthority, ID: authority}
}

// ContextNamespace returns the namespace that the members of context share.
func ContextNamespace(context aura.ContextID) Namespace {
	return Namespace{Space: SpaceContext, ID: context}
}

// IsZero reports whether the namespace names nothing.
func (n Namespace) IsZero() bool { return n == Namespace{} }

// Valid reports whether the namespace has a known space and a non-zero identifier.
func (n Namespace) Valid() bool {
	return (n.Space == SpaceAuthority || n.Space == SpaceContext) && n.ID != [32]byte{}
}

// Context returns the context of a shared namespace, and false for an authority's own.
func (n Namespace) Context() (aura.ContextID, bool) {
	return aura.ContextID(n.ID), n.Space == SpaceContext
}

// Authority returns the owner of an authority's own namespace, and false for a shared one.
func (n Namespace) Authority() (aura.AuthorityID, bool) {
	return aura.AuthorityID(n.ID), n.Space == SpaceAuthority
}

// Compare orders namespaces by space, then by identifier, for sorting.
func (n Namespace) Compare(o Namespace) int {
	if n.Space != o.Space {
		return int(n.Space) - int(o.Space)
	}
	return bytes.Compare(n.ID[:], o.ID[:])
}

// String returns the text form: "own:auth_…" or "ctx:ctx_…", and "none" for anything else.
func (n Namespace) String() string {
	switch n.Space {
	case SpaceAuthority:
		return SpaceAuthority.String() + ":" + aura.AuthorityID(n.ID).String()
	case SpaceContext:
		return SpaceContext.String() + ":" + aura.ContextID(n.ID).String()
	}
	return n.Space.String()
}

// ParseNamespace reads the text form of a valid namespace. It returns aura.Invalid for anything else.
func ParseNamespace(s string) (Namespace, error) {
	const op = "fact.ParseNamespace"
	space, id, _ := strings.Cut(s, ":")
	var n Namespace
	switch space {
	case SpaceAuthority.String():
		a, err := aura.ParseAuthorityID(id)
		if err != nil {
			return n, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
		}
		n = OwnNamespace(a)
	case SpaceContext.String():
		c, err := aura.ParseContextID(id)
		if err != nil {
			return n, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
		}
		n = ContextNamespace(c)
	}
	if !n.Valid() {
		return Namespace{}, aura.Errorf(op, aura.Invalid, `namespace does not start with "own:auth_" or "ctx:ctx_"`)
	}
	return n, nil
}

// MarshalText implements [encoding.TextMarshaler] with the text form.
func (n Namespace) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (n *Namespace) UnmarshalText(b []byte) (err error) {
	*n, err = ParseNamespace(string(b))
	return err
}
