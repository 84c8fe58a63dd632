package sim

import (
	"fmt"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// person is somebody with an account: keys and a disk that outlive every process.
type person struct {
	world   *universe
	name    string
	address transport.Address
	ring    *keyring.Ring
	disk    *journal.Faulty
	chance  *chance // of what the user does
	witness *witness

	turn    *task.Semaphore // who holds it changes whether the agent runs
	life    *life           // nil: the agent does not run
	last    *journal.Journal
	spoiled bool // the disk fails now
	sick    bool // the disk failed in this life

	letters []letter
	asked   map[string]aura.Duration // by name: when this person last invited somebody
	lanes   int
	index   streams // of a forgetful disk
}

// life is one process of a person: the agent, the frontend over it, and the user in front of that. A crash
// ends all of it.
type life struct {
	*person
	group  *task.Group
	agent  *agent.Agent
	core   *app.Core
	front  *task.Handle
	users  *task.Group
	screen []onScreen
}

// newPerson returns the i-th person, who has a name of their own.
func (w *universe) newPerson(i int, name string) *person {
	p := &person{
		world: w, name: name, turn: task.NewSemaphore(1), asked: map[string]aura.Duration{},
		address: transport.Address(fmt.Sprintf("/ip4/192.0.2.%d/udp/4001/quic-v1", i+1)),
	}
	p.ring = keyring.Ephemeral(w.sim.Entropy(p.name + " keys"))
	p.disk = journal.NewFaulty(w.sim.Entropy(p.name+" disk"), journal.Faults{})
	p.chance = newChance(w.sim.Entropy(p.name + " user"))
	p.witness = newWitness(p)
	p.index = streams{recent: map[string][][]byte{}, own: map[string]bool{}}
	return p
}

func (p *person) self() aura.AuthorityID { return p.ring.Authority() }
func (p *person) link() transport.PeerID { return p.ring.Certificate().Link }

// hands returns what the next process of the person touches the world with.
func (p *person) hands() agent.Hands {
	return agent.Hands{
		Ring: p.ring, Entropy: p.world.sim.Entropy(p.name), Store: p.world.plantStore(p),
		Network: func(agent.Gate) (transport.Network, error) {
			return p.world.net.Join(p.link(), p.address), nil
		},
	}
}

// start begins a new process and returns when it serves its user. The caller has the turn, or nobody else
// is there yet.
func (p *person) start(tc task.Context) error {
	up := task.NewReply[*life]()
	// A task of the group that holds all processes makes the process's own group, so that it does not
	// belong to whoever wanted the start.
	p.world.lives.Go("birth", func(tc task.Context) error {
		l := &life{person: p, group: task.NewGroup(tc, p.name)}
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
	p.life, p.sick = l, p.spoiled
	return nil
}

// boot assembles and starts everything.
func (l *life) boot(tc task.Context) (err error) {
	w := l.world
	l.agent, err = agent.New(tc, l.group, l.hands(), agent.Options{Version: "sim", Wrap: w.wrap(l.person)})
	if err != nil {
		return err
	}
	if err := l.recall(tc); err != nil {
		return err
	}
	if err := l.agent.Start(tc); err != nil {
		return err
	}
	l.core, err = app.New(tc, l.agent, w.sim.Entropy(l.name+" front"), app.Options{})
	if err != nil {
		return err
	}
	l.front = task.Supervise(l.group, l.core)
	if err := l.front.Start(tc); err != nil {
		return err
	}
	l.users = task.NewGroup(tc, "users")
	if !w.scripted {
		l.users.Go("user", l.use)
	}
	return nil
}

// recall compares what the journal holds with what was committed before, and lets the witness follow it.
func (l *life) recall(tc task.Context) error {
	fresh := newWitness(l.person)
	j := l.agent.Journal()
	if _, err := j.Read(tc, fact.Selection{}, func(r fact.Record) error {
		fresh.take(&r)
		return nil
	}); err != nil {
		return err
	}
	fresh.compare(l.witness)
	// Nobody appends before the services start, so nothing is missed in between.
	l.witness, l.last = fresh, j
	j.Attach(fresh)
	return nil
}

// crash ends the process as a power failure does. First its hands die, so that nothing that unwinds
// reaches the outside.
func (p *person) crash() {
	if l := p.life; l != nil {
		p.life = nil
		p.kill(l)
	}
}

func (p *person) kill(l *life) {
	w := p.world
	survivors := p.disk.Crash()
	w.net.Crash(p.link())
	w.sim.Crash(l.group)
	p.disk = survivors
	p.examine(l)
}

// stop ends the process in order.
func (p *person) stop(tc task.Context) {
	l := p.life
	if l == nil {
		return
	}
	p.life = nil
	tc, done := tc.Grace("stop "+p.name, stopWithin)
	defer done()
	w := p.world
	hangs := func(what string, err error) {
		if err != nil && (!p.sick || aura.KindOf(err) == aura.Timeout) {
			w.violate(p.name, TasksEnd, "%s: %v", what, err)
		}
	}
	hangs("users", l.users.Close(tc, 10*time.Second))
	hangs("front", l.front.Join(tc, 10*time.Second))
	hangs("front", l.front.Close(tc, 10*time.Second))
	hangs("agent", l.agent.Stop(tc))
	p.examine(l)
	if len(l.group.Live()) > 0 {
		w.sim.Crash(l.group)
	}
	p.disk = p.disk.Crash() // it was closed: this opens it again
}

// examine looks for tasks that are left of a process that has ended.
func (p *person) examine(l *life) {
	if live := l.group.Live(); len(live) > 0 {
		p.world.violate(p.name, TasksEnd, "the process has ended, and live are %v", live)
	}
	// Failures of services are judged where they happen.
	_ = l.group.Err()
}

// lookAtServices finds services that failed. A disk that fails may end a process; nothing else may.
func (p *person) lookAtServices(tc task.Context) {
	l := p.life
	if l == nil {
		return
	}
	failed := l.failed(tc)
	if failed == "" || !p.turn.TryAcquire() {
		return
	}
	defer p.turn.Release()
	if p.life != l {
		return
	}
	if !p.sick {
		p.world.violate(p.name, ServicesRun, "%s", failed)
	}
	p.world.note(tc, "power cycle", p.name)
	p.crash()
	p.revive(tc)
}

// failed names a service that failed, empty when all run.
func (l *life) failed(tc task.Context) string {
	if err := l.front.Observe().Err(); err != nil {
		return fmt.Sprintf("the frontend has failed: %v", err)
	}
	answer, err := l.agent.Ask(tc, fact.Question{Kind: status.Question})
	var s status.Status
	if err == nil {
		err = fact.Unmarshal(answer.Payload, &s)
	}
	if err != nil {
		return fmt.Sprintf("the agent does not answer: %v", err)
	}
	for _, service := range s.Services {
		if service.State == task.Failed.String() {
			return fmt.Sprintf("service %s has failed: %v", service.Name, l.group.Err())
		}
	}
	return ""
}

// revive starts the person's agent again, as often as it takes while the disk is not sound.
func (p *person) revive(tc task.Context) {
	for p.life == nil {
		excused := p.spoiled
		err := p.start(tc)
		if err == nil {
			return
		}
		if !excused && !p.spoiled {
			p.world.violate(p.name, ServicesRun, "the agent does not start: %v", err)
			return
		}
		if tc.Sleep(5*time.Second) != nil {
			return
		}
	}
}

// recover makes the disk sound and sees to it that the agent runs.
func (p *person) recover(tc task.Context) error {
	if err := p.turn.Acquire(tc); err != nil {
		return err
	}
	defer p.turn.Release()
	p.disk.SetFaults(journal.Faults{})
	p.spoiled = false
	if p.life != nil && p.sick {
		p.crash() // a disk that broke takes no more until it is opened again
	}
	p.sick = false
	p.revive(tc)
	if p.life == nil {
		return aura.Errorf("sim.Heal", aura.Unavailable, "%s cannot be started", p.name)
	}
	return nil
}

// finish waits until the user has ended what it began.
func (p *person) finish(tc task.Context) {
	wait, done := tc.WithBudget("finish "+p.name, finishWithin)
	defer done()
	if err := p.life.users.Wait(wait); err != nil {
		p.world.violate(p.name, OperationsEnd, "the user is still busy: %v: %v", err, p.life.users.Live())
	}
}
