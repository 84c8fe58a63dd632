package consensus_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/consensus"
	"github.com/aura-runtime/aura/internal/formats"
)

var session = aura.SessionID{9}

// witnesses returns the keys of n witnesses in the order of their devices, and an operation for them.
func witnesses(n int, threshold uint16) ([]ed25519.PrivateKey, *consensus.Operation) {
	var keys []ed25519.PrivateKey
	for i := range n {
		keys = append(keys, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(i + 1)}, ed25519.SeedSize)))
	}
	device := func(k ed25519.PrivateKey) aura.DeviceID { return aura.DeviceOf(k.Public().(ed25519.PublicKey)) }
	slices.SortFunc(keys, func(x, y ed25519.PrivateKey) int {
		a, b := device(x), device(y)
		return bytes.Compare(a[:], b[:])
	})
	o := &consensus.Operation{State: [32]byte{1}, Threshold: threshold, Kind: "test.change", Payload: []byte("x")}
	for _, k := range keys {
		public := k.Public().(ed25519.PublicKey)
		o.Witnesses = append(o.Witnesses, consensus.Witness{Authority: aura.AuthorityID{public[0]}, Device: aura.DeviceOf(public), Key: [32]byte(public)})
	}
	return keys, o
}

// TestACommitNeedsTheThreshold: as many valid signatures of different witnesses over this operation as it asks for, in any
// choice of witnesses, and nothing that was changed.
func TestACommitNeedsTheThreshold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(t, "witnesses")
		threshold := uint16(rapid.IntRange(n/2+1, n).Draw(t, "threshold"))
		keys, o := witnesses(n, threshold)
		c := &consensus.Commit{Session: session, Commitments: [32]byte{5}}
		signing := rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 0, n, rapid.ID[int]).Draw(t, "signing")
		slices.Sort(signing)
		message := consensus.ShareBytes(session, o.Hash(), c.Commitments)
		for _, w := range signing {
			c.Shares = append(c.Shares, consensus.Signed{Witness: uint16(w), Signature: [64]byte(ed25519.Sign(keys[w], message))})
		}
		if err := o.Verify(c); (err == nil) != (len(signing) >= int(threshold)) {
			t.Fatalf("%d of %d, threshold %d: %v", len(signing), n, threshold, err)
		}
		if len(c.Shares) < int(threshold) {
			return
		}
		change := map[string]func(*consensus.Operation, *consensus.Commit){
			"payload":     func(o *consensus.Operation, _ *consensus.Commit) { o.Payload = []byte("y") },
			"state":       func(o *consensus.Operation, _ *consensus.Commit) { o.State[0]++ },
			"session":     func(_ *consensus.Operation, c *consensus.Commit) { c.Session[0]++ },
			"commitments": func(_ *consensus.Operation, c *consensus.Commit) { c.Commitments[0]++ },
			"signature":   func(_ *consensus.Operation, c *consensus.Commit) { c.Shares[0].Signature[0]++ },
			"twice":       func(_ *consensus.Operation, c *consensus.Commit) { c.Shares = append(c.Shares[:1:1], c.Shares...) },
			"nobody":      func(_ *consensus.Operation, c *consensus.Commit) { c.Shares[len(c.Shares)-1].Witness = uint16(n) },
		}
		what := rapid.SampledFrom([]string{"payload", "state", "session", "commitments", "signature", "twice", "nobody"}).Draw(t, "changed")
		changed, commit := *o, *c
		commit.Shares = slices.Clone(c.Shares)
		change[what](&changed, &commit)
		if err := changed.Verify(&commit); err == nil {
			t.Fatalf("a commit with another %s verifies", what)
		}
	})
}

// TestAnOperationNeedsMoreThanHalf of its witnesses, each with the key of its device.
func TestAnOperationNeedsMoreThanHalf(t *testing.T) {
	_, good := witnesses(4, 3)
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*consensus.Operation){
		"half":        func(o *consensus.Operation) { o.Threshold = 2 },
		"all and one": func(o *consensus.Operation) { o.Threshold = 5 },
		"nobody":      func(o *consensus.Operation) { o.Witnesses = nil },
		"order":       func(o *consensus.Operation) { slices.Reverse(o.Witnesses) },
		"twice":       func(o *consensus.Operation) { o.Witnesses[1] = o.Witnesses[0] },
		"key":         func(o *consensus.Operation) { o.Witnesses[0].Key = o.Witnesses[1].Key },
		"kind":        func(o *consensus.Operation) { o.Kind = "" },
		"payload":     func(o *consensus.Operation) { o.Payload = make([]byte, consensus.MaxPayload+1) },
	} {
		_, o := witnesses(4, 3)
		if change(o); !errors.Is(o.Check(), aura.Invalid) {
			t.Errorf("%s: %v", what, o.Check())
		}
	}
}

// TestSharesBelongToTheirCommitments: a share counts with the nonce that its witness had committed to, and for these commitments.
func TestSharesBelongToTheirCommitments(t *testing.T) {
	keys, o := witnesses(3, 2)
	r := &consensus.SignRequest{}
	for i, k := range keys {
		nonce := [32]byte{byte(i)}
		c := consensus.Commitment{Digest: sha256.Sum256(nonce[:])}
		c.Signature = [64]byte(ed25519.Sign(k, consensus.CommitmentBytes(session, o.Hash(), c.Digest)))
		if err := o.CheckCommitment(session, i, &c); err != nil {
			t.Error(err)
		}
		if err := o.CheckCommitment(session, (i+1)%3, &c); !errors.Is(err, aura.Denied) {
			t.Errorf("the commitment of another witness: %v", err)
		}
		r.Commitments = append(r.Commitments, c)
	}
	share := consensus.Share{Nonce: [32]byte{1}, Signature: [64]byte(ed25519.Sign(keys[1], consensus.ShareBytes(session, o.Hash(), r.Digest())))}
	if err := o.CheckShare(session, 1, r, &share); err != nil {
		t.Error(err)
	}
	other := share
	other.Nonce[0]++
	if err := o.CheckShare(session, 1, r, &other); !errors.Is(err, aura.Denied) {
		t.Errorf("another nonce: %v", err)
	}
	less := &consensus.SignRequest{Commitments: slices.Clone(r.Commitments)}
	less.Commitments[2].Digest[0]++
	if err := o.CheckShare(session, 1, less, &share); !errors.Is(err, aura.Denied) {
		t.Errorf("other commitments: %v", err)
	}
}

// TestDerivedNames holds what docs/formats.md says of the hashes and the signed bytes.
func TestDerivedNames(t *testing.T) {
	o := &consensus.Operation{State: [32]byte{1}, Threshold: 1, Kind: "a.b", Payload: []byte("c"), Witnesses: []consensus.Witness{{Key: [32]byte{2}}}}
	prestate, operation := o.Prestate(), o.Hash()
	formats.Derived(t, `aura consensus prestate 1\x00`, prestate[:])
	formats.Derived(t, `aura consensus operation 1\x00`, operation[:])
	commitments := (&consensus.SignRequest{Commitments: []consensus.Commitment{{Digest: [32]byte{3}}}}).Digest()
	formats.Derived(t, `aura consensus commitments 1\x00`, commitments[:])
	for label, signed := range map[string][]byte{
		`aura consensus commitment 1\x00`: consensus.CommitmentBytes(session, operation, [32]byte{3}),
		`aura consensus share 1\x00`:      consensus.ShareBytes(session, operation, commitments),
	} {
		sum := sha256.Sum256(signed)
		formats.Derived(t, label, sum[:])
	}
}
