package frost_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/frost"
)

// drawn is randomness that a draw decides.
func drawn(t *rapid.T) *rand.ChaCha8 {
	return rand.NewChaCha8([32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "randomness")))
}

type fatal interface {
	Helper()
	Fatal(args ...any)
}

func must[T any](t fatal, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// ok is must for a call in place.
func ok[T any](t fatal) func(T, error) T {
	return func(v T, err error) T { t.Helper(); return must(t, v, err) }
}

// committed is the first round of some signers.
func committed(t fatal, entropy *rand.ChaCha8, signers []*frost.Share) (nonces []*frost.Nonces, commitments []frost.Commitment) {
	t.Helper()
	for _, s := range signers {
		n, c, err := s.Commit(entropy)
		if err != nil {
			t.Fatal(err)
		}
		nonces, commitments = append(nonces, n), append(commitments, c)
	}
	return nonces, commitments
}

// sign has some holders sign a message.
func sign(t fatal, entropy *rand.ChaCha8, signers []*frost.Share, message []byte) ([]frost.Commitment, []frost.Part) {
	t.Helper()
	nonces, commitments := committed(t, entropy, signers)
	var parts []frost.Part
	for _, n := range nonces {
		part, err := n.Sign(message, commitments)
		parts = append(parts, must(t, part, err))
	}
	return commitments, parts
}

// refused checks that an error is of aura.Invalid and names each of the words.
func refused(t *testing.T, what string, err error, words ...string) {
	t.Helper()
	if !errors.Is(err, aura.Invalid) {
		t.Errorf("%s: %v, want a refusal", what, err)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %v does not name %q", what, err, w)
		}
	}
}

// group draws a threshold, a number of holders, and some of them, at least as many as the threshold, in any order.
func group(t *rapid.T) (threshold, n int, signers []int) {
	n = rapid.IntRange(2, 6).Draw(t, "holders")
	threshold = rapid.IntRange(2, n).Draw(t, "threshold")
	order := rapid.Permutation(indices(n)).Draw(t, "order")
	return threshold, n, order[:rapid.IntRange(threshold, n).Draw(t, "signers")]
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func pick[T any](all []T, of []int) (some []T) {
	for _, i := range of {
		some = append(some, all[i])
	}
	return some
}

// generate makes a key that no holder has, with all messages passed on.
func generate(t fatal, entropy *rand.ChaCha8, threshold, n int) (shares []*frost.Share) {
	t.Helper()
	generations, offers := make([]*frost.Generation, n), make([]frost.Offer, n)
	for i := range n {
		var err error
		if generations[i], offers[i], err = frost.Generate(entropy, frost.ID(i+1), threshold, n); err != nil {
			t.Fatal(err)
		}
	}
	came := make([][]frost.Fragment, n)
	for _, g := range generations {
		out, err := g.Fragments(offers)
		for _, f := range must(t, out, err) {
			came[f.To-1] = append(came[f.To-1], f)
		}
	}
	for i, g := range generations {
		share, err := g.Finish(came[i])
		shares = append(shares, must(t, share, err))
	}
	return shares
}

// TestAnyThresholdSignsAndFewerDoNot: a key that was dealt, or that all made together, signs by any holders who are enough, under
// crypto/ed25519; the encodings are read back.
func TestAnyThresholdSignsAndFewerDoNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entropy := drawn(t)
		threshold, n, signers := group(t)
		var shares []*frost.Share
		if rapid.Bool().Draw(t, "dealt") {
			s, err := frost.Deal(entropy, threshold, n)
			shares = must(t, s, err)
		} else {
			shares = generate(t, entropy, threshold, n)
		}
		g, err := frost.ParseGroup(shares[0].Group().Bytes())
		must(t, g, err)
		for i, s := range shares {
			if !bytes.Equal(s.Group().Bytes(), g.Bytes()) || s.ID() != frost.ID(i+1) || g.Threshold() != threshold {
				t.Fatalf("holder %d has another group", s.ID())
			}
			back, err := frost.ParseShare(g, s.ID(), s.Bytes())
			shares[i] = must(t, back, err)
		}
		message := rapid.SliceOf(rapid.Byte()).Draw(t, "message")
		commitments, parts := sign(t, entropy, pick(shares, signers), message)
		slices.Reverse(commitments)
		signature, err := g.Aggregate(message, commitments, parts)
		if must(t, signature, err); !ed25519.Verify(g.PublicKey(), message, signature) {
			t.Fatal("the signature does not verify")
		}
		nonces, few := committed(t, entropy, shares[:threshold-1])
		for _, n := range nonces {
			if _, err := n.Sign(message, few); !errors.Is(err, aura.Invalid) {
				t.Fatalf("%d of %d signed: %v", threshold-1, threshold, err)
			}
		}
	})
}

// TestTheThresholdMakesTheKeyAndFewerDoNot interpolates shares: the polynomial has the degree that the threshold says.
func TestTheThresholdMakesTheKeyAndFewerDoNot(t *testing.T) {
	const threshold = 3
	shares := ok[[]*frost.Share](t)(frost.Deal(rand.NewChaCha8([32]byte{1}), threshold, 5))
	key := interpolate(t, shares[:threshold])
	if !bytes.Equal(edwards25519.NewIdentityPoint().ScalarBaseMult(key).Bytes(), shares[0].Group().PublicKey()) {
		t.Fatal("as many shares as the threshold do not make the key")
	}
	few := interpolate(t, shares[:threshold-1])
	if bytes.Equal(edwards25519.NewIdentityPoint().ScalarBaseMult(few).Bytes(), shares[0].Group().PublicKey()) {
		t.Error("fewer shares than the threshold make the key")
	}
}

// interpolate returns the value at 0 of the polynomial of least degree through shares.
func interpolate(t *testing.T, shares []*frost.Share) *edwards25519.Scalar {
	t.Helper()
	small := func(n frost.ID) *edwards25519.Scalar {
		return ok[*edwards25519.Scalar](t)(edwards25519.NewScalar().SetCanonicalBytes(append([]byte{byte(n)}, make([]byte, 31)...)))
	}
	sum := edwards25519.NewScalar()
	for _, s := range shares {
		term := ok[*edwards25519.Scalar](t)(edwards25519.NewScalar().SetCanonicalBytes(s.Bytes()))
		for _, o := range shares {
			if o.ID() != s.ID() {
				below := edwards25519.NewScalar().Subtract(small(o.ID()), small(s.ID()))
				term.Multiply(term, small(o.ID())).Multiply(term, below.Invert(below))
			}
		}
		sum.Add(sum, term)
	}
	return sum
}

// TestAWrongPartNamesItsSigner: the refusal names exactly the signers whose parts are wrong. No two parts flip the same bit: two such
// flips can cancel each other in the sum, and then the parts make a valid signature although each of them is wrong.
func TestAWrongPartNamesItsSigner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entropy := drawn(t)
		threshold, n, signers := group(t)
		shares, err := frost.Deal(entropy, threshold, n)
		must(t, shares, err)
		message := []byte("entry")
		commitments, parts := sign(t, entropy, pick(shares, signers), message)
		var wrong []frost.ID
		bits := rapid.SliceOfNDistinct(rapid.IntRange(0, 8*len(parts[0].Value)-1), len(parts), len(parts), rapid.ID).Draw(t, "bits")
		for i, bit := range bits {
			if rapid.Bool().Draw(t, "wrong") {
				parts[i].Value[bit/8] ^= 1 << (bit % 8)
				wrong = append(wrong, parts[i].ID)
			}
		}
		slices.Sort(wrong)
		g := shares[0].Group()
		for _, p := range parts {
			if err := g.Check(message, commitments, p); (err != nil) != slices.Contains(wrong, p.ID) {
				t.Fatalf("holder %d: %v, wrong are %v", p.ID, err, wrong)
			}
		}
		_, err = g.Aggregate(message, commitments, parts)
		if (err != nil) != (len(wrong) > 0) || err != nil && !strings.Contains(err.Error(), fmt.Sprint(wrong)) {
			t.Fatalf("%v, wrong are %v", err, wrong)
		}
	})
}

// TestNoncesSignOnce: nonces that have signed do not sign again, also not the same message; a refused call uses nothing up.
func TestNoncesSignOnce(t *testing.T) {
	entropy := rand.NewChaCha8([32]byte{2})
	shares := ok[[]*frost.Share](t)(frost.Deal(entropy, 2, 3))
	nonces, commitments := committed(t, entropy, shares[:2])
	if _, err := nonces[0].Sign([]byte("a"), commitments[1:]); !errors.Is(err, aura.Invalid) {
		t.Errorf("without its own commitment: %v", err)
	}
	if _, err := nonces[0].Sign([]byte("a"), commitments); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
	if _, err := nonces[0].Sign([]byte("a"), commitments); !errors.Is(err, aura.Stale) {
		t.Errorf("a second time: %v", err)
	}
}

// TestBadCommitmentsAreRefused: too few, doubled, of holder 0, and points that are none or not of the group of prime order.
func TestBadCommitmentsAreRefused(t *testing.T) {
	entropy := rand.NewChaCha8([32]byte{3})
	shares := ok[[]*frost.Share](t)(frost.Deal(entropy, 2, 3))
	_, good := committed(t, entropy, shares)
	g := shares[0].Group()
	type list = []frost.Commitment
	for _, c := range []struct {
		what, said string
		change     func(c list) list
	}{
		{"too few", "1 commitments", func(c list) list { return c[:1] }},
		{"too many", "commitments: want 2 to", func(c list) list { return slices.Repeat(c, frost.MaxSigners) }},
		{"twice", "two commitments of holder 1", func(c list) list { return append(c, c[0]) }},
		{"holder 0", "holder 0", func(c list) list { c[0].ID = 0; return c }},
		{"identity", "the identity", func(c list) list { c[0].Hiding = identity(); return c }},
		{"small order", "prime order", func(c list) list { c[0].Binding = [32]byte{}; return c }},
		{"mixed order", "prime order", func(c list) list { c[0].Binding = mixed(t, c[0].Binding); return c }},
		{"no point", "no point", func(c list) list { c[0].Binding = [32]byte{2}; return c }},
		{"long form", "no point", func(c list) list { c[0].Binding = longForm(); return c }},
	} {
		refused(t, c.what, g.Check(nil, c.change(slices.Clone(good)), frost.Part{ID: 1}), c.said)
	}
}

func identity() (b [32]byte) { return [32]byte(edwards25519.NewIdentityPoint().Bytes()) }

// mixed adds a point of order 8 to a point.
func mixed(t *testing.T, b [32]byte) [32]byte {
	t.Helper()
	small, err := edwards25519.NewIdentityPoint().SetBytes(make([]byte, 32)) // y = 0 has order 4
	if err != nil {
		t.Fatal(err)
	}
	p, err := edwards25519.NewIdentityPoint().SetBytes(b[:])
	if err != nil {
		t.Fatal(err)
	}
	return [32]byte(p.Add(p, small).Bytes())
}

// longForm is the identity's coordinate and the order of the field, which some decoders take for the identity.
func longForm() [32]byte {
	b := [32]byte{0xee}
	for i := 1; i < 31; i++ {
		b[i] = 0xff
	}
	b[31] = 0x7f
	return b
}

// TestPartsThatDoNotFitAreRefused: too few, doubled, and of one who made no commitment.
func TestPartsThatDoNotFitAreRefused(t *testing.T) {
	entropy := rand.NewChaCha8([32]byte{4})
	shares := ok[[]*frost.Share](t)(frost.Deal(entropy, 2, 3))
	commitments, parts := sign(t, entropy, shares[:2], nil)
	g := shares[0].Group()
	_, err := g.Aggregate(nil, commitments, parts[:1])
	refused(t, "one part", err)
	_, err = g.Aggregate(nil, commitments, []frost.Part{parts[0], parts[0]})
	refused(t, "a part twice", err, "holder 1")
	_, err = g.Aggregate(nil, commitments, []frost.Part{parts[0], {ID: 3}})
	refused(t, "a part of another", err, "holder 3")
}

// TestACheaterIsNamedWhenAKeyIsMade: offers and fragments that do not hold name their holder.
func TestACheaterIsNamedWhenAKeyIsMade(t *testing.T) {
	begin := func() (g []*frost.Generation, offers []frost.Offer) {
		entropy := rand.NewChaCha8([32]byte{5})
		for i := range 3 {
			one, offer, err := frost.Generate(entropy, frost.ID(i+1), 2, 3)
			if err != nil {
				t.Fatal(err)
			}
			g, offers = append(g, one), append(offers, offer)
		}
		return g, offers
	}
	for what, change := range map[string]func(o []frost.Offer) []frost.Offer{
		"without a proof":        func(o []frost.Offer) []frost.Offer { o[1].Proof = [64]byte{}; return o },
		"another's proof":        func(o []frost.Offer) []frost.Offer { o[1].Proof = o[2].Proof; return o },
		"another's commitments":  func(o []frost.Offer) []frost.Offer { o[1].Commitments = o[2].Commitments; return o },
		"copied as a whole":      func(o []frost.Offer) []frost.Offer { o[1] = o[2]; o[1].ID = 2; return o },
		"a commitment too many":  func(o []frost.Offer) []frost.Offer { o[1].Commitments = slices.Repeat(o[1].Commitments, 2); return o },
		"half a commitment":      func(o []frost.Offer) []frost.Offer { o[1].Commitments = o[1].Commitments[:40]; return o },
		"no second offer at all": func(o []frost.Offer) []frost.Offer { return slices.Delete(o, 1, 2) },
		"twice":                  func(o []frost.Offer) []frost.Offer { o[2] = o[1]; return o },
	} {
		g, offers := begin()
		_, err := g[0].Fragments(change(offers))
		refused(t, what, err)
		_, err = g[0].Finish(nil)
		refused(t, what+", then the end", err)
	}
	g, offers := begin()
	_, err := g[1].Fragments(func() []frost.Offer { o := slices.Clone(offers); o[1] = offers[2]; o[1].ID = 2; return o }())
	refused(t, "an own offer that was changed", err, "holder 2")
	var came []frost.Fragment
	for _, one := range g {
		for _, f := range ok[[]frost.Fragment](t)(one.Fragments(offers)) {
			if f.To == 1 {
				came = append(came, f)
			}
		}
	}
	for what, change := range map[string]func(f []frost.Fragment) []frost.Fragment{
		"changed": func(f []frost.Fragment) []frost.Fragment { f[1].Value[0] ^= 1; return f },
		"no scalar": func(f []frost.Fragment) []frost.Fragment {
			f[1].Value = [32]byte(bytes.Repeat([]byte{0xff}, 32))
			return f
		},
		"from itself": func(f []frost.Fragment) []frost.Fragment { f[1].From = 1; return f },
		"twice":       func(f []frost.Fragment) []frost.Fragment { f[0] = f[1]; return f },
		"of another":  func(f []frost.Fragment) []frost.Fragment { f[1].To = 2; return f },
		"missing":     func(f []frost.Fragment) []frost.Fragment { return f[:1] },
	} {
		_, err := g[0].Finish(change(slices.Clone(came)))
		refused(t, what, err)
	}
	if _, err := g[0].Finish(came); err != nil {
		t.Errorf("after refusals: %v", err)
	}
}

// TestALostShareIsMadeAgain: any holders who are enough give a lost share back, and none but these; a wrong sum is found.
func TestALostShareIsMadeAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entropy := drawn(t)
		threshold, n, helping := group(t)
		if len(helping) == n {
			n++
		}
		shares, err := frost.Deal(entropy, threshold, n)
		must(t, shares, err)
		var ids []frost.ID
		for _, i := range helping {
			ids = append(ids, frost.ID(i+1))
		}
		var lost frost.ID
		for i := range n {
			if !slices.Contains(helping, i) {
				lost = frost.ID(i + 1)
			}
		}
		came := map[frost.ID][]frost.Fragment{}
		for _, s := range pick(shares, helping) {
			out, err := s.Splits(entropy, ids, lost)
			for _, f := range must(t, out, err) {
				came[f.To] = append(came[f.To], f)
			}
		}
		var sums [][32]byte
		for _, id := range ids {
			sum, err := frost.Sum(came[id])
			sums = append(sums, must(t, sum, err))
		}
		back, err := frost.Repair(shares[0].Group(), lost, sums)
		if must(t, back, err); !bytes.Equal(back.Bytes(), shares[lost-1].Bytes()) {
			t.Fatal("another share came back")
		}
		if _, err := frost.Repair(shares[0].Group(), lost, sums[1:]); !errors.Is(err, aura.Invalid) {
			t.Fatalf("a sum less: %v", err)
		}
	})
}

// TestSizesAndHelpersAreChecked: what cannot work is refused before anything is drawn.
func TestSizesAndHelpersAreChecked(t *testing.T) {
	entropy := rand.NewChaCha8([32]byte{6})
	for _, sizes := range [][2]int{{1, 3}, {0, 0}, {4, 3}, {-1, 3}, {2, 1 << 16}, {256, 300}} {
		_, err := frost.Deal(entropy, sizes[0], sizes[1])
		refused(t, fmt.Sprint(sizes), err)
		_, _, err = frost.Generate(entropy, 1, sizes[0], sizes[1])
		refused(t, fmt.Sprint(sizes), err)
	}
	for _, id := range []frost.ID{0, 4} {
		_, _, err := frost.Generate(entropy, id, 2, 3)
		refused(t, fmt.Sprint(id), err)
	}
	shares := ok[[]*frost.Share](t)(frost.Deal(entropy, 2, 4))
	for _, c := range []struct {
		helping []frost.ID
		lost    frost.ID
	}{{[]frost.ID{1}, 4}, {[]frost.ID{1, 1}, 4}, {[]frost.ID{2, 3}, 4}, {[]frost.ID{1, 2}, 2}, {[]frost.ID{0, 1}, 4}, {[]frost.ID{1, 2}, 0}} {
		_, err := shares[0].Splits(entropy, c.helping, c.lost)
		refused(t, fmt.Sprint(c), err)
	}
	if _, err := frost.Deal(strings.NewReader("little"), 2, 3); !errors.Is(err, aura.Unavailable) {
		t.Errorf("without randomness: %v", err)
	}
	if _, _, err := shares[0].Commit(strings.NewReader("little")); !errors.Is(err, aura.Unavailable) {
		t.Errorf("without randomness: %v", err)
	}
}

// FuzzDecoders gives the decoders any bytes: what they take is encoded as it was, and nothing makes them panic.
func FuzzDecoders(f *testing.F) {
	shares, err := frost.Deal(rand.NewChaCha8([32]byte{7}), 2, 3)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shares[0].Group().Bytes(), shares[0].Bytes(), uint16(1))
	f.Add(make([]byte, 32), make([]byte, 32), uint16(0))
	f.Fuzz(func(t *testing.T, group, share []byte, id uint16) {
		g, err := frost.ParseGroup(group)
		if err != nil {
			return
		}
		if !bytes.Equal(g.Bytes(), group) {
			t.Error("a group has two encodings")
		}
		if s, err := frost.ParseShare(g, frost.ID(id), share); err == nil && !bytes.Equal(s.Bytes(), share) {
			t.Error("a share has two encodings")
		}
	})
}

// BenchmarkSignature makes a whole signature: both rounds of all signers, and the aggregate. Baseline: one signature and one verification of
// crypto/ed25519.
func BenchmarkSignature(b *testing.B) {
	message := make([]byte, 100)
	for _, sizes := range [][2]int{{2, 3}, {3, 5}, {5, 9}} {
		b.Run(fmt.Sprintf("%d of %d", sizes[0], sizes[1]), func(b *testing.B) {
			entropy := rand.NewChaCha8([32]byte{8})
			shares, err := frost.Deal(entropy, sizes[0], sizes[1])
			must(b, shares, err)
			for b.Loop() {
				commitments, parts := sign(b, entropy, shares[:sizes[0]], message)
				if _, err := shares[0].Group().Aggregate(message, commitments, parts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("ed25519", func(b *testing.B) {
		public, key, err := ed25519.GenerateKey(rand.NewChaCha8([32]byte{9}))
		must(b, public, err)
		for b.Loop() {
			if !ed25519.Verify(public, message, ed25519.Sign(key, message)) {
				b.Fatal("it does not verify")
			}
		}
	})
}
