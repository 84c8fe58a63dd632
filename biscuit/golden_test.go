package biscuit_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
)

// TestTokensKeepTheirBytes holds this package's output to testdata/tokens.golden: tokens in text
// form, made from known keys. A change of the golden file breaks tokens that are in use.
func TestTokensKeepTheirBytes(t *testing.T) {
	const golden = "testdata/tokens.golden"
	party := keyOf(t, datalog.AlgorithmSecp256r1, 21)
	third := mint(t, authority+`check if member($m) trusting `+party.Public().String()+`;`)
	third, err := third.Append(contribution(t, third, party, `member("x");`), keyOf(t, datalog.AlgorithmSecp256r1, 30))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, c := range []struct {
		name  string
		token *biscuit.Token
	}{
		{"authority", mint(t, authority)},
		{"attenuated", mint(t, authority, onlyRead, `check if time($t), $t < 2030-01-01T00:00:00Z;`)},
		{"sealed", sealed(t, mint(t, authority, onlyRead))},
		{"third party", third},
		{"every term", mint(t, `a("x", -1, 2020-12-21T09:23:12Z, hex:00ff, true, null, {1, 2}, [1, ["x"]], {1: {"k": null}});`)},
		{"closures", mint(t, `check if {1, 2}.all($p -> $p > 0 && ($p / 0 == 1).try_or(true)), "a".extern::f("b");`)},
	} {
		fmt.Fprintf(&got, "%s: %s\n", c.name, c.token.Text())
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("-%s +written:\n%s", golden, diff)
	} // Every token of the file must be accepted for ever.
	for line := range strings.Lines(string(want)) {
		name, text, _ := strings.Cut(line, ": ")
		u, err := biscuit.Parse(text)
		if err == nil {
			_, err = u.Verify(key(t, 1).Public())
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
