package biscuit

import (
	"errors"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
)

// TestAnAuthorityBlockHasNoExternalSignature is inside the package: all signatures of the token hold, the
// external one included, which takes the root key. Specification of Biscuit 3.3, "Verifying": the authority
// block of a token is its issuer's alone.
func TestAnAuthorityBlockHasNoExternalSignature(t *testing.T) {
	root := testKey(t, 1)
	token, err := Mint(root, &datalog.Program{}, testKey(t, 2), MintOptions{})
	if err != nil {
		t.Fatal(err)
	}
	party := testKey(t, 3)
	block := &token.blocks[0]
	external, err := party.Sign(externalPayload(block.payload, ""))
	if err != nil {
		t.Fatal(err)
	}
	block.external = &externalSignature{string(external), party.Public()}
	block.version = payloadVersion
	signature, err := root.Sign(block.signedPayload(""))
	if err != nil {
		t.Fatal(err)
	}
	block.signature = string(signature)
	if err := token.verify(root.Public()); err != nil {
		t.Fatalf("the signatures must hold, or the test shows nothing: %v", err)
	}
	if _, err := decodeContainer(string(token.Encode())); !errors.Is(err, ErrForm) {
		t.Errorf("got %v, want a refusal of the form", err)
	}
}

// TestAForgedExternalSignatureIsRefused is inside the package: the holder of a token appends a block in the name
// of a third party that never signed it. All signatures of the holder hold. Specification of Biscuit 3.3,
// "Verifying".
func TestAForgedExternalSignatureIsRefused(t *testing.T) {
	root, party := testKey(t, 1), testKey(t, 3)
	token, err := Mint(root, &datalog.Program{}, testKey(t, 2), MintOptions{})
	if err != nil {
		t.Fatal(err)
	}
	previous := token.blocks[0].signature
	payload := token.blocks[0].payload
	honest, err := party.Sign(externalPayload(payload, previous))
	if err != nil {
		t.Fatal(err)
	}
	forged := append([]byte(nil), honest...)
	forged[0] ^= 1
	holder, err := token.signingKey("biscuit.Append")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		signature []byte
		want      error
	}{{honest, nil}, {forged, ErrSignature}} {
		block := signedBlock{payload: payload, external: &externalSignature{string(c.signature), party.Public()}}
		longer, err := token.append("biscuit.Append", holder, block, testKey(t, 4))
		if err != nil {
			t.Fatal(err)
		}
		if err := longer.verify(root.Public()); !errors.Is(err, c.want) {
			t.Errorf("got %v, want %v", err, c.want)
		}
	}
}

// TestABlockThatCannotBeReadIsNotAttenuated is inside the package: the outer form of a token holds although the
// content of its block is no block.
func TestABlockThatCannotBeReadIsNotAttenuated(t *testing.T) {
	token, err := Mint(testKey(t, 1), &datalog.Program{}, testKey(t, 2), MintOptions{})
	if err != nil {
		t.Fatal(err)
	}
	token.blocks[0].payload = "\xff"
	received, err := Decode(token.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := received.Attenuate(&datalog.Program{}, testKey(t, 3)); !errors.Is(err, aura.Corrupt) || !errors.Is(err, ErrForm) {
		t.Errorf("got %v, want a refusal of the form", err)
	}
}

// TestAStringHasOneNumber is inside the package: there is one way to name a string or a key, and a string is text.
func TestAStringHasOneNumber(t *testing.T) {
	k := testKey(t, 1).Public()
	for name, c := range map[string]struct {
		symbols []string
		keys    []PublicKey
		want    error
	}{
		"new ones":            {[]string{"a", "é"}, []PublicKey{k, testKey(t, 2).Public()}, nil},
		"bytes":               {[]string{"a", "\xff"}, nil, ErrForm},
		"a string twice":      {[]string{"a", "b", "a"}, nil, ErrForm},
		"one that all have":   {[]string{defaultSymbols[0]}, nil, ErrForm},
		"a public key twice":  {nil, []PublicKey{k, k}, ErrForm},
		"one of an old block": {[]string{"old"}, nil, ErrForm},
	} {
		tables := newTables()
		if err := tables.extend([]string{"old"}, nil); err != nil {
			t.Fatal(err)
		}
		if err := tables.extend(c.symbols, c.keys); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func testKey(t *testing.T, seed byte) PrivateKey {
	t.Helper()
	k, err := NewPrivateKey(datalog.AlgorithmEd25519, [32]byte{seed})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestAnExpressionLeavesOneValue is inside the package: an expression travels in postfix order, and its operations
// must take what others left, all of it but one value. So must the body of a closure.
func TestAnExpressionLeavesOneValue(t *testing.T) {
	counted := func(number byte, content string) string {
		return string([]byte{number<<3 | 2, byte(len(content))}) + content
	}
	value := counted(1, counted(1, "\x30\x01")) // true
	negate, and := counted(1, counted(2, "\x08\x00")), counted(1, counted(3, "\x08\x0d"))
	for name, c := range map[string]struct {
		operations string
		want       bool
	}{
		"a value": {value, true}, "its negation": {value + negate, true}, "both of two": {value + value + and, true},
		"nothing": {"", false}, "two values": {value + value, false}, "one of three": {value + value + value + and, false},
		"no operand": {negate, false}, "one operand": {value + and, false}, "an operation too early": {value + and + value, false},
	} {
		inClosure := ""
		for _, operation := range splitOperations(c.operations) {
			inClosure += counted(2, operation)
		}
		for place, expression := range map[string]string{"alone": c.operations, "in a closure": counted(1, counted(4, inClosure))} {
			e, err := decoder{newTables()}.expression(expression)
			if (err == nil) != c.want || err != nil && !errors.Is(err, ErrForm) {
				t.Errorf("%s, %s: %v, %v", name, place, e, err)
			}
		}
	}
}

// splitOperations returns the contents of the operations of an expression.
func splitOperations(s string) (all []string) {
	for len(s) > 0 {
		n := 2 + int(s[1])
		all, s = append(all, s[2:n]), s[n:]
	}
	return all
}
