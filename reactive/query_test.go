package reactive_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// notes is a query for the payloads of all notes.
type notes struct{ runs *int }

func (notes) Predicates() fact.Selection { return fact.Selection{Kinds: []string{"test.note"}} }
func (notes) Capabilities() []string     { return []string{"note:read"} }

func (q notes) Run(tc task.Context, source reactive.Reader) ([]string, error) {
	*q.runs++
	var out []string
	err := source.Read(tc, q.Predicates(), func(r *fact.Record) error {
		out = append(out, string(r.Fact.Payload))
		return nil
	})
	return out, err
}

func TestCommittedFactInvalidatesTheBoundSignal(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		j, runs := &journal{}, 0
		s := scheduler(t, reactive.NewHub(), reactive.Options{Immediate: true})
		stop := started(t, tc, s)
		commit := func(tc task.Context, in fact.Intent) (fact.Result, error) {
			r := record(len(j.records)+1, in.Kind, string(in.Payload))
			j.records = append(j.records, r)
			return fact.Result{Facts: []aura.FactID{r.ID}}, s.Offer(tc, fact.Update{Records: []fact.Record{r}})
		}
		u := reactive.NewUnified(s, j, commit, func(_ task.Context, c string) bool { return c == "note:read" })

		list := reactive.NewSignal[[]string]("test:list")
		if err := reactive.Bind(tc, u, reactive.Bound[[]string]{Signal: list, Query: notes{&runs}}); err != nil {
			t.Fatal(err)
		}
		sub, err := reactive.Subscribe(u.Hub(), list, 0)
		if err != nil {
			t.Fatal(err)
		}
		before := runs
		for _, in := range []fact.Intent{
			{Kind: "test.other", Payload: []byte("nobody asks")}, {Kind: "test.note", Payload: []byte("hello")},
		} {
			if _, err := u.Commit(tc, in); err != nil {
				t.Fatal(err)
			}
		}
		for {
			snap, err := sub.Next(tc)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"hello"}, snap.Value); diff == "" {
				break
			}
		}
		if runs != before+1 {
			t.Errorf("the query ran %d times for one fact that it depends on", runs-before)
		}
		if err := reactive.Bind(tc, u, reactive.Bound[[]string]{Signal: list, Query: notes{&runs}}); !errors.Is(err, aura.Conflict) {
			t.Errorf("a second binding of the signal: %v", err)
		}
		stop()
	})
}

func TestQueryWithoutItsCapabilityIsDenied(t *testing.T) {
	everywhere(t, func(t *testing.T, tc task.Context) {
		runs := 0
		h := reactive.NewHub()
		u := reactive.NewUnified(scheduler(t, h, reactive.Options{}), &journal{}, nil,
			func(task.Context, string) bool { return false })
		if _, err := reactive.Run(tc, u, notes{&runs}); !errors.Is(err, aura.Denied) {
			t.Errorf("run: %v", err)
		}
		list := reactive.NewSignal[[]string]("test:list")
		if err := reactive.Bind(tc, u, reactive.Bound[[]string]{Signal: list, Query: notes{&runs}}); !errors.Is(err, aura.Denied) {
			t.Errorf("bind: %v", err)
		}
		if _, err := reactive.Value(h.Frame(), list); !errors.Is(err, aura.NotFound) {
			t.Errorf("the refused signal: %v", err)
		}
		if runs != 0 {
			t.Errorf("the query ran %d times", runs)
		}
	})
}
