package fact_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

func key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(filledBytes(seed, ed25519.SeedSize))
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func sign(k ed25519.PrivateKey, message []byte) [64]byte {
	return [64]byte(ed25519.Sign(k, message))
}

// root is the definition of RFC 6962, section 2.1, word for word: split at the largest power of two.
func root(ids []aura.FactID) [32]byte {
	if len(ids) == 1 {
		return sha256.Sum256(append([]byte{0}, ids[0][:]...))
	}
	k := 1
	for k*2 < len(ids) {
		k *= 2
	}
	left, right := root(ids[:k]), root(ids[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

func TestBatchSignsTheRootOfRFC6962(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(anyID, 1, 40).Draw(t, "ids")
		want := root(ids)
		message := fact.NewBatch(ids).SigningBytes()
		if got := message[len(message)-32:]; [32]byte(got) != want {
			t.Fatalf("root of %d facts is %x, want %x", len(ids), got, want)
		}
	})
}

func TestEveryProofOfABatchHolds(t *testing.T) {
	k := key(1)
	for n := 1; n <= 35; n++ {
		ids := make([]aura.FactID, n)
		for i := range ids {
			ids[i] = aura.FactID{byte(i), 1}
		}
		b := fact.NewBatch(ids)
		signature := sign(k, b.SigningBytes())
		for i, id := range ids {
			p := b.Proof(i, signature)
			if err := fact.Verify(id, p, public(k)); err != nil {
				t.Fatalf("fact %d of %d: %v", i, n, err)
			}
			decoded, err := fact.DecodeProof(p.Encode(), id)
			if err != nil {
				t.Fatalf("fact %d of %d: %v", i, n, err)
			}
			if diff := cmp.Diff(p, decoded); diff != "" {
				t.Fatalf("fact %d of %d (-want +got):\n%s", i, n, diff)
			}
		}
	}
}

func TestProofOfAnythingElseIsDenied(t *testing.T) {
	k := key(1)
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfNDistinct(anyID, 2, 20, func(id aura.FactID) aura.FactID { return id }).Draw(t, "ids")
		b := fact.NewBatch(ids)
		i := rapid.IntRange(0, len(ids)-1).Draw(t, "index")
		id, p, device := ids[i], b.Proof(i, sign(k, b.SigningBytes())), public(k)
		switch rapid.IntRange(0, 4).Draw(t, "spoil") {
		case 0:
			id = ids[(i+1)%len(ids)]
		case 1:
			p = b.Proof((i+1)%len(ids), p.Signature)
		case 2:
			p = fact.NewBatch(append(ids, aura.FactID{1})).Proof(i, p.Signature)
		case 3:
			p.Signature[9] ^= 1
		case 4:
			device = public(key(2))
		}
		if err := fact.Verify(id, p, device); !errors.Is(err, aura.Denied) {
			t.Fatalf("got %v, want denied", err)
		}
	})
}

// subset draws a batch of distinct facts of a device and some of them, ascending.
func subset(t *rapid.T) (k ed25519.PrivateKey, ids []aura.FactID, at []uint32) {
	ids = rapid.SliceOfNDistinct(anyID, 1, 70, func(id aura.FactID) aura.FactID { return id }).Draw(t, "ids")
	some := rapid.SliceOfN(rapid.Bool(), len(ids), len(ids)).Draw(t, "known")
	some[rapid.IntRange(0, len(ids)-1).Draw(t, "one")] = true
	for i := range some {
		if some[i] {
			at = append(at, uint32(i))
		}
	}
	return key(1), ids, at
}

// part returns those of ids that are known.
func part(ids []aura.FactID, at []uint32) (known []aura.FactID) {
	for _, i := range at {
		known = append(known, ids[i])
	}
	return known
}

// TestEveryPartOfABatchProvesItsFacts: whatever facts of a batch travel together, and whatever part of those goes on,
// each of them has a proof from it, which is the one that the whole batch gives it.
func TestEveryPartOfABatchProvesItsFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, ids, at := subset(t)
		whole := fact.NewBatch(ids)
		signature := sign(k, whole.SigningBytes())
		arrived, got, err := fact.DecodeBatch(whole.Part(at).Encode(signature), part(ids, at))
		if err != nil || got != signature {
			t.Fatal(err)
		}
		further := rapid.SliceOfN(rapid.Bool(), len(at), len(at)).Draw(t, "goes on")
		further[rapid.IntRange(0, len(at)-1).Draw(t, "one goes on")] = true
		var on []uint32
		for i := range at {
			if further[i] {
				on = append(on, at[i])
			}
		}
		for _, b := range []*fact.Batch{arrived, arrived.Part(on), whole.Part(on)} {
			for n, i := range b.Indexes() {
				p := b.Proof(n, signature)
				if err := fact.Verify(ids[i], p, public(k)); err != nil {
					t.Fatalf("fact %d of %d: %v", i, len(ids), err)
				}
				if want := whole.Proof(int(i), signature); !p.Equal(want) || !bytes.Equal(p.Encode(), want.Encode()) {
					t.Fatalf("fact %d of %d: another proof than the whole batch gives", i, len(ids))
				}
			}
		}
		if b := arrived.Part(on); !bytes.Equal(b.Encode(signature), whole.Part(on).Encode(signature)) {
			t.Fatal("a part of a part is not the part of the whole")
		}
	})
}

// TestAChangedPartOfABatchProvesNothing: any other byte, fact or place.
func TestAChangedPartOfABatchProvesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, ids, at := subset(t)
		whole := fact.NewBatch(ids)
		signature := sign(k, whole.SigningBytes())
		encoded, known := whole.Part(at).Encode(signature), part(ids, at)
		spoils := 4
		if len(known) < 2 {
			spoils = 3 // there are no two facts to exchange
		}
		switch rapid.IntRange(0, spoils-1).Draw(t, "spoil") {
		case 0:
			encoded[rapid.IntRange(0, len(encoded)-1).Draw(t, "at")] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
		case 1:
			known[rapid.IntRange(0, len(known)-1).Draw(t, "another")][5] ^= 1
		case 2:
			known = append(known, aura.FactID{1})
		case 3:
			i := rapid.IntRange(1, len(known)-1).Draw(t, "exchanged")
			known[0], known[i] = known[i], known[0]
		}
		b, got, err := fact.DecodeBatch(encoded, known)
		if err != nil {
			if !errors.Is(err, aura.Corrupt) {
				t.Fatalf("got %v, want corrupt", err)
			}
			return
		}
		denied := 0
		for i, id := range known {
			if errors.Is(fact.Verify(id, b.Proof(i, got), public(k)), aura.Denied) {
				denied++
			}
		}
		if denied != len(known) {
			t.Fatalf("%d of %d facts are denied", denied, len(known))
		}
	})
}

// TestAProofIsSharedByTheFactsOfAMessage: records of several batches, some left out, travel with one proof for each row
// of one batch, and arrive with the proofs that they had.
func TestAProofIsSharedByTheFactsOfAMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 9), 1, 5).Draw(t, "batches")
		all := batched(1, sizes...)
		some := rapid.SliceOfN(rapid.Bool(), len(all), len(all)).Draw(t, "sent")
		var sent, got []fact.Record
		rows := map[*fact.Batch]bool{}
		for i := range all {
			if some[i] {
				sent = append(sent, all[i])
				rows[all[i].Proof.Batch()] = true
			}
		}
		for _, r := range sent {
			r.Proof = fact.Proof{}
			got = append(got, r)
		}
		proofs := fact.ShareProofs(sent)
		if len(proofs) != len(rows) {
			t.Fatalf("%d proofs for facts of %d batches", len(proofs), len(rows))
		}
		if len(sent) > 1 {
			if err := fact.SpreadProofs(slices.Clone(got[1:]), proofs); !errors.Is(err, aura.Corrupt) {
				t.Fatalf("one fact less: got %v, want corrupt", err)
			}
		}
		if err := fact.SpreadProofs(got, proofs); err != nil {
			t.Fatal(err)
		}
		verifier := fact.NewVerifier(public(key(1)))
		for i := range got {
			if err := verifier.Verify(&got[i]); err != nil || !got[i].Equal(sent[i]) {
				t.Fatalf("fact %d: %v", i, err)
			}
		}
		if len(got) == 0 {
			return
		}
		for what, bad := range map[string][][]byte{
			"one proof less": proofs[1:], "one proof more": append(slices.Clone(proofs), proofs[0]), "a proof of no bytes": append([][]byte{{}}, proofs...),
		} {
			if err := fact.SpreadProofs(got, bad); !errors.Is(err, aura.Corrupt) {
				t.Fatalf("%s: got %v, want corrupt", what, err)
			}
		}
	})
}

// TestOnlyARowOfABatchSharesAProof: records in another order than the batch's, and of another signature, get proofs of
// their own.
func TestOnlyARowOfABatchSharesAProof(t *testing.T) {
	records := batched(1, 4)
	records[0], records[1] = records[1], records[0]
	records[3].Proof.Signature[0] ^= 1
	got := slices.Clone(records)
	proofs := fact.ShareProofs(records)
	if err := fact.SpreadProofs(got, proofs); err != nil || len(proofs) != 3 {
		t.Fatalf("%d proofs, %v", len(proofs), err)
	}
	for i := range got {
		if !got[i].Proof.Equal(records[i].Proof) {
			t.Errorf("record %d has another proof than before", i)
		}
	}
}

// TestADecoderAllocatesNoMoreThanItsInput: a proof that claims many facts is refused before there is room for them.
func TestADecoderAllocatesNoMoreThanItsInput(t *testing.T) {
	for what, b := range map[string]string{
		"a million facts":          "a302 1a00100000 045840" + strings.Repeat("01", 64) + "05 43ffff3f",
		"a place behind the last":  "a301 03 02 03 045840" + strings.Repeat("01", 64),
		"a gap of 2^63":            "a302 1903e8 045840" + strings.Repeat("01", 64) + "05 4c00ffffffffffffffff7f02",
		"a gap of none":            "a302 03 045840" + strings.Repeat("01", 64) + "05 43010001",
		"a batch of 2^20 and one":  "a302 1a00100001 03 5902a0" + strings.Repeat("02", 21*32) + "045840" + strings.Repeat("01", 64),
		"a row of no facts":        "a302 03 045840" + strings.Repeat("01", 64) + "05 420000",
		"a number in a long form":  "a302 03 045840" + strings.Repeat("01", 64) + "05 428200",
		"hashes that nobody needs": "a302 03 035820" + strings.Repeat("02", 32) + "045840" + strings.Repeat("01", 64) + "05 4102",
	} {
		encoded, err := hex.DecodeString(strings.ReplaceAll(b, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 3; n++ {
			if _, _, err := fact.DecodeBatch(encoded, make([]aura.FactID, n)); !errors.Is(err, aura.Corrupt) {
				t.Errorf("%s, for %d facts: got %v, want corrupt", what, n, err)
			}
		}
	}
}

func TestProofIsDeniedForAMalformedKey(t *testing.T) {
	for _, k := range [][]byte{nil, make([]byte, 31), make([]byte, 64)} {
		if err := fact.Verify(aura.FactID{}, fact.NewBatch([]aura.FactID{{}}).Proof(0, [64]byte{}), k); !errors.Is(err, aura.Denied) {
			t.Errorf("key of %d bytes: got %v, want denied", len(k), err)
		}
	}
}

func TestRecordVerifiesAgainstTheDeviceItNames(t *testing.T) {
	k := key(1)
	f := sample()
	f.Device = aura.DeviceOf(public(k))
	b := fact.NewBatch([]aura.FactID{f.ID()})
	want := fact.Record{Position: 7, Seq: 3, ID: f.ID(), Fact: f, Proof: b.Proof(0, sign(k, b.SigningBytes()))}
	got, err := fact.DecodeRecord(want.Encode())
	if err != nil {
		t.Fatal(err)
	}
	want.Position = 0 // stays at home
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("decoded record differs (-want +got):\n%s", diff)
	}
	if err := got.Verify(public(k)); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*fact.Record){
		"another device": func(r *fact.Record) { r.Fact.Device[0] ^= 1 },
		"another text":   func(r *fact.Record) { r.Fact.Payload = []byte{0xa0} },
		"another id":     func(r *fact.Record) { r.ID[0] ^= 1 },
		"another proof":  func(r *fact.Record) { r.Proof.Signature[0] ^= 1 },
	} {
		spoiled := got
		spoil(&spoiled)
		if err := spoiled.Verify(public(k)); !errors.Is(err, aura.Denied) {
			t.Errorf("%s: got %v, want denied", name, err)
		}
	}
	want.Seq = 0
	if _, err := fact.DecodeRecord(want.Encode()); !errors.Is(err, aura.Corrupt) {
		t.Errorf("without a sequence number: got %v, want corrupt", err)
	}
}

func TestCertificateBindsAllItsKeys(t *testing.T) {
	c := fact.Certificate{Root: [32]byte(public(key(1))), Signing: [32]byte(public(key(2))), Agreement: [32]byte{3}, Link: [32]byte(public(key(4)))}
	c.Signature = sign(key(1), c.SigningBytes())
	if err := c.Verify(); err != nil {
		t.Fatal(err)
	}
	if c.Authority() != aura.AuthorityOf(c.Root[:]) || c.Device() != aura.DeviceOf(c.Signing[:]) {
		t.Error("the certificate names another authority or device than its keys")
	}
	got, err := fact.DecodeCertificate(c.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Errorf("decoded certificate differs (-want +got):\n%s", diff)
	}
	for name, spoil := range map[string]func(*fact.Certificate){
		"root":         func(c *fact.Certificate) { c.Root = [32]byte(public(key(9))) },
		"signing":      func(c *fact.Certificate) { c.Signing[0] ^= 1 },
		"agreement":    func(c *fact.Certificate) { c.Agreement[0] ^= 1 },
		"link":         func(c *fact.Certificate) { c.Link[0] ^= 1 },
		"signature":    func(c *fact.Certificate) { c.Signature[0] ^= 1 },
		"no agreement": func(c *fact.Certificate) { c.Agreement = [32]byte{}; c.Signature = sign(key(1), c.SigningBytes()) },
	} {
		spoiled := c
		spoil(&spoiled)
		if err := spoiled.Verify(); !errors.Is(err, aura.Denied) {
			t.Errorf("%s: got %v, want denied", name, err)
		}
	}
}
