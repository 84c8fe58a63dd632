package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aura-runtime/aura/choreo/gen"
	"github.com/aura-runtime/aura/protocols"
)

func main() {
	for _, e := range protocols.All() {
		if err := write(e); err != nil {
			fmt.Fprintf(os.Stderr, "endpoints: %s: %v\n", e.Package, err)
			os.Exit(1)
		}
	}
}

func write(e protocols.Entry) error {
	inst, err := e.Instantiate()
	if err != nil {
		return err
	}
	opts := gen.Options{Package: e.Package, Defaults: e.Defaults}
	code, err := gen.Go(inst, opts)
	if err != nil {
		return err
	}
	sign, err := gen.Doc(inst.Protocol, opts)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(e.Package, "doc.go"), sign, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(e.Package, e.Package+".gen.go"), code, 0o644)
}
