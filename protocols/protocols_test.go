package protocols_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/syntax"
	"github.com/aura-runtime/aura/protocols"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// each runs a test for every protocol.
func each(t *testing.T, test func(t *testing.T, e protocols.Entry, inst *choreo.Instance)) {
	for _, e := range protocols.All() {
		t.Run(e.Package, func(t *testing.T) {
			p, problems := e.Load()
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			inst, err := p.Instantiate(e.Binding)
			if err != nil {
				t.Fatal(err)
			}
			test(t, e, inst)
		})
	}
}

func TestEveryProtocolIsASessionTypeForEveryRole(t *testing.T) {
	each(t, func(t *testing.T, _ protocols.Entry, inst *choreo.Instance) {
		if inst.Tier != choreo.TierSessionProjectable || !inst.TheoryConvertible {
			t.Errorf("tier %s, convertible %t: %v", inst.Tier, inst.TheoryConvertible, inst.Reasons)
		}
		for _, role := range inst.Roles {
			local, err := inst.Local(role)
			if err != nil {
				t.Fatal(err)
			}
			if local == choreo.Local(choreo.LocalEnd{}) {
				t.Errorf("%s has nothing to do", role)
			}
		}
	})
}

func TestTextsAreFormatted(t *testing.T) {
	each(t, func(t *testing.T, e protocols.Entry, _ *choreo.Instance) {
		formatted, problems := syntax.Format(e.File(), e.Text())
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if diff := cmp.Diff(e.Text(), formatted); diff != "" {
			t.Errorf("run aura choreo fmt -w (-text +formatted):\n%s", diff)
		}
	})
}

func TestPartsAndManifests(t *testing.T) {
	each(t, func(t *testing.T, e protocols.Entry, inst *choreo.Instance) {
		var b strings.Builder
		fmt.Fprintf(&b, "global %s\n", inst.Global)
		for _, role := range inst.Roles {
			local, err := inst.Local(role)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s %s\n", role, local)
		}
		manifest, err := json.MarshalIndent(inst.Protocol.Manifest(e.Defaults), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", manifest)
		golden(t, filepath.Join("testdata", e.Package+".golden"), b.String())
	})
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// Each protocol goes to every size of its families, not only to the one of its endpoints.
func TestFamiliesMayHaveOtherSizes(t *testing.T) {
	each(t, func(t *testing.T, e protocols.Entry, inst *choreo.Instance) {
		if e.Binding == nil {
			return
		}
		for _, n := range []int{1, 2, 7} {
			other, err := inst.Protocol.Instantiate(choreo.Binding{"N": n})
			if err != nil {
				t.Fatal(err)
			}
			for _, role := range other.Roles {
				if _, err := other.Local(role); err != nil {
					t.Errorf("N = %d: %v", n, err)
				}
			}
		}
	})
}

func TestTheCatalogueHasEveryTextAndEveryNameOnce(t *testing.T) {
	paths, err := filepath.Glob("*/*.tell")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	ids := map[string]string{}
	for _, e := range protocols.All() {
		listed = append(listed, filepath.Join(e.Package, e.File()))
		if other := ids[e.Defaults.ProtocolID]; other != "" {
			t.Errorf("%s and %s have the id %s", other, e.Package, e.Defaults.ProtocolID)
		}
		ids[e.Defaults.ProtocolID] = e.Package
	}
	slices.Sort(listed)
	if diff := cmp.Diff(paths, listed); diff != "" {
		t.Errorf("(-texts +catalogue):\n%s", diff)
	}
}

// The table in the package's comment names each protocol with its roles.
func TestTheTableIsComplete(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var table []string
	for _, block := range new(comment.Parser).Parse(file.Doc.Text()).Content {
		if code, ok := block.(*comment.Code); ok {
			table = strings.Split(strings.TrimSpace(code.Text), "\n")[1:]
		}
	}
	var want []string
	for _, e := range protocols.All() {
		p, _ := e.Load()
		want = append(want, e.Package+" "+strings.Join(roles(p), ", "))
	}
	if len(table) != len(want) {
		t.Fatalf("the table has %d rows, the catalogue %d entries", len(table), len(want))
	}
	for i, row := range table {
		if got := strings.Join(strings.Fields(row), " "); !strings.HasPrefix(got, want[i]+" ") {
			t.Errorf("row %d is %q, want %q", i+1, got, want[i])
		}
	}
	if ast.IsGenerated(file) {
		t.Error("the comment of package protocols is written by hand")
	}
}

// roles names the families of a protocol as they are declared.
func roles(p *choreo.Protocol) []string {
	var names []string
	for _, f := range p.Families {
		name := f.Name
		if !f.Plain {
			name += "[" + f.Parameter + "]"
		}
		names = append(names, name)
	}
	return names
}
