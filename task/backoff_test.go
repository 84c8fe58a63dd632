package task_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"pgregory.net/rapid"
)

func TestBackoffGrowsToItsBoundAndStartsAgain(t *testing.T) {
	b := task.Backoff{Base: time.Second, Max: 5 * time.Second, Jitter: -1}
	entropy := task.NewSim(1, task.SimOptions{}).Entropy("backoff")
	for _, want := range []time.Duration{1, 2, 4, 5, 5} {
		if got := b.Next(entropy); got != want*time.Second {
			t.Errorf("got %v, want %ds", got, want)
		}
	}
	b.Reset()
	if got := b.Next(entropy); got != time.Second {
		t.Errorf("after Reset: %v", got)
	}
}

func TestBackoffStaysWithinItsJitter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := task.Backoff{
			Base:   time.Duration(rapid.Int64Range(0, 1e12).Draw(rt, "base")),
			Max:    time.Duration(rapid.Int64Range(0, 1e12).Draw(rt, "max")),
			Factor: rapid.Float64Range(0, 10).Draw(rt, "factor"),
			Jitter: rapid.Float64Range(-1, 2).Draw(rt, "jitter"),
		}
		most := b.Max
		if most == 0 {
			most = time.Minute
		}
		entropy := task.NewSim(rapid.Uint64().Draw(rt, "seed"), task.SimOptions{}).Entropy("b")
		for range 30 {
			if d := b.Next(entropy); d < 0 || d > most {
				rt.Fatalf("delay %v of at most %v", d, most)
			}
		}
	})
}

func TestRetry(t *testing.T) {
	unavailable := aura.Errorf("x", aura.Unavailable, "%w", errPlanned)
	sim := task.NewSim(1, task.SimOptions{})
	run(t, sim, func(tc task.Context) error {
		tries := 0
		count := func(until int, err error) func(task.Context) error {
			tries = 0
			return func(task.Context) error {
				if tries++; tries >= until {
					return nil
				}
				return err
			}
		}
		passing := func(err error) bool { return aura.KindOf(err) == aura.Unavailable }
		retry := func(tc task.Context, fn func(task.Context) error) error {
			return task.Retry(tc, task.Backoff{Base: time.Second}, sim.Entropy("retry"), passing, fn)
		}
		if err := retry(tc, count(5, unavailable)); err != nil || tries != 5 {
			t.Errorf("%d tries, %v", tries, err)
		}
		if err := retry(tc, count(5, aura.Denied)); !errors.Is(err, aura.Denied) || tries != 1 {
			t.Errorf("a denial was tried %d times, %v", tries, err)
		}
		short, done := tc.WithBudget("short", 3*time.Second)
		defer done()
		err := retry(short, count(1000, unavailable))
		if aura.KindOf(err) != aura.Timeout || tries < 2 || tries > 6 {
			t.Errorf("%d tries in 3 s, %v", tries, err)
		}
		return nil
	})
}
