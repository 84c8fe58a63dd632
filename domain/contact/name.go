package contact

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aura-runtime/aura"
)

// MaxName is the greatest length of a name, in characters.
const MaxName = 64

// CheckName returns nil for a name that can be shown anywhere: 1 to [MaxName] characters of UTF-8, no
// control or invisible formatting characters, no space at either end. Anything else is [aura.Invalid].
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
func printable(r rune) bool {
	const joiner = '\u200d'
	return r == joiner || r == ' ' || unicode.IsPrint(r)
}

// Folded returns the form in which names are compared: equal for names that differ only in letter case.
func Folded(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, name)
}

// Unique returns name, or name with the first free number after it (" 2", " 3") when taken says that
// the name is in use.
func Unique(name string, taken func(string) bool) string {
	if !taken(name) {
		return name
	}
	for n := 2; ; n++ {
		if numbered := name + " " + strconv.Itoa(n); !taken(numbered) {
			return numbered
		}
	}
}
