package agent

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of the file with the home's format.
func TestFormats(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, formatFile)
	formats.Text(t, "agent.format", formats.Codec[int]{
		Value: Format,
		Encode: func(*int) ([]byte, error) {
			if err := writeFormat(dir); err != nil {
				return nil, err
			}
			return os.ReadFile(path)
		},
		Decode: func(b []byte) (int, error) {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				return 0, err
			}
			return HomeFormat(dir)
		},
	}, func(string) string { return "aura home 3\n" })
}
