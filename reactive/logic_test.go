package reactive_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// letter is the payload of a "post.letter".
type letter struct {
	Text  string      `cbor:"1,keyasint"`
	Reply aura.FactID `cbor:"2,keyasint,omitzero"`
	Size  uint64      `cbor:"3,keyasint,omitempty"`
	Tags  []string    `cbor:"4,keyasint,omitempty"`
}

func posts(t testing.TB) *fact.Registry {
	t.Helper()
	r := fact.NewRegistry()
	for _, d := range []fact.Domain{
		{Name: "post", Kinds: []fact.Kind{
			{Name: "post.letter", Columns: []fact.Column{
				{Name: "text", Key: 1}, {Name: "reply", Key: 2}, {Name: "size", Key: 3}, {Name: "tags", Key: 4},
			}},
			{Name: "post.stamp"},
		}},
		{Name: "note", Kinds: []fact.Kind{{Name: "note.made", Columns: []fact.Column{{Name: "text", Key: 1}}}}},
	} {
		if err := r.Register(d); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func written(t testing.TB, n int, kind string, l letter) fact.Record {
	t.Helper()
	payload, err := fact.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	return record(n, kind, string(payload))
}

// thread is a journal with letters that answer each other.
func thread(t testing.TB) *journal {
	first := written(t, 1, "post.letter", letter{Text: "hi", Tags: []string{"a", "b"}})
	second := written(t, 2, "post.letter", letter{Text: "ho", Reply: first.ID, Size: 1 << 63})
	third := written(t, 4, "post.letter", letter{Text: "hm", Reply: second.ID, Size: 7})
	return &journal{records: []fact.Record{
		first, second, written(t, 3, "note.made", letter{Text: "hi"}), third,
		record(5, "post.letter", "not a payload"), record(6, "strange.kind", ""),
	}}
}

func logic(t testing.TB, text string, o reactive.LogicOptions) *reactive.Logic {
	t.Helper()
	q, err := reactive.NewLogic(text, posts(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// rowsOf returns the rows of an answer in text form.
func rowsOf(rows reactive.Rows) (all []string) {
	for _, row := range rows.Rows {
		var terms []string
		for _, term := range row {
			terms = append(terms, term.String())
		}
		all = append(all, strings.Join(terms, " "))
	}
	return all
}

func TestFactsAnswerQueries(t *testing.T) {
	j := thread(t)
	for name, c := range map[string]struct {
		text    string
		asOf    fact.Position
		columns []string
		want    []string
	}{
		"columns and what is missing": {
			text:    `answer($text, $reply, $size, $tags) <- post:letter($id, $text, $reply, $size, $tags), $reply == null;`,
			columns: []string{"text", "reply", "size", "tags"}, want: []string{`"hi" null null ["a", "b"]`},
		},
		"a number beyond the language": {
			text:    `answer($size) <- post:letter($id, "ho", $reply, $size, $tags);`,
			columns: []string{"size"}, want: []string{`"9223372036854775808"`},
		},
		"only a body": {
			text:    `note:made($id, $text), position($id, $n)`,
			columns: []string{"id", "text", "n"},
			want:    []string{datalog.NewBytes(j.records[2].ID[:]).String() + ` "hi" 3`},
		},
		"a join across kinds": {
			text:    `answer($p) <- note:made($a, $text), post:letter($b, $text, $r, $s, $t), position($b, $p);`,
			columns: []string{"p"}, want: []string{"1"},
		},
		"rules and a closure": {
			text: `above($a, $b) <- post:letter($a, $t, $b, $s, $g), post:letter($b, $u, $r, $v, $h);
				above($a, $c) <- above($a, $b), above($b, $c);
				answer($from, $to) <- above($a, $b), position($a, $from), position($b, $to);`,
			columns: []string{"from", "to"}, want: []string{"2 1", "4 2", "4 1"},
		},
		"as of a position": {
			text: `answer($text) <- post:letter($id, $text, $r, $s, $t);`, asOf: 3,
			columns: []string{"text"}, want: []string{`"hi"`, `"ho"`},
		},
		"every fact": {
			text:    `answer($kind, $n) <- kind($id, $kind), position($id, $n), $n > 4;`,
			columns: []string{"kind", "n"}, want: []string{`"post.letter" 5`, `"strange.kind" 6`},
		},
		"facts of one's own": {
			text:    `wanted("ho"); answer($n) <- wanted($t), post:letter($id, $t, $r, $s, $g), position($id, $n);`,
			columns: []string{"n"}, want: []string{"2"},
		},
		"a parameter": {
			text:    `answer(true) <- author($id, {self}), position($id, 1);`,
			columns: []string{""}, want: []string{"true"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, tc task.Context) {
				q := logic(t, c.text, reactive.LogicOptions{AsOf: c.asOf, Params: datalog.Params{"self": datalog.NewBytes(ada[:])}})
				rows, err := q.Run(tc, j)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, rowsOf(rows)); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(c.columns, rows.Columns); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// TestAnErasedFactIsNoStatement: it is among the facts, and not among the statements of its kind, with columns or without.
func TestAnErasedFactIsNoStatement(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		j := &journal{records: []fact.Record{record(1, "post.stamp", ""), record(2, "post.stamp", ""), record(3, "post.letter", "")}}
		for i := range j.records[1:] {
			j.records[1+i].Fact.Payload, j.records[1+i].Fact.Erased = nil, [32]byte{1}
		}
		for text, want := range map[string][]string{
			`answer($n) <- post:stamp($id), position($id, $n)`:                          {"1"},
			`answer($n) <- post:letter($id, $text, $r, $s, $t), position($id, $n)`:      nil,
			`answer($n) <- kind($id, $kind), position($id, $n), $kind == "post.letter"`: {"3"},
		} {
			q := logic(t, text, reactive.LogicOptions{})
			rows, err := q.Run(tc, j)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, rowsOf(rows)); diff != "" {
				t.Errorf("%s: %s", text, diff)
			}
		}
	})
}

func TestQueriesSayWhatTheyDependOnAndRequire(t *testing.T) {
	for text, want := range map[string]struct {
		kinds, capabilities []string
	}{
		`note:made($id, $t)`:                                        {[]string{"note.made"}, []string{"note:query"}},
		`note:made($a, $t), post:stamp($b)`:                         {[]string{"note.made", "post.stamp"}, []string{"note:query", "post:query"}},
		`position($id, $n)`:                                         {nil, []string{"note:query", "post:query"}},
		`x($t) <- note:made($id, $t); answer($t) <- x($t), $t > 1;`: {[]string{"note.made"}, []string{"note:query"}},
	} {
		q := logic(t, text, reactive.LogicOptions{})
		if diff := cmp.Diff(fact.Selection{Kinds: want.kinds}, q.Predicates()); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
		if diff := cmp.Diff(want.capabilities, q.Capabilities()); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestBadQueriesAreRefused(t *testing.T) {
	for text, want := range map[string]aura.Kind{
		``:                            aura.Invalid,
		`note:made($id`:               aura.Invalid,
		`note:made($id)`:              aura.Invalid,
		`note:gone($id)`:              aura.NotFound,
		`answer($x) <- elsewhere($x)`: aura.NotFound,
		`note:made($id, $t), $u > 1`:  aura.Invalid,
		`note:made($id, $t) <- post:stamp($id), kind($id, $t);`:                             aura.Invalid,
		`kind(1, "x"); answer($t) <- note:made($id, $t);`:                                   aura.Invalid,
		`check if note:made($id, $t);`:                                                      aura.Invalid,
		`answer($t) <- note:made($id, $t); allow if true;`:                                  aura.Invalid,
		`answer($t) <- note:made($id, $t) trusting previous;`:                               aura.Invalid,
		`answer($t) <- note:made($id, $t), {unknown} == $t;`:                                aura.Invalid,
		`answer($t) <- note:made($id, $t), [1].any($t -> $t == 1);`:                         aura.Invalid,
		`trusting authority; answer($t) <- note:made($id, $t);`:                             aura.Invalid,
		"answer(" + strings.Repeat("(", 1000) + ") <- note:made($id, $t), $t == " + "((((;": aura.Invalid,
	} {
		if _, err := reactive.NewLogic(text, posts(t), reactive.LogicOptions{}); !errors.Is(err, want) {
			t.Errorf("%.60q: %v, want %v", text, err, want)
		}
	}
	for text, place := range map[string]string{"note:made($id, )": "line 1, column 16", "nonsense": "line 1, column 1:"} {
		if _, err := reactive.NewLogic(text, posts(t), reactive.LogicOptions{}); !strings.Contains(fmt.Sprint(err), place) {
			t.Errorf("%q: %v, not at %s", text, err, place)
		}
	}
}

func TestQueriesEndWithinTheirLimits(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		j := &journal{}
		for n := range 50 {
			j.records = append(j.records, record(n+1, "post.stamp", ""))
		}
		q := logic(t, `post:stamp($a), post:stamp($b), post:stamp($c), post:stamp($d)`, reactive.LogicOptions{
			Limits: datalog.Limits{Steps: 10_000},
		})
		if _, err := q.Run(tc, j); !errors.Is(err, aura.Exhausted) {
			t.Errorf("a product: %v", err)
		}
		if _, err := logic(t, `post:stamp($a)`, reactive.LogicOptions{AsOf: 51}).Run(tc, j); !errors.Is(err, aura.NotFound) {
			t.Errorf("a position that is to come: %v", err)
		}
	})
}

func TestACommittedFactInvalidatesABoundQuery(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		j := &journal{}
		s := scheduler(t, reactive.NewHub(), reactive.Options{Immediate: true})
		defer started(t, tc, s)()
		commit := func(tc task.Context, in fact.Intent) (fact.Result, error) {
			r := record(len(j.records)+1, in.Kind, string(in.Payload))
			j.records = append(j.records, r)
			return fact.Result{Facts: []aura.FactID{r.ID}}, s.Offer(tc, fact.Update{Records: []fact.Record{r}})
		}
		held := "note:query"
		u := reactive.NewUnified(s, j, commit, func(_ task.Context, c string) bool { return c == held })
		q := logic(t, `answer($text) <- note:made($id, $text);`, reactive.LogicOptions{})
		bound := reactive.Bound[reactive.Rows]{Signal: reactive.NewSignal[reactive.Rows]("test:rows"), Query: q}
		if err := reactive.Bind(tc, u, bound); err != nil {
			t.Fatal(err)
		}
		sub, err := reactive.Subscribe(u.Hub(), bound.Signal, 0)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := fact.Marshal(letter{Text: "hello"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := u.Commit(tc, fact.Intent{Kind: "note.made", Payload: payload}); err != nil {
			t.Fatal(err)
		}
		for {
			snap, err := sub.Next(tc)
			if err != nil {
				t.Fatal(err)
			}
			if cmp.Equal([]string{`"hello"`}, rowsOf(snap.Value)) {
				break
			}
		}
		held = "other:query"
		if _, err := reactive.Run(tc, u, q); !errors.Is(err, aura.Denied) {
			t.Errorf("without the capability: %v", err)
		}
	})
}

// BenchmarkLogic measures a join of two kinds over 10,000 facts, from records to rows.
func BenchmarkLogic(b *testing.B) {
	j := &journal{}
	for n := range 5_000 {
		first := written(b, 2*n+1, "post.letter", letter{Text: "hi", Size: uint64(n)})
		j.records = append(j.records, first, written(b, 2*n+2, "post.letter", letter{Text: "ho", Reply: first.ID, Size: uint64(n)}))
	}
	err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
		q := logic(b, `answer($m) <- post:letter($a, $t, $b, $n, $g), post:letter($b, $u, $r, $m, $h);`, reactive.LogicOptions{})
		for b.Loop() {
			rows, err := q.Run(tc, j)
			if err != nil || len(rows.Rows) != 5_000 {
				b.Fatal(len(rows.Rows), err)
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// FuzzLogic gives any text to a small journal: it is refused or answered, within its limits.
func FuzzLogic(f *testing.F) {
	for _, text := range []string{
		`note:made($id, $text), position($id, $n)`,
		`above($a, $b) <- post:letter($a, $t, $b, $s, $g); above($a, $c) <- above($a, $b), above($b, $c); answer($a) <- above($a, $b)`,
		`answer($k) <- kind($id, $k), $k.matches("n.*"), [1, 2].any($x -> $x > 1)`,
	} {
		f.Add(text)
	}
	registry, j := posts(f), thread(f)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := reactive.NewLogic(text, registry, reactive.LogicOptions{Limits: datalog.Limits{Steps: 10_000, Bytes: 1 << 20}})
		if err != nil {
			return
		}
		err = task.NewReal(task.RealOptions{}).Run("fuzz", func(tc task.Context) error {
			rows, err := q.Run(tc, j)
			for _, row := range rows.Rows {
				if len(row) != len(rows.Columns) {
					t.Errorf("a row of %d terms for %d columns", len(row), len(rows.Columns))
				}
			}
			return err
		})
		if kind := aura.KindOf(err); err != nil && kind != aura.Exhausted && kind != aura.Invalid {
			t.Errorf("%v", err)
		}
	})
}
