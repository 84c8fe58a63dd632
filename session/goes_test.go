package session

import (
	"errors"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// TestCompatibilityIsJudgedAmongTheVersionsThatAreHere: a session begins in the active version or in one that goes with it for the role. The refusal
// names both. A version that is not here has no text to judge.
func TestCompatibilityIsJudgedAmongTheVersionsThatAreHere(t *testing.T) {
	const shop = `
module shop exposing (Shop)

protocol Shop =
  roles Asker, Teller
  choice Asker at
    | Ask => Asker { guard_capability : "chat:send", flow_cost : 1 } -> Teller : Ask
    | Bye => Asker { guard_capability : "chat:send", flow_cost : 1 } -> Teller : Bye
`
	narrow := strings.Replace(shop, `    | Bye => Asker { guard_capability : "chat:send", flow_cost : 1 } -> Teller : Bye
`, `    | Go => Asker { guard_capability : "chat:send", flow_cost : 1 } -> Teller : Go
`, 1)
	wide := strings.Replace(shop, "  choice Asker at\n", `  choice Asker at
    | Wait => Asker { guard_capability : "chat:send", flow_cost : 1 } -> Teller : Wait
`, 1)
	r := NewRegistry()
	for _, text := range []string{shop, wide, narrow} {
		p, problems := choreo.Load("shop.tell", text)
		if err := problems.Err("test"); err != nil {
			t.Fatal(err)
		}
		i, err := p.Instantiate(nil)
		if err == nil {
			err = r.Add(i, choreo.Defaults{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	e := NewEngine(Options{Registry: r})
	const id = "aura.shop.shop"
	versions := r.Versions(id)
	for i, goes := range []map[choreo.Role]bool{
		{"Asker": true, "Teller": true}, {"Teller": true, "Asker": false}, {"Asker": false, "Teller": false},
	} {
		for role, compatible := range goes {
			p, err := r.sized(id, versions[i], nil)
			if err != nil {
				t.Fatal(err)
			}
			switch err := e.goesWith(p, role); {
			case compatible && err != nil:
				t.Errorf("version %d for %s: %v", i, role, err)
			case !compatible && (!errors.Is(err, aura.Denied) || !strings.Contains(err.Error(), "does not go with version")):
				t.Errorf("version %d for %s: %v", i, role, err)
			}
			if p, differs := e.differs(&Greeting{Protocol: id, Version: p.Version()}); differs {
				t.Errorf("version %d is here, and differs from %x", i, p.Version())
			}
		}
	}
	if p, differs := e.differs(&Greeting{Protocol: id, Version: [32]byte{9}}); !differs || p.Version() != versions[0] {
		t.Error("a version that is not here is not refused with the one that is")
	}
}
