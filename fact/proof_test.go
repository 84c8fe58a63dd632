package fact_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
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
			decoded, err := fact.DecodeProof(p.Encode())
			if err != nil {
				t.Fatalf("fact %d of %d: %v", i, n, err)
			}
			if diff := cmp.Diff(p, decoded); diff != "" {
				t.Fatalf("fact %d of %d (-want +got):\n%s", i, n, diff)
			}
		}
		if n == 1 && len(b.Proof(0, signature).Path) != 0 {
			t.Error("a batch of one has a path")
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
		switch rapid.IntRange(0, 7).Draw(t, "spoil") {
		case 0:
			id = ids[(i+1)%len(ids)]
		case 1:
			p.Index = (p.Index + 1) % p.Count
		case 2:
			p.Count++
		case 3:
			p.Path = p.Path[:len(p.Path)-1]
		case 4:
			p.Path = append(append([][32]byte{}, p.Path...), [32]byte{})
		case 5:
			p.Path[rapid.IntRange(0, len(p.Path)-1).Draw(t, "at")][3] ^= 4
		case 6:
			p.Signature[9] ^= 1
		case 7:
			device = public(key(2))
		}
		if err := fact.Verify(id, p, device); !errors.Is(err, aura.Denied) {
			t.Fatalf("got %v, want denied", err)
		}
	})
}

func TestProofIsDeniedForAMalformedKey(t *testing.T) {
	for _, k := range [][]byte{nil, make([]byte, 31), make([]byte, 64)} {
		if err := fact.Verify(aura.FactID{}, fact.Proof{Count: 1}, k); !errors.Is(err, aura.Denied) {
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
