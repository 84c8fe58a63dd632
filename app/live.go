package app

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// following runs fn beside a scheduler that follows one selection and nothing else: for a caller that
// follows one thing and has no use for the signals of the whole Core. When the agent goes away, the signals keep what
// they show and go on when it is back. first is folded before the agent's facts. fn is called by the caller's own
// task. live returns fn's error, or one of the bridge that waiting does not mend.
func (c *Core) following(tc task.Context, s *reactive.Scheduler, sel fact.Selection, first []fact.Record, fn func() error) error {
	if err := s.Start(tc); err != nil {
		return err
	}
	g := task.NewGroup(tc, "live")
	g.Go("reactive", s.Serve)
	g.Go("attach", func(tc task.Context) error {
		defer s.Hub().Close() // nothing more comes: fn must not wait for it
		if len(first) > 0 {
			if err := s.Offer(tc, fact.Update{Records: first, Era: sel.Era}); err != nil {
				return err
			}
		}
		return c.attach(tc, s, sel)
	})
	err := fn()
	if failed := g.Close(tc, shutGrace); failed != nil && (err == nil || aura.KindOf(err) == aura.Cancelled) {
		return failed
	}
	return err
}

// renewed calls fn again as long as it ends because another era began, see [fact.Update.Era].
func renewed(fn func() error) error {
	for {
		if err := fn(); aura.KindOf(err) != aura.Stale {
			return err
		}
	}
}

// attached waits until the signals of a hub show all that is durable.
func attached(tc task.Context, h *reactive.Hub) error {
	sub, err := reactive.Subscribe(h, Agent, 0)
	if err != nil {
		return err
	}
	defer sub.Close()
	for {
		snap, err := sub.Next(tc)
		if err != nil || snap.Value.Current {
			return err
		}
	}
}

// each calls fn with every snapshot of a signal from the first that shows all that is durable.
func each[T any](tc task.Context, h *reactive.Hub, s reactive.Signal[T], fn func(T) error) error {
	if err := attached(tc, h); err != nil {
		return err
	}
	sub, err := reactive.Subscribe(h, s, 0)
	if err != nil {
		return err
	}
	defer sub.Close()
	return sub.ForEach(tc, func(snap reactive.Snapshot[T]) error { return fn(snap.Value) })
}
