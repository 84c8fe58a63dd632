package fact_test

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

func message() fact.Fact {
	f := sample()
	f.Payload = make([]byte, 100)
	return f
}

func BenchmarkEncode(b *testing.B) {
	f := message()
	b.ReportAllocs()
	for b.Loop() {
		f.Encode()
	}
}

func BenchmarkDecode(b *testing.B) {
	f := message()
	encoded := f.Encode()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fact.Decode(encoded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkID(b *testing.B) {
	f := message()
	b.ReportAllocs()
	for b.Loop() {
		f.ID()
	}
}

func BenchmarkBatch64(b *testing.B) {
	ids := make([]aura.FactID, 64)
	for i := range ids {
		ids[i][0] = byte(i)
	}
	k := key(1)
	b.ReportAllocs()
	for b.Loop() {
		batch := fact.NewBatch(ids)
		signature := sign(k, batch.SigningBytes())
		for i := range ids {
			batch.Proof(i, signature)
		}
	}
}

func BenchmarkVerify64(b *testing.B) {
	ids := make([]aura.FactID, 64)
	batch := fact.NewBatch(ids)
	k := key(1)
	p := batch.Proof(40, sign(k, batch.SigningBytes()))
	device := public(k)
	b.ReportAllocs()
	for b.Loop() {
		if err := fact.Verify(ids[40], p, device); err != nil {
			b.Fatal(err)
		}
	}
}
