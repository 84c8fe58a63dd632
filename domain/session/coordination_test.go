package session_test

import (
	"errors"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/internal/formats"
)

// TestDerivedNames holds what docs/formats.md says of the names of sessions of several participants.
func TestDerivedNames(t *testing.T) {
	s := session.Subject{State: [32]byte{1}, Operation: [32]byte{2}, Nonce: [32]byte{3}}
	made := s.Name()
	formats.Derived(t, `aura session subject 1\x00`, made[:])
	coordination := session.CoordinationOf(made, aura.AuthorityID{4})
	formats.Derived(t, `aura session coordination 1\x00`, coordination[:])
}

// TestAnInviteNamesEachRoleOnce, and who plays it.
func TestAnInviteNamesEachRoleOnce(t *testing.T) {
	part := func(role string, n byte) session.Part {
		return session.Part{Role: role, Authority: aura.AuthorityID{n}, Device: aura.DeviceID{n}}
	}
	many := make([]session.Part, session.MaxParts+1)
	for i := range many {
		many[i] = part(string(rune('a'+i)), 1)
	}
	for what, parts := range map[string][]session.Part{
		"one alone": {part("A", 1)}, "a role twice": {part("A", 1), part("A", 2)}, "nobody": {part("A", 1), {Role: "B"}}, "too many": many,
	} {
		if err := (&session.Invite{Parts: parts}).Check(); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	i := session.Invite{Parts: []session.Part{part("A", 1), part("B", 2), part("C", 1)}}
	if err := i.Check(); err != nil {
		t.Error(err)
	}
	if others := i.Others(aura.DeviceID{1}); len(others) != 1 || others[0].Role != "B" {
		t.Errorf("others: %+v", others)
	}
}
