package token_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/frontier/token"
	"github.com/aura-runtime/aura/guard"
)

// names are the candidates of these tests, ascending.
var names = []string{"chat:read", "chat:send", "group:invite", "group:leave"}

// key returns the root key of the n-th authority; number 0 issues.
func key(t testing.TB, n int) biscuit.PrivateKey {
	t.Helper()
	k, err := biscuit.NewPrivateKey(datalog.AlgorithmEd25519, [32]byte{byte(n + 1)})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func rootOf(k biscuit.PrivateKey) [32]byte { return [32]byte([]byte(k.Public().Bytes)) }

func authorityOf(k biscuit.PrivateKey) aura.AuthorityID {
	return aura.AuthorityOf([]byte(k.Public().Bytes))
}

const people = 3 // few, so that tokens come back to those who had them

// grant draws a grant to a person.
func grant(t *rapid.T, keys []biscuit.PrivateKey, holder int) token.Grant {
	g := token.Grant{
		Holder:  rootOf(keys[holder]),
		Profile: capability.Profile{Names: drawNames(t)},
	}
	if rapid.IntRange(0, 3).Draw(t, "ends") == 0 {
		g.Until = aura.Instant(rapid.IntRange(1, 3).Draw(t, "until")) * aura.Instant(time.Second)
	}
	if rapid.IntRange(0, 3).Draw(t, "within") == 0 {
		g.Context = aura.ContextID{byte(rapid.IntRange(1, 2).Draw(t, "context"))}
	}
	if rapid.IntRange(0, 3).Draw(t, "bound") == 0 {
		g.Device = aura.DeviceID{byte(rapid.IntRange(1, 2).Draw(t, "device"))}
	}
	return g
}

func drawNames(t *rapid.T) []string {
	some := slices.DeleteFunc(slices.Clone(names), func(string) bool { return rapid.IntRange(0, 3).Draw(t, "without") == 0 })
	if len(some) == 0 {
		return names[:1]
	}
	return some
}

// TestDelegationOnlyNarrows compares chains of grants with what they plainly say: only the last holder may
// act, with the names that every grant has, while all their conditions hold.
func TestDelegationOnlyNarrows(t *testing.T) {
	var keys []biscuit.PrivateKey
	for n := range people {
		keys = append(keys, key(t, n))
	}
	rapid.Check(t, func(rt *rapid.T) {
		holder := rapid.IntRange(0, people-1).Draw(rt, "holder")
		chain := []token.Grant{grant(rt, keys, holder)}
		minted, err := token.Mint(keys[0], chain[0], key(t, 50))
		if err != nil {
			rt.Fatal(err)
		}
		encoded := minted.Encode()
		for range rapid.IntRange(0, 4).Draw(rt, "hops") {
			whole, err := biscuit.Decode(encoded)
			if err != nil {
				rt.Fatal(err)
			}
			next := rapid.IntRange(0, people-1).Draw(rt, "next")
			g := grant(rt, keys, next)
			longer, err := token.Delegate(whole, keys[holder], g, key(t, 51))
			if next == holder {
				if aura.KindOf(err) != aura.Invalid {
					rt.Fatalf("handed to its holder: %v", err)
				}
				continue
			}
			if err != nil {
				rt.Fatal(err)
			}
			chain, holder, encoded = append(chain, g), next, longer.Encode()
		}
		opened, reason := token.Open(encoded, rootOf(keys[0]))
		if opened == nil {
			rt.Fatalf("a good token is refused: %v", reason)
		}
		if len(opened.Blocks()) != len(chain) {
			rt.Fatalf("%d blocks for %d grants", len(opened.Blocks()), len(chain))
		}
		words, err := token.Read(encoded)
		if err != nil {
			rt.Fatal(err)
		}
		granted := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return slices.ContainsFunc(chain, func(g token.Grant) bool { return !slices.Contains(g.Profile.Names, name) })
		})
		if len(granted) != len(words.Names) || len(granted) > 0 && !slices.Equal(granted, words.Names) || len(words.Code) != len(chain) {
			rt.Fatalf("the token says %v in %d blocks, granted was %v by %d", words.Names, len(words.Code), granted, len(chain))
		}
		claim := token.Claim{
			Device:  aura.DeviceID{byte(rapid.IntRange(0, 2).Draw(rt, "on"))},
			Context: aura.ContextID{byte(rapid.IntRange(0, 2).Draw(rt, "in"))},
			Now:     aura.Instant(rapid.IntRange(0, 4).Draw(rt, "now")) * aura.Instant(time.Second),
		}
		for _, k := range append(keys, key(t, 60)) { // and a stranger
			claim.Subject = authorityOf(k)
			want := plain(chain, claim, authorityOf(keys[holder]))
			if diff := cmp.Diff(want, opened.Evaluate(claim, names).Names); diff != "" {
				rt.Fatalf("%s\nchain: %+v\nclaim: %+v", diff, chain, claim)
			}
			for _, name := range names {
				if reason, _ := opened.Explain(claim, name); (reason == 0) != slices.Contains(want, name) {
					rt.Fatalf("%s is explained by %v", name, reason)
				}
			}
		}
	})
}

// plain is what a chain of grants says, without any token.
func plain(chain []token.Grant, c token.Claim, holder aura.AuthorityID) (allowed []string) {
	for _, name := range names {
		ok := c.Subject == holder
		for _, g := range chain {
			ok = ok && slices.Contains(g.Profile.Names, name) &&
				(g.Context.IsZero() || g.Context == c.Context) &&
				(g.Device.IsZero() || g.Device == c.Device) &&
				(g.Until == 0 || c.Now < g.Until)
		}
		if ok {
			allowed = append(allowed, name)
		}
	}
	return allowed
}

// TestNothingChangesWithinAValidity asks tokens with drawn checks at every half second of a stretch, and
// compares each answer with the one that was said to hold then.
func TestNothingChangesWithinAValidity(t *testing.T) {
	date := rapid.Custom(func(t *rapid.T) string {
		return time.Unix(int64(rapid.IntRange(0, 12).Draw(t, "second")), 0).UTC().Format(time.RFC3339)
	})
	comparison := rapid.Custom(func(t *rapid.T) string {
		op := rapid.SampledFrom([]string{"<", "<=", ">", ">=", "==", "===", "!=", "!=="}).Draw(t, "op")
		if rapid.Bool().Draw(t, "turned") {
			return fmt.Sprintf("%s %s $t", date.Draw(t, "date"), op)
		}
		return fmt.Sprintf("$t %s %s", op, date.Draw(t, "date"))
	})
	odd := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{
			"[{d}, {e}].contains($t)", "{{d}}.contains($t)", "[{d}].any($x -> $x < $t)", "$t.type() === \"date\"",
		}).Draw(t, "odd")
	})
	rapid.Check(t, func(rt *rapid.T) {
		var src strings.Builder
		for range rapid.IntRange(1, 3).Draw(rt, "checks") {
			parts := rapid.SliceOfN(comparison, 1, 3).Draw(rt, "parts")
			if rapid.IntRange(0, 5).Draw(rt, "odd") == 0 {
				text := odd.Draw(rt, "use")
				text = strings.NewReplacer("{d}", date.Draw(rt, "d"), "{e}", date.Draw(rt, "e")).Replace(text)
				parts = append(parts, text)
			}
			joined := strings.Join(parts, rapid.SampledFrom([]string{", ", " && ", " || "}).Draw(rt, "join"))
			fmt.Fprintf(&src, "%s time($t), %s;\n", rapid.SampledFrom([]string{"check if", "check all", "reject if"}).Draw(rt, "kind"), joined)
		}
		program, err := datalog.Parse(src.String(), nil)
		if err != nil {
			rt.Fatalf("%v in %s", err, &src)
		}
		root := key(t, 0)
		minted, err := token.Mint(root, token.Grant{Profile: capability.Profile{Names: names[:1]}, Holder: rootOf(root)}, key(t, 50))
		if err == nil {
			minted, err = minted.Attenuate(program, key(t, 51))
		}
		if err != nil {
			rt.Fatal(err)
		}
		opened, reason := token.Open(minted.Encode(), rootOf(root))
		if opened == nil {
			rt.Fatal(reason)
		}
		ask := func(half int) token.Answer {
			now := aura.Instant(half) * aura.Instant(time.Second/2)
			return opened.Evaluate(token.Claim{Subject: authorityOf(root), Now: now}, names)
		}
		for at := range 30 {
			answer := ask(at)
			for later := range 30 {
				if !answer.Validity.Covers(aura.Instant(later) * aura.Instant(time.Second/2)) {
					continue
				}
				if diff := cmp.Diff(answer.Names, ask(later).Names); diff != "" {
					rt.Fatalf("the answer at %d/2 s was to hold at %d/2 s: %s\n%s", at, later, diff, &src)
				}
			}
		}
	})
}

// TestAReturnedTokenServesNobodyElse: Ben hands a token to Cleo, who hands it back. Ben's first block names a
// next holder, which must not count for the check on his second turn.
func TestAReturnedTokenServesNobodyElse(t *testing.T) {
	root, ben, cleo := key(t, 0), key(t, 1), key(t, 2)
	to := func(k biscuit.PrivateKey) token.Grant {
		return token.Grant{Profile: capability.Profile{Names: names}, Holder: rootOf(k)}
	}
	minted, err := token.Mint(root, to(ben), key(t, 50))
	if err != nil {
		t.Fatal(err)
	}
	encoded := minted.Encode()
	for _, hop := range [][2]biscuit.PrivateKey{{ben, cleo}, {cleo, ben}} {
		whole, err := biscuit.Decode(encoded)
		if err != nil {
			t.Fatal(err)
		}
		longer, err := token.Delegate(whole, hop[0], to(hop[1]), key(t, 51))
		if err != nil {
			t.Fatal(err)
		}
		encoded = longer.Encode()
	}
	opened, reason := token.Open(encoded, rootOf(root))
	if opened == nil {
		t.Fatal(reason)
	}
	for holder, want := range map[biscuit.PublicKey]guard.Reason{
		ben.Public(): 0, cleo.Public(): guard.ReasonOtherHolder, key(t, 60).Public(): guard.ReasonOtherHolder,
	} {
		a := opened.Evaluate(token.Claim{Subject: aura.AuthorityOf([]byte(holder.Bytes))}, names)
		if a.Reason != want || (len(a.Names) > 0) != (want == 0) {
			t.Errorf("%s: %v, want %v", holder, a.Reason, want)
		}
	}
}

// TestAFlawOfTheFirstBlockIsNamed: the block of the issuer names the holder and the end, too.
func TestAFlawOfTheFirstBlockIsNamed(t *testing.T) {
	root, holder := key(t, 0), key(t, 1)
	grant := token.Grant{Profile: capability.Profile{Names: names}, Holder: rootOf(holder), Until: 1_000e9}
	minted, err := token.Mint(root, grant, key(t, 50))
	if err != nil {
		t.Fatal(err)
	}
	opened, reason := token.Open(minted.Encode(), rootOf(root))
	if opened == nil {
		t.Fatal(reason)
	}
	mine, other := aura.AuthorityOf([]byte(holder.Public().Bytes)), aura.AuthorityOf([]byte(key(t, 2).Public().Bytes))
	for name, c := range map[string]struct {
		claim token.Claim
		want  guard.Reason
	}{
		"its holder":        {token.Claim{Subject: mine, Now: 999e9}, 0},
		"its holder, later": {token.Claim{Subject: mine, Now: 1_001e9}, guard.ReasonExpired},
		"another":           {token.Claim{Subject: other, Now: 999e9}, guard.ReasonOtherHolder},
		"another, later":    {token.Claim{Subject: other, Now: 1_001e9}, guard.ReasonOtherHolder},
	} {
		if a := opened.Evaluate(c.claim, names); a.Reason != c.want || (len(a.Names) > 0) != (c.want == 0) {
			t.Errorf("%s: %v with %d names, want %v", name, a.Reason, len(a.Names), c.want)
		}
	}
}

// TestADenialSaysWhy: a name that the token does not permit is not granted, with the checks that refuse it, if any. One
// that it permits needs no reason.
func TestADenialSaysWhy(t *testing.T) {
	root := key(t, 0)
	minted, err := token.Mint(root, token.Grant{Profile: capability.Profile{Names: names[:2]}, Holder: rootOf(root)}, key(t, 50))
	if err != nil {
		t.Fatal(err)
	}
	program, err := datalog.Parse(fmt.Sprintf("check if operation(%q);", names[0]), nil)
	if err != nil {
		t.Fatal(err)
	}
	if minted, err = minted.Attenuate(program, key(t, 51)); err != nil {
		t.Fatal(err)
	}
	opened, reason := token.Open(minted.Encode(), rootOf(root))
	if opened == nil {
		t.Fatal(reason)
	}
	for name, want := range map[string]struct {
		reason guard.Reason
		checks int
	}{
		names[0]: {0, 0}, names[1]: {guard.ReasonNotGranted, 1}, names[2]: {guard.ReasonNotGranted, 1}, "of:nothing": {guard.ReasonNotGranted, 1},
	} {
		reason, checks := opened.Explain(token.Claim{Subject: authorityOf(root)}, name)
		if reason != want.reason || len(checks) != want.checks {
			t.Errorf("%s: %v with %d checks, want %v with %d", name, reason, len(checks), want.reason, want.checks)
		}
	}
}

// TestEveryBlockHasAFreshKey: the key for the next block is drawn, so that a reader of one token cannot append
// to another. The same entropy gives the same keys: a simulation is repeated.
func TestEveryBlockHasAFreshKey(t *testing.T) {
	seen := map[string]bool{}
	for seed := range byte(4) {
		var drawn [2][]string
		for i := range drawn {
			e := rand.NewChaCha8([32]byte{seed})
			for range 4 {
				k, err := token.NextKey(e)
				if err != nil {
					t.Fatal(err)
				}
				drawn[i] = append(drawn[i], string(k.Public().Bytes))
			}
		}
		if diff := cmp.Diff(drawn[0], drawn[1]); diff != "" {
			t.Errorf("seed %d: %s", seed, diff)
		}
		for _, k := range drawn[0] {
			if seen[k] {
				t.Errorf("seed %d: the key %x was drawn before", seed, k)
			}
			seen[k] = true
		}
	}
}

func TestTheAnswerToNoDateHoldsForever(t *testing.T) {
	root := key(t, 0)
	minted, err := token.Mint(root, token.Grant{Profile: capability.Profile{Names: names}, Holder: rootOf(root)}, key(t, 50))
	if err != nil {
		t.Fatal(err)
	}
	opened, _ := token.Open(minted.Encode(), rootOf(root))
	a := opened.Evaluate(token.Claim{Subject: authorityOf(root)}, names)
	if diff := cmp.Diff(token.Answer{Names: names, Validity: token.Always(), Anywhere: true}, a); diff != "" {
		t.Error(diff)
	}
}

func TestASealedTokenIsNotHandedOn(t *testing.T) {
	root := key(t, 0)
	minted, err := token.Mint(root, token.Grant{Profile: capability.Profile{Names: names}, Holder: rootOf(key(t, 1))}, key(t, 50))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := minted.Seal()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := biscuit.Decode(sealed.Encode())
	if err != nil {
		t.Fatal(err)
	}
	g := token.Grant{Profile: capability.Profile{Names: names}, Holder: rootOf(key(t, 2))}
	if _, err := token.Delegate(whole, key(t, 1), g, key(t, 51)); aura.KindOf(err) != aura.Invalid {
		t.Errorf("%v", err)
	}
	// It is as good as before, for its holder.
	opened, reason := token.Open(sealed.Encode(), rootOf(root))
	if opened == nil {
		t.Fatal(reason)
	}
	if a := opened.Evaluate(token.Claim{Subject: authorityOf(key(t, 1))}, names); len(a.Names) != len(names) || a.Reason != guard.Reason(0) {
		t.Errorf("%+v", a)
	}
}

// FuzzOpen gives any bytes to an agent: nothing but what its authority signed opens.
func FuzzOpen(f *testing.F) {
	root := key(f, 0)
	minted, err := token.Mint(root, token.Grant{Profile: capability.Profile{Names: names}, Holder: rootOf(key(f, 1))}, key(f, 50))
	if err != nil {
		f.Fatal(err)
	}
	good := minted.Encode()
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Fuzz(func(t *testing.T, encoded []byte) {
		opened, reason := token.Open(encoded, rootOf(root))
		if (opened == nil) != (reason != 0) {
			t.Fatalf("opened %v, reason %v", opened, reason)
		}
		if opened == nil {
			return
		}
		// A holder of the bytes can append blocks; the rights stay those of the first.
		a := opened.Evaluate(token.Claim{Subject: authorityOf(key(t, 2))}, names)
		if len(a.Names) > 0 {
			t.Fatalf("a stranger may %v", a.Names)
		}
	})
}
