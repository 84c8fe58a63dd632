package arch_test

import (
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/aura-runtime/aura"

// plan is floorplan.txt.
type plan struct {
	rooms      []room
	support    []string
	bridges    []string // patterns of files
	libraries  []library
	testing    []string
	portable   []string
	wasm       []string
	reserved   []reservation
	exceptions []exception
}

// room is a package of the floor plan with everything below it.
type room struct {
	name    string
	ring    int
	imports []string
}

type library struct {
	prefix string
	places []string // patterns of files
}

type exception struct{ rule, file, why string }

func readPlan(t *testing.T) *plan {
	t.Helper()
	text, err := os.ReadFile("floorplan.txt")
	if err != nil {
		t.Fatal(err)
	}
	p := &plan{}
	for n, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 0 && !p.add(words) {
			t.Fatalf("floorplan.txt:%d: cannot read %q", n+1, line)
		}
	}
	return p
}

func (p *plan) add(words []string) bool {
	if len(words) < 2 {
		return false
	}
	switch word, rest := words[0], words[1:]; word {
	case "0", "1", "2", "3", "4", "5", "6":
		p.rooms = append(p.rooms, room{name: rest[0], ring: int(word[0] - '0'), imports: rest[1:]})
	case "support":
		p.support = append(p.support, rest...)
	case "bridge":
		p.bridges = append(p.bridges, rest...)
	case "library":
		p.libraries = append(p.libraries, library{prefix: rest[0], places: rest[1:]})
	case "testing":
		p.testing = append(p.testing, rest...)
	case "portable":
		p.portable = append(p.portable, rest...)
	case "wasm":
		p.wasm = append(p.wasm, rest...)
	case "reserved":
		r, ok := reservedTo(rest)
		if p.reserved = append(p.reserved, r); !ok {
			return false
		}
	case "exception":
		if len(rest) < 3 {
			return false
		}
		p.exceptions = append(p.exceptions, exception{rule: rest[0], file: rest[1], why: strings.Join(rest[2:], " ")})
	default:
		return false
	}
	return true
}

// room returns the room that a package directory belongs to; the module's root is "aura".
func (p *plan) room(dir string) (room, bool) {
	if dir == "." {
		dir = "aura"
	}
	i := slices.IndexFunc(p.rooms, func(r room) bool { return dir == r.name || strings.HasPrefix(dir, r.name+"/") })
	if i < 0 {
		return room{}, false
	}
	return p.rooms[i], true
}

// allows reports whether the plan lets one room import another.
func (p *plan) allows(from, to room) bool {
	ring := "ring" + string(rune('0'+to.ring))
	return from.name == to.name || slices.Contains(from.imports, to.name) ||
		slices.Contains(from.imports, ring) || slices.Contains(from.imports, "any")
}

func (p *plan) isSupport(dir string) bool {
	return slices.ContainsFunc(p.support, func(s string) bool { return dir == s || strings.HasPrefix(dir, s+"/") })
}

func (p *plan) excepts(rule, file string) bool {
	return slices.ContainsFunc(p.exceptions, func(e exception) bool { return e.rule == rule && e.file == file })
}

// matches reports whether a file's path fits one of the patterns.
func matches(patterns []string, file string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, file)
		return ok && err == nil
	})
}

// expand replaces "ringN" by its rooms.
func (p *plan) expand(names []string) []string {
	var out []string
	for _, name := range names {
		if !strings.HasPrefix(name, "ring") {
			out = append(out, name)
			continue
		}
		for _, r := range p.rooms {
			if "ring"+string(rune('0'+r.ring)) == name {
				out = append(out, r.name)
			}
		}
	}
	return out
}
