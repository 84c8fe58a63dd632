package sim

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
)

// life is one process of a person: the agent, the frontend over it, and the user in front of that. A crash
// ends all of it.
type life struct {
	*person
	group  *task.Group
	agent  *agent.Agent
	bridge app.Bridge // the agent's, unless a bug is planted there
	core   *app.Model
	front  *task.Handle
	users  *task.Group
	screen []onScreen
	fuse   *fuse
	joins  int      // invitations and groups that the user is making or answering
	jumped bool     // the clock was set while the process ran
	later  [32]byte // version of haggle; zero: the device does not have it
}

// start begins a new process and returns when it serves its user. The caller holds the person's turn, or the person
// has no other task yet.
func (p *person) start(tc task.Context) error {
	up := task.NewFuture[*life]()
	// A task of the group that holds all processes makes the process's own group, so that it does not belong to the
	// task that asked for the start.
	p.world.agents.Go("start", func(tc task.Context) error {
		l := &life{person: p, group: task.NewGroup(tc, p.name), jumped: p.wrong != p.usual}
		p.world.sim.SetClock(l.group, p.wrong)
		l.group.Go("boot", func(tc task.Context) error {
			defer up.Resolve(l, aura.Errorf("sim.Start", aura.Internal, "%s: the process ended while it started", p.name))
			up.Resolve(l, l.boot(tc))
			return nil
		})
		return nil
	})
	l, err := up.Await(tc)
	if err != nil {
		if l != nil {
			p.kill(l)
		}
		return err
	}
	p.life, p.broken = l, p.faults.BreakApply > 0
	return nil
}

// boot assembles and starts everything.
func (l *life) boot(tc task.Context) (err error) {
	w := l.world
	l.fuse = newFuse(w.sim.Elapsed)
	wrap := w.wrap(l.person)
	if newChance(w.sim.Entropy(l.first().name + " obeys")).happens(stubbornShare) {
		inner := wrap
		wrap = func(i interp.Interpreter) interp.Interpreter { return stubborn{inner(i), l.person} }
	}
	options := agent.Options{
		Version: "sim", Hardening: machine.HardeningIntegration, Width: 4, Modules: w.options.Modules, Trace: l.fuse.look, Extra: []task.Service{l.fuse},
		Wrap: func(i interp.Interpreter) interp.Interpreter { return fused{wrap(i), l.fuse} },
	}
	l.plays(&options)
	l.agent, err = agent.New(tc, l.group, l.hands(), options)
	if err != nil {
		return err
	}
	if err := l.recall(tc); err != nil {
		return err
	}
	if err := l.agent.Start(tc); err != nil {
		return err
	}
	l.bridge = w.plantBridge(l.person, l.agent)
	core, err := app.New(tc, l.bridge, w.sim.Entropy(l.name+" front"), app.Options{Modules: w.options.Modules})
	if err != nil {
		return err
	}
	if l.core, err = core.Model(); err != nil {
		return err
	}
	l.front = task.Supervise(l.group, l.core)
	if err := l.front.Start(tc); err != nil {
		return err
	}
	l.users = task.NewGroup(tc, "users")
	if !w.scripted {
		l.users.Go("user", l.use)
		if l.original == nil && l.first().opened < w.options.Sessions {
			l.users.Go("sessions", l.convene)
		}
		if l.original == nil && w.options.Sessions > 0 {
			l.users.Go("hand", l.handle)
		}
	}
	return nil
}

// recall compares the journal with the facts that the last process committed, and lets the checker follow it.
func (l *life) recall(tc task.Context) error {
	fresh := newChecker(l.person)
	j := l.agent.Journal()
	if _, err := j.ReadStored(tc, fact.Selection{}, func(r fact.Record) error {
		fresh.take(&r)
		return nil
	}); err != nil {
		return err
	}
	fresh.learnRemovals()
	fresh.compare(l.checker)
	l.restored = false
	// No task appends before the services start, so the checker misses nothing in between.
	l.checker, l.last = fresh, j
	j.Attach(fresh)
	j.Attach(l.world.plantSink(l.fuse))
	return nil
}

// failed names a service that failed, empty when all run.
func (l *life) failed() string {
	if err := l.front.Observe().Err(); err != nil {
		return fmt.Sprintf("the frontend has failed: %v", err)
	}
	for _, service := range l.agent.Status().Services {
		if service.State == task.Failed.String() {
			return fmt.Sprintf("service %s has failed: %v", service.Name, l.group.Err())
		}
	}
	return ""
}
