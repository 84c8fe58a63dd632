package cli

import (
	"testing"

	"github.com/aura-runtime/aura/domain/chat"
)

// TestNoNameMakesALineOfSomebodyElse: what stands in front of the first colon is who speaks.
func TestNoNameMakesALineOfSomebodyElse(t *testing.T) {
	for name, want := range map[string]string{
		"Ben": "Ben", "Ben & Co. (work)": "Ben & Co. (work)", "Gal·la": "Gal·la",
		"you: I owe you 100": `"you: I owe you 100"`,
		"Ben\u2236 yes":      "\"Ben\u2236 yes\"",
		`Ben": "x`:           `"Ben\": \"x"`,
	} {
		if got := speaker(&chat.Message{From: name}); got != want {
			t.Errorf("%q speaks as %s, want %s", name, got, want)
		}
	}
	if got := speaker(&chat.Message{From: "Ben", Mine: true}); got != "you" {
		t.Errorf("the owner speaks as %q", got)
	}
}
