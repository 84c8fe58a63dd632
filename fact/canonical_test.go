package fact_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// withEntry returns a canonical map of small integer keys with one more entry, in the order of the keys.
func withEntry(t *testing.T, encoded []byte, key byte, value []byte) []byte {
	t.Helper()
	if encoded[0]>>5 != 5 || encoded[0]&31 > 22 {
		t.Fatalf("%x is not a small map", encoded)
	}
	out := []byte{encoded[0] + 1}
	rest := encoded[1:]
	for n := encoded[0] & 31; n > 0 && rest[0] < key; n-- {
		size := 1 + itemSize(t, rest[1:])
		out, rest = append(out, rest[:size]...), rest[size:]
	}
	return append(append(append(out, key), value...), rest...)
}

// itemSize returns the size of an integer or string item of at most 64 KiB.
func itemSize(t *testing.T, b []byte) int {
	t.Helper()
	head, n := 1, int(b[0]&31)
	switch {
	case n == 24:
		head, n = 2, int(b[1])
	case n == 25:
		head, n = 3, int(b[1])<<8|int(b[2])
	case n == 27:
		head, n = 9, 0
	case n > 23:
		t.Fatalf("item %x", b[:1])
	}
	if major := b[0] >> 5; major == 2 || major == 3 {
		return head + n
	}
	return head
}

// TestAnExplicitZeroIsRefused: a zero field has one encoding, which leaves it out. Otherwise one value would
// have two encodings, and so two identities.
func TestAnExplicitZeroIsRefused(t *testing.T) {
	s := sample()
	s.Operation, s.Payload, s.Order = aura.OperationID{}, nil, aura.OrderToken{}
	record := fact.Record{Seq: 1, Fact: s, Proof: fact.NewBatch([]aura.FactID{s.ID()}).Proof(0, [64]byte{1})}
	certificate := fact.Certificate{Signature: [64]byte{1}}
	charge, leak := fact.Charge{Context: aura.ContextID{1}}, fact.Leak{Context: aura.ContextID{1}}
	zeros := map[string][]byte{
		"number": {0}, "bytes": {0x40}, "text": {0x60},
		"16 bytes": append([]byte{0x50}, make([]byte, 16)...),
		"32 bytes": append([]byte{0x58, 32}, make([]byte, 32)...),
		"64 bytes": append([]byte{0x58, 64}, make([]byte, 64)...),
	}
	for name, c := range map[string]struct {
		encoded []byte
		decode  func([]byte) error
	}{
		"fact":        {s.Encode(), func(b []byte) error { _, err := fact.Decode(b); return err }},
		"proof":       {record.Proof.Encode(), func(b []byte) error { _, err := fact.DecodeProof(b, s.ID()); return err }},
		"record":      {record.Encode(), func(b []byte) error { _, err := fact.DecodeRecord(b); return err }},
		"certificate": {certificate.Encode(), func(b []byte) error { _, err := fact.DecodeCertificate(b); return err }},
		"charge":      {charge.Encode(), func(b []byte) error { _, err := fact.DecodeCharge(b); return err }},
		"leak":        {leak.Encode(), func(b []byte) error { _, err := fact.DecodeLeak(b); return err }},
	} {
		if err := c.decode(c.encoded); err != nil {
			t.Errorf("%s: the canonical bytes are refused: %v", name, err)
		}
		for key := byte(1); key < 12; key++ {
			for what, zero := range zeros {
				if name == "fact" && key == 5 && what[0] >= '1' && what[0] <= '9' {
					continue // a payload may consist of zeros
				}
				b := withEntry(t, c.encoded, key, zero)
				if err := c.decode(b); !errors.Is(err, aura.Corrupt) {
					t.Errorf("%s with a zero %s as field %d: got %v, want corrupt", name, what, key, err)
				}
			}
		}
	}
}

// TestUnknownFieldsAreRefused: what a decoder would drop must not be accepted, since the value would be encoded
// without it.
func TestUnknownFieldsAreRefused(t *testing.T) {
	s := sample()
	record := fact.Record{Seq: 1, Fact: s, Proof: fact.NewBatch([]aura.FactID{s.ID()}).Proof(0, [64]byte{1})}
	certificate := fact.Certificate{Root: [32]byte{1}, Signature: [64]byte{1}}
	charge, leak := fact.Charge{Spent: 1}, fact.Leak{Bits: 1}
	for name, err := range map[string]error{
		"fact":        second(fact.Decode(withEntry(t, s.Encode(), 20, []byte{1}))),
		"proof":       second(fact.DecodeProof(withEntry(t, record.Proof.Encode(), 20, []byte{1}), s.ID())),
		"record":      second(fact.DecodeRecord(withEntry(t, record.Encode(), 20, []byte{1}))),
		"certificate": second(fact.DecodeCertificate(withEntry(t, certificate.Encode(), 20, []byte{1}))),
		"charge":      second(fact.DecodeCharge(withEntry(t, charge.Encode(), 20, []byte{1}))),
		"leak":        second(fact.DecodeLeak(withEntry(t, leak.Encode(), 20, []byte{1}))),
	} {
		if !errors.Is(err, aura.Corrupt) {
			t.Errorf("%s with a field that it does not have: got %v, want corrupt", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestTheLongFormOfANumberIsRefused: CBOR can write a small number in more bytes than it needs (RFC 8949,
// section 4.2.1).
func TestTheLongFormOfANumberIsRefused(t *testing.T) {
	charge := fact.Charge{Spent: 1}
	short := charge.Encode()
	long := bytes.Replace(short, []byte{4, 1}, []byte{4, 0x18, 1}, 1)
	if bytes.Equal(short, long) {
		t.Fatal("the encoding has no small number")
	}
	if _, err := fact.DecodeCharge(long); !errors.Is(err, aura.Corrupt) {
		t.Errorf("got %v, want corrupt", err)
	}
}
