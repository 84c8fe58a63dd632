package invite

import (
	"bytes"
	"encoding/base32"
	"maps"
	"slices"
	"strings"

	"github.com/aura-runtime/aura/domain"
)

// ID names an invitation: a hash of its code.
type ID [32]byte

const idPrefix = "inv_"

// String returns the text form: "inv_" and lower-case base32.
func (id ID) String() string {
	return idPrefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(id[:]))
}

// MarshalText implements [encoding.TextMarshaler] with the text form.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// IsZero reports whether the identifier is the zero value, which names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders identifiers by their bytes.
func (id ID) Compare(o ID) int { return bytes.Compare(id[:], o[:]) }

// Resolve finds an invitation by its identifier or the beginning of it, with the errors of [domain.Resolve].
func (s *State) Resolve(text string) (ID, error) {
	return domain.Resolve("invitation", text, "", slices.SortedFunc(maps.Keys(s.entries), ID.Compare))
}
