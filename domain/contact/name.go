package contact

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/aura-runtime/aura"
)

// MaxName is the greatest length of a name, in characters.
const MaxName = 64

// CheckName returns nil for a name that a fact may hold: 1 to [MaxName] characters of UTF-8, no control or
// invisible formatting characters, no space at either end. Anything else is [aura.Invalid]. It judges facts of
// peers and of earlier builds, so it never gets narrower; [ParseName] decides the names that an owner may choose.
func CheckName(name string) error {
	const op = "contact.CheckName"
	switch {
	case name == "":
		return aura.Errorf(op, aura.Invalid, "the name is empty")
	case !utf8.ValidString(name):
		return aura.Errorf(op, aura.Invalid, "the name is not UTF-8 text")
	case utf8.RuneCountInString(name) > MaxName:
		return aura.Errorf(op, aura.Invalid, "the name is longer than %d characters", MaxName)
	case strings.TrimSpace(name) != name:
		return aura.Errorf(op, aura.Invalid, "the name begins or ends with a space")
	}
	for _, r := range name {
		if !printable(r) {
			return aura.Errorf(op, aura.Invalid, "the name holds the invisible character %U", r)
		}
	}
	return nil
}

// printable refuses what moves, hides or reorders the text around it. The zero-width joiner stays, since
// emoji are made with it.
func printable(r rune) bool { return r == joiner || r == ' ' || unicode.IsPrint(r) }

const (
	joiner       = '\u200d'
	emojiVariant = '\ufe0f'
	brailleBlank = '\u2800'
	// maxMarks is how many combining marks one letter of a name may carry. Vietnamese needs two, Hebrew and
	// Arabic with all their points three or four.
	maxMarks = 4
	// virama is the combining class of the sign after which Indic scripts use the joiner.
	virama = 9
	// You names the owner in front of the owner's own lines, so no contact or group may have this name.
	You = "you"
)

// ParseName returns the normal form (NFC) of a name that an owner gives to itself, to a contact or to a
// group. It returns [aura.Invalid] for a name that [CheckName] refuses and for one that deceives its readers:
// without a visible character, with invisible ones, with letters of two scripts in one word, or made to look
// like an identifier, an option, or a line of a table or a conversation.
func ParseName(name string) (string, error) {
	const op = "contact.ParseName"
	if err := CheckName(name); err != nil {
		return "", err
	}
	if !plain(name) {
		name = norm.NFC.String(name)
		if err := checkWritten(name); err != nil {
			return "", err
		}
	}
	switch prefix, _, found := strings.Cut(Folded(name), "_"); {
	case found && slices.Contains([]string{"auth", "dev", "ctx", "chan", "sess", "fact", "op", "inv"}, prefix):
		return "", aura.Errorf(op, aura.Invalid, "the name looks like an identifier")
	case strings.HasPrefix(name, "-"):
		return "", aura.Errorf(op, aura.Invalid, "the name begins with a hyphen, as options of commands do")
	case strings.Contains(name, "  "):
		return "", aura.Errorf(op, aura.Invalid, "the name holds two spaces in a row, as stand between columns")
	case speaks(name):
		return "", aura.Errorf(op, aura.Invalid, "the name holds a colon after a word, as stands before a message")
	case Folded(name) == You:
		return "", aura.Errorf(op, aura.Invalid, "%q stands for the owner of each agent: choose another name", You)
	}
	return name, nil
}

// speaks reports whether a name has a colon, or what looks like one, at the end of a word: "Ben: hi" as the name in
// front of a text is a text of Ben.
func speaks(name string) bool {
	for word := range strings.SplitSeq(Folded(name), " ") {
		if strings.ContainsRune(":\u02d0\u0589\u05c3\u2236\ua789", lastRune(word)) {
			return true
		}
	}
	return false
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// checkWritten refuses a name, in its normal form, that shows something else than it holds.
func checkWritten(name string) error {
	const op = "contact.ParseName"
	if err := CheckName(name); err != nil {
		return err // in its normal form it may be longer
	}
	if r, ok := hidden(name); ok {
		return aura.Errorf(op, aura.Invalid, "the name holds the invisible character %U", r)
	}
	if marks(name) > maxMarks {
		return aura.Errorf(op, aura.Invalid, "a letter of the name carries more than %d marks", maxMarks)
	}
	for word := range strings.SplitSeq(name, " ") {
		if mixed := mixedScripts(word); mixed != nil {
			return aura.Errorf(op, aura.Invalid, "the word %q of the name mixes %s letters", word, strings.Join(mixed, " and "))
		}
	}
	return nil
}

// hidden returns a character of a name that shows nothing where it stands.
func hidden(name string) (rune, bool) {
	before, class := rune(0), uint8(0)
	for _, r := range name {
		symbol := unicode.In(before, unicode.So, unicode.Sk) || before == emojiVariant
		switch {
		case r == joiner:
			if !symbol && class != virama {
				return r, true
			}
		case r == emojiVariant:
			if !unicode.In(before, unicode.So, unicode.Nd, unicode.Po) {
				return r, true
			}
		case r == brailleBlank, unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			return r, true
		}
		before, class = r, norm.NFC.PropertiesString(string(r)).CCC()
	}
	if before == joiner {
		return before, true
	}
	return 0, false
}

// marks returns the longest run of combining marks.
func marks(name string) (most int) {
	run := 0
	for _, r := range name {
		if !unicode.In(r, unicode.Mn, unicode.Me) {
			run = -1
		}
		run++
		most = max(most, run)
	}
	return most
}

// mixedScripts returns the scripts of a word's letters if they do not belong together, ascending. The scripts
// that are written together are those of Unicode's "highly restrictive" level (UTS 39, 5.2).
func mixedScripts(word string) []string {
	var found []string
	for _, r := range word {
		if s := script(r); s != "" && !slices.Contains(found, s) {
			found = append(found, s)
		}
	}
	if len(found) < 2 {
		return nil
	}
	for _, together := range [][]string{
		{"Bopomofo", "Han", "Latin"}, {"Han", "Hangul", "Latin"}, {"Han", "Hiragana", "Katakana", "Latin"},
	} {
		if !slices.ContainsFunc(found, func(s string) bool { return !slices.Contains(together, s) }) {
			return nil
		}
	}
	slices.Sort(found)
	return found
}

// usual are the scripts that are asked first, because most names are written in them.
var usual = [...]string{"Latin", "Cyrillic", "Han", "Arabic", "Devanagari", "Greek", "Hangul", "Hebrew", "Hiragana", "Katakana", "Thai"}

// script returns the one script to which a character belongs, "" for what all scripts share.
func script(r rune) string {
	switch {
	case r < utf8.RuneSelf && !unicode.IsLetter(r), unicode.In(r, unicode.Common, unicode.Inherited):
		return ""
	case r < utf8.RuneSelf:
		return "Latin"
	}
	for _, name := range usual {
		if unicode.Is(unicode.Scripts[name], r) {
			return name
		}
	}
	for name, table := range unicode.Scripts { // at most one holds r
		if unicode.Is(table, r) {
			return name
		}
	}
	return ""
}

// Folded returns the form in which names are compared: equal for names that differ only in letter case, in
// how their letters are composed, or in characters that show nothing (Unicode's NFKC_Casefold).
func Folded(name string) string {
	if plain(name) {
		return strings.ToLower(name)
	}
	fold := func(s string) string { return norm.NFKC.String(cases.Fold().String(norm.NFD.String(s))) }
	folded := strings.Map(func(r rune) rune {
		if r == joiner || unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			return -1
		}
		return r
	}, fold(name))
	return fold(folded) // a compatibility form may be a capital letter
}

// plain reports whether a text is ASCII, which has no other forms.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Unique returns name, or name with the first free number after it (" 2", " 3") when taken says that
// the name is in use. It shortens a name that would become too long.
func Unique(name string, taken func(string) bool) string {
	if !taken(name) {
		return name
	}
	for n := 2; ; n++ {
		number := " " + strconv.Itoa(n)
		letters := []rune(name)
		letters = letters[:min(len(letters), MaxName-len(number))]
		if numbered := strings.TrimRight(string(letters), " ") + number; !taken(numbered) {
			return numbered
		}
	}
}

// Petname returns the name under which the owner is to be shown a newcomer that calls itself name: that name
// in its normal form, numbered if taken says that it is in use. A name that [ParseName] refuses is replaced by
// the kind of the newcomer and the beginning of its identifier, such as "contact bifi5usx".
func Petname(name, what, id string, taken func(string) bool) string {
	parsed, err := ParseName(name)
	if err != nil {
		parsed = what + " " + id
	}
	return Unique(parsed, taken)
}
