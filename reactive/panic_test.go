package reactive_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// brittle is a view that panics on one fact, on one observation, and once when it is shown.
type brittle struct {
	outlet *reactive.Outlet[[]string]
	seen   []string
	fail   bool
}

func (b *brittle) Name() string { return "brittle" }

func (b *brittle) Needs() reactive.Needs {
	return reactive.Needs{Facts: fact.Selection{Kinds: []string{"*"}, Observations: []string{"*"}}}
}

func (b *brittle) Apply(up fact.Update) {
	take := func(text string) {
		if text == "bad" {
			panic("planted")
		}
		if !slices.Contains(b.seen, text) {
			b.seen = append(b.seen, text)
		}
	}
	for i := range up.Records {
		take(string(up.Records[i].Fact.Payload))
	}
	for _, o := range up.Observations {
		take(string(o.Payload))
	}
}

func (b *brittle) Publish(_ task.Context, st *reactive.Stage) error {
	if b.fail {
		b.fail = false
		panic("planted")
	}
	b.outlet.Put(st, slices.Clone(b.seen))
	return nil
}

func TestViewThatPanicsGoesOn(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		h := reactive.NewHub()
		texts := reactive.NewSignal[[]string]("texts")
		outlet, err := reactive.Register(h, texts, nil)
		if err != nil {
			t.Fatal(err)
		}
		b := &brittle{outlet: outlet}
		s, err := reactive.NewScheduler(h, reactive.Options{Immediate: true}, b)
		if err != nil {
			t.Fatal(err)
		}
		stop := started(t, tc, s)
		b.fail = true
		for _, up := range []fact.Update{
			{Records: []fact.Record{record(1, "chat.message", "a"), record(2, "chat.message", "bad"), record(3, "chat.message", "b")}, Position: 3},
			{Observations: []fact.Observation{{Kind: "x", Payload: []byte("bad")}, {Kind: "x", Payload: []byte("c")}}},
			{Records: []fact.Record{record(4, "chat.message", "d")}, Position: 4},
		} {
			if err := s.Offer(tc, up); err != nil {
				t.Fatal(err)
			}
		}
		s.Shut()
		stop()
		slices.Sort(b.seen) // batches may merge
		if diff := cmp.Diff([]string{"a", "b", "c", "d"}, b.seen); diff != "" {
			t.Error(diff)
		}
	})
}
