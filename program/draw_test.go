package program

import (
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	seen "github.com/aura-runtime/aura/domain/session"
)

// TestAPictureShowsFragments: of a protocol that links bundles, and which messages cross their boundary.
func TestAPictureShowsFragments(t *testing.T) {
	shown := &seen.Shown{
		Session: seen.Session{Name: aura.SessionID{1}, Protocol: "aura.shop.shop", Role: "Cust", Others: []seen.Participant{{Role: "Store"}, {Role: "Purse"}}},
		Steps: []seen.Step{
			{Sent: true, Other: "Store", Label: "Ask", Guard: &seen.Guarded{Capability: "shop:ask", Units: 1}}, {Other: "Store", Label: "Price"},
			{Sent: true, Other: "Purse", Label: "Open"},
		},
	}
	for fragments, notes := range map[string]int{"": 0, "bundle:till bundle:shelf bundle:till": 2} {
		shown.Session.Fragments = strings.Fields(fragments)
		picture, err := drawSession(shown, false)
		if err != nil {
			t.Fatal(err)
		}
		text := string(picture)
		if n := strings.Count(text, "across the boundary"); n != notes {
			t.Errorf("%d messages cross a boundary, want %d:\n%s", n, notes, text)
		}
		if strings.Contains(text, "Store in bundle:shelf") != (notes > 0) {
			t.Errorf("with fragments %q:\n%s", fragments, text)
		}
	}
}
