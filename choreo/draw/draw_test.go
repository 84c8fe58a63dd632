package draw_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/draw"
)

var update = flag.Bool("update", false, "rewrite the pictures; look at them before you commit")

func instance(t *testing.T, path string) *choreo.Instance {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, problems := choreo.Load(filepath.Base(path), string(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	inst, err := p.Instantiate(p.ProbeBinding())
	if err != nil {
		t.Fatal(err)
	}
	return inst
}

func table(t *testing.T, inst *choreo.Instance, role choreo.Role) *choreo.Table {
	t.Helper()
	local, err := inst.Local(role)
	if err != nil {
		t.Fatal(err)
	}
	out, err := choreo.NewTable(local)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// texts reads a document back, which fails unless it is well-formed XML.
func texts(t *testing.T, svg []byte) []string {
	t.Helper()
	var out []string
	inText := false
	for dec := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			inText = tok.Name.Local == "text"
		case xml.CharData:
			if inText {
				out = append(out, string(tok))
			}
		case xml.EndElement:
			inText = false
		}
	}
}

func TestPicturesOfTheCorpus(t *testing.T) {
	paths, err := filepath.Glob("../testdata/pass/*.tell")
	if err != nil || len(paths) == 0 {
		t.Fatal("no corpus")
	}
	for _, path := range paths {
		inst := instance(t, path)
		if inst.Global == nil {
			continue
		}
		svg, err := draw.Sequence(inst.Protocol.Name, inst.Global, inst.Roles)
		if err != nil {
			t.Fatal(err)
		}
		texts(t, svg)
		for _, role := range inst.Roles {
			svg, err := draw.States(string(role), table(t, inst, role))
			if err != nil {
				t.Fatal(err)
			}
			texts(t, svg)
		}
	}
}

func TestPicturesAreThose(t *testing.T) {
	inst := instance(t, "testdata/tea.tell")
	sequence, err := draw.Sequence("Tea", inst.Global, inst.Roles)
	if err != nil {
		t.Fatal(err)
	}
	states, err := draw.States("Guest", table(t, inst, "Guest"))
	if err != nil {
		t.Fatal(err)
	}
	for path, got := range map[string][]byte{"testdata/sequence.svg": sequence, "testdata/states.svg": states} {
		if *update {
			if err := os.WriteFile(path, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestWhatFollowsAChoiceIsDrawnOnce(t *testing.T) {
	inst := instance(t, "../testdata/pass/choice-tail.tell")
	svg, err := draw.Sequence("Tail", inst.Global, inst.Roles)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range texts(t, svg) {
		if s == "After" || s == "Told" {
			got = append(got, s)
		}
	}
	if diff := cmp.Diff([]string{"After", "Told"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A state that everything else passes by on its way to the end stays free of lines: they have rows of their own.
func TestLinksPassByStatesOnRowsOfTheirOwn(t *testing.T) {
	label := func(name string) choreo.Label { return choreo.Label{Name: name} }
	svg, err := draw.States("A", &choreo.Table{States: []choreo.State{
		{Kind: choreo.StateSend, Partner: "B", Edges: []choreo.Edge{{Label: label("Long"), Next: 1}, {Label: label("Short"), Next: 2}, {Label: label("Brief"), Next: 2}}},
		{Kind: choreo.StateRecv, Partner: "B", Edges: []choreo.Edge{{Label: label("Back"), Next: 0}, {Label: label("On"), Next: 2}}},
		{},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var circles []string
	for line := range strings.Lines(string(svg)) {
		if strings.HasPrefix(line, "<circle") {
			circles = append(circles, strings.Fields(line)[2])
		}
	}
	if diff := cmp.Diff([]string{circles[0], circles[0], circles[0]}, circles); diff != "" {
		t.Errorf("the states are not level:\n%s", diff)
	}
	// Short and Brief lead to the same state on one link.
	if links := strings.Count(string(svg), `class="arrow"`); links != 4 {
		t.Errorf("%d links are drawn, want 4", links)
	}
	if want := []string{"A", "B!Long", "B!Short", "B!Brief", "B?Back", "B?On", "1", "2", "3"}; cmp.Diff(want, texts(t, svg)) != "" {
		t.Error(cmp.Diff(want, texts(t, svg)))
	}
}

func TestNamesFromOutsideStayText(t *testing.T) {
	g := &choreo.GlobalComm{From: "<A>", To: `"B"&`, Branches: []choreo.GlobalBranch{
		{Label: choreo.Label{Name: "</text><script>"}, Next: choreo.GlobalEnd{}}}}
	svg, err := draw.Sequence("</title>", g, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"</title>", `"B"&`, "<A>", "</text><script>"}, texts(t, svg)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHugeAndIllFormedTypesAreRefused(t *testing.T) {
	var g choreo.Global = choreo.GlobalEnd{}
	for range 3000 {
		g = &choreo.GlobalComm{From: "A", To: "B", Branches: []choreo.GlobalBranch{{Label: choreo.Label{Name: "m"}, Next: g}}}
	}
	if _, err := draw.Sequence("huge", g, nil); aura.KindOf(err) != aura.Exhausted {
		t.Errorf("want exhausted, got %v", err)
	}
	if _, err := draw.States("huge", &choreo.Table{States: make([]choreo.State, 3000)}); aura.KindOf(err) != aura.Exhausted {
		t.Errorf("want exhausted, got %v", err)
	}
	var ladder []choreo.State // each state leads on, and to one far behind
	for i := range 800 {
		ladder = append(ladder, choreo.State{Kind: choreo.StateSend, Partner: "B", Edges: []choreo.Edge{
			{Label: choreo.Label{Name: "on"}, Next: min(i+1, 799)}, {Label: choreo.Label{Name: "far"}, Next: 799 - i%2*(400-i/2)}}})
	}
	if _, err := draw.States("ladder", &choreo.Table{States: ladder}); aura.KindOf(err) != aura.Exhausted {
		t.Errorf("want exhausted, got %v", err)
	}
	if _, err := draw.Sequence("bad", choreo.GlobalVar{Var: "x"}, nil); aura.KindOf(err) != aura.Invalid {
		t.Errorf("want invalid, got %v", err)
	}
}
