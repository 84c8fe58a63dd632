package localapi_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/contract"
	"github.com/aura-runtime/aura/localapi"
	"github.com/aura-runtime/aura/task"
)

// tireless is a bridge that works on everything until it is told to stop.
type tireless struct {
	*contract.Fake
	begun *task.Latch
	ended *task.Future[error]
}

func (b *tireless) work(tc task.Context) error {
	b.begun.Open()
	err := task.NewLatch().Wait(tc)
	b.ended.Resolve(err, nil)
	return err
}

func (b *tireless) Submit(tc task.Context, _ fact.Intent) (fact.Result, error) {
	return fact.Result{}, b.work(tc)
}

func (b *tireless) Ask(tc task.Context, _ fact.Question) (fact.Answer, error) {
	return fact.Answer{}, b.work(tc)
}

func (b *tireless) Watch(tc task.Context, _ fact.Selection, _ func(fact.Update) error) error {
	return b.work(tc)
}

// TestACallerThatGoesEndsItsQuestion: when a caller has gone, its question ends in the agent, too.
func TestACallerThatGoesEndsItsQuestion(t *testing.T) {
	for name, call := range map[string]func(task.Context, *localapi.Client){
		"submit": func(tc task.Context, c *localapi.Client) { _, _ = c.Submit(tc, fact.Intent{Kind: "test.work"}) },
		"ask":    func(tc task.Context, c *localapi.Client) { _, _ = c.Ask(tc, fact.Question{Kind: "test.work"}) },
		"watch": func(tc task.Context, c *localapi.Client) {
			_ = c.Watch(tc, fact.Selection{Follow: true}, func(fact.Update) error { return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := &tireless{Fake: contract.NewFake(), begun: task.NewLatch(), ended: task.NewFuture[error]()}
			serve(t, b, localapi.Options{}, nil, func(tc task.Context, path string) {
				c := open(t, tc, path)
				defer c.Close()
				caller := task.NewGroup(tc, "caller")
				caller.Go("call", func(tc task.Context) error {
					call(tc, c)
					return nil
				})
				wait, done := tc.WithBudget("hang", 8*time.Second) // a call without a budget of its own takes longer
				defer done()
				if err := b.begun.Wait(wait); err != nil {
					t.Fatal(err)
				}
				caller.Cancel()
				if why, err := b.ended.Await(wait); err != nil || !errors.Is(why, aura.Cancelled) {
					t.Errorf("the agent goes on: %v, %v", why, err)
				}
			})
		})
	}
}
