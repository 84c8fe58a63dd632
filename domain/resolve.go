package domain

import (
	"fmt"
	"strings"

	"github.com/aura-runtime/aura"
)

// minPrefix is the shortest beginning of an identifier that names it: shorter ones are typing.
const minPrefix = 4

// Resolve finds the one identifier whose text form begins with a text, with or without the prefix of its kind, such as "sess_". It returns
// aura.Invalid for fewer than four characters, aura.NotFound with a hint when none begins so, and aura.Conflict when several do. The errors
// call it what, such as "session".
func Resolve[ID fmt.Stringer](what, text, hint string, all []ID) (found ID, err error) {
	const op = "domain.Resolve"
	begin, many := strings.ToLower(strings.TrimSpace(text)), 0
	for _, id := range all {
		kind, digits, _ := strings.Cut(id.String(), "_")
		if rest := strings.TrimPrefix(begin, kind+"_"); len(rest) >= minPrefix && strings.HasPrefix(digits, rest) {
			found = id
			many++
		}
	}
	said := aura.Clip(strings.TrimSpace(text), 64)
	_, digits, prefixed := strings.Cut(begin, "_")
	switch {
	case many == 1:
		return found, nil
	case many > 1:
		err = aura.Errorf(op, aura.Conflict, "more than one %s begins with %q: write more of it", what, said)
	case len(begin) < minPrefix || prefixed && len(digits) < minPrefix:
		err = aura.Errorf(op, aura.Invalid, "%q names no %s: write at least %d characters of its identifier", said, what, minPrefix)
	default:
		err = aura.Errorf(op, aura.NotFound, "no %s begins with %q%s", what, said, hint)
	}
	var none ID
	return none, err
}
