package biscuit_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
)

const (
	authority = `right("file1", "read"); right("file1", "write"); right("file2", "read");`
	request   = `resource("file1"); operation("read"); allow if resource($r), operation($o), right($r, $o);`
	onlyRead  = `check if operation("read");`
)

// mint returns a token of the root key 1 with an authority block and one more block for each
// further source.
func mint(tb testing.TB, sources ...string) *biscuit.Token {
	tb.Helper()
	t, err := biscuit.Mint(key(tb, 1), parse(tb, sources[0]), key(tb, 2), biscuit.MintOptions{})
	for i, s := range sources[1:] {
		if err == nil {
			t, err = t.Attenuate(parse(tb, s), key(tb, byte(3+i)))
		}
	}
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// receive decodes and verifies a token with root key 1.
func receive(tb testing.TB, encoded []byte) (*biscuit.Token, error) {
	tb.Helper()
	u, err := biscuit.Decode(encoded)
	if err != nil {
		return nil, err
	}
	return u.Verify(key(tb, 1).Public())
}

// authorize decides by a token and a program.
func authorize(tb testing.TB, t *biscuit.Token, program string) error {
	tb.Helper()
	a, err := biscuit.NewAuthorizer(t, parse(tb, program), biscuit.Options{})
	if err != nil {
		return err
	}
	_, err = a.Authorize()
	return err
}

func TestTokensTravel(t *testing.T) {
	sent := mint(t, authority, onlyRead, `check if resource($r), $r.starts_with("file");`)
	u, err := biscuit.Parse("biscuit:" + sent.Text())
	if err != nil {
		t.Fatal(err)
	}
	got, err := u.Verify(key(t, 1).Public())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sent.Blocks(), got.Blocks()); diff != "" {
		t.Errorf("-sent +received:\n%s", diff)
	}
	if diff := cmp.Diff(sent.RevocationIDs(), got.RevocationIDs()); diff != "" {
		t.Errorf("revocation identifiers: -sent +received:\n%s", diff)
	}
	if !bytes.Equal(sent.Encode(), got.Encode()) {
		t.Error("encodes to other bytes")
	}
	if _, err := biscuit.Parse(strings.TrimRight(sent.Text(), "=")); err != nil {
		t.Errorf("without padding: %v", err)
	}
	if err := authorize(t, got, request); err != nil {
		t.Error(err)
	}
	if err := authorize(t, got, strings.ReplaceAll(request, `operation("read")`, `operation("write")`)); !errors.Is(err, aura.Denied) {
		t.Errorf("attenuated to reading, asked to write: %v", err)
	}
}

func TestSigningIsDeterministic(t *testing.T) {
	for _, a := range []biscuit.Algorithm{datalog.AlgorithmEd25519, datalog.AlgorithmSecp256r1} {
		make := func() []byte {
			token, err := biscuit.Mint(keyOf(t, a, 1), parse(t, authority), keyOf(t, a, 2), biscuit.MintOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if token, err = token.Attenuate(parse(t, onlyRead), keyOf(t, a, 3)); err != nil {
				t.Fatal(err)
			}
			return token.Encode()
		}
		if !bytes.Equal(make(), make()) {
			t.Errorf("%s: two tokens from the same keys differ", a)
		}
	}
}

func TestRootKeyIDAndContextTravel(t *testing.T) {
	id := uint32(7)
	token, err := biscuit.Mint(key(t, 1), parse(t, authority), key(t, 2), biscuit.MintOptions{RootKeyID: &id, Context: "spring"})
	if err != nil {
		t.Fatal(err)
	}
	id = 8
	got, err := receive(t, token.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := got.RootKeyID(); n != 7 || !ok || got.Blocks()[0].Context != "spring" {
		t.Errorf("got %d, %v, %q", n, ok, got.Blocks()[0].Context)
	}
	if _, ok := mint(t, authority).RootKeyID(); ok {
		t.Error("a hint that nobody gave")
	}
}

func TestTokensPrintWithoutTheirSecret(t *testing.T) {
	for want, token := range map[string]*biscuit.Token{
		"open biscuit of 1 blocks": mint(t, authority), "sealed biscuit of 2 blocks": sealed(t, mint(t, authority, onlyRead)),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
			for _, v := range []any{token, *token, []any{token}} {
				if got := fmt.Sprintf(verb, v); got != want && got != "["+want+"]" && got != "[]interface {}{"+want+"}" {
					t.Errorf("%s prints %s", verb, got)
				}
			}
		}
	}
}

func TestAnotherRootIsDenied(t *testing.T) {
	u, err := biscuit.Decode(mint(t, authority).Encode())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Verify(key(t, 9).Public()); !errors.Is(err, biscuit.ErrSignature) || !errors.Is(err, aura.Denied) {
		t.Error(err)
	}
}

// Any changed bit anywhere in a token makes it worthless, as does any missing or added byte.
func TestAnyChangeIsRefused(t *testing.T) {
	for name, token := range map[string]*biscuit.Token{"open": mint(t, authority, onlyRead), "sealed": sealed(t, mint(t, authority, onlyRead))} {
		encoded := token.Encode()
		for i := range encoded {
			for bit := range 8 {
				changed := slices.Clone(encoded)
				changed[i] ^= 1 << bit
				if _, err := receive(t, changed); err == nil {
					t.Errorf("%s: accepted with bit %d of byte %d changed", name, bit, i)
				}
			}
			if _, err := receive(t, encoded[:i]); err == nil {
				t.Errorf("%s: accepted with the first %d bytes only", name, i)
			}
		}
		for _, more := range []string{"\x00", "\x28\x01", "\x1a\x00"} {
			if _, err := receive(t, append(slices.Clone(encoded), more...)); err == nil {
				t.Errorf("%s: accepted with %q added", name, more)
			}
		}
	}
}

func sealed(tb testing.TB, t *biscuit.Token) *biscuit.Token {
	tb.Helper()
	s, err := t.Seal()
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestSealedTokensCannotBeExtended(t *testing.T) {
	s := sealed(t, mint(t, authority))
	if !s.Sealed() || mint(t, authority).Sealed() {
		t.Error("Sealed")
	}
	got, err := receive(t, s.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if err := authorize(t, got, request); err != nil {
		t.Error(err)
	}
	_, attenuate := got.Attenuate(parse(t, onlyRead), key(t, 5))
	_, seal := got.Seal()
	_, ask := got.Request()
	for name, err := range map[string]error{"attenuate": attenuate, "seal": seal, "request": ask} {
		if !errors.Is(err, biscuit.ErrSealed) || !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHoldersNeedNoRootKey(t *testing.T) {
	u, err := biscuit.Decode(mint(t, authority).Encode())
	if err != nil {
		t.Fatal(err)
	}
	u, err = u.Attenuate(parse(t, onlyRead), key(t, 3))
	if err != nil {
		t.Fatal(err)
	}
	if u, err = u.Seal(); err != nil {
		t.Fatal(err)
	}
	got, err := receive(t, u.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if want := sealed(t, mint(t, authority, onlyRead)); !bytes.Equal(want.Encode(), got.Encode()) {
		t.Error("another token than the root's holder makes")
	}
}

func TestAttenuationLeavesTheTokenAlone(t *testing.T) {
	token := mint(t, authority)
	before := token.Encode()
	one, err := token.Attenuate(parse(t, `check if resource("file1");`), key(t, 3))
	if err != nil {
		t.Fatal(err)
	}
	two, err := token.Attenuate(parse(t, `check if resource("file2");`), key(t, 4))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, token.Encode()) || len(token.Blocks()) != 1 {
		t.Error("the token changed")
	}
	if err := authorize(t, one, request); err != nil {
		t.Error(err)
	}
	if err := authorize(t, two, request); !errors.Is(err, aura.Denied) {
		t.Error(err)
	}
}

func TestProgramsThatABlockCannotHoldAreRefused(t *testing.T) {
	variable := datalog.Program{Facts: []datalog.Predicate{{Name: "a", Terms: []datalog.Term{datalog.NewVariable("x")}}}}
	nothing := datalog.Program{Facts: []datalog.Predicate{{Name: "a", Terms: []datalog.Term{{}}}}}
	scope := datalog.Program{Scopes: []datalog.Scope{{Kind: datalog.ScopeKey}}}
	for name, p := range map[string]*datalog.Program{
		"policy":          parse(t, "allow if true;"),
		"unbound":         parse(t, "a($x) <- b($y);"),
		"check of no use": {Checks: []datalog.Check{{}}},
		"variable":        &variable, "nothing": &nothing, "key of no bytes": &scope,
	} {
		_, err := biscuit.Mint(key(t, 1), p, key(t, 2), biscuit.MintOptions{})
		if !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
		_, later := mint(t, authority).Attenuate(p, key(t, 3))
		if !errors.Is(later, aura.Invalid) || aura.Reason(later) != aura.Reason(err) {
			t.Errorf("%s: %v, but in a later block %v", name, err, later)
		}
	}
	if _, err := biscuit.Mint(key(t, 1), parse(t, authority), biscuit.PrivateKey{}, biscuit.MintOptions{}); !errors.Is(err, aura.Invalid) {
		t.Errorf("no next key: %v", err)
	}
	if _, err := biscuit.Mint(biscuit.PrivateKey{}, parse(t, authority), key(t, 1), biscuit.MintOptions{}); !errors.Is(err, aura.Invalid) {
		t.Errorf("no root key: %v", err)
	}
}

func TestTokensAreBounded(t *testing.T) {
	token := mint(t, authority)
	var err error
	blocks := 1
	for ; err == nil; blocks++ {
		token, err = token.Attenuate(parse(t, onlyRead), key(t, 3))
	}
	if !errors.Is(err, aura.Exhausted) || blocks != datalog.MaxBlocks+1 {
		t.Errorf("block %d: %v", blocks, err)
	}
	large := parse(t, `a({bytes});`[:0])
	large.Facts = []datalog.Predicate{{Name: "a", Terms: []datalog.Term{datalog.NewBytes(make([]byte, biscuit.MaxBytes))}}}
	if _, err := mint(t, authority).Attenuate(large, key(t, 3)); !errors.Is(err, aura.Exhausted) {
		t.Errorf("a large block: %v", err)
	}
	if _, err := biscuit.Decode(make([]byte, biscuit.MaxBytes+1)); !errors.Is(err, biscuit.ErrSize) {
		t.Errorf("many bytes: %v", err)
	}
	if _, err := biscuit.Parse(strings.Repeat("A", 2*biscuit.MaxBytes)); !errors.Is(err, biscuit.ErrSize) {
		t.Errorf("many characters: %v", err)
	}
}

// A block that claims an older version than it needs would mean something else to an older reader.
func TestBlocksMustBeOfTheVersionThatTheyUse(t *testing.T) {
	for source, version := range map[string]byte{
		`a(1); check if 1 === 1, "a".length() < 2;`: 3, `check if 1 !== 2;`: 4, `check all a(1);`: 4, `trusting previous;`: 4,
		`check if a(1) trusting authority;`: 4, `check if 1 & 1 === 1;`: 4, `a(null);`: 6, `a([1]);`: 6, `a({1: 1});`: 6,
		`a({null});`: 6, `reject if a(1);`: 6, `check if 1 == 1;`: 6, `check if true && true;`: 6, `check if {1}.any($x -> true);`: 6,
		`check if 1.type() === "integer";`: 6, `check if true.extern::f();`: 6, `check if true.try_or(true);`: 6,
	} {
		token := mint(t, source)
		if got := token.Blocks()[0].Version; got != uint32(version) {
			t.Errorf("%s: version %d, want %d", source, got, version)
		}
		for _, claim := range []byte{version - 1, 7} {
			changed := bytes.Replace(token.Encode(), []byte{0x18, version}, []byte{0x18, claim}, 1)
			u, err := biscuit.Decode(changed)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := u.Blocks(); !errors.Is(err, biscuit.ErrVersion) {
				t.Errorf("%s: claims version %d: %v", source, claim, err)
			}
		}
	}
}

func TestEverythingInTheLanguageTravels(t *testing.T) {
	const source = `trusting previous, ed25519/acdd6d5b53bfee478bf689f8e012fe7988bf755e3d7c5152947abc149bc20189;
a("x", -1, 2020-12-21T09:23:12Z, hex:00ff, true, null, {,}, {1, 2}, [1, ["x"]], {1: {"k": null}, "z": []}, {});
b($x, 1) <- a($x), $x.length() + 1 * 2 - 3 / 4 > 5, !($x === "y"), $x.matches("z") trusting authority;
check if {1, 2}.all($p -> $p > 0 && {"a"}.any($q -> $q == "b" || $p != 1));
check all a($x), ($x === 1).try_or(false), {"k": 1}.get("k") <= 1, 1 & 2 | 3 ^ 4 !== 5;
reject if a($x), $x.extern::f(), $x.extern::g("h") >= 1, $x.type() === "set" or b($x, 1) trusting secp256r1/025e918fd4463832aea2823dfd9716a36b4d9b1377bd53dd82ddf4c0bc75ed6bbf;
check if "a".starts_with("b"), "a".ends_with("b"), "a".contains("b"), {1}.union({2}).intersection({3}) < 1;
`
	got, err := receive(t, mint(t, authority, source).Encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(source, got.Blocks()[1].Code()); diff != "" {
		t.Errorf("-sent +received:\n%s", diff)
	}
}
