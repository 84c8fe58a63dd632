package choreo_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

func TestInterchangeForm(t *testing.T) {
	pair := choreo.Sort{Kind: choreo.SortProd, Left: &choreo.Sort{Kind: choreo.SortNat}, Right: &choreo.Sort{Kind: choreo.SortVector, Len: 3}}
	g := &choreo.GlobalRec{Var: "x", Body: &choreo.GlobalComm{From: "A", To: "B", Branches: []choreo.GlobalBranch{
		{Label: choreo.Label{Name: "More", Sort: pair}, Next: choreo.GlobalVar{Var: "x"}},
		{Label: choreo.Label{Name: "Stop", Payload: "a.List<b>"}, Next: choreo.GlobalEnd{}},
	}}}
	want := `{"kind":"rec","var":"x","body":{"kind":"comm","sender":"A","receiver":"B","branches":[` +
		`{"label":{"name":"More","sort":{"prod":["nat",{"vector":3}]}},"continuation":{"kind":"var","name":"x"}},` +
		`{"label":{"name":"Stop","sort":"unit","payload":"a.List<b>"},"continuation":{"kind":"end"}}]}}`
	got, err := choreo.EncodeGlobal(g)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("global (-want +got):\n%s", diff)
	}
	back, err := choreo.DecodeGlobal(got)
	if err != nil || !choreo.EqualGlobal(g, back) {
		t.Errorf("read back %v: %v", back, err)
	}
	local, err := choreo.Project(g, "B")
	if err != nil {
		t.Fatal(err)
	}
	got, err = choreo.EncodeLocal(local)
	if err != nil {
		t.Fatal(err)
	}
	want = strings.NewReplacer(`"kind":"comm","sender":"A","receiver":"B"`, `"kind":"recv","partner":"A"`).Replace(want)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("local (-want +got):\n%s", diff)
	}
}

func TestInterchangeRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, text := range []string{
		``, `null`, `[]`, `{}`, `{"kind":"end"} {"kind":"end"}`, `{"kind":"end","var":"x"}`, `{"kind":"maybe"}`, `{"kind":"var"}`,
		`{"kind":"rec","var":"x"}`, `{"kind":"rec","var":"x","body":null}`, `{"kind":"end","extra":1}`,
		`{"kind":"comm","sender":"A","receiver":"B","branches":[]}`,
		`{"kind":"comm","sender":"A","branches":[{"label":{"name":"m","sort":"unit"},"continuation":{"kind":"end"}}]}`,
		`{"kind":"comm","sender":"A","receiver":"B","branches":[{"label":{"name":"m","sort":"unit"}}]}`,
		`{"kind":"comm","sender":"A","receiver":"B","branches":[{"label":{"name":"m","sort":"int"},"continuation":{"kind":"end"}}]}`,
		`{"kind":"comm","sender":"A","receiver":"B","branches":[{"label":{"name":"m","sort":{"vector":-1}},"continuation":{"kind":"end"}}]}`,
		`{"kind":"comm","sender":"A","receiver":"B","branches":[{"label":{"name":"m","sort":{"vector":2000000000}},"continuation":{"kind":"end"}}]}`,
		`{"kind":"comm","sender":"A","receiver":"B","branches":[{"label":{"name":"m","sort":{"prod":[{"vector":2000000},{"vector":2000000}]}},"continuation":{"kind":"end"}}]}`,
		`{"kind":"comm","sender":"A","receiver":"B","branches":[{"label":{"name":"m","sort":{"prod":["nat"]}},"continuation":{"kind":"end"}}]}`,
		`{"kind":"comm","sender":"A","receiver":"B","branches":[{"label":{"name":"m","sort":{"prod":["nat","nat"],"vector":1}},"continuation":{"kind":"end"}}]}`,
		`{"kind":"comm","sender":"A","receiver":"B","branches":[{"label":{"name":"m","sort":` + strings.Repeat(`{"prod":["nat",`, 400) + `"nat"` + strings.Repeat(`]}`, 400) + `},"continuation":{"kind":"end"}}]}`,
		strings.Repeat(`{"kind":"rec","var":"x","body":`, 20_000),
		`{"kind":"send","partner":"A","branches":[{"label":{"name":"m","sort":"unit"},"continuation":{"kind":"end"}}]}`,
	} {
		if g, err := choreo.DecodeGlobal([]byte(text)); aura.KindOf(err) != aura.Invalid {
			t.Errorf("%.80s: got %v, %v", text, g, err)
		}
	}
	if l, err := choreo.DecodeLocal([]byte(`{"kind":"comm","sender":"A","receiver":"B","branches":[]}`)); aura.KindOf(err) != aura.Invalid {
		t.Errorf("a global type as a local one: got %v, %v", l, err)
	}
}

func TestEncodingRefusesUnfinishedTypes(t *testing.T) {
	half := choreo.Label{Name: "m", Sort: choreo.Sort{Kind: choreo.SortProd}}
	for name, g := range map[string]choreo.Global{
		"nil":          nil,
		"missing body": &choreo.GlobalRec{Var: "x"},
		"half a pair":  &choreo.GlobalComm{From: "A", To: "B", Branches: []choreo.GlobalBranch{{Label: half, Next: choreo.GlobalEnd{}}}},
	} {
		if _, err := choreo.EncodeGlobal(g); aura.KindOf(err) != aura.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecodeGlobal(f *testing.F) {
	f.Add([]byte(`{"kind":"end"}`))
	f.Add([]byte(`{"kind":"rec","var":"x","body":{"kind":"comm","sender":"A","receiver":"B","branches":[{"label":{"name":"m","sort":"unit"},"continuation":{"kind":"var","name":"x"}}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := choreo.DecodeGlobal(data)
		if err != nil {
			return
		}
		again, err := choreo.EncodeGlobal(g)
		if err != nil {
			t.Fatalf("%s cannot be written: %v", data, err)
		}
		if back, err := choreo.DecodeGlobal(again); err != nil || !choreo.EqualGlobal(g, back) {
			t.Fatalf("%s became %s: %v", data, again, err)
		}
		for _, r := range choreo.RolesOf(g) {
			if l, err := choreo.Project(g, r); err == nil {
				if err := choreo.Subtype(l, l); err != nil {
					t.Fatalf("%s is no subtype of itself: %v", l, err)
				}
			}
		}
	})
}

func FuzzLoad(f *testing.F) {
	for _, folder := range []string{"pass", "fail"} {
		corpus(f, folder, func(_ testing.TB, _, text string) { f.Add(text) })
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, problems := choreo.Load("fuzz", text)
		if len(problems) > 0 {
			_ = problems.Error()
			return
		}
		inst, err := p.Instantiate(p.ProbeBinding())
		if err != nil {
			t.Fatalf("a checked protocol cannot be instantiated: %v\n%s", err, text)
		}
		_ = p.Manifest(choreo.Defaults{})
		_ = p.Annotations()
		if inst.Global == nil {
			return
		}
		for _, r := range inst.Roles[:min(len(inst.Roles), 8)] {
			if _, err := inst.Local(r); err != nil {
				t.Fatalf("a checked protocol has no part for %s: %v\n%s", r, err, text)
			}
		}
	})
}
