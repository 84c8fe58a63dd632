package fact_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// batched returns records of one device that share group commits of the given sizes.
func batched(seed byte, sizes ...int) []fact.Record {
	k := key(seed)
	var records []fact.Record
	for _, n := range sizes {
		first := len(records)
		var ids []aura.FactID
		for range n {
			f := message()
			f.Device, f.Logical = aura.DeviceOf(public(k)), aura.Logical(len(records)+1)
			records = append(records, fact.Record{Seq: uint64(len(records) + 1), ID: f.ID(), Fact: f})
			ids = append(ids, f.ID())
		}
		b := fact.NewBatch(ids)
		signature := sign(k, b.SigningBytes())
		for i := range n {
			records[first+i].Proof = b.Proof(i, signature)
		}
	}
	return records
}

// TestAVerifierDecidesAsVerifyDoes changes records at random: earlier verified records must never let a
// record pass that would not pass alone.
func TestAVerifierDecidesAsVerifyDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := append(batched(1, 3, 1, 4), batched(2, 2)...)
		deviceKey := public(key(1))
		v := fact.NewVerifier(deviceKey)
		for range rapid.IntRange(1, 12).Draw(t, "records") {
			r := records[rapid.IntRange(0, len(records)-1).Draw(t, "record")]
			other := records[rapid.IntRange(0, len(records)-1).Draw(t, "other")]
			switch rapid.IntRange(0, 8).Draw(t, "change") {
			case 0:
				r.Proof.Signature[3] ^= 1
			case 1:
				r.Proof = other.Proof
			case 2:
				r.Fact.Payload = []byte("another")
			case 3:
				r.Fact.Payload = []byte("another")
				r.ID = r.Fact.ID()
			case 4:
				r.ID = other.ID
			case 5:
				r.Proof = fact.Proof{}
			case 6: // another fact, alone in its batch, under the signature of another batch
				r.Fact.Payload = []byte("another")
				r.ID = r.Fact.ID()
				r.Proof = fact.NewBatch([]aura.FactID{r.ID}).Proof(0, other.Proof.Signature)
			case 7:
				again := []fact.Record{r}
				if err := fact.SpreadProofs(again, fact.ShareProofs(again)); err != nil {
					t.Fatal(err)
				}
				r = again[0] // the same proof, without what it shared
			}
			if want, got := r.Verify(deviceKey), v.Verify(&r); errors.Is(want, aura.Denied) != errors.Is(got, aura.Denied) {
				t.Fatalf("alone %v, in a row %v", want, got)
			}
		}
	})
}

// TestARememberedSignatureIsOfItsBatchAlone: another batch of the same size does not pass under the signature that was
// checked last.
func TestARememberedSignatureIsOfItsBatchAlone(t *testing.T) {
	records := batched(1, 1, 1)
	verifier := fact.NewVerifier(public(key(1)))
	if err := verifier.Verify(&records[0]); err != nil {
		t.Fatal(err)
	}
	records[1].Proof.Signature = records[0].Proof.Signature
	if err := verifier.Verify(&records[1]); !errors.Is(err, aura.Denied) {
		t.Errorf("got %v, want denied", err)
	}
}

// BenchmarkReceive64 is what a receiver does with 64 facts of one batch up to their commit: bytes to verified records.
func BenchmarkReceive64(b *testing.B) {
	records := batched(1, 64)
	deviceKey := public(key(1))
	var facts [][]byte
	for i := range records {
		facts = append(facts, records[i].Canonical())
	}
	proofs := fact.ShareProofs(records)
	b.ReportAllocs()
	for b.Loop() {
		v := fact.NewVerifier(deviceKey)
		got := make([]fact.Record, len(facts))
		for i, c := range facts {
			var err error
			if got[i], err = fact.OpenRecord(uint64(i+1), slices.Clone(c)); err != nil {
				b.Fatal(err)
			}
		}
		if err := fact.SpreadProofs(got, proofs); err != nil {
			b.Fatal(err)
		}
		for i := range got {
			if err := v.Verify(&got[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkShare64 is what a sender does with the proofs of 64 facts of one batch.
func BenchmarkShare64(b *testing.B) {
	records := batched(1, 64)
	b.ReportAllocs()
	for b.Loop() {
		fact.ShareProofs(records)
	}
}
