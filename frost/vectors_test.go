package frost_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/aura-runtime/aura/frost"
)

// The official vectors, as the file describes them.
type (
	signing struct {
		Config struct {
			Threshold string `json:"MIN_PARTICIPANTS"`
			Holders   string `json:"MAX_PARTICIPANTS"`
		} `json:"config"`
		Inputs struct {
			Signers      []frost.ID `json:"participant_list"`
			Secret       text       `json:"group_secret_key"`
			Public       text       `json:"group_public_key"`
			Verifying    text       `json:"verifying_key_key"`
			Message      text       `json:"message"`
			Coefficients []text     `json:"share_polynomial_coefficients"`
			Shares       []struct {
				ID    frost.ID `json:"identifier"`
				Share text     `json:"participant_share"`
			} `json:"participant_shares"`
		} `json:"inputs"`
		One struct {
			Outputs []struct {
				ID               frost.ID `json:"identifier"`
				HidingRandom     text     `json:"hiding_nonce_randomness"`
				BindingRandom    text     `json:"binding_nonce_randomness"`
				HidingCommitted  text     `json:"hiding_nonce_commitment"`
				BindingCommitted text     `json:"binding_nonce_commitment"`
			} `json:"outputs"`
		} `json:"round_one_outputs"`
		Two struct {
			Outputs []struct {
				ID    frost.ID `json:"identifier"`
				Share text     `json:"sig_share"`
			} `json:"outputs"`
		} `json:"round_two_outputs"`
		Final struct {
			Signature text `json:"sig"`
		} `json:"final_output"`
	}
	generating struct {
		SigningKey    text            `json:"signing_key"`
		Coefficient   text            `json:"coefficient"`
		Commitments   []text          `json:"vss_commitments"`
		Proof         text            `json:"proof_of_knowledge"`
		SigningShares map[string]text `json:"signing_shares"` // what this holder got, by sender
		VerifyingKey  text            `json:"verifying_share"`
		SigningShare  text            `json:"signing_share"`
	}
	repairing struct {
		Generation map[string]text `json:"scalar_generation"`
		Sigma      map[string]text `json:"sigma_generation"`
	}
	vectors struct {
		Sets map[string]struct {
			Vectors json.RawMessage `json:"vectors"`
		} `json:"sets"`
	}
)

// text is bytes in hexadecimal.
type text []byte

func (x *text) UnmarshalJSON(b []byte) error {
	var s string
	err := json.Unmarshal(b, &s)
	if err == nil {
		*x, err = hex.DecodeString(s)
	}
	return err
}

// set reads one set of the official vectors, or skips the test.
func set(t *testing.T, name string, into any) {
	t.Helper()
	root := os.Getenv("AURA_VECTORS")
	if root == "" {
		root = "../../shared/vectors"
	}
	b, err := os.ReadFile(filepath.Join(root, "frost", "frost-vectors.json"))
	if err != nil {
		t.Skipf("the official FROST vectors are not at %s: set AURA_VECTORS to the folder that has frost/frost-vectors.json", root)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(v.Sets[name].Vectors, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// wide makes randomness of scalars: reduced modulo the order of the group, it is they.
func wide(scalars ...text) *bytes.Buffer {
	var b bytes.Buffer
	for _, s := range scalars {
		b.Write(s)
		b.Write(make([]byte, 32))
	}
	return &b
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %x, want %x", what, got, want)
	}
}

// TestVectors holds signing to RFC 9591, appendix E.1, and to the sets of the crate frost-ed25519.
func TestVectors(t *testing.T) {
	for _, name := range []string{"rfc9591_appendix_e1", "zcash_frost_ed25519", "zcash_frost_ed25519_big_identifier"} {
		t.Run(name, func(t *testing.T) {
			var v signing
			set(t, name, &v)
			key := wide(append([]text{v.Inputs.Secret}, v.Inputs.Coefficients...)...)
			shares, err := frost.Deal(key, number(t, v.Config.Threshold), number(t, v.Config.Holders))
			if err != nil {
				t.Fatal(err)
			}
			g := shares[0].Group()
			same(t, "public key", g.PublicKey(), append(v.Inputs.Public, v.Inputs.Verifying...))
			for _, s := range v.Inputs.Shares {
				same(t, "share", shares[s.ID-1].Bytes(), s.Share)
			}
			var commitments []frost.Commitment
			var nonces []*frost.Nonces
			for _, o := range v.One.Outputs {
				n, c, err := shares[o.ID-1].Commit(bytes.NewReader(append(o.HidingRandom, o.BindingRandom...)))
				if err != nil {
					t.Fatal(err)
				}
				same(t, "hiding commitment", c.Hiding[:], o.HidingCommitted)
				same(t, "binding commitment", c.Binding[:], o.BindingCommitted)
				commitments, nonces = append(commitments, c), append(nonces, n)
			}
			var parts []frost.Part
			for i, o := range v.Two.Outputs {
				p, err := nonces[i].Sign(v.Inputs.Message, commitments)
				if err != nil {
					t.Fatal(err)
				}
				if p.ID != o.ID {
					t.Errorf("holder %d signs, want %d", p.ID, o.ID)
				}
				same(t, "part", p.Value[:], o.Share)
				if err := g.Check(v.Inputs.Message, commitments, p); err != nil {
					t.Error(err)
				}
				parts = append(parts, p)
			}
			signature, err := g.Aggregate(v.Inputs.Message, commitments, parts)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "signature", signature, v.Final.Signature)
			if !ed25519.Verify(g.PublicKey(), v.Inputs.Message, signature) {
				t.Error("crypto/ed25519 does not verify the signature")
			}
		})
	}
}

// TestGenerationVectors holds distributed key generation to the set of the crate frost-ed25519. That set says nothing of the randomness of its
// proofs, so each holder makes an offer of its own and gets those of the set from the others.
func TestGenerationVectors(t *testing.T) {
	var v struct {
		Inputs struct {
			Key   text       `json:"verifying_key"`
			One   generating `json:"1"`
			Two   generating `json:"2"`
			Three generating `json:"3"`
		} `json:"inputs"`
	}
	set(t, "zcash_frost_ed25519_dkg", &v)
	holders := []generating{v.Inputs.One, v.Inputs.Two, v.Inputs.Three}
	for i, h := range holders {
		id := frost.ID(i + 1)
		generation, own, err := frost.Generate(wide(h.SigningKey, h.Coefficient, h.SigningKey), id, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "commitments", own.Commitments, append(h.Commitments[0][:32:32], h.Commitments[1]...))
		var offers []frost.Offer
		var came []frost.Fragment
		for j, other := range holders {
			from := frost.ID(j + 1)
			if from == id {
				offers = append(offers, own)
				continue
			}
			commitments := append(other.Commitments[0][:32:32], other.Commitments[1]...)
			offers = append(offers, frost.Offer{ID: from, Commitments: commitments, Proof: [64]byte(other.Proof)})
			came = append(came, frost.Fragment{From: from, To: id, Value: [32]byte(h.SigningShares[strconv.Itoa(int(from))])})
		}
		out, err := generation.Fragments(offers)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range out {
			same(t, "fragment", f.Value[:], holders[f.To-1].SigningShares[strconv.Itoa(int(id))])
		}
		share, err := generation.Finish(came)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "share", share.Bytes(), h.SigningShare)
		same(t, "public key", share.Group().PublicKey(), v.Inputs.Key)
		verifying, err := share.Group().VerifyingKey(id)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "verifying key", verifying, h.VerifyingKey)
	}
}

// TestRepairVectors holds the two sums of a repair to the set of the crate frost-ed25519.
func TestRepairVectors(t *testing.T) {
	var v repairing
	set(t, "zcash_frost_ed25519_repair", &v)
	for values, names := range map[*map[string]text][]string{
		&v.Generation: {"random_scalar_1", "random_scalar_2", "random_scalar_3", "random_scalar_sum"},
		&v.Sigma:      {"sigma_1", "sigma_2", "sigma_3", "sigma_4", "sigma_sum"},
	} {
		var fragments []frost.Fragment
		last := len(names) - 1
		for _, n := range names[:last] {
			fragments = append(fragments, frost.Fragment{Value: [32]byte((*values)[n])})
		}
		sum, err := frost.Sum(fragments)
		if err != nil {
			t.Fatal(err)
		}
		same(t, names[last], sum[:], (*values)[names[last]])
	}
}
