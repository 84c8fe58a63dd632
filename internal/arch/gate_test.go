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

func TestVet(t *testing.T) {
	readTree(t) // The cached result of this test is good only as long as the tree is the same.
	if out, err := goTool(t, nil, "vet", "./..."); err != nil {
		t.Errorf("go vet: %v\n%s", err, out)
	}
}

func TestStaticcheck(t *testing.T) {
	readTree(t)
	if out, err := goTool(t, nil, "tool", "staticcheck", "./..."); err != nil {
		t.Errorf("go tool staticcheck: %v\n%s", err, out)
	}
}
