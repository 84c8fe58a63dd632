package app

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Model is a Core with signals, for a screen that stays open. It reads all that its signals need and follows the
// agent while it runs as a service; a program that runs once does with a [Core].
type Model struct {
	*Core
	pipeline *pipeline
}

// Model returns a model of the account. It reads nothing before it runs as a service, and runs once.
func (c *Core) Model() (*Model, error) {
	p, err := newPipeline(c.set, c.self.Authority, c.published, c.options)
	return &Model{Core: c, pipeline: p}, err
}

// Hub returns the signals.
func (m *Model) Hub() *reactive.Hub { return m.pipeline.hub }

// Name implements [task.Service].
func (m *Model) Name() string { return "app" }

// Declaration implements [task.Service].
func (m *Model) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryObserved,
		Owns: append(task.Locked("app.published", "app.prefetched"),
			task.Owned{Type: "app.Model", By: task.ExclusionLoop}),
		Events: []world.Family{world.FamilyHealth, world.FamilyInvariant},
	}
}

// Start implements [task.Service]. It publishes the first, empty snapshots.
func (m *Model) Start(tc task.Context) error { return m.pipeline.scheduler.Start(tc) }

// Serve keeps the signals current until tc is cancelled. When the agent goes away the signals keep what
// they showed, without the observations of the running agent, and follow again when it is back. It returns an
// error of the bridge that waiting does not mend.
func (m *Model) Serve(tc task.Context) error {
	s := m.pipeline.scheduler
	g := task.NewGroup(tc, "pipeline")
	g.Go("reactive", s.Serve)
	g.Go("operations", m.settleLoop)
	err := m.attach(tc, s, fact.Selection{Observations: []string{"*"}})
	s.Shut() // what arrived is published before the scheduler ends
	if closed := g.Close(tc, shutGrace); err == nil {
		err = closed
	}
	return err
}

// settleLoop has the pipeline show the operations that the Core's own workflows publish, and settles the operations
// in doubt when the agent answers again.
func (m *Model) settleLoop(tc task.Context) error {
	retry := reconnectBackoff()
	for {
		var err error
		if doubted, _ := m.published.doubts(); len(doubted) > 0 {
			_, err = m.published.changed.WaitUntil(tc, tc.Elapsed()+retry.Next(m.entropy))
		} else {
			retry.Reset()
			err = m.published.changed.Wait(tc)
		}
		if err != nil {
			return err
		}
		if err := m.settleDoubts(tc); err != nil && tc.Err() != nil {
			return tc.Err() // after another error the operations stay in doubt
		}
		shown := fact.Update{Observations: []fact.Observation{{Kind: observedOperation}}}
		if err := m.pipeline.scheduler.Offer(tc, shown); err != nil {
			return err
		}
	}
}

// An agent that starts again answers within a second; a person at a frontend looks at it meanwhile.
const attachBase, attachMost = 100 * time.Millisecond, 5 * time.Second

// reconnectBackoff returns the pauses between attempts to reach an agent that has gone.
func reconnectBackoff() task.Backoff {
	return task.Backoff{Base: attachBase, Max: attachMost, Factor: 2, Jitter: 0.2}
}

// shutGrace is how long the views may take for the last batch.
const shutGrace = 2 * time.Second

// Close implements [task.Service]. A model holds nothing.
func (m *Model) Close(task.Context) error { return nil }

// Conversation returns the signal of one conversation with its last messages; zero: all that are kept. The
// model must run as a service. The first call for a conversation decides how many.
func (m *Model) Conversation(tc task.Context, of Ref, last int) (reactive.Signal[Conversation], error) {
	return m.pipeline.open(tc, of.Context, last)
}

// attach watches a selection and passes its updates to a scheduler. When the watch ends it begins again after the
// last position. When another era begins, see [fact.Update.Era], it begins again with everything if it selects facts of all
// namespaces, and else returns [aura.Stale]: then the views have facts from elsewhere, too.
func (c *Core) attach(tc task.Context, s *reactive.Scheduler, sel fact.Selection) error {
	l := listener{scheduler: s, after: sel.After, era: sel.Era, observed: map[observation]bool{}}
	sel.Follow = true
	retry := reconnectBackoff()
	for {
		sel.After, sel.Era = l.after, l.era
		err := c.bridge.Watch(tc, sel, func(up fact.Update) error {
			retry.Reset()
			return l.take(tc, up)
		})
		if tc.Err() != nil {
			return tc.Err()
		}
		if err == nil {
			err = aura.Errorf("app.Serve", aura.Unavailable, "the agent ended the watch")
		}
		switch aura.KindOf(err) {
		case aura.Stale:
			if len(sel.Namespaces) > 0 {
				return err
			}
			l.renew()
			if err := tc.Sleep(retry.Next(c.entropy)); err != nil {
				return err
			}
			continue
		case aura.Unavailable, aura.Exhausted, aura.Timeout, aura.Cancelled:
		default:
			return err
		}
		if l.state.Attached {
			c.options.Lost(aura.Reason(err))
		}
		if err := l.detach(tc, aura.Reason(err)); err != nil {
			return err
		}
		if err := tc.Sleep(retry.Next(c.entropy)); err != nil {
			return err
		}
	}
}

// listener passes the updates of a watch to the scheduler, and remembers the observations to take back when the watch
// breaks.
type listener struct {
	scheduler *reactive.Scheduler
	after     fact.Position
	era       uint64
	observed  map[observation]bool
	before    map[observation]bool // of the era before, until all that is observed in this one came; nil: it did
	state     Attachment
}

type observation struct{ kind, key string }

func (l *listener) take(tc task.Context, up fact.Update) error {
	l.after = up.Position
	if up.Era != 0 {
		l.era = up.Era
	}
	for _, o := range up.Observations {
		if at := (observation{o.Kind, o.Key}); len(o.Payload) > 0 {
			l.observed[at] = true
		} else {
			delete(l.observed, at)
		}
	}
	if up.Live && l.before != nil {
		for at := range l.observed {
			delete(l.before, at)
		}
		up.Observations = append(slices.Clip(up.Observations), gone(l.before)...)
		l.before = nil
	}
	if now := (Attachment{Attached: true, Current: l.state.Current || up.Live}); now != l.state {
		l.state = now
		said, err := now.observation()
		if err != nil {
			return err
		}
		up.Observations = append(slices.Clip(up.Observations), said)
	}
	return l.scheduler.Offer(tc, up)
}

// detach says that the agent has gone, and with it everything that it observed.
func (l *listener) detach(tc task.Context, reason string) error {
	l.state = Attachment{Reason: reason}
	said, err := l.state.observation()
	if err != nil {
		return err
	}
	maps.Copy(l.observed, l.before)
	up := fact.Update{Observations: append(gone(l.observed), said)}
	clear(l.observed)
	l.before = nil
	return l.scheduler.Offer(tc, up)
}

// renew lets the next watch begin with nothing: the agent did not go away, so the signals keep what they show until all of
// the new era is there.
func (l *listener) renew() {
	maps.Copy(l.observed, l.before)
	l.after, l.era, l.before, l.observed = 0, 0, l.observed, map[observation]bool{}
}

// gone returns the updates that take observations back, in a fixed order.
func gone(all map[observation]bool) (list []fact.Observation) {
	for at := range all {
		list = append(list, fact.Observation{Kind: at.kind, Key: at.key})
	}
	slices.SortFunc(list, func(a, b fact.Observation) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Key, b.Key))
	})
	return list
}

func (a Attachment) observation() (fact.Observation, error) {
	b, err := fact.Marshal(a)
	return fact.Observation{Kind: observedAgent, Payload: b}, err
}
