package gen

import (
	"go/token"
	"strconv"
	"strings"

	"github.com/aura-runtime/aura/choreo"
)

// exported returns a name of the language, which is ASCII and begins with a letter, in Go's exported form.
func exported(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

func unexported(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// PackageName is that of a package that holds this protocol alone. A protocol Go cannot live in package go.
func PackageName(p *choreo.Protocol) string {
	name := strings.ToLower(strings.ReplaceAll(p.Name, "_", ""))
	if token.IsKeyword(name) {
		name += "protocol"
	}
	return name
}

// roleName turns "Voter[2]" into "Voter2".
func roleName(r choreo.Role) string {
	family, index := r.Family()
	if index < 0 {
		return exported(family)
	}
	return exported(family) + strconv.Itoa(index)
}

// names are those given out in one scope.
type names map[string]bool

// give returns the name asked for, or that with _2, _3 … if it was given out before.
func (n names) give(want string) string {
	name := want
	for i := 2; n[name]; i++ {
		name = want + "_" + strconv.Itoa(i)
	}
	n[name] = true
	return name
}
