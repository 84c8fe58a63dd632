package program

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/internal/formats"
	"github.com/aura-runtime/aura/journal"
)

// TestFormats holds what docs/formats.md says of the files of this package.
func TestFormats(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, accountFile)
	formats.Text(t, "program.account", formats.Codec[account]{
		Value: account{Protector: byKeyFile, KeyFile: "/home/ada/key", PassphraseFile: "/home/ada/passphrase", Entry: "aura ada"},
		Encode: func(a *account) ([]byte, error) {
			if err := a.write(dir); err != nil {
				return nil, err
			}
			return os.ReadFile(path)
		},
		Decode: func(b []byte) (account, error) {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				return account{}, err
			}
			return readAccount(dir)
		},
	}, func(text string) string { return text + "of_the_future = 1\n" })

	t.Setenv("XDG_STATE_HOME", t.TempDir())
	mark := journal.Mark{Device: aura.DeviceID{1}, Facts: 7, Heads: [32]byte{2}}
	path, err := markPath(mark.Device)
	if err != nil {
		t.Fatal(err)
	}
	formats.Text(t, "program.markFile", formats.Codec[journal.Mark]{
		Value: mark,
		Encode: func(m *journal.Mark) ([]byte, error) {
			if err := writeMark(*m, "/home/ada/.aura", aura.Instant(1_800_000_000*time.Second)); err != nil {
				return nil, err
			}
			return os.ReadFile(path)
		},
		Decode: func(b []byte) (journal.Mark, error) {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				return journal.Mark{}, err
			}
			m, _, err := readMark(mark.Device)
			return m, err
		},
	}, formats.FutureJSON)
}
