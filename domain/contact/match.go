package contact

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
)

// minPrefix is the shortest beginning of an identifier that names a contact: shorter ones are typing.
const minPrefix = 4

// Candidate is something that a person may name.
type Candidate struct {
	Label string // under which the owner knows it
	Calls string // as it calls itself, if that differs
	ID    string // the text form of its identifier: a contact's authority, a group's context
}

// Match returns the candidate that a person meant by the typed text: its label, or the beginning of its
// identifier, with or without the prefix such as "auth_". It returns [aura.NotFound] with the labels that come
// close, and [aura.Conflict] with all candidates that fit when there are several: none of them is a better
// guess than the others.
func Match(text string, all []Candidate) (int, error) {
	const op = "contact.Match"
	text = strings.TrimSpace(text)
	key := Folded(text)
	var found []int
	for i := range all {
		if Folded(all[i].Label) == key || begins(all[i].ID, strings.ToLower(text)) {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		what := "contact"
		if slices.ContainsFunc(all, func(c Candidate) bool { return strings.HasPrefix(c.ID, "ctx_") }) {
			what = "contact or group"
		}
		return 0, aura.Errorf(op, aura.NotFound, "no %s is called %.*q%s", what, MaxName, text, hint(text, all))
	}
	listed := make([]string, len(found))
	for i, at := range found {
		listed[i] = all[at].Label + " (" + beginning(all[at].ID) + ")"
	}
	return 0, aura.Errorf(op, aura.Conflict, "%q may be any of %s: write more of the identifier in brackets", text, strings.Join(listed, ", "))
}

// begins reports whether the typed text is the beginning of an identifier.
func begins(id, typed string) bool {
	prefix, digits, _ := strings.Cut(id, "_")
	if rest, ok := strings.CutPrefix(typed, prefix+"_"); ok {
		typed = rest
	}
	return len(typed) >= minPrefix && strings.HasPrefix(digits, typed)
}

// beginning returns the part of an identifier that tells two of them apart, with its prefix.
func beginning(id string) string {
	const shown = 12
	prefix, digits, _ := strings.Cut(id, "_")
	return prefix + "_" + digits[:min(len(digits), shown)]
}

// hint names the labels that come close to the typed text.
func hint(text string, all []Candidate) string {
	if len(all) == 0 {
		return "; there are no contacts yet: invite a person"
	}
	var labels []string
	for i := range all {
		if all[i].Calls != "" && Folded(all[i].Calls) == Folded(text) {
			return "; did you mean " + all[i].Label + ", who calls itself " + all[i].Calls + "?"
		}
		labels = append(labels, all[i].Label)
	}
	if near := near(text, labels); len(near) > 0 {
		return "; did you mean " + strings.Join(near, ", ") + "?"
	}
	return ""
}

// near returns the labels that resemble the text, best first, at most three.
func near(text string, labels []string) []string {
	const most = 3
	text = Folded(text)
	type guess struct {
		label string
		far   int
	}
	var guesses []guess
	for _, label := range labels {
		folded := Folded(label)
		far := distance(text, folded)
		if text != "" && strings.Contains(folded, text) {
			far = 0
		}
		if far <= 1+len(text)/4 {
			guesses = append(guesses, guess{label, far})
		}
	}
	slices.SortStableFunc(guesses, func(a, b guess) int { return a.far - b.far })
	near := make([]string, 0, most)
	for _, g := range guesses[:min(most, len(guesses))] {
		near = append(near, g.label)
	}
	return near
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
