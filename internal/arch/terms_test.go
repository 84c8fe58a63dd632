package arch_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// termsFile lists the standard terms: one in a line, a remark behind it. A line that begins with # is a comment.
const termsFile = "internal/arch/testdata/terms.txt"

// TestTypesAreNamedInTermsOfTheField holds every word in the name of an exported type of rings 2 to 4 to the list of
// standard terms or to the glossary.
func TestTypesAreNamedInTermsOfTheField(t *testing.T) {
	p := readPlan(t)
	terms, glossary := readTerms(t), readGlossary(t)
	used := map[string]bool{}
	for _, s := range readTree(t) {
		r, known := p.room(s.dir)
		if !known || r.ring < 2 || r.ring > 4 || !s.production(p) {
			continue
		}
		for _, id := range exportedTypes(s) {
			for _, word := range words(id.Name) {
				switch {
				case terms[singular(word)]:
					used[singular(word)] = true
				case !glossary[singular(word)]:
					t.Errorf("%s: %q of %s is no standard term and not in the glossary: use the word of the field, or explain it in %s",
						s.at(id), word, id.Name, "docs/glossary.md")
				}
			}
		}
	}
	if len(used) < 30 {
		t.Errorf("%d terms are used: the test does not see the types", len(used))
	}
}

// exportedTypes returns the names of the exported types that a file declares.
func exportedTypes(s *source) (names []*ast.Ident) {
	for _, d := range s.ast.Decls {
		if g, ok := d.(*ast.GenDecl); ok {
			for _, spec := range g.Specs {
				if typ, ok := spec.(*ast.TypeSpec); ok && typ.Name.IsExported() {
					names = append(names, typ.Name)
				}
			}
		}
	}
	return names
}

// singular returns the form under which a word is looked up: lower case, without the s of a plural.
func singular(word string) string {
	word = strings.ToLower(word)
	if strings.HasSuffix(word, "ss") || len(word) < 4 {
		return word
	}
	return strings.TrimSuffix(word, "s")
}

func readTerms(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, termsFile))
	if err != nil {
		t.Fatal(err)
	}
	terms := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] != "#" {
			terms[singular(fields[0])] = true
		}
	}
	return terms
}

// glossaryRow is a row of the glossary: the words and their meaning.
var glossaryRow = regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \|`)

// readGlossary returns the words that the glossary explains: those of a row's first cell, and the names that its
// meaning gives in code font.
func readGlossary(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/glossary.md"))
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for _, row := range glossaryRow.FindAllStringSubmatch(string(text), -1) {
		for word := range strings.FieldsFuncSeq(row[1], func(r rune) bool { return r == ' ' || r == ',' }) {
			explained[singular(word)] = true
		}
		for _, span := range spansOf(row[2]) {
			for name := range strings.SplitSeq(span, ".") {
				for _, word := range words(name) {
					explained[singular(word)] = true
				}
			}
		}
	}
	return explained
}

func TestNamesAreSplitIntoWords(t *testing.T) {
	for name, want := range map[string][]string{
		"Mutex": {"Mutex"}, "PeerID": {"Peer", "ID"}, "KEM": {"KEM"}, "HTTPServer": {"HTTP", "Server"},
		"Libp2pStats": {"Libp2p", "Stats"}, "KV": {"KV"},
	} {
		if got := words(name); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
