package reactive_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// counted is a journal that notes which records were read.
type counted struct {
	journal
	read []fact.Position
}

func (c *counted) Read(tc task.Context, sel fact.Selection, fn func(*fact.Record) error) error {
	return c.journal.Read(tc, sel, func(r *fact.Record) error {
		c.read = append(c.read, r.Position)
		return fn(r)
	})
}

func TestAQueryReadsOnlyWhatItCanUse(t *testing.T) {
	for text, want := range map[string][]fact.Position{
		`note:made($id, $text)`:                                              {3},
		`kind($id, "post.letter"), position($id, $n)`:                        {1, 2, 4, 5},
		`kind($id, "post.letter"), note:made($id, $text)`:                    nil,
		`kind($id, "nothing.such")`:                                          nil,
		`position($id, $n), $n > 4`:                                          {5, 6},
		`position($id, $n), 4 <= $n, ($n < 6)`:                               {4, 5},
		`position($id, 2)`:                                                   {2},
		`position($id, $n), $n > 9223372036854775807`:                        nil,
		`position($a, $n), $n > 4, position($b, $m), $m > 3`:                 {4, 5, 6},
		`answer($n) <- position($a, $n), $n > 4; answer($n) <- wanted($n);`:  nil,
		`wanted(1); answer($n) <- wanted($n);`:                               nil,
		`note:made($a, $text), position($a, $n), $n > 3 || true, $n < 100`:   {3},
		`late($n) <- position($a, $n), $n > 5; answer($k) <- kind($a, $k);`:  {1, 2, 3, 4, 5, 6},
		`late($n) <- position($a, $n), $n > 5; answer($n) <- late($n);`:      {6},
		`answer($t) <- post:letter($id, $t, $r, $s, $g), position($id, $n);`: {1, 2, 4, 5},
	} {
		everywhere(t, func(t *testing.T, tc task.Context) {
			j := &counted{journal: *thread(t)}
			q, err := reactive.NewLogic(text, posts(t), reactive.LogicOptions{})
			if errors.Is(err, aura.NotFound) && want == nil {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := q.Run(tc, j); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, j.read); diff != "" {
				t.Errorf("%s: %s", text, diff)
			}
		})
	}
}

// The facts that a query leaves out do not change its answer: a query that names each predicate through a rule of its own,
// in which nothing can be left out, gives the same rows.
func TestLeavingOutChangesNoAnswer(t *testing.T) {
	j := thread(t)
	plain := map[string]string{"letter": "post:letter", "made": "note:made", "kin": "kind", "pos": "position"}
	arity := map[string]int{"letter": 5, "made": 2, "kin": 2, "pos": 2}
	const aliases = `letter($a, $b, $c, $d, $e) <- post:letter($a, $b, $c, $d, $e); made($a, $b) <- note:made($a, $b);
		kin($a, $b) <- kind($a, $b); pos($a, $b) <- position($a, $b); `
	constants := []string{`"hi"`, `"ho"`, `"post.letter"`, `"note.made"`, `1`, `3`, `4`, `null`}
	rapid.Check(t, func(rt *rapid.T) {
		var body, variables []string
		term := func() string {
			if rapid.IntRange(0, 3).Draw(rt, "constant") == 0 {
				return rapid.SampledFrom(constants).Draw(rt, "constant")
			}
			v := "$" + rapid.SampledFrom([]string{"p", "q", "r", "s", "t", "u"}).Draw(rt, "variable")
			variables = append(variables, v)
			return v
		}
		for range rapid.IntRange(1, 3).Draw(rt, "atoms") {
			name := rapid.SampledFrom(slices.Sorted(func(yield func(string) bool) {
				for n := range arity {
					if !yield(n) {
						return
					}
				}
			})).Draw(rt, "name")
			var terms []string
			for range arity[name] {
				terms = append(terms, term())
			}
			body = append(body, name+"("+strings.Join(terms, ", ")+")")
		}
		head := "true"
		if len(variables) > 0 {
			head = rapid.SampledFrom(variables).Draw(rt, "head")
			if rapid.Bool().Draw(rt, "condition") {
				// typed, so that no condition fails
				v := rapid.SampledFrom(variables).Draw(rt, "of")
				body = append(body, "pos($any, "+v+")", fmt.Sprintf("%s %s %d", v,
					rapid.SampledFrom([]string{">", ">=", "<", "<=", "==", "!="}).Draw(rt, "op"), rapid.IntRange(0, 7).Draw(rt, "n")))
			}
		}
		through := "answer(" + head + ") <- " + strings.Join(body, ", ")
		direct := through
		for alias, name := range plain {
			direct = strings.ReplaceAll(direct, alias+"(", name+"(")
		}
		answer := func(text string) (rows []string) {
			within(t, task.NewSim(1, task.SimOptions{}), func(t *testing.T, tc task.Context) {
				r, err := logic(t, text, reactive.LogicOptions{}).Run(tc, j)
				if err != nil {
					rt.Fatalf("%s: %v", text, err)
				}
				rows = rowsOf(r)
			})
			slices.Sort(rows)
			return rows
		}
		if diff := cmp.Diff(answer(aliases+through), answer(direct)); diff != "" {
			rt.Fatalf("%s: %s", direct, diff)
		}
	})
}

// long is a journal of n letters of 60 kB.
func long(t testing.TB, n int) *journal {
	j := &journal{}
	for i := range n {
		j.records = append(j.records, written(t, i+1, "post.letter", letter{Text: fmt.Sprint(i, strings.Repeat("x", 60_000))}))
	}
	return j
}

func TestAProductOfLongTextsTakesLittleMemory(t *testing.T) {
	j := long(t, 40)
	const text = `post:letter($a, $t, $r, $s, $g), post:letter($b, $u, $r2, $s2, $g2), post:letter($c, $v, $r3, $s3, $g3)`
	within(t, task.NewReal(task.RealOptions{}), func(t *testing.T, tc task.Context) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := logic(t, text, reactive.LogicOptions{}).Run(tc, j)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, aura.Exhausted) || !strings.Contains(err.Error(), "the answer is larger than 4,194,304 bytes") {
			t.Errorf("%v", err)
		}
		// The rows written out would be 11 GB.
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
			t.Errorf("the query allocated %d MB", grown>>20)
		}
	})
}

func TestALimitNamesTheWayOn(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		j := &journal{}
		for n := range 50 {
			j.records = append(j.records, record(n+1, "post.stamp", ""))
		}
		const pairs = `post:stamp($a), post:stamp($b), post:stamp($c)`
		for want, o := range map[string]reactive.LogicOptions{
			"the query made more than 1,000 rows: bind more variables or select by kind":     {Limits: datalog.Limits{Facts: 1000}},
			"the query took more than 20,000 steps: bind more variables or select by kind":   {Limits: datalog.Limits{Steps: 20_000}},
			"the query needs more than 30,000 bytes: use fewer columns or bind more":         {Limits: datalog.Limits{Bytes: 30_000}},
			"the answer is larger than 2,000 bytes: ask for fewer columns or rows, with $n ": {Answer: 2000},
		} {
			_, err := logic(t, pairs, o).Run(tc, j)
			if !errors.Is(err, aura.Exhausted) || !strings.HasPrefix(aura.Reason(err), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	})
}

// leaving is a journal whose reader's caller goes away while it is read.
type leaving struct{ journal }

func (l *leaving) Read(tc task.Context, sel fact.Selection, fn func(*fact.Record) error) error {
	err := l.journal.Read(tc, sel, fn)
	tc.Group().Cancel()
	return err
}

func TestAQueryEndsWithItsCaller(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		j := &leaving{}
		for n := range 500 {
			j.records = append(j.records, record(n+1, "post.stamp", ""))
		}
		// Nothing matches, so neither rows nor bytes end it; the steps would after 10^12.
		q := logic(t, `post:stamp($a), post:stamp($b), post:stamp($c), post:stamp($d), post:stamp($e), $a == $e, $a != $e`,
			reactive.LogicOptions{Limits: datalog.Limits{Steps: 1 << 40}})
		g := task.NewGroup(tc, "caller")
		g.Go("query", func(tc task.Context) error {
			if _, err := q.Run(tc, j); !errors.Is(err, aura.Cancelled) {
				t.Errorf("%v", err)
			}
			return nil
		})
		if err := g.Wait(tc); err != nil {
			t.Error(err)
		}
	})
}

func TestALongJournalAnswers(t *testing.T) {
	const n = 100_001
	j := &journal{}
	for i := range n {
		l := letter{Text: fmt.Sprint("text ", i)}
		if i > 0 {
			l.Reply = j.records[i-1].ID
		}
		j.records = append(j.records, written(t, i+1, "post.letter", l))
	}
	within(t, task.NewReal(task.RealOptions{}), func(t *testing.T, tc task.Context) {
		for text, want := range map[string][]string{
			`answer($n) <- post:letter($id, "text 77777", $r, $s, $g), position($id, $n)`:                       {"77778"},
			`answer($n) <- post:letter($id, $t, $r, $s, $g), position($id, $n), $t.contains("100000")`:          {"100001"},
			`answer($t) <- post:letter($id, $t, $r, $s, $g), post:letter($b, "text 5", $id, $v, $h)`:            {`"text 4"`},
			`answer($t) <- post:letter($id, $t, $reply, $size, $tags), author($id, $a), $t.matches("text 99$")`: {`"text 99"`},
		} {
			rows, err := logic(t, text, reactive.LogicOptions{}).Run(tc, j)
			if err != nil {
				t.Errorf("%s: %v", text, err)
			}
			if diff := cmp.Diff(want, rowsOf(rows)); diff != "" {
				t.Errorf("%s: %s", text, diff)
			}
		}
	})
}
