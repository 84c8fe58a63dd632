package contact_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
)

func TestNamesThatDeceiveCannotBeChosen(t *testing.T) {
	for name, reason := range map[string]string{
		"":                                "empty",
		"B\u200bn":                        "U+200B",
		"\u3164":                          "U+3164", // a blank letter
		"Ben\u115f":                       "U+115F",
		"\u2800":                          "U+2800", // blank braille
		"Be\u034fn":                       "U+034F", // default-ignorable
		"Ben\ufe0f":                       "U+FE0F",
		"B\u200den":                       "U+200D",
		"\U0001F469\u200d":                "U+200D",
		"B\u0435n":                        "Cyrillic and Latin",
		"\u0392en":                        "Greek and Latin",
		"Ivan \u0418v\u0430n":             "Cyrillic and Latin",
		"Z" + strings.Repeat("\u0336", 5): "more than 4 marks",
		"auth_bifi5usx":                   "looks like an identifier",
		"inv_k3jq":                        "looks like an identifier",
		"Ctx_a":                           "looks like an identifier",
		"-":                               "begins with a hyphen", // reads from standard input where a text stands
		"--json":                          "begins with a hyphen",
		"Ben: hi":                         "colon", // the name in front of a text is a text of Ben
		"you:":                            "colon",
		"You\uff1a paid":                  "colon", // of full width
		"Ben\u2236 hi":                    "colon", // the sign of a ratio
		"Ben  direct  24mh3aqn":           "two spaces",
		"you":                             `"you" stands for`,
		"YOU":                             `"you" stands for`,
		strings.Repeat("x", 65):           "longer than 64",
	} {
		if _, err := contact.ParseName(name); !errors.Is(err, aura.Invalid) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{
		"Ben", "Ben 2", "Zo\u00eb \u00dcnal", "\u540d\u524d", "Ken\u3067\u3059\u30ab", "Kim \uae40", "\u0418\u0432\u0430\u043d Ivanov",
		"\U0001F469\u200d\U0001F467 family", "\u2764\ufe0f", "\u0dc1\u0dca\u200d\u0dbb\u0dd3", "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd", "_", "Jean-Luc", "Ben :)", "1:1 talk", "Ada_Lovelace", "yours",
	} {
		if _, err := contact.ParseName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	if got, _ := contact.ParseName("Zoe\u0308"); got != "Zo\u00eb" {
		t.Errorf("the normal form is %q", got)
	}
}

// TestFactsOfEarlierBuildsStillFit: what could be chosen once stays in journals for good.
func TestFactsOfEarlierBuildsStillFit(t *testing.T) {
	for _, name := range []string{"\u3164", "B\u0435n", "auth_x", "you", "Zoe\u0308", "Z" + strings.Repeat("\u0336", 60)} {
		if err := contact.CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestNamesThatLookAlikeFoldAlike(t *testing.T) {
	for a, b := range map[string]string{
		"Ben": "bEN", "Zo\u00eb": "ZOE\u0308", "Stra\u00dfe": "STRASSE", "\uff22\uff45\uff4e": "ben",
		"B\u200den": "ben", "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2": "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c3", "Be\u034fn": "Ben",
	} {
		if contact.Folded(a) != contact.Folded(b) {
			t.Errorf("%q and %q: %q, %q", a, b, contact.Folded(a), contact.Folded(b))
		}
	}
	if contact.Folded("B\u0435n") == contact.Folded("Ben") {
		t.Error("a Cyrillic letter is a Latin one")
	}
}

// names draws texts from characters that make trouble.
func names() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.SampledFrom([]rune(
		"aBn 2_\u00eb\u0308\u0435\u0431\u03b2\u3164\u2800\u200d\ufe0f\U0001F469\u2764\u034f\u0336\u00df\u0130\u01c5\ufb01\u1e9e\u0345\u0149\u540d\u304b\uff22")), 0, 12, -1)
}

func TestFoldingIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := names().Draw(t, "name")
		folded := contact.Folded(name)
		if again := contact.Folded(folded); again != folded {
			t.Fatalf("%q folds to %q and that to %q", name, folded, again)
		}
		for _, form := range []norm.Form{norm.NFC, norm.NFD} {
			if other := contact.Folded(form.String(name)); other != folded {
				t.Fatalf("%q folds to %q, another form of it to %q", name, folded, other)
			}
		}
	})
}

// TestAPetnameCanAlwaysBeShownAndTold: with any name that a newcomer gives itself, the owner sees a name that an
// owner could have chosen, and that nothing else has.
func TestAPetnameCanAlwaysBeShownAndTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		used := map[string]bool{}
		for _, name := range rapid.SliceOfN(names(), 1, 8).Draw(t, "names") {
			petname := contact.Petname(name, "contact", "bifi5usx", func(n string) bool { return used[contact.Folded(n)] })
			if parsed, err := contact.ParseName(petname); err != nil || parsed != petname {
				t.Fatalf("%q is shown as %q: %v", name, petname, err)
			}
			if used[contact.Folded(petname)] || utf8.RuneCountInString(petname) > contact.MaxName {
				t.Fatalf("%q is shown as %q", name, petname)
			}
			used[contact.Folded(petname)] = true
		}
	})
}

func TestALongNameMakesRoomForItsNumber(t *testing.T) {
	long := strings.Repeat("x", contact.MaxName)
	got := contact.Unique(long, func(n string) bool { return n == long })
	if want := long[:contact.MaxName-2] + " 2"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestMatchingNeverGuesses(t *testing.T) {
	all := []contact.Candidate{
		{Label: "Ben", Calls: "Benjamin", ID: "auth_bifi5usxzd65i6hp"},
		{Label: "Cleo", Calls: "Cleo", ID: "auth_zjz5xf3zljd6547q"},
		{Label: "zjz5", Calls: "zjz5", ID: "auth_aaaa5usxzd65i6hp"},
		{Label: "Zo\u00eb", ID: "ctx_bifi7777zd65i6hp"},
	}
	for _, c := range []struct {
		text string
		want int
		kind aura.Kind
		says string
	}{
		{text: "ben", want: 0},
		{text: " CLEO ", want: 1},
		{text: "zoe\u0308", want: 3},
		{text: "auth_bifi5", want: 0},
		{text: "AUTH_ZJZ5", want: 1},
		{text: "bifi7", want: 3},
		{text: "ctx_bifi", want: 3},
		{text: "bifi", kind: aura.Conflict, says: "Ben (auth_bifi5usxzd65), Zo\u00eb (ctx_bifi7777zd65)"},
		{text: "zjz5", kind: aura.Conflict, says: "Cleo (auth_zjz5xf3zljd6), zjz5 (auth_aaaa5usxzd65)"},
		{text: "cloe", kind: aura.NotFound, says: "did you mean Cleo?"},
		{text: "be", kind: aura.NotFound, says: "did you mean Ben?"},
		{text: "benjamin", kind: aura.NotFound, says: "did you mean Ben, who calls itself Benjamin?"},
		{text: "bif", kind: aura.NotFound},
		{text: "zzzzzzzz", kind: aura.NotFound, says: `called "zzzzzzzz"`},
		{text: "", kind: aura.NotFound},
	} {
		got, err := contact.Match(c.text, all)
		if aura.KindOf(err) != c.kind || c.kind == 0 && got != c.want {
			t.Errorf("%q: %d, %v", c.text, got, err)
		}
		if err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %q does not say %q", c.text, err, c.says)
		}
	}
	if _, err := contact.Match(strings.Repeat("x", 10_000), all); len(err.Error()) > 200 {
		t.Errorf("the error repeats the typed text in %d bytes", len(err.Error()))
	}
	if _, err := contact.Match("ben", nil); !strings.Contains(err.Error(), "invite a person") {
		t.Errorf("without contacts: %v", err)
	}
}

func FuzzNames(f *testing.F) {
	for _, seed := range []string{"Ben", "B\u0435n", "\u3164", "\u0dc1\u0dca\u200d\u0dbb\u0dd3", "auth_x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		parsed, err := contact.ParseName(name)
		if err != nil {
			return
		}
		if again, err := contact.ParseName(parsed); err != nil || again != parsed {
			t.Errorf("%q: %q, then %q, %v", name, parsed, again, err)
		}
	})
}
