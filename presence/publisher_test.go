package presence

import (
	"slices"
	"strings"
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
	got := watched(t, func(tc task.Context, p *Publisher) error {
		for _, value := range []any{nil, "x", "x", "y", "y", nil, nil, "y"} {
			p.Set(tc, "test", "k", value)
			if err := tc.Sleep(time.Second); err != nil {
				return err
			}
		}
		return nil
	})
	if want := []string{"k=\x61x", "k=\x61y", "k=", "k=\x61y"}; !slices.Equal(want, got) {
		t.Errorf("the watcher got %q, want %q", got, want)
	}
}

// TestValuesThatAreSetTogetherAreSeenTogether: also when only some of them changed.
func TestValuesThatAreSetTogetherAreSeenTogether(t *testing.T) {
	got := watched(t, func(tc task.Context, p *Publisher) error {
		for _, a := range []any{"x", "y", "y", nil} {
			p.SetAll(tc, Observation{"test", "a", a}, Observation{"test", "b", "z"}, Observation{"test", "c", a})
			if err := tc.Sleep(time.Second); err != nil {
				return err
			}
		}
		return nil
	})
	if want := []string{"a=\x61x b=\x61z c=\x61x", "a=\x61y c=\x61y", "a= c="}; !slices.Equal(want, got) {
		t.Errorf("the watcher got %q, want %q", got, want)
	}
}

// watched returns the updates that a watcher got of what a publisher published.
func watched(t *testing.T, publish func(task.Context, *Publisher) error) (got []string) {
	sim := task.NewSim(1, task.SimOptions{})
	err := sim.Run("test", func(tc task.Context) error {
		feed := reactive.NewFeed(0)
		pipeline, err := reactive.NewScheduler(reactive.NewHub(), reactive.Options{Immediate: true, Feed: feed})
		if err != nil {
			return err
		}
		g := task.NewGroup(tc, "presence")
		g.Go("pipeline", pipeline.Serve)
		g.Go("watcher", func(tc task.Context) error {
			return feed.Watch(tc, nothing{}, fact.Selection{Observations: []string{"*"}, Follow: true}, func(up fact.Update) error {
				var all []string
				for _, o := range up.Observations {
					all = append(all, o.Key+"="+string(o.Payload))
				}
				if len(all) > 0 {
					got = append(got, strings.Join(all, " "))
				}
				return nil
			})
		})
		if err := publish(tc, New(pipeline)); err != nil {
			return err
		}
		g.Cancel()
		if err := g.Wait(tc); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}
