package aura_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
)

// TestAClippedTextIsABeginningOfValidText, whatever the text and the bound: nothing that fits is lost, and no more than one character of
// what does not.
func TestAClippedTextIsABeginningOfValidText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, most := rapid.String().Draw(t, "text"), rapid.IntRange(0, 64).Draw(t, "most")
		got := aura.Clip(text, most)
		if !utf8.ValidString(got) || len(got) > most || !strings.HasPrefix(text, got) || len(got) < min(len(text), most-utf8.UTFMax+1) {
			t.Fatalf("%q at %d: %q", text, most, got)
		}
		if bytes := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")); !utf8.ValidString(aura.Clip(bytes, most)) {
			t.Fatalf("%q at %d: %q", bytes, most, aura.Clip(bytes, most))
		}
	})
}
