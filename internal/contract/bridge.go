package contract

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Subject is the bridge under test: app.Bridge by its shape, for packages that may not know app.
type Subject interface {
	Submit(tc task.Context, in fact.Intent) (fact.Result, error)
	Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error
	Ask(tc task.Context, q fact.Question) (fact.Answer, error)
}

// World is a fresh bridge, with the facts about it that the cases need.
type World struct {
	// Run calls fn as a task with the bridge, and ends everything when fn returns. It blocks.
	Run func(fn func(tc task.Context, b Subject))
	// Intent returns the i-th of a series of intents that the bridge accepts. Each commits at least
	// one fact that carries its operation. The operation differs with i and is not zero.
	Intent func(i int) fact.Intent
	// Refused is an intent that the bridge knows and refuses, and RefusedAs how.
	Refused   fact.Intent
	RefusedAs aura.Kind
	// Observe publishes an observation as the agent's services do. Nil: the bridge has no such
	// hand, and the cases about observations are skipped.
	Observe func(tc task.Context, o fact.Observation) error
}

// Bridge runs the cases against the bridges that open gives, one for each case.
func Bridge(t *testing.T, open func(t *testing.T) World) {
	cases := []struct {
		name     string
		run      func(t *testing.T, w World, tc task.Context, b Subject)
		observes bool
	}{
		{"submitted facts are watched in order", submitThenWatch, false},
		{"a watch starts after a position", watchAfter, false},
		{"a watch selects kinds and namespaces", watchSelects, false},
		{"a watch gives the newest before a position", watchNewest, false},
		{"a watch that cannot be is refused", watchInvalid, false},
		{"a watch shows the facts as they were", watchThrough, false},
		{"a watch of the newest goes on with all that comes", watchNewestFollows, false},
		{"a watch that does not follow ends live", watchEnds, false},
		{"a followed watch delivers later facts", watchFollows, false},
		{"an error of the sink ends the watch", sinkEnds, false},
		{"a watch resumes without gap or repetition", watchResumes, false},
		{"a cancelled watch ends cancelled", watchCancelled, false},
		{"a budget ends a watch with a timeout", watchTimeout, false},
		{"a refusal crosses with its kind and leaves no fact", refused, false},
		{"an unknown intent is refused", unknownIntent, false},
		{"an unknown question is not found", unknownQuestion, false},
		{"an oversized payload is refused", oversized, false},
		{"the newest observation of a key wins", observations, true},
		{"an observation that is gone says so", observationGone, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := open(t)
			if c.observes && w.Observe == nil {
				t.Skip("this bridge has no hand for observations")
			}
			ran := false
			w.Run(func(tc task.Context, b Subject) {
				c.run(t, w, tc, b)
				ran = true
			})
			if !ran && !t.Failed() {
				t.Fatal("the world ended before the case did")
			}
		})
	}
}

// submit commits the i-th intent and returns its result.
func submit(t *testing.T, w World, tc task.Context, b Subject, i int) fact.Result {
	t.Helper()
	in := w.Intent(i)
	res, err := b.Submit(tc, in)
	if err != nil {
		t.Fatalf("submit %d: %v", i, err)
	}
	if res.Operation != in.Operation || len(res.Facts) == 0 {
		t.Fatalf("submit %d: result has operation %v and %d facts", i, res.Operation, len(res.Facts))
	}
	return res
}

// collect watches without following and returns every record.
func collect(t *testing.T, tc task.Context, b Subject, sel fact.Selection) (records []fact.Record, last fact.Update) {
	t.Helper()
	err := b.Watch(tc, sel, func(up fact.Update) error {
		records = append(records, up.Records...)
		last = up
		return nil
	})
	if err != nil {
		t.Fatalf("watch: %v", err)
	}
	return records, last
}

func ids(records []fact.Record) []aura.FactID {
	var out []aura.FactID
	for i := range records {
		out = append(out, records[i].ID)
	}
	return out
}

// of returns the identities of the records that belong to the results, in the records' order.
func of(records []fact.Record, results ...fact.Result) []aura.FactID {
	var wanted []aura.FactID
	for _, r := range results {
		wanted = append(wanted, r.Facts...)
	}
	var out []aura.FactID
	for i := range records {
		if slices.Contains(wanted, records[i].ID) {
			out = append(out, records[i].ID)
		}
	}
	return out
}

func promised(results ...fact.Result) []aura.FactID {
	var out []aura.FactID
	for _, r := range results {
		out = append(out, r.Facts...)
	}
	return out
}

func submitThenWatch(t *testing.T, w World, tc task.Context, b Subject) {
	first, second := submit(t, w, tc, b, 0), submit(t, w, tc, b, 1)
	records, _ := collect(t, tc, b, fact.Selection{})
	if diff := cmp.Diff(promised(first, second), of(records, first, second)); diff != "" {
		t.Errorf("facts (-promised +watched):\n%s", diff)
	}
	for i := range records {
		if i > 0 && records[i].Position <= records[i-1].Position {
			t.Errorf("record %d has position %d after %d", i, records[i].Position, records[i-1].Position)
		}
		if records[i].Fact.ID() != records[i].ID {
			t.Errorf("record %d: the fact does not have the identity that it came with", i)
		}
	}
	for i := range records {
		if slices.Contains(first.Facts, records[i].ID) && records[i].Fact.Operation != first.Operation {
			t.Errorf("fact of operation %v carries %v", first.Operation, records[i].Fact.Operation)
		}
	}
}

func watchAfter(t *testing.T, w World, tc task.Context, b Subject) {
	first := submit(t, w, tc, b, 0)
	_, last := collect(t, tc, b, fact.Selection{})
	second := submit(t, w, tc, b, 1)
	records, _ := collect(t, tc, b, fact.Selection{After: last.Position})
	if diff := cmp.Diff(promised(second), of(records, first, second)); diff != "" {
		t.Errorf("facts after position %d (-want +got):\n%s", last.Position, diff)
	}
}

func watchSelects(t *testing.T, w World, tc task.Context, b Subject) {
	submit(t, w, tc, b, 0)
	all, _ := collect(t, tc, b, fact.Selection{})
	if len(all) == 0 {
		t.Fatal("nothing to select from")
	}
	pick := all[len(all)-1].Fact
	sel := fact.Selection{Namespaces: []fact.Namespace{pick.Namespace}, Kinds: []string{pick.Kind}}
	want := slices.DeleteFunc(slices.Clone(all), func(r fact.Record) bool { return !sel.Selects(&r) })
	got, _ := collect(t, tc, b, sel)
	if diff := cmp.Diff(ids(want), ids(got)); diff != "" {
		t.Errorf("selected facts (-want +got):\n%s", diff)
	}
	none, last := collect(t, tc, b, fact.Selection{Kinds: []string{"nobody.writes"}})
	if len(none) > 0 || !last.Live {
		t.Errorf("a selection of nothing gave %d facts, live %v", len(none), last.Live)
	}
}

func watchNewest(t *testing.T, w World, tc task.Context, b Subject) {
	for i := range 5 {
		submit(t, w, tc, b, i)
	}
	all, end := collect(t, tc, b, fact.Selection{})
	pick := all[len(all)-1].Fact
	for _, sel := range []fact.Selection{
		{Last: 2}, {Last: 1000}, {Last: 3, Kinds: []string{pick.Kind}, Namespaces: []fact.Namespace{pick.Namespace}},
		{Last: 2, Before: all[len(all)-1].Position}, {Last: 2, Before: all[0].Position}, {Last: 1, Before: 1},
		{Last: 2, After: all[len(all)-2].Position}, {Last: 3, Through: all[len(all)-2].Position},
		{Before: all[len(all)-1].Position, After: all[0].Position},
		{Last: 2, Causal: true, Namespaces: []fact.Namespace{pick.Namespace}},
		{Last: 2, Causal: true, Namespaces: []fact.Namespace{pick.Namespace}, Through: all[len(all)-2].Position},
	} {
		if sel.Through == 0 {
			sel.Through = end.Position // services of the bridge may commit, too
		}
		got, last := collect(t, tc, b, sel)
		if diff := cmp.Diff(ids(sel.Of(all)), ids(got)); diff != "" || !last.Live {
			t.Errorf("%+v: live %v, facts (-want +got):\n%s", sel, last.Live, diff)
		}
	}
}

func watchInvalid(t *testing.T, _ World, tc task.Context, b Subject) {
	for _, sel := range []fact.Selection{{Last: 2, Causal: true}, {Causal: true, Namespaces: []fact.Namespace{{}}}} {
		if err := b.Watch(tc, sel, func(fact.Update) error { return nil }); !errors.Is(err, aura.Invalid) {
			t.Errorf("%+v: %v, want invalid", sel, err)
		}
	}
}

func watchThrough(t *testing.T, w World, tc task.Context, b Subject) {
	submit(t, w, tc, b, 0)
	then, last := collect(t, tc, b, fact.Selection{})
	submit(t, w, tc, b, 1)
	again, _ := collect(t, tc, b, fact.Selection{Through: last.Position})
	if diff := cmp.Diff(ids(then), ids(again)); diff != "" {
		t.Errorf("facts as of position %d (-then +now):\n%s", last.Position, diff)
	}
}

func watchNewestFollows(t *testing.T, w World, tc task.Context, b Subject) {
	for i := range 3 {
		submit(t, w, tc, b, i)
	}
	all, _ := collect(t, tc, b, fact.Selection{})
	want := ids(all[len(all)-2:])
	until := w.Intent(6).Operation
	history := task.NewLatch()
	g := task.NewGroup(tc, "watcher")
	var records []fact.Record
	var ended error
	g.Go("watch", func(tc task.Context) error {
		ended = b.Watch(tc, fact.Selection{Last: 2, Follow: true}, func(up fact.Update) error {
			records = append(records, up.Records...)
			if up.Live {
				history.Open()
			}
			if slices.ContainsFunc(up.Records, func(r fact.Record) bool { return r.Fact.Operation == until }) {
				return errEnough
			}
			return nil
		})
		return nil
	})
	if err := history.Wait(tc); err != nil {
		t.Fatal(err)
	}
	if got := ids(records); !cmp.Equal(want, got) {
		t.Errorf("history (-want +got):\n%s", cmp.Diff(want, got))
	}
	for i := 3; i <= 6; i++ {
		submit(t, w, tc, b, i)
	}
	if err := g.Wait(tc); err != nil || !errors.Is(ended, errEnough) {
		t.Fatalf("%v, the watch ended with %v", err, ended)
	}
	after, _ := collect(t, tc, b, fact.Selection{After: all[len(all)-1].Position})
	want = append(want, ids(after)...)
	if got := ids(records); len(got) > len(want) || !slices.Equal(want[:len(got)], got) {
		t.Errorf("history and later facts (-want +got):\n%s", cmp.Diff(want, got))
	}
}

func watchEnds(t *testing.T, w World, tc task.Context, b Subject) {
	submit(t, w, tc, b, 0)
	live := 0
	err := b.Watch(tc, fact.Selection{}, func(up fact.Update) error {
		if up.Live {
			live++
		} else if live > 0 {
			t.Error("an update of history came after the history was complete")
		}
		return nil
	})
	if err != nil || live != 1 {
		t.Errorf("watch ended with %v after %d live updates, want exactly one", err, live)
	}
}

// errEnough ends a watch from its sink.
var errEnough = errors.New("contract: enough")

func watchFollows(t *testing.T, w World, tc task.Context, b Subject) {
	before, last := submit(t, w, tc, b, 0), w.Intent(2).Operation
	history := task.NewLatch()
	g := task.NewGroup(tc, "watcher")
	var records []fact.Record
	var ended error
	g.Go("watch", func(tc task.Context) error {
		ended = b.Watch(tc, fact.Selection{Follow: true}, func(up fact.Update) error {
			records = append(records, up.Records...)
			if up.Live {
				history.Open()
			}
			if slices.ContainsFunc(up.Records, func(r fact.Record) bool { return r.Fact.Operation == last }) {
				return errEnough
			}
			return nil
		})
		return nil
	})
	if err := history.Wait(tc); err != nil {
		t.Fatal(err)
	}
	during := submit(t, w, tc, b, 1)
	submit(t, w, tc, b, 2)
	if err := g.Wait(tc); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(ended, errEnough) {
		t.Errorf("watch ended with %v", ended)
	}
	if diff := cmp.Diff(promised(before, during), of(records, before, during)); diff != "" {
		t.Errorf("facts (-promised +watched):\n%s", diff)
	}
}

func sinkEnds(t *testing.T, w World, tc task.Context, b Subject) {
	submit(t, w, tc, b, 0)
	calls := 0
	err := b.Watch(tc, fact.Selection{Follow: true}, func(fact.Update) error {
		calls++
		return errEnough
	})
	if !errors.Is(err, errEnough) || calls != 1 {
		t.Errorf("watch ended with %v after %d calls of its sink", err, calls)
	}
}

func watchResumes(t *testing.T, w World, tc task.Context, b Subject) {
	var results []fact.Result
	for i := range 12 {
		results = append(results, submit(t, w, tc, b, i))
	}
	var records []fact.Record
	after := fact.Position(0)
	for range 100 {
		live := false
		err := b.Watch(tc, fact.Selection{After: after}, func(up fact.Update) error {
			records = append(records, up.Records...)
			after, live = up.Position, up.Live
			return errEnough
		})
		if !errors.Is(err, errEnough) {
			t.Fatalf("watch ended with %v", err)
		}
		if live {
			break
		}
	}
	if diff := cmp.Diff(promised(results...), of(records, results...)); diff != "" {
		t.Errorf("facts over all watches (-promised +watched):\n%s", diff)
	}
}

func watchCancelled(t *testing.T, w World, tc task.Context, b Subject) {
	g := task.NewGroup(tc, "watcher")
	live := task.NewLatch()
	var ended error
	g.Go("watch", func(tc task.Context) error {
		ended = b.Watch(tc, fact.Selection{Follow: true}, func(up fact.Update) error {
			if up.Live {
				live.Open()
			}
			return nil
		})
		return nil
	})
	if err := live.Wait(tc); err != nil {
		t.Fatal(err)
	}
	g.Cancel()
	if err := g.Wait(tc); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(ended, aura.Cancelled) {
		t.Errorf("watch ended with %v, want a cancellation", ended)
	}
}

func watchTimeout(t *testing.T, _ World, tc task.Context, b Subject) {
	tc, done := tc.WithBudget("watch", watchBudget)
	defer done()
	err := b.Watch(tc, fact.Selection{Follow: true}, func(fact.Update) error { return nil })
	if !errors.Is(err, aura.Timeout) {
		t.Errorf("watch ended with %v, want a timeout", err)
	}
}

// watchBudget is long enough for a watch to begin.
const watchBudget = 50 * time.Millisecond

func refused(t *testing.T, w World, tc task.Context, b Subject) {
	_, err := b.Submit(tc, w.Refused)
	if aura.KindOf(err) != w.RefusedAs {
		t.Errorf("submit: %v, want kind %v", err, w.RefusedAs)
	}
	if aura.Reason(err) == "" {
		t.Error("the refusal does not say why")
	}
	records, _ := collect(t, tc, b, fact.Selection{})
	for i := range records {
		if records[i].Fact.Operation == w.Refused.Operation {
			t.Errorf("the refused intent left the fact %s", records[i].Fact.Kind)
		}
	}
}

func unknownIntent(t *testing.T, w World, tc task.Context, b Subject) {
	in := w.Intent(0)
	in.Kind = "nobody.registered"
	if _, err := b.Submit(tc, in); !errors.Is(err, aura.NotFound) {
		t.Errorf("submit: %v, want not found", err)
	}
}

func unknownQuestion(t *testing.T, _ World, tc task.Context, b Subject) {
	if _, err := b.Ask(tc, fact.Question{Kind: "nobody.answers"}); !errors.Is(err, aura.NotFound) {
		t.Errorf("ask: %v, want not found", err)
	}
}

func oversized(t *testing.T, w World, tc task.Context, b Subject) {
	in := w.Intent(0)
	in.Payload = make([]byte, 4*fact.MaxPayload)
	if _, err := b.Submit(tc, in); !errors.Is(err, aura.Invalid) {
		t.Errorf("submit: %v, want invalid", err)
	}
}

// observe publishes observations in order.
func observe(t *testing.T, w World, tc task.Context, all ...fact.Observation) {
	t.Helper()
	for _, o := range all {
		if err := w.Observe(tc, o); err != nil {
			t.Fatal(err)
		}
	}
}

// watchKey follows observations of kind "test.state" until one of key has the payload, and returns
// the payloads of the key in the order in which they came.
func watchKey(t *testing.T, tc task.Context, b Subject, key, until string, ready *task.Latch) (seen []string) {
	t.Helper()
	err := b.Watch(tc, fact.Selection{Kinds: []string{"nobody.writes"}, Observations: []string{"test.*"}, Follow: true},
		func(up fact.Update) error {
			for _, o := range up.Observations {
				if o.Key == key {
					seen = append(seen, string(o.Payload))
				}
			}
			if up.Live {
				ready.Open()
			}
			if len(seen) > 0 && seen[len(seen)-1] == until {
				return errEnough
			}
			return nil
		})
	if !errors.Is(err, errEnough) {
		t.Errorf("watch ended with %v", err)
	}
	return seen
}

func observations(t *testing.T, w World, tc task.Context, b Subject) {
	observe(t, w, tc,
		fact.Observation{Kind: "other.state", Key: "a", Payload: []byte("not asked for")},
		fact.Observation{Kind: "test.state", Key: "b", Payload: []byte("of another key")},
		fact.Observation{Kind: "test.state", Key: "a", Payload: []byte("old")},
		fact.Observation{Kind: "test.state", Key: "a", Payload: []byte("new")})
	seen := watchKey(t, tc, b, "a", "new", task.NewLatch())
	if len(seen) == 0 || seen[len(seen)-1] != "new" || slices.Contains(seen, "not asked for") {
		t.Errorf("observed %q", seen)
	}
}

func observationGone(t *testing.T, w World, tc task.Context, b Subject) {
	observe(t, w, tc, fact.Observation{Kind: "test.state", Key: "a", Payload: []byte("here")})
	ready := task.NewLatch()
	g := task.NewGroup(tc, "watcher")
	var seen []string
	g.Go("watch", func(tc task.Context) error {
		seen = watchKey(t, tc, b, "a", "", ready)
		return nil
	})
	if err := ready.Wait(tc); err != nil {
		t.Fatal(err)
	}
	observe(t, w, tc, fact.Observation{Kind: "test.state", Key: "a"})
	if err := g.Wait(tc); err != nil {
		t.Fatal(err)
	}
	if len(seen) == 0 || seen[len(seen)-1] != "" {
		t.Errorf("observed %q, want the last to be empty", seen)
	}
}
