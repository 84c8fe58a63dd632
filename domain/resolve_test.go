package domain_test

import (
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
)

// TestAnIdentifierIsNamedByItsBeginning: of four characters at least, with or without the prefix of its kind. A text that is too short is not said
// to begin none, and a long one is not repeated whole.
func TestAnIdentifierIsNamedByItsBeginning(t *testing.T) {
	all := []aura.SessionID{{1}, {1, 0, 0, 1}, {9}}
	for text, want := range map[string]struct {
		found aura.SessionID
		kind  aura.Kind
	}{
		"beaa":                        {aura.SessionID{}, aura.NotFound},
		all[2].String():               {all[2], 0},
		" SESS_" + aura.Short(all[2]): {all[2], 0},
		aura.Short(all[2])[:4]:        {all[2], 0},
		aura.Short(all[2])[:3]:        {aura.SessionID{}, aura.Invalid},
		aura.Short(all[0])[:4]:        {aura.SessionID{}, aura.Conflict},
		"":                            {aura.SessionID{}, aura.Invalid},
		"sess_":                       {aura.SessionID{}, aura.Invalid},
		"sess":                        {aura.SessionID{}, aura.NotFound},
		strings.Repeat("x", 100_000):  {aura.SessionID{}, aura.NotFound},
	} {
		found, err := domain.Resolve("session", text, ", and a hint", all)
		if found != want.found || aura.KindOf(err) != want.kind || err != nil && len(err.Error()) > 200 {
			t.Errorf("%.20q: %s, %v", text, found, err)
		}
	}
}
