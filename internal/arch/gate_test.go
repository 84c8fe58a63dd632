package arch_test

import (
	"bytes"
	"go/format"
	"os"
	"path/filepath"
	"testing"
)

func TestGofmt(t *testing.T) {
	for _, s := range readTree(t) {
		src, err := os.ReadFile(filepath.Join(root, s.path))
		if err != nil {
			t.Fatal(err)
		}
		if want, err := format.Source(src); err != nil || !bytes.Equal(src, want) {
			t.Errorf("%s: not formatted: run gofmt -w %s", s.path, s.path)
		}
	}
}
