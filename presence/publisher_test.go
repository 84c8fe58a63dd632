package presence

import (
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// nothing is a history without facts.
type nothing struct{}

func (nothing) Head() fact.Position { return 0 }

func (nothing) Era() uint64 { return 1 }

func (nothing) Read(task.Context, fact.Selection, func(*fact.Record) error) error { return nil }

// TestAnEqualValueIsPublishedOnce is inside the package: a publisher needs a pipeline alone. A watcher gets
// each change once, and each removal.
func TestAnEqualValueIsPublishedOnce(t *testing.T) {
	sim := task.NewSim(1, task.SimOptions{})
	err := sim.Run("test", func(tc task.Context) error {
		feed := reactive.NewFeed(0)
		pipeline, err := reactive.NewScheduler(reactive.NewHub(), reactive.Options{Immediate: true, Feed: feed})
		if err != nil {
			return err
		}
		var got []string
		g := task.NewGroup(tc, "presence")
		g.Go("pipeline", pipeline.Serve)
		g.Go("watcher", func(tc task.Context) error {
			return feed.Watch(tc, nothing{}, fact.Selection{Observations: []string{"*"}, Follow: true}, func(up fact.Update) error {
				for _, o := range up.Observations {
					got = append(got, o.Key+"="+string(o.Payload))
				}
				return nil
			})
		})
		p := New(pipeline)
		for _, value := range []any{nil, "x", "x", "y", "y", nil, nil, "y"} {
			p.Set(tc, "test", "k", value)
			if err := tc.Sleep(time.Second); err != nil {
				return err
			}
		}
		g.Cancel()
		if err := g.Wait(tc); err != nil {
			return err
		}
		if want := []string{"k=\x61x", "k=\x61y", "k=", "k=\x61y"}; !slices.Equal(want, got) {
			t.Errorf("the watcher got %q, want %q", got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
