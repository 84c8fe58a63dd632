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
	decode := func(b []byte) (fact.Proof, error) { return fact.DecodeProof(b, aura.FactID{3}) }
	refuses(f, decode, func(v fact.Proof) []byte { return v.Encode() })
}

// FuzzDecodeBatch: a batch of three known facts among any number.
func FuzzDecodeBatch(f *testing.F) {
	type signed struct {
		batch     *fact.Batch
		signature [64]byte
	}
	ids := []aura.FactID{{1}, {2}, {3}, {4}, {5}, {6}, {7}}
	for _, at := range [][]uint32{{0, 1, 2}, {0, 2, 6}, {1, 2, 5}, {4, 5, 6}} {
		f.Add(fact.NewBatch(ids).Part(at).Encode([64]byte{1}))
	}
	decode := func(b []byte) (s signed, err error) {
		s.batch, s.signature, err = fact.DecodeBatch(b, ids[:3])
		if err == nil { // it is a batch: its root can be computed, and each fact has a proof by itself
			s.batch.SigningBytes()
			for i := range ids[:3] {
				p := s.batch.Proof(i, s.signature)
				p.Encode()
			}
		}
		return s, err
	}
	refuses(f, decode, func(v signed) []byte { return v.batch.Encode(v.signature) })
}

// FuzzSpreadProofs: what a message brings for four facts proves all of them or is refused.
func FuzzSpreadProofs(f *testing.F) {
	records := batched(1, 3, 1)
	shared := fact.ShareProofs(records)
	f.Add(shared[0], shared[1])
	f.Add(shared[1], shared[0])
	f.Fuzz(func(t *testing.T, first, second []byte) {
		got := batched(1, 3, 1)
		for i := range got {
			got[i].Proof = fact.Proof{}
		}
		proofs := [][]byte{first}
		if len(second) > 0 {
			proofs = append(proofs, second)
		}
		if err := fact.SpreadProofs(got, proofs); err != nil {
			if aura.KindOf(err) != aura.Corrupt {
				t.Fatalf("kind %v, want corrupt: %v", aura.KindOf(err), err)
			}
			return
		}
		again := fact.ShareProofs(got)
		if len(again) != len(proofs) || !bytes.Equal(again[0], first) || len(again) > 1 && !bytes.Equal(again[1], second) {
			t.Fatal("accepted proofs that are not canonical")
		}
	})
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
