package session_test

import (
	"errors"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/session"
)

func TestASessionIsNamedByTheBeginningOfItsIdentifier(t *testing.T) {
	l := session.List{Sessions: []session.Session{{Name: aura.SessionID{1}}, {Name: aura.SessionID{2}}, {Name: aura.SessionID{2, 0, 0, 0, 1}}}}
	one, two := l.Sessions[0].Name, l.Sessions[1].Name
	for text, want := range map[string]error{
		one.String(): nil, aura.Short(one): nil, " SESS_" + aura.Short(one)[:4]: nil, two.String(): nil,
		aura.Short(one)[:3]: aura.Invalid, "": aura.Invalid, "zzzz": aura.NotFound, aura.Short(two)[:4]: aura.Conflict,
	} {
		name, err := l.Resolve(text)
		if want != nil && !errors.Is(err, want) || want == nil && (err != nil || name != one && name != two) {
			t.Errorf("%q: %s, %v, want %v", text, name, err, want)
		}
	}
}
