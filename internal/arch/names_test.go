package arch_test

import (
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// documents returns the pages that describe the tree as it is. Decisions and the changelog describe its past.
func documents(t *testing.T) (pages []string) {
	t.Helper()
	walk(t, func(file string) {
		if path.Ext(file) == ".md" && !strings.HasPrefix(file, "docs/decisions/") && file != "CHANGELOG.md" {
			pages = append(pages, file)
		}
	})
	return pages
}

// TestNamesInTheDocumentsExist: each span in code font that looks like a file, a folder, a symbol or a
// command of the go tool is one.
func TestNamesInTheDocumentsExist(t *testing.T) {
	x := indexTree(t)
	for _, page := range documents(t) {
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		for _, why := range x.untrue(string(text)) {
			t.Errorf("%s: %s", page, why)
		}
	}
}

// TestNamesInTheScriptsExist: each name in a comment of a test script, and the file and the test of each planted fault. The
// rest of a script is run. A fault whose test was renamed would be reported as one that no test notices.
func TestNamesInTheScriptsExist(t *testing.T) {
	x, faults := indexTree(t), 0
	for _, file := range x.files {
		if path.Ext(file) != ".txtar" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, why := range x.untrueScript(string(text)) {
			t.Errorf("%s: %s", file, why)
		}
		if plantedTest.Match(text) {
			faults++
		}
	}
	if faults < 40 {
		t.Errorf("%d planted faults name a test: the test does not see them", faults)
	}
}

var (
	// codeFile, codeFolder and codeSymbol are the forms of a span of code.
	codeFile   = regexp.MustCompile(`^[\w.*-]+(/[\w.*-]+)*\.(go|md|txt|tell|txtar|mod)$`)
	codeFolder = regexp.MustCompile(`^\.?[\w-]+(/[\w.*-]+)*/?$`)
	codeSymbol = regexp.MustCompile(`^([A-Za-z]\w*)\.([A-Z]\w*)(?:\.([A-Za-z]\w*))?$`)
	// goCommand is a call of the go tool, in a span or in a block.
	goCommand = regexp.MustCompile("\\bgo (?:test|run|build|install|vet) [^`\n]*")
	// named is the name of a test in a document, and held a package with the tests that it has.
	named = regexp.MustCompile(`\bTest[A-Z]\w*`)
	held  = regexp.MustCompile("`([\\w/*]+)`: (Test\\w+(?:, Test\\w+)*)")
	// placed is a list of identifiers with the file in which they are.
	placed = regexp.MustCompile("((?:`\\w+`(?:,| and)?\\s+)+)in\\s+`([\\w/]+\\.go)`")
)

// untrue returns the names in a page that the tree does not have.
func (x *index) untrue(text string) (found []string) {
	say := func(why string) {
		if why != "" {
			found = append(found, why)
		}
	}
	for _, span := range spansOf(text) {
		say(x.refusesSpan(span))
	}
	for _, command := range goCommand.FindAllString(text, -1) {
		say(x.refusesCommand(command))
	}
	for _, name := range named.FindAllString(text, -1) {
		if x.tests[name] == nil {
			say("there is no test " + name)
		}
	}
	for _, m := range held.FindAllStringSubmatch(text, -1) {
		for _, name := range strings.Split(m[2], ", ") {
			if x.tests[name] != nil && !slices.ContainsFunc(x.tests[name], func(dir string) bool { return matches([]string{m[1]}, dir) }) {
				say("the test " + name + " is not in " + m[1] + " but in " + strings.Join(x.tests[name], ", "))
			}
		}
	}
	for _, m := range placed.FindAllStringSubmatch(text, -1) {
		for _, name := range spansOf(m[1]) {
			if x.words[m[2]] != nil && !x.words[m[2]][name] {
				say(m[2] + " has no " + name)
			}
		}
	}
	return found
}

var (
	// scriptComment is a line of a script for its reader.
	scriptComment = regexp.MustCompile(`(?m)^#.*$`)
	// plantedFile and plantedTest are the lines of a planted fault that say where it is and which test notices it.
	plantedFile = regexp.MustCompile(`(?m)^file: (.+)$`)
	plantedTest = regexp.MustCompile(`(?m)^test: (.+)$`)
)

// untrueScript returns the names in a script that the tree does not have.
func (x *index) untrueScript(text string) (found []string) {
	head, _, _ := strings.Cut(text, "\n-- ")
	if m := plantedFile.FindStringSubmatch(head); m != nil && !slices.Contains(x.files, m[1]) {
		found = append(found, "there is no file "+m[1])
	}
	if m := plantedTest.FindStringSubmatch(head); m != nil {
		if why := x.refusesCommand("go test " + m[1]); why != "" {
			found = append(found, why)
		}
	}
	return append(found, x.untrue(strings.Join(scriptComment.FindAllString(text, -1), "\n"))...)
}

// spansOf returns the spans of code outside fenced blocks. A span may go on in the next line.
func spansOf(text string) (spans []string) {
	fenced := false
	var prose strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		} else if !fenced {
			prose.WriteString(line)
		}
	}
	parts := strings.Split(prose.String(), "`")
	for i := 1; i < len(parts); i += 2 {
		spans = append(spans, parts[i])
	}
	return spans
}

// refusesSpan returns the fault of a span of code; "": none, or it names nothing of the tree.
func (x *index) refusesSpan(span string) string {
	span, _, _ = strings.Cut(strings.TrimLeft(span, "*[]"), "(")
	switch {
	case codeFile.MatchString(span):
		if !x.hasFile(span) {
			return "there is no file " + span
		}
	case codeSymbol.MatchString(span):
		return x.refusesSymbol(span)
	case strings.Contains(span, "/") && codeFolder.MatchString(span):
		if !x.hasFile(strings.TrimSuffix(span, "/")) {
			return "there is no folder " + span
		}
	}
	return ""
}

// hasFile reports whether the tree has a file or folder: at the path, or anywhere for a bare name.
func (x *index) hasFile(name string) bool {
	return slices.ContainsFunc(x.files, func(file string) bool {
		if !strings.Contains(name, "/") {
			file = path.Base(file)
		}
		return matches([]string{name}, file)
	})
}

// refusesSymbol takes package.Name, package.Type.Member and Type.Member.
func (x *index) refusesSymbol(span string) string {
	first, rest, _ := strings.Cut(span, ".")
	if ast.IsExported(first) {
		if !x.members[span] {
			return "there is no " + span
		}
		return ""
	}
	dirs := x.folders[first]
	switch {
	case dirs == nil && !x.foreign[first]:
		return "there is no package of " + span
	case dirs != nil && !slices.ContainsFunc(dirs, func(dir string) bool { return x.names[dir+"."+rest] }):
		return "package " + first + " has no " + rest
	}
	return ""
}

// refusesCommand returns the packages, tests and benchmarks in a call of the go tool that do not exist.
func (x *index) refusesCommand(command string) string {
	words := strings.Fields(command)
	dir := ""
	for _, word := range words {
		if folder, ok := strings.CutPrefix(strings.TrimRight(word, ".,;:)"), "./"); ok {
			dir = strings.TrimSuffix(strings.TrimSuffix(folder, "..."), "/")
			if dir != "" && !slices.Contains(x.files, dir) {
				return command + ": there is no folder " + dir
			}
		}
	}
	for i, word := range words[:len(words)-1] {
		prefix := map[string]string{"-run": "Test", "-bench": "Benchmark"}[word]
		if prefix == "" || words[i+1] == "-" || words[i+1] == "." {
			continue
		}
		pattern := strings.ReplaceAll(strings.Trim(words[i+1], `'"`), `\|`, "|")
		for alternative := range strings.SplitSeq(pattern, "|") {
			top, _, _ := strings.Cut(alternative, "/")
			if !x.hasTest(prefix, top, dir) {
				return command + ": no " + prefix + " matches " + top
			}
		}
	}
	return ""
}

// hasTest reports whether a folder, or any if it is empty, has a test or benchmark that the go tool would run.
func (x *index) hasTest(prefix, pattern, dir string) bool {
	match, err := regexp.Compile(pattern)
	for name, dirs := range x.tests {
		if err == nil && strings.HasPrefix(name, prefix) && match.MatchString(name) && (dir == "" || slices.Contains(dirs, dir)) {
			return true
		}
	}
	return false
}

// docLink is a link of a Go comment: a name, with its package or its type before it, in brackets.
var docLink = regexp.MustCompile(`(?:^|[\s(])\[\*?((?:[a-z]\w*\.)?[A-Z]\w*(?:\.[A-Z]\w*)?)\](?:$|[\s),.;:'])`)

// TestLinksInTheCommentsLead: go doc shows a link to a missing name as plain text, so readers do not notice it.
func TestLinksInTheCommentsLead(t *testing.T) {
	x := indexTree(t)
	for _, s := range readTree(t) {
		if s.generated {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			group, ok := n.(*ast.CommentGroup)
			if !ok {
				return true
			}
			for _, m := range docLink.FindAllStringSubmatch(group.Text(), -1) {
				if first, _, _ := strings.Cut(m[1], "."); ast.IsExported(first) {
					if !x.names[s.dir+"."+m[1]] {
						t.Errorf("%s: [%s] is not in this package", s.at(n), m[1])
					}
				} else if why := x.refusesSymbol(m[1]); why != "" {
					t.Errorf("%s: [%s]: %s", s.at(n), m[1], why)
				}
			}
			return true
		})
	}
}

// ringCell is the first cell of a row about one ring, or about two.
var ringCell = regexp.MustCompile(`^(\d)(?:–(\d))? `)

// TestTheRingsInTheDocumentsAreThePlan: a table of the rings names each room that there is in its ring, and no other.
func TestTheRingsInTheDocumentsAreThePlan(t *testing.T) {
	p := readPlan(t)
	for _, page := range []string{"README.md", "docs/architecture.md"} {
		shown := map[string]bool{}
		prose(t, page, func(line string) {
			first, rest, _ := strings.Cut(strings.TrimPrefix(line, "| "), "|")
			rings := ringCell.FindStringSubmatch(first)
			if !strings.HasPrefix(line, "| ") || rings == nil {
				return
			}
			from, to := rings[1], max(rings[1], rings[2])
			for _, span := range spansOf(rest) {
				dir := strings.TrimSuffix(span, "/*")
				r, known := p.room(dir)
				if ring := strconv.Itoa(r.ring); !known || ring < from || ring > to {
					t.Errorf("%s: %s is no room of ring %s in the floor plan", page, span, rings[0])
				}
				shown[r.name] = true
			}
		})
		for _, r := range p.rooms {
			if len(present([]string{r.name})) > 0 && r.ring > 0 && !shown[r.name] {
				t.Errorf("%s: the table of rings does not show %s", page, r.name)
			}
		}
	}
}

func TestWhatIsNotThereIsFound(t *testing.T) {
	x := indexTree(t)
	for text, want := range map[string]string{
		"see `journal/store.go` and `domain/*`":                        "",
		"see `journal/stores.go`":                                      "there is no file journal/stores.go",
		"see `journals/`":                                              "there is no folder journals/",
		"call `guard.Evaluate`, `*aura.Error` or `cmp.Diff(a, b)`":     "",
		"call `guard.Evaluates`":                                       "package guard has no Evaluates",
		"call `guards.Evaluate`":                                       "there is no package of guards.Evaluate",
		"wait: `Journal.Append`":                                       "",
		"wait: `Journal.Prepend`":                                      "there is no Journal.Prepend",
		"`guard`: TestWhatIsNotThereIsFound":                           "the test TestWhatIsNotThereIsFound is not in guard but in internal/arch",
		"`internal/arch`: TestWhatIsNotThereIsFound":                   "",
		"(`untrue`, `unsaid` in `internal/arch/names_test.go`)":        "internal/arch/names_test.go has no unsaid",
		"`go test -run - -bench 'Evaluate\\|Evaporate' ./guard`":       "go test -run - -bench 'Evaluate\\|Evaporate' ./guard: no Benchmark matches Evaporate",
		"    go run ./internal/mutates -named":                         "go run ./internal/mutates -named: there is no folder internal/mutates",
		"a span that goes on,\n`journal/stores.go`, and\n`go.mod` too": "there is no file journal/stores.go",
	} {
		if got := strings.Join(x.untrue(text), "; "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestWhatAScriptGetsWrongIsFound(t *testing.T) {
	x := indexTree(t)
	for text, want := range map[string]string{
		"# As `journal/store.go` has it.\nexec aura status\n":                                "",
		"# As TestNothingOfTheKind has it.\n":                                                "there is no test TestNothingOfTheKind",
		"A fault.\nfile: journal/store.go\ntest: ./guard -run TestEvaporate\n-- old --\nx\n": "go test ./guard -run TestEvaporate: no Test matches TestEvaporate",
		"A fault.\nfile: journal/stores.go\ntest: ./internal/arch -run TestGofmt\n-- old --": "there is no file journal/stores.go",
	} {
		if got := strings.Join(x.untrueScript(text), "; "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
