package phrase_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/roster/phrase"
)

// TestWordsAreThoseOfBIP39 holds words against the vectors that were published with the standard.
func TestWordsAreThoseOfBIP39(t *testing.T) {
	for entropy, want := range map[string]string{
		strings.Repeat("00", 16): strings.Repeat("abandon ", 11) + "about",
		strings.Repeat("7f", 16): "legal winner thank year wave sausage worth useful legal winner thank yellow",
		strings.Repeat("80", 16): "letter advice cage absurd amount doctor acoustic avoid letter advice cage above",
		strings.Repeat("ff", 16): strings.Repeat("zoo ", 11) + "wrong",
		strings.Repeat("00", 32): strings.Repeat("abandon ", 23) + "art",
		strings.Repeat("ff", 32): strings.Repeat("zoo ", 23) + "vote",
	} {
		b, _ := hex.DecodeString(entropy)
		words, err := phrase.Words(b)
		if got := strings.Join(words, " "); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", entropy, got, err, want)
		}
		if back, err := phrase.Parse("  " + strings.ToUpper(want) + "\n"); err != nil || !bytes.Equal(back, b) {
			t.Errorf("%q gives %x, %v", want, back, err)
		}
	}
}

func TestWordsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{phrase.Size, phrase.SeedSize}).Draw(t, "size")
		b := rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "entropy")
		words, err := phrase.Words(b)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := phrase.Parse(strings.Join(words, " ")); err != nil || !bytes.Equal(back, b) {
			t.Fatalf("%x became %x, %v", b, back, err)
		}
	})
}

// TestTheSeedIsDerived pins the derivation: other words for an account would be another account.
func TestTheSeedIsDerived(t *testing.T) {
	seed, err := phrase.RootSeed(make([]byte, phrase.Size))
	if got := hex.EncodeToString(seed[:]); err != nil || got != "18104a77de50f5209b51ddd1cf11ba78eb104f4eabfd8495a7343dedb506fd70" {
		t.Errorf("the seed of 16 zero bytes is %s, %v", got, err)
	}
	whole := bytes.Repeat([]byte{7}, phrase.SeedSize)
	if seed, err := phrase.RootSeed(whole); err != nil || !bytes.Equal(seed[:], whole) {
		t.Errorf("a seed of 32 bytes became %x, %v", seed, err)
	}
}

func TestWrongWordsAreNamed(t *testing.T) {
	good := strings.Repeat("abandon ", 11) + "about"
	for what, c := range map[string]struct{ text, names string }{
		"none":            {"", "not 0"},
		"eleven":          {strings.Repeat("abandon ", 11), "not 11"},
		"unknown":         {strings.Replace(good, "about", "aubergine", 1), "word 12"},
		"misspelt":        {strings.Replace(good, "about", "abouts", 1), "perhaps about"},
		"another word":    {strings.Replace(good, "about", "above", 1), "do not belong together"},
		"two transposed":  {strings.Join(append([]string{"about"}, strings.Fields(good)[:11]...), " "), "do not belong together"},
		"words of a seed": {good + " " + good, "do not belong together"},
	} {
		_, err := phrase.Parse(c.text)
		if aura.KindOf(err) != aura.Invalid || !strings.Contains(aura.Reason(err), c.names) {
			t.Errorf("%s: %v, want one that says %q", what, err, c.names)
		}
	}
	if _, err := phrase.Words(make([]byte, 20)); aura.KindOf(err) != aura.Invalid {
		t.Errorf("20 bytes: %v", err)
	}
	if _, err := phrase.RootSeed(nil); aura.KindOf(err) != aura.Invalid {
		t.Errorf("no bytes: %v", err)
	}
}

func TestThreeWordsAreTypedBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), phrase.Size, phrase.Size).Draw(t, "entropy")
		words, _ := phrase.Words(b)
		random := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "random"))
		places := phrase.Places(words, random)
		if places[0] < 1 || places[0] >= places[1] || places[1] >= places[2] || places[2] > len(words) {
			t.Fatalf("places %v", places)
		}
		typed := [3]string{words[places[0]-1], strings.ToUpper(words[places[1]-1]), " " + words[places[2]-1]}
		if err := phrase.Confirm(words, places, typed); err != nil {
			t.Fatal(err)
		}
		wrong := rapid.IntRange(0, 2).Draw(t, "wrong")
		typed[wrong] += "x"
		if err := phrase.Confirm(words, places, typed); aura.KindOf(err) != aura.Invalid {
			t.Fatalf("a wrong word is accepted: %v", err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(strings.Repeat("zoo ", 11) + "wrong")
	f.Add("zoo")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := phrase.Parse(text)
		if err != nil {
			return
		}
		words, err := phrase.Words(b)
		if err != nil || strings.Join(words, " ") != strings.Join(strings.Fields(strings.ToLower(text)), " ") {
			t.Errorf("%q is read as %x, which is written %q, %v", text, b, words, err)
		}
	})
}
