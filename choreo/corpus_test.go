package choreo_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/syntax"
)

var update = flag.Bool("update", false, "rewrite golden files; do so only if you can explain the difference")

// corpus calls f for every choreography in a folder of testdata.
func corpus(t testing.TB, folder string, f func(t testing.TB, name, text string)) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.tell"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus in testdata/%s: %v", folder, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".tell")
		if tt, ok := t.(*testing.T); ok {
			tt.Run(name, func(t *testing.T) { f(t, name, string(text)) })
		} else {
			f(t, name, string(text))
		}
	}
}

func golden(t testing.TB, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
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

func load(t testing.TB, name, text string) *choreo.Protocol {
	t.Helper()
	p, problems := choreo.Load(name+".tell", text)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

func TestEveryConstructHasItsMeaning(t *testing.T) {
	corpus(t, "pass", func(t testing.TB, name, text string) {
		p := load(t, name, text)
		inst, err := p.Instantiate(p.ProbeBinding())
		if err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", "pass", name+".golden"), describe(t, p, inst))
	})
}

// describe writes down all that is derived from a protocol.
func describe(t testing.TB, p *choreo.Protocol, inst *choreo.Instance) string {
	var b strings.Builder
	fmt.Fprintf(&b, "tier %s, convertible %t\n", inst.Tier, inst.TheoryConvertible)
	for _, r := range inst.Reasons {
		fmt.Fprintf(&b, "%s\n", r)
	}
	if inst.Global != nil {
		fmt.Fprintf(&b, "global %s\n", inst.Global)
		for _, role := range inst.Roles {
			local, err := inst.Local(role)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s %s\n", role, local)
		}
	}
	for id := choreo.SiteID(1); inst.Site(id) != nil; id++ {
		s := inst.Site(id)
		fmt.Fprintf(&b, "site %d parallel %t\n", id, s.Parallel)
		for _, r := range s.Requirements {
			fmt.Fprintf(&b, "  %T%+v\n", r, r)
		}
		if s.Guard != nil {
			fmt.Fprintf(&b, "  guard %+v\n", *s.Guard)
		}
	}
	for _, r := range p.Annotations() {
		fmt.Fprintf(&b, "annotation %+v\n", r)
	}
	manifest, err := json.MarshalIndent(p.Manifest(choreo.Defaults{}), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "%s\n", manifest)
	return b.String()
}

func TestEveryMistakeHasItsDiagnostic(t *testing.T) {
	corpus(t, "fail", func(t testing.TB, name, text string) {
		p, problems := choreo.Load(name+".tell", text)
		if p != nil || len(problems) == 0 {
			t.Fatal("a file that should be refused was accepted")
		}
		golden(t, filepath.Join("testdata", "fail", name+".golden"), problems.Error())
	})
}

func TestCorpusIsFormattedWithoutChangingItsMeaning(t *testing.T) {
	corpus(t, "pass", func(t testing.TB, name, text string) {
		once, problems := syntax.Format(name, text)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		twice, _ := syntax.Format(name, once)
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Errorf("formatting again (-once +twice):\n%s", diff)
		}
		a, b := load(t, name, text), load(t, name, once)
		ia, erra := a.Instantiate(a.ProbeBinding())
		ib, errb := b.Instantiate(b.ProbeBinding())
		if erra != nil || errb != nil {
			t.Fatal(erra, errb)
		}
		if (ia.Global == nil) != (ib.Global == nil) || ia.Global != nil && !choreo.EqualGlobal(ia.Global, ib.Global) {
			t.Errorf("formatting changed\n%v\ninto\n%v", ia.Global, ib.Global)
		}
		if diff := cmp.Diff(a.Manifest(choreo.Defaults{}), b.Manifest(choreo.Defaults{})); diff != "" {
			t.Errorf("formatting changed the manifest:\n%s", diff)
		}
	})
}
