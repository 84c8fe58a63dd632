package contact

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
)

// minPrefix is the shortest beginning of an identifier that names a contact: shorter ones are typing.
const minPrefix = 4

// Resolve turns what a person typed, a contact's name in any letter case or the beginning of its
// authority's identifier (with or without "auth_"), into a reference. It returns [aura.NotFound] with the
// names that come close, and [aura.Conflict] for an identifier that begins more than one.
func (s *State) Resolve(text string) (Ref, error) {
	const op = "contact.Resolve"
	text = strings.TrimSpace(text)
	contacts := s.Contacts()
	for _, c := range contacts {
		if Folded(c.Name) == Folded(text) {
			return c.Ref, nil
		}
	}
	for context, name := range s.former {
		if Folded(name) == Folded(text) { // former names are distinct
			return s.contact(context).Ref, nil
		}
	}
	var found []Contact
	if prefix := strings.ToLower(strings.TrimPrefix(text, "auth_")); len(prefix) >= minPrefix {
		for _, c := range contacts {
			if strings.HasPrefix(strings.TrimPrefix(c.Authority.String(), "auth_"), prefix) {
				found = append(found, c)
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0].Ref, nil
	case 0:
		return Ref{}, aura.Errorf(op, aura.NotFound, "no contact is called %q%s", text, hint(text, names(contacts)))
	}
	return Ref{}, aura.Errorf(op, aura.Conflict, "%q begins the identifiers of %s: write more of it", text, strings.Join(names(found), ", "))
}

// Near returns the candidates that someone who typed text may have meant, best first, at most three.
func Near(text string, candidates []string) []string {
	const most = 3
	text = Folded(text)
	type guess struct {
		name string
		far  int
	}
	var guesses []guess
	for _, name := range candidates {
		folded := Folded(name)
		far := distance(text, folded)
		if text != "" && (strings.HasPrefix(folded, text) || strings.Contains(folded, text)) {
			far = 0
		}
		if far <= 1+len(text)/4 {
			guesses = append(guesses, guess{name, far})
		}
	}
	slices.SortStableFunc(guesses, func(a, b guess) int { return a.far - b.far })
	near := make([]string, 0, most)
	for _, g := range guesses[:min(most, len(guesses))] {
		near = append(near, g.name)
	}
	return near
}

func hint(text string, candidates []string) string {
	switch near := Near(text, candidates); {
	case len(candidates) == 0:
		return "; there are no contacts yet: invite somebody"
	case len(near) == 0:
		return ""
	default:
		return "; did you mean " + strings.Join(near, ", ") + "?"
	}
}

func names(contacts []Contact) []string {
	out := make([]string, 0, len(contacts))
	for _, c := range contacts {
		out = append(out, c.Name)
	}
	return out
}

// distance is the number of single-character edits between two texts (Levenshtein 1966).
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, q := range to {
			cost := 1
			if r == q {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(to)]
}
