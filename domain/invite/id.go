package invite

import (
	"bytes"
	"encoding/base32"
	"strings"

	"github.com/aura-runtime/aura"
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

// Resolve finds an invitation by its identifier or the beginning of it, with or without "inv_", at least
// four characters. It returns [aura.NotFound] when none begins so, [aura.Conflict] when several do.
func (s *State) Resolve(text string) (ID, error) {
	const op, shortest = "invite.Resolve", 4
	begin := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(text)), idPrefix)
	var found []ID
	for id := range s.entries {
		if len(begin) >= shortest && strings.HasPrefix(strings.TrimPrefix(id.String(), idPrefix), begin) {
			found = append(found, id)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return ID{}, aura.Errorf(op, aura.NotFound, "no invitation begins with %q", text)
	}
	return ID{}, aura.Errorf(op, aura.Conflict, "%d invitations begin with %q: write more of it", len(found), text)
}
