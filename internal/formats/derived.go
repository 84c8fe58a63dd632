package formats

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// derivedBytes is how many bytes an example on the page has.
const derivedBytes = 16

// Derived compares a value that the code makes with a label, from fixed inputs of the test, with the example in the label's row
// of the page: its first bytes in hex. The label stands on the page as in the source, without quotation marks.
func Derived(t *testing.T, label string, made []byte) {
	t.Helper()
	got := hex.EncodeToString(made[:min(len(made), derivedBytes)])
	if want, there := derivedRows(t)[label]; !there || want != "`"+got+"`" {
		t.Errorf("with %q the code makes `%s`, docs/formats.md says %s: homes and peers of other builds rest on it", label, got, want)
	}
}

// derivedRows returns the examples of the section about derived names by label.
func derivedRows(t testing.TB) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(module(t), "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, there := strings.Cut(string(text), "\n## Derived names\n")
	if !there {
		t.Fatal("docs/formats.md has no section about derived names")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	rows := map[string]string{}
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if label, quoted := strings.CutPrefix(strings.TrimSpace(cells[0]), `"`); quoted && len(cells) == 3 {
			rows[strings.TrimSuffix(label, `"`)] = strings.TrimSpace(cells[2])
		}
	}
	return rows
}

// Signed is [Derived] for bytes that are signed: the example is of their SHA-256.
func Signed(t *testing.T, label string, signed []byte) {
	t.Helper()
	sum := sha256.Sum256(signed)
	Derived(t, label, sum[:])
}
