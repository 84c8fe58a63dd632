package main

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree returns the module's root and the functions from which faults are drawn.
func tree(t *testing.T) (string, []function) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	functions, err := (&bench{root: root}).functions()
	if err != nil {
		t.Fatal(err)
	}
	return root, functions
}

// A fault whose place is gone is not tried, so a sample would become small in silence.
func TestTheSampleHasItsPlaces(t *testing.T) {
	root, functions := tree(t)
	sample, gone, err := readSample(root, functions)
	if err != nil {
		t.Fatal(err)
	}
	if len(sample) < 300 {
		t.Errorf("%d faults of the sample can be planted, at least 300 are wanted: draw another sample. Without a place: %q", len(sample), gone)
	}
}

// An argument is about the text of a function. When the function changes, the fault counts again and the line of the
// old argument says nothing.
func TestArgumentsAreAboutPresentFunctions(t *testing.T) {
	root, functions := tree(t)
	arguments, err := readEquivalent(root)
	if err != nil {
		t.Fatal(err)
	}
	sample, _, err := readSample(root, functions)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sample {
		delete(arguments, s.key()+"  "+s.hash)
	}
	for key := range arguments {
		t.Errorf("%s: the function changed or is gone: argue again, or take the line away", key)
	}
}

func TestNamedFaultsHaveTheirPlaces(t *testing.T) {
	root, _ := tree(t)
	if _, err := readNamed(root); err != nil {
		t.Error(err)
	}
}

// A fault that does not compile ends its shard of the gate, which tries a third of them, so only each third commit shows it.
func TestNamedFaultsCompile(t *testing.T) {
	root, _ := tree(t)
	all, err := readNamed(root)
	if err != nil {
		t.Fatal(err)
	}
	exports, files := map[string]string{}, map[string][]string{} // of a package's path; of its folder, from the root
	cmd := exec.Command("go", "list", "-export", "-deps", "-f", `{{.ImportPath}}|{{.Export}}|{{.Dir}}|{{join .GoFiles " "}}`, "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		at := strings.Split(strings.TrimSpace(line), "|")
		exports[at[0]] = at[1]
		if dir, err := filepath.Rel(root, at[2]); err == nil && filepath.IsLocal(dir) {
			files[filepath.ToSlash(dir)] = strings.Fields(at[3])
		}
	}
	set := token.NewFileSet()
	packages := importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for _, n := range all {
		if !slices.Contains(files[n.site.dir()], path.Base(n.site.file)) {
			t.Errorf("%s: %s is not built here", n.name, n.site.file)
			continue
		}
		var parsed []*ast.File
		for _, name := range files[n.site.dir()] {
			text, err := os.ReadFile(filepath.Join(root, n.site.dir(), name))
			if err != nil {
				t.Fatal(err)
			}
			if name == path.Base(n.site.file) {
				text = slices.Replace(text, n.site.from, n.site.to, []byte(n.site.text)...)
			}
			file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
			if err != nil {
				t.Errorf("%s: %v", n.name, err)
				continue
			}
			parsed = append(parsed, file)
		}
		if _, err := (&types.Config{Importer: packages}).Check(n.site.dir(), set, parsed, nil); err != nil {
			t.Errorf("%s: %v", n.name, err)
		}
	}
}

// A fault of a pure room must meet the tests of what builds on it, and not lose time on others.
func TestWiderTestsAreThoseLinkedWithThePackage(t *testing.T) {
	root, _ := tree(t)
	b := &bench{root: root, module: "github.com/aura-runtime/aura"}
	for dir, want := range map[string]struct{ among, not []string }{
		"choreo":          {[]string{"machine", "choreo/gen", "protocols", "cmd/aura/choreo"}, []string{"choreo", "guard", "biscuit"}},
		"machine/compose": {[]string{"session", "session/reconfig"}, []string{"machine", "choreo"}},
		"biscuit":         {[]string{"frontier/token", "frontier", "chain", "service", "agent"}, []string{"machine", "protocols", "datalog"}},
		"domain/chat":     {[]string{"service", "app", "sim"}, []string{"journal"}},
	} {
		got, err := b.wider(dir)
		if err != nil {
			t.Fatal(err)
		}
		has := func(d string) bool { return slices.Contains(got, b.module+"/"+d) }
		for _, d := range want.among {
			if !has(d) {
				t.Errorf("faults of %s do not meet the tests of %s", dir, d)
			}
		}
		for _, d := range want.not {
			if has(d) {
				t.Errorf("faults of %s meet the tests of %s", dir, d)
			}
		}
	}
}

// A fault that cannot be planted, or changes nothing, must neither raise nor lower a score.
func TestOnlyPlantedFaultsCount(t *testing.T) {
	s := score{outcomeFound: 2, outcomeWider: 1, outcomeSurvived: 1, outcomeGone: 7, outcomeInvalid: 5, outcomeEquivalent: 3}
	if share := s.print(); share != 75 {
		t.Errorf("3 of 4 faults were found, the score is %v %%", share)
	}
}
