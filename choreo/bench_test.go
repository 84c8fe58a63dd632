package choreo_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/syntax"
)

// chain is a conversation of the given depth, which the third role follows by merging.
func chain(depth int) choreo.Global {
	var g choreo.Global = choreo.GlobalEnd{}
	roles := [...]choreo.Role{"A", "B", "C"}
	for i := range depth {
		from, to := roles[i%3], roles[(i+1)%3]
		c := &choreo.GlobalComm{From: from, To: to, Branches: []choreo.GlobalBranch{{Label: choreo.Label{Name: "m"}, Next: g}}}
		if i%4 == 0 { // a choice whose outcome the third role need not know
			c.Branches = append(c.Branches, choreo.GlobalBranch{Label: choreo.Label{Name: "n"}, Next: g})
		}
		g = c
	}
	return g
}

func BenchmarkProjectDepth128(b *testing.B) {
	g := chain(128)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := choreo.Project(g, "C"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSubtypeDepth128(b *testing.B) {
	l, err := choreo.Project(chain(128), "C")
	if err != nil {
		b.Fatal(err)
	}
	for name, relation := range map[string]func(a, b choreo.Local) error{"sync": choreo.Subtype, "async": choreo.AsyncSubtype} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := relation(l, l); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// largest returns the largest file of the corpus.
func largest(b *testing.B) string {
	var text string
	corpus(b, "pass", func(_ testing.TB, _, t string) {
		if len(t) > len(text) {
			text = t
		}
	})
	everything, err := os.ReadFile(filepath.Join("syntax", "testdata", "everything.tell"))
	if err != nil {
		b.Fatal(err)
	}
	if len(everything) > len(text) {
		text = string(everything)
	}
	return text
}

func BenchmarkParseLargest(b *testing.B) {
	text := largest(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := syntax.Parse("largest", text); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}

func BenchmarkParseThousandMessages(b *testing.B) {
	text := "protocol P =\n  roles A, B\n" + strings.Repeat("  A { guard_capability : \"a:b\" } -> B : M of x.Y\n", 1000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := syntax.Parse("thousand", text); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	text, err := os.ReadFile(filepath.Join("testdata", "pass", "consensus.tell"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, problems := choreo.Load("consensus", string(text)); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}

func BenchmarkInstantiateFamily(b *testing.B) {
	text, err := os.ReadFile(filepath.Join("testdata", "pass", "consensus.tell"))
	if err != nil {
		b.Fatal(err)
	}
	p := load(b, "consensus", string(text))
	for _, n := range []int{3, 100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				inst, err := p.Instantiate(choreo.Binding{"N": n})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := inst.Local("Coordinator"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
