package biscuit_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
)

// FuzzToken looks for bytes that panic, that are read as a token which does not encode to itself,
// or whose contents, signed anew by us, make the evaluator exceed its limits.
func FuzzToken(f *testing.F) {
	for _, sources := range [][]string{{authority}, {authority, onlyRead}, {`a([1, {"x": null}]); check if {1}.any($x -> $x.extern::f());`}} {
		f.Add(mint(f, sources...).Encode())
	}
	if files, err := filepath.Glob("../../shared/vectors/biscuit/*.bc"); err == nil {
		for _, name := range files {
			if b, err := os.ReadFile(name); err == nil {
				f.Add(b)
			}
		}
	}
	limits := datalog.Limits{Facts: 200, Iterations: 20, Steps: 20_000, Bytes: 1 << 18}
	f.Fuzz(func(t *testing.T, b []byte) {
		u, err := biscuit.Decode(b)
		if err != nil {
			return
		}
		again, err := biscuit.Decode(u.Encode())
		if err != nil || !bytes.Equal(again.Encode(), u.Encode()) {
			t.Fatalf("encodes to what is not read alike: %v", err)
		}
		blocks, err := u.Blocks()
		if err != nil {
			return
		}
		for _, block := range blocks {
			if _, err := datalog.Parse(block.Code(), nil); err != nil {
				continue // names that the wire can carry and the text cannot write
			}
			token, err := biscuit.Mint(key(t, 1), &block.Program, key(t, 2), biscuit.MintOptions{})
			if err != nil {
				continue // rules that cannot be evaluated
			}
			a, err := biscuit.NewAuthorizer(token, parse(t, request), biscuit.Options{Limits: limits})
			if err != nil {
				continue
			}
			_, _ = a.Authorize()
		}
	})
}
