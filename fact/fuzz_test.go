package fact_test

import (
	"bytes"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// refuses runs one decoder: an accepted input must be the canonical encoding of the value returned.
func refuses[T any](f *testing.F, decode func([]byte) (T, error), encode func(T) []byte) {
	f.Add([]byte{})
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := decode(b)
		if err != nil {
			if aura.KindOf(err) != aura.Corrupt {
				t.Fatalf("kind %v, want corrupt: %v", aura.KindOf(err), err)
			}
			return
		}
		if !bytes.Equal(encode(v), b) {
			t.Fatalf("accepted %x, which is not canonical", b)
		}
	})
}

func FuzzDecode(f *testing.F) {
	s := sample()
	f.Add(s.Encode())
	refuses(f, fact.Decode, func(v fact.Fact) []byte { return v.Encode() })
}

func FuzzDecodeRecord(f *testing.F) {
	s := sample()
	r := fact.Record{Seq: 1, Fact: s, Proof: fact.NewBatch([]aura.FactID{{1}, {2}}).Proof(1, [64]byte{1})}
	f.Add(r.Encode())
	refuses(f, fact.DecodeRecord, func(v fact.Record) []byte { return v.Encode() })
}

func FuzzDecodeProof(f *testing.F) {
	p := fact.NewBatch([]aura.FactID{{1}, {2}, {3}}).Proof(2, [64]byte{1})
	f.Add(p.Encode())
	refuses(f, fact.DecodeProof, func(v fact.Proof) []byte { return v.Encode() })
}

func FuzzDecodeCertificate(f *testing.F) {
	c := fact.Certificate{Root: [32]byte{1}, Signature: [64]byte{2}}
	f.Add(c.Encode())
	refuses(f, fact.DecodeCertificate, func(v fact.Certificate) []byte { return v.Encode() })
}

func FuzzDecodeCharge(f *testing.F) {
	c := fact.Charge{Context: aura.ContextID{1}, Epoch: 300, Spent: 1 << 40}
	f.Add(c.Encode())
	refuses(f, fact.DecodeCharge, func(v fact.Charge) []byte { return v.Encode() })
}

func FuzzDecodeLeak(f *testing.F) {
	l := fact.Leak{Context: aura.ContextID{1}, Observer: fact.ObserverGroup, Bits: 9}
	f.Add(l.Encode())
	refuses(f, fact.DecodeLeak, func(v fact.Leak) []byte { return v.Encode() })
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte{0xa1, 0x01, 0x62, 'h', 'i'})
	f.Fuzz(func(t *testing.T, b []byte) {
		var p payload
		err := fact.Unmarshal(b, &p)
		if err != nil && aura.KindOf(err) != aura.Corrupt {
			t.Fatalf("kind %v, want corrupt: %v", aura.KindOf(err), err)
		}
	})
}
