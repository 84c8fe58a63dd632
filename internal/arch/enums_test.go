package arch_test

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// unprefixed are the enums, by folder and type, whose constants do not begin with the first word of their type, and why.
var unprefixed = map[string]string{
	"..Kind":      "the vocabulary of errors.Is, in every file of the tree: errors.Is(err, aura.Stale)",
	"effect.Kind": "the six commands have the names of the runtime document",
	"task.State":  "the states of OTP and systemd, and task.Running says it all",
}

// TestConstantsOfEnumsBearTheirType holds each constant of an enum to the first word of its type's name, so that a reader
// sees which enum it belongs to.
func TestConstantsOfEnumsBearTheirType(t *testing.T) {
	enums := map[string][]*enumConstant{}
	for _, s := range readTree(t) {
		if !s.test && !s.generated {
			for _, c := range enumConstants(s) {
				enums[c.enum] = append(enums[c.enum], c)
			}
		}
	}
	if len(enums) < 30 {
		t.Errorf("%d enums were found: the test does not see them", len(enums))
	}
	for _, enum := range slices.Sorted(maps.Keys(enums)) {
		constants := enums[enum]
		if len(constants) < 2 {
			continue
		}
		for _, c := range constants {
			if !c.bears(enum) {
				t.Errorf("%s: %s is of the enum %s and does not begin with its name", c.at, c.name, enum)
			}
		}
	}
	for enum := range unprefixed {
		if len(enums[enum]) < 2 {
			t.Errorf("there is no enum %s any more: take its line away", enum)
		}
	}
}

// enumConstant is one exported constant of a type that its package declares.
type enumConstant struct{ enum, name, at string }

// bears reports whether the name begins with the first word of its enum's name.
func (c *enumConstant) bears(enum string) bool {
	first := words(enum[strings.LastIndex(enum, ".")+1:])[0]
	return unprefixed[enum] != "" || strings.HasPrefix(c.name, first)
}

// words returns the words of a name: each begins with an upper case letter, but a run of them is one word.
func words(name string) (list []string) {
	start := 0
	runes := []rune(name)
	for i := 1; i < len(runes); i++ {
		upper, before := unicode.IsUpper(runes[i]), unicode.IsUpper(runes[i-1])
		next := i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if upper && (!before || next) {
			list = append(list, string(runes[start:i]))
			start = i
		}
	}
	return append(list, string(runes[start:]))
}

// enumConstants returns the exported constants of a file that have a type of their package.
func enumConstants(s *source) (found []*enumConstant) {
	for _, d := range s.ast.Decls {
		block, ok := d.(*ast.GenDecl)
		if !ok || block.Tok != token.CONST {
			continue
		}
		typ := ""
		for _, spec := range block.Specs {
			spec := spec.(*ast.ValueSpec)
			if id, ok := spec.Type.(*ast.Ident); ok {
				typ = id.Name
			} else if spec.Type != nil || len(spec.Values) > 0 {
				typ = ""
			}
			for _, id := range spec.Names {
				if ast.IsExported(typ) && id.IsExported() {
					found = append(found, &enumConstant{s.dir + "." + typ, id.Name, s.at(id)})
				}
			}
		}
	}
	return found
}
