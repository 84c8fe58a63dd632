package fact_test

import (
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func filled[T ~[32]byte](b byte) (id T) {
	for i := range id {
		id[i] = b
	}
	return id
}

func sample() fact.Fact {
	return fact.Fact{
		Namespace: fact.ContextNamespace(filled[aura.ContextID](1)),
		Kind:      "chat.message",
		Operation: filled[aura.OperationID](2),
		Payload:   []byte{0xa1, 0x01, 0x62, 'h', 'i'},
		Order:     aura.OrderToken{3},
		Logical:   4,
		Author:    filled[aura.AuthorityID](5),
		Device:    filled[aura.DeviceID](6),
	}
}

func TestFactHasItsGoldenBytes(t *testing.T) {
	minimal := sample()
	minimal.Operation, minimal.Payload, minimal.Order = aura.OperationID{}, nil, aura.OrderToken{}
	minimal.Namespace = fact.OwnNamespace(filled[aura.AuthorityID](5))
	full := sample()
	proof := fact.NewBatch([]aura.FactID{full.ID(), minimal.ID(), full.ID()}).Proof(1, [64]byte{7})
	charge := fact.Charge{Context: filled[aura.ContextID](1), Peer: filled[aura.AuthorityID](5), Epoch: 9, Spent: 70000, Through: 3, Receipts: 2, Head: filled[[32]byte](8), From: 1}
	leak := fact.Leak{Context: filled[aura.ContextID](1), Observer: fact.ObserverExternal, Epoch: 9, Bits: 11}
	certificate := fact.Certificate{Root: filled[[32]byte](1), Signing: filled[[32]byte](2), Agreement: filled[[32]byte](3), Link: filled[[32]byte](4), Signature: [64]byte{5}}
	record := fact.Record{Position: 99, Seq: 12, Fact: full, ID: full.ID(), Proof: proof}

	var out strings.Builder
	line := func(name string, b []byte) { out.WriteString(name + " " + hex.EncodeToString(b) + "\n") }
	id := full.ID()
	line("full", full.Encode())
	line("minimal", minimal.Encode())
	line("id", id[:])
	line("proof", proof.Encode())
	line("proof of three of nine", fact.NewBatch(make([]aura.FactID, 9)).Part([]uint32{2, 3, 7}).Encode([64]byte{7}))
	line("charge", charge.Encode())
	line("leak", leak.Encode())
	charge.Device, leak.Device = full.Device, full.Device
	line("charge of a sibling", charge.Encode())
	line("leak of a sibling", leak.Encode())
	line("certificate", certificate.Encode())
	line("record", record.Encode())
	golden(t, out.String())
}

// golden compares got with testdata/<test>.golden. These bytes are on disks and on the wire: a difference
// is a new format, not a new golden file.
func golden(t *testing.T, got string) {
	t.Helper()
	path := filepath.Join("testdata", t.Name()+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("encoding changed (-golden +now):\n%s", diff)
	}
}

func TestFactSurvivesItsEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyFact.Draw(t, "fact")
		b := want.Encode()
		got, err := fact.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("decoded fact differs (-want +got):\n%s", diff)
		}
		if got.ID() != want.ID() {
			t.Fatal("the identity changed on the way")
		}
	})
}

// oracle is the canonical form in the words of the CBOR library.
type oracle struct {
	Space     fact.Space       `cbor:"1,keyasint,omitempty"`
	ID        [32]byte         `cbor:"2,keyasint,omitzero"`
	Kind      string           `cbor:"3,keyasint,omitempty"`
	Operation aura.OperationID `cbor:"4,keyasint,omitzero"`
	Payload   []byte           `cbor:"5,keyasint,omitempty"`
	Order     aura.OrderToken  `cbor:"6,keyasint,omitzero"`
	Logical   aura.Logical     `cbor:"7,keyasint,omitempty"`
	Author    aura.AuthorityID `cbor:"8,keyasint,omitzero"`
	Device    aura.DeviceID    `cbor:"9,keyasint,omitzero"`
}

func TestFactIsEncodedAsTheLibraryWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFact.Draw(t, "fact")
		want, err := fact.Marshal(oracle{
			f.Namespace.Space, f.Namespace.ID, f.Kind, f.Operation, f.Payload, f.Order, f.Logical, f.Author, f.Device,
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, f.Encode()); diff != "" {
			t.Fatalf("encoding differs (-library +ours):\n%s", diff)
		}
	})
}

func TestChangedByteIsAnotherFactOrNone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFact.Draw(t, "fact")
		b := f.Encode()
		i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		b[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		got, err := fact.Decode(b)
		if err != nil {
			if !errors.Is(err, aura.Corrupt) {
				t.Fatalf("kind %v, want corrupt: %v", aura.KindOf(err), err)
			}
			return
		}
		if got.ID() == f.ID() || got.Equal(&f) {
			t.Fatal("a changed encoding gives the same fact")
		}
	})
}

func TestOtherEncodingsOfAFactAreRefused(t *testing.T) {
	f := sample()
	b := f.Encode()
	cases := map[string][]byte{
		"empty":           {},
		"trailing byte":   append(append([]byte{}, b...), 0),
		"truncated":       b[:len(b)-1],
		"not a map":       {0x01},
		"null":            {0xf6},
		"long-form key":   replaceOnce(b, []byte{0x07, 0x04}, []byte{0x18, 0x07, 0x04}),
		"long-form value": replaceOnce(b, []byte{0x07, 0x04}, []byte{0x07, 0x18, 0x04}),
		"short array":     replaceOnce(b, append([]byte{0x08, 0x58, 0x20}, filledBytes(5, 32)...), append([]byte{0x08, 0x58, 0x1f}, filledBytes(5, 31)...)),
		"zero present":    replaceOnce(b, []byte{0x05, 0x45, 0xa1, 0x01, 0x62, 'h', 'i'}, []byte{0x05, 0x40}),
		"unknown field":   append(append([]byte{b[0] + 1}, b[1:]...), 0x0e, 0x01),
		"indefinite map":  append(append([]byte{0xbf}, b[1:]...), 0xff),
		"tagged":          append([]byte{0xd9, 0xd9, 0xf7}, b...),
		"too large":       make([]byte, fact.MaxEncoded+1),
	}
	for name, b := range cases {
		if _, err := fact.Decode(b); !errors.Is(err, aura.Corrupt) {
			t.Errorf("%s: got %v, want corrupt", name, err)
		}
	}
}

func filledBytes(b byte, n int) []byte {
	id := make([]byte, n)
	for i := range id {
		id[i] = b
	}
	return id
}

func replaceOnce(b, from, to []byte) []byte {
	return []byte(strings.Replace(string(b), string(from), string(to), 1))
}

func TestIncompleteFactsAreRefused(t *testing.T) {
	cases := map[string]func(*fact.Fact){
		"no namespace":      func(f *fact.Fact) { f.Namespace = fact.Namespace{} },
		"unknown space":     func(f *fact.Fact) { f.Namespace.Space = 9 },
		"zero context":      func(f *fact.Fact) { f.Namespace.ID = [32]byte{} },
		"no kind":           func(f *fact.Fact) { f.Kind = "" },
		"kind in capitals":  func(f *fact.Fact) { f.Kind = "Chat.message" },
		"kind with a hole":  func(f *fact.Fact) { f.Kind = "chat..message" },
		"kind with an end":  func(f *fact.Fact) { f.Kind = "chat." },
		"kind of digits":    func(f *fact.Fact) { f.Kind = "1chat" },
		"long kind":         func(f *fact.Fact) { f.Kind = strings.Repeat("k", fact.MaxKind+1) },
		"large payload":     func(f *fact.Fact) { f.Payload = make([]byte, fact.MaxPayload+1) },
		"no author":         func(f *fact.Fact) { f.Author = aura.AuthorityID{} },
		"no device":         func(f *fact.Fact) { f.Device = aura.DeviceID{} },
		"no logical time":   func(f *fact.Fact) { f.Logical = 0 },
		"kind with newline": func(f *fact.Fact) { f.Kind = "chat\n" },
	}
	for name, spoil := range cases {
		f := sample()
		spoil(&f)
		if err := f.Check(); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: check gives %v, want invalid", name, err)
		}
		if _, err := fact.Decode(f.Encode()); !errors.Is(err, aura.Corrupt) {
			t.Errorf("%s: decode gives %v, want corrupt", name, err)
		}
	}
	f := sample()
	f.Payload = make([]byte, fact.MaxPayload)
	if _, err := fact.Decode(f.Encode()); err != nil {
		t.Errorf("the largest payload: %v", err)
	}
}

func TestNamespaceHasOneText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyNamespace.Draw(t, "namespace")
		text, _ := want.MarshalText()
		var got fact.Namespace
		if err := got.UnmarshalText(text); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Fatalf("%s came back as %s", want, got)
		}
	})
	for _, bad := range []string{"", "own", "own:", "ctx:auth_aa", "own:ctx_aa", "all:auth_aa", fact.Namespace{Space: fact.SpaceContext}.String()} {
		if _, err := fact.ParseNamespace(bad); !errors.Is(err, aura.Invalid) {
			t.Errorf("%q: got %v, want invalid", bad, err)
		}
	}
}

func TestSelection(t *testing.T) {
	here, there := fact.ContextNamespace(aura.ContextID{1}), fact.ContextNamespace(aura.ContextID{2})
	r := fact.Record{Position: 5, Fact: fact.Fact{Namespace: here, Kind: "chat.message"}}
	cases := []struct {
		name string
		sel  fact.Selection
		want bool
	}{
		{"everything", fact.Selection{}, true},
		{"before it", fact.Selection{After: 4}, true},
		{"from it on", fact.Selection{After: 5}, false},
		{"its namespace", fact.Selection{Namespaces: []fact.Namespace{there, here}}, true},
		{"another namespace", fact.Selection{Namespaces: []fact.Namespace{there}}, false},
		{"its kind", fact.Selection{Kinds: []string{"chat.read", "chat.message"}}, true},
		{"its family", fact.Selection{Kinds: []string{"chat.*"}}, true},
		{"a longer word", fact.Selection{Kinds: []string{"cha*"}}, false},
		{"another kind", fact.Selection{Kinds: []string{"chat"}}, false},
	}
	for _, c := range cases {
		if got := c.sel.Selects(&r); got != c.want {
			t.Errorf("%s: selected %v", c.name, got)
		}
	}
	observing := fact.Selection{Observations: []string{"*"}}
	if silent := (fact.Selection{}); !observing.Observes("link.state") || silent.Observes("link.state") {
		t.Error("observations are selected by kind, and none by default")
	}
}

func TestCompareIsATotalOrder(t *testing.T) {
	anyRecord := rapid.Custom(func(t *rapid.T) fact.Record {
		return fact.Record{
			ID: aura.FactID{rapid.Byte().Draw(t, "id")},
			Fact: fact.Fact{
				Logical: aura.Logical(rapid.IntRange(1, 2).Draw(t, "logical")),
				Order:   aura.OrderToken{byte(rapid.IntRange(0, 1).Draw(t, "order"))},
			},
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyRecord.Draw(t, "a"), anyRecord.Draw(t, "b"), anyRecord.Draw(t, "c")
		if fact.Compare(&a, &b) != -fact.Compare(&b, &a) {
			t.Fatal("not antisymmetric")
		}
		if fact.Compare(&a, &b) <= 0 && fact.Compare(&b, &c) <= 0 && fact.Compare(&a, &c) > 0 {
			t.Fatal("not transitive")
		}
	})
}
