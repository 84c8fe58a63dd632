package biscuit_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
)

// contribution is a third party's answer to a request.
func contribution(tb testing.TB, t *biscuit.Token, party biscuit.PrivateKey, source string) biscuit.Contribution {
	tb.Helper()
	r, err := t.Request()
	if err != nil {
		tb.Fatal(err)
	}
	c, err := biscuit.Contribute(r, parse(tb, source), party)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestThirdPartiesAreTrustedByName(t *testing.T) {
	for _, a := range []biscuit.Algorithm{datalog.AlgorithmEd25519, datalog.AlgorithmSecp256r1} {
		party, stranger := keyOf(t, a, 21), keyOf(t, a, 22)
		token := mint(t, fmt.Sprintf(`check if member($m) trusting %s;`, party.Public()), `before("symbols of the holder");`)
		for _, c := range []struct {
			signer biscuit.PrivateKey
			want   error
		}{{party, nil}, {stranger, aura.Denied}} {
			longer, err := token.Append(contribution(t, token, c.signer, `member("someone new"); check if before($b) trusting previous;`), key(t, 30))
			if err != nil {
				t.Fatal(err)
			}
			// A block after it shares tables with the holders' blocks and not with the third
			// party's.
			longer, err = longer.Attenuate(parse(t, `after("someone new", "symbols of the holder");`), key(t, 31))
			if err != nil {
				t.Fatal(err)
			}
			got, err := receive(t, longer.Encode())
			if err != nil {
				t.Fatal(err)
			}
			if k := got.Blocks()[2].External; k == nil || *k != c.signer.Public() {
				t.Errorf("%s: external key %v", a, k)
			}
			if err := authorize(t, got, "allow if true;"); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", a, err, c.want)
			}
		}
		if err := authorize(t, token, "allow if true;"); !errors.Is(err, aura.Denied) {
			t.Errorf("%s: without the third party: %v", a, err)
		}
	}
}

func TestAContributionFitsOnePlaceOnly(t *testing.T) {
	party := key(t, 21)
	token := mint(t, authority)
	c := contribution(t, token, party, `member("x");`)
	elsewhere := map[string]*biscuit.Token{"another token": mint(t, onlyRead), "a later place": mint(t, authority, onlyRead)}
	for name, other := range elsewhere {
		if _, err := other.Append(c, key(t, 30)); !errors.Is(err, biscuit.ErrSignature) || !errors.Is(err, aura.Denied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	u, err := biscuit.Decode(token.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if u, err = u.Append(c, key(t, 30)); err != nil {
		t.Fatal(err)
	}
	if _, err := receive(t, u.Encode()); err != nil {
		t.Error(err)
	}
}

func TestAContributionHasNoPolicy(t *testing.T) {
	r, err := mint(t, authority).Request()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := biscuit.Contribute(r, parse(t, "allow if true;"), key(t, 1)); !errors.Is(err, aura.Invalid) {
		t.Errorf("a policy: %v", err)
	}
}
