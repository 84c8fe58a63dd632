package fact_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// TestARecordIsEncodedAndHashedOnce counts by what encoding cannot do without: memory. A record keeps the form in
// which it was made or arrived, so neither a sender nor a receiver encodes its fact again.
func TestARecordIsEncodedAndHashedOnce(t *testing.T) {
	public, private, _ := ed25519.GenerateKey(nil)
	f := sample()
	f.Device, f.Seq = aura.DeviceOf(public), 1
	own := fact.NewRecord(f)
	batch := fact.NewBatch([]aura.FactID{own.ID, {1}, {2}})
	own.Proof = batch.Proof(0, [64]byte(ed25519.Sign(private, batch.SigningBytes())))
	arrived, err := fact.DecodeRecord(own.Encode())
	if err != nil {
		t.Fatal(err)
	}
	verifier := fact.NewVerifier(public)
	if err := verifier.Verify(&arrived); err != nil {
		t.Fatal(err)
	}
	room := make([]byte, 0, 4096)
	for what, c := range map[string]struct {
		most float64
		do   func()
	}{
		"the form of an own record":         {0, func() { own.Canonical() }},
		"the proof by itself, appended":     {1, func() { own.Proof.Append(room) }}, // its path
		"an own record by itself":           {3, func() { own.Encode() }},           // the result, its proof and the path
		"the form of a record that arrived": {0, func() { arrived.Canonical() }},
		"its identity":                      {0, func() { arrived.Genuine() }},
		"its verification":                  {0, func() { _ = verifier.Verify(&arrived) }},
	} {
		if got := testing.AllocsPerRun(100, c.do); got > c.most {
			t.Errorf("%s: %v allocations, want at most %v", what, got, c.most)
		}
	}
}

// TestAFormIsOfItsFactAlone: a record whose fact was changed is encoded as it is now, and does not pass for the
// fact that it was.
func TestAFormIsOfItsFactAlone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before, after := anyFact.Draw(rt, "before"), anyFact.Draw(rt, "after")
		r := fact.NewRecord(before)
		changed := r
		for i, change := range []func(){
			func() { changed.Fact.Namespace = after.Namespace },
			func() { changed.Fact.Kind = after.Kind },
			func() { changed.Fact.Operation = after.Operation },
			func() { changed.Fact.Payload = after.Payload },
			func() { changed.Fact.Payload = make([]byte, len(before.Payload)) },
			func() { changed.Fact.Order = after.Order },
			func() { changed.Fact.Logical = after.Logical },
			func() { changed.Fact.Author = after.Author },
			func() { changed.Fact.Device = after.Device },
			func() { changed.Fact = after },
		} {
			changed = r
			change()
			if string(changed.Canonical()) != string(changed.Fact.Encode()) {
				rt.Fatalf("change %d: the form is not that of the fact", i)
			}
			if changed.Genuine() != (changed.Fact.ID() == r.ID) {
				rt.Fatalf("change %d: genuine: %t", i, changed.Genuine())
			}
		}
		changed = r
		changed.ID[0] ^= 1
		if !r.Genuine() || changed.Genuine() {
			rt.Fatalf("another identity: genuine %t, %t", r.Genuine(), changed.Genuine())
		}
	})
}

// TestTheIdentityIsThatOfTheHeader: it is hashed from the parts of the encoding, for facts with and without payload and
// optional fields, as they are and after their payload was erased.
func TestTheIdentityIsThatOfTheHeader(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := anyFact.Draw(rt, "fact")
		f.Seq = rapid.Uint64Range(1, 1<<40).Draw(rt, "place")
		if f.Seq > 1 {
			f.Prev = [fact.ShortID]byte(rapid.SliceOfN(rapid.ByteMin(1), fact.ShortID, fact.ShortID).Draw(rt, "the one before"))
		}
		want := aura.FactID(sha256.Sum256(f.Header()))
		r := fact.NewRecord(f)
		opened, err := fact.OpenRecord(0, f.Encode())
		if err != nil {
			rt.Fatal(err)
		}
		erased := f
		erased.Payload, erased.Erased = nil, sha256.Sum256(f.Payload)
		for what, got := range map[string]aura.FactID{"fact": f.ID(), "record": r.ID, "opened": opened.ID, "erased": erased.ID()} {
			if got != want {
				rt.Fatalf("%s: identity %x, that of the header is %x", what, got, want)
			}
		}
	})
}
