package auratest

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Bridge returns the way from a frontend to the person's agent. It outlives processes: while no agent runs, a call
// returns [aura.Unavailable], and so does a call that a crash interrupts, as over a socket.
func (p *Person) Bridge() app.Bridge { return bridge{p} }

// Core returns a new frontend over [Person.Bridge]. A failure ends the test.
func (p *Person) Core(tc task.Context) *app.Core {
	p.World.Helper()
	c, err := app.New(tc, p.Bridge(), p.World.Sim.Entropy(p.Name+" frontend"), app.Options{Modules: p.Options.Modules})
	if err != nil {
		p.World.Fatalf("%s has no frontend: %v", p.Name, err)
	}
	return c
}

type bridge struct{ person *Person }

// Submit implements [app.Bridge].
func (b bridge) Submit(tc task.Context, in fact.Intent) (r fact.Result, err error) {
	err = b.person.call(tc, nil, func(tc task.Context, a *agent.Agent, _ func(fact.Update) error) (err error) {
		r, err = a.Submit(tc, in)
		return err
	})
	return r, err
}

// Ask implements [app.Bridge].
func (b bridge) Ask(tc task.Context, q fact.Question) (answer fact.Answer, err error) {
	err = b.person.call(tc, nil, func(tc task.Context, a *agent.Agent, _ func(fact.Update) error) (err error) {
		answer, err = a.Ask(tc, q)
		return err
	})
	return answer, err
}

// Watch implements [app.Bridge].
func (b bridge) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	return b.person.call(tc, sink, func(tc task.Context, a *agent.Agent, each func(fact.Update) error) error {
		return a.Watch(tc, sel, each)
	})
}

// call is a frontend's call to the running process.
type call struct {
	steps *task.Mailbox[step]  // from the agent: one update at a time, and the end
	taken *task.Mailbox[error] // from the caller: what its sink said of an update
	group *task.Group          // of the task that works for the caller; nil: it has not begun
	left  bool                 // the caller has gone
}

type step struct {
	update fact.Update
	over   bool
	err    error // why it ended; nil: all was done
}

// call lets a task beside the caller's make a call, because nothing in a process that has crashed would wake the
// caller. The agent gets the caller's budget and is told when the caller goes; that the caller's group is cancelled
// says nothing, since a caller may have a grace. Updates reach sink in the caller's task.
func (p *Person) call(
	tc task.Context, sink func(fact.Update) error, ask func(task.Context, *agent.Agent, func(fact.Update) error) error,
) error {
	a := p.Agent
	if a == nil {
		return p.gone()
	}
	c := &call{steps: task.NewMailbox[step]("bridge", 2), taken: task.NewMailbox[error]("bridge", 1)}
	p.calls = append(p.calls, c)
	defer p.leave(c)
	left, limited := tc.Remaining()
	p.World.calls.Go("bridge", func(tc task.Context) error {
		if c.left {
			return nil
		}
		c.group = task.NewGroup(tc, "call")
		c.group.Go("call", func(tc task.Context) error {
			if limited {
				var done func()
				tc, done = tc.WithBudget("call", left)
				defer done()
			}
			c.steps.TrySend(step{over: true, err: ask(tc, a, c.pass(tc))})
			return nil
		})
		return nil
	})
	for {
		s, err := c.steps.Recv(tc)
		switch {
		case err != nil:
			return err
		case s.over:
			return s.err
		}
		c.taken.TrySend(sink(s.update))
	}
}

// pass hands updates to the caller and returns what its sink said.
func (c *call) pass(tc task.Context) func(fact.Update) error {
	return func(up fact.Update) error {
		if err := c.steps.Send(tc, step{update: up}); err != nil {
			return err
		}
		said, err := c.taken.Recv(tc)
		if err == nil {
			err = said
		}
		return err
	}
}

// leave ends what works for a caller that goes.
func (p *Person) leave(c *call) {
	c.left = true
	if c.group != nil {
		c.group.Cancel()
	}
	p.calls = slices.DeleteFunc(p.calls, func(other *call) bool { return other == c })
}

// cut gives all callers the answer that the process has ended.
func (p *Person) cut() {
	for _, c := range p.calls {
		c.steps.TrySend(step{over: true, err: p.gone()})
	}
	p.calls = nil
}

func (p *Person) gone() error {
	return aura.Errorf("auratest.Bridge", aura.Unavailable, "the agent of %s does not run", p.Name)
}
