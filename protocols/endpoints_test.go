package protocols_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/gen"
	"github.com/aura-runtime/aura/protocols"
)

func TestEndpointsAreCurrent(t *testing.T) {
	each(t, func(t *testing.T, e protocols.Entry, inst *choreo.Instance) {
		opts := gen.Options{Package: e.Package, Defaults: e.Defaults}
		code, err := gen.Go(inst, opts)
		if err != nil {
			t.Fatal(err)
		}
		current(t, filepath.Join(e.Package, e.Package+".gen.go"), code)
		sign, err := gen.Doc(inst.Protocol, opts)
		if err != nil {
			t.Fatal(err)
		}
		current(t, filepath.Join(e.Package, "doc.go"), sign)
	})
}

func current(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: run go generate (-want +got):\n%s", path, diff)
	}
}
