package sim

import (
	"strconv"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

const (
	// lookEvery is the time between two checks of what no commit shows.
	lookEvery = 5 * time.Second
	// finishWithin is how long users may take to end their actions.
	finishWithin = 3 * time.Minute
	// stopWithin is how long an agent may take to stop.
	stopWithin = time.Minute
	// preempt lets other tasks run before one in so many operations that need not wait.
	preempt = 64
	// stallLimit is how many steps at one instant are taken for a loop without end: far more than what all
	// agents do at once.
	stallLimit = 2_000_000
)

// simulation is one simulated world. Only its own tasks touch it, one at a time.
type simulation struct {
	options Options
	sim     *task.Sim
	chance  *chance
	shuffle *chance // of orders of facts
	policy  guard.Policy
	start   aura.Instant // of the wall clock
	net     *transport.SimNet
	agents  *task.Group // the agents
	trouble *task.Group // what goes wrong
	people  []*person   // each by the first home
	talks   talks
	plays   plays
	steps   map[[fact.ShortID]byte]step // all facts that were ever durable
	written map[aura.FactID]bool        // the facts about deliveries that were ever durable
	bounds  map[stream][]closed         // all bounds that were said of a device
	held    map[holding]bool            // facts of contexts that were ever durable at a home of a device
	joined  aura.Duration               // when an invitation was made or answered last
	copying int                         // copies that are being made
	closing bool                        // users begin nothing new, nothing more goes wrong
	dawn    aura.Duration               // until then all agents are off
	nights  aura.Duration               // how long all agents were off, summed

	scripted bool // users act only by the commands of a script

	log       *eventLog
	report    Report
	violated  map[string]int // by invariant
	announced int            // violations that became events
}

func newSimulation(o Options) *simulation {
	w := &simulation{options: o, talks: newTalks(), held: map[holding]bool{}, violated: map[string]int{},
		steps: map[[fact.ShortID]byte]step{}, written: map[aura.FactID]bool{}, bounds: map[stream][]closed{},
	}
	w.log = &eventLog{to: o.Trace, elapsed: func() aura.Duration { return w.sim.Elapsed() }}
	// The wall clock begins somewhere in an hour, so that the epoch of the default policy turns in some worlds.
	start := aura.Instant(1_700_000_000e9).Add(aura.Duration(o.Seed%60) * time.Minute)
	w.start = start
	w.sim = task.NewSim(o.Seed, task.SimOptions{
		Log: w.log, Start: start, Preempt: preempt, StallLimit: stallLimit, Slow: o.Slow,
	})
	w.chance, w.shuffle = newChance(w.sim.Entropy("world")), newChance(w.sim.Entropy("shuffle"))
	w.policy = guard.DefaultPolicy()
	if w.chance.happens(0.25) {
		// Budgets that people use up, in epochs that turn while they talk.
		w.policy.Limit, w.policy.EpochLength = 64, 2*time.Minute
	}
	return w
}

// live is the world's root task.
func (w *simulation) live(tc task.Context) error {
	defer tc.Group().Cancel()
	w.build(tc)
	if err := w.populate(tc); err != nil {
		return err
	}
	trouble := task.NewGroup(tc, "trouble")
	w.trouble = trouble
	trouble.Go("probe", w.probe)
	if w.options.Faults {
		trouble.Go("trouble", w.injectFaults)
		if w.chance.happens(awayShare) && !w.options.Copies {
			trouble.Go("absence", w.leave)
		}
	}
	if w.options.Copies {
		trouble.Go("copies", w.injectCopies)
	}
	if w.options.Devices > 1 {
		trouble.Go("devices", w.injectDevices)
	}
	err := w.runStory(tc, trouble)
	w.sim.Crash(trouble)
	w.end(tc)
	return err
}

// build makes what people live in.
func (w *simulation) build(tc task.Context) {
	w.net = transport.NewSimNet(task.NewGroup(tc, "net"), tc.Clock(), w.sim.Entropy("net"), calm())
	w.agents = task.NewGroup(tc, "agents")
}

// end sums up, and ends the processes that a violation left running.
func (w *simulation) end(tc task.Context) {
	w.count()
	w.announce(tc)
	for _, p := range w.homes() {
		p.crash()
	}
}

// runStory is the story: people talk while trouble happens, everything is healed, must settle, and ends in
// order. It breaks off at the first violation: later ones would be noise.
func (w *simulation) runStory(tc task.Context, trouble *task.Group) error {
	for end := tc.Elapsed() + aura.Duration(w.options.Minutes)*time.Minute; tc.Elapsed() < end+w.nights; {
		if err := tc.Sleep(max(w.dawn-tc.Elapsed(), min(lookEvery, end+w.nights-tc.Elapsed()))); err != nil {
			return err
		}
		if w.look(tc); w.broken() {
			return nil
		}
	}
	w.closing = true
	if err := trouble.Wait(tc); err != nil {
		return err
	}
	w.conclude(tc)
	return tc.Err()
}

// conclude heals everything, lets the world settle, inspects it and ends it in order.
func (w *simulation) conclude(tc task.Context) {
	for _, step := range []func(task.Context){w.heal, w.makeUp, w.unite, w.turn, w.mingle, w.settle, w.agree, w.follow, w.inspect, w.rest, w.stop} {
		if step(tc); w.broken() {
			return
		}
	}
}

// broken reports whether something was found that must not be.
func (w *simulation) broken() bool { return len(w.report.Violations) > 0 }

func (w *simulation) stop(tc task.Context) {
	for _, p := range w.homes() {
		p.stop(tc)
	}
}

// epoch returns the epoch of budgets that a right clock shows.
func (w *simulation) epoch() aura.Epoch {
	return guard.EpochAt(w.policy, aura.Physical{At: w.start.Add(w.sim.Elapsed())})
}

// calm is a network without trouble.
func calm() transport.SimOptions {
	return transport.SimOptions{Latency: 20 * time.Millisecond, Jitter: 5 * time.Millisecond}
}

// populate founds the authorities and starts their agents.
func (w *simulation) populate(tc task.Context) error {
	for i := range w.options.Agents {
		w.admit(name(i)).guard()
	}
	for _, p := range w.people {
		if err := w.foundAccount(tc, p); err != nil {
			return err
		}
	}
	if w.options.Faults {
		w.drift()
	}
	for _, p := range w.people {
		if err := p.start(tc); err != nil {
			return err
		}
	}
	return nil
}

// admit adds one more person.
func (w *simulation) admit(name string) *person {
	p := w.newPerson(len(w.people), 0, name)
	w.people = append(w.people, p)
	return p
}

// foundAccount founds the authority of a person.
func (w *simulation) foundAccount(tc task.Context, p *person) error {
	limits, err := capability.Limit(p.self(), aura.ContextID{}, w.policy)
	if err != nil {
		return err
	}
	rosters, err := w.foundRosters(p)
	if err != nil {
		return err
	}
	if err := agent.Found(tc, p.hands(), p.name, w.options.Modules, append(rosters, limits)...); err != nil {
		return err
	}
	p.disk = p.disk.Crash() // it was closed: this opens it again
	return nil
}

// name returns the name of the i-th person.
func name(i int) string {
	if known := [...]string{"Ada", "Ben", "Cleo"}; i < len(known) {
		return known[i]
	}
	return "Agent " + strconv.Itoa(i+1)
}

// byAuthority returns the first home of the person who is an authority, nil if there is none.
func (w *simulation) byAuthority(id aura.AuthorityID) *person {
	for _, p := range w.people {
		if p.self() == id {
			return p
		}
	}
	return nil
}

// note emits a fault that the world injected, for the trace.
func (w *simulation) note(tc task.Context, what world.Text, whom string) {
	tc.Emit(world.Simulated(what, whom))
}

// look checks, from time to time, what no commit shows.
func (w *simulation) look(tc task.Context) {
	for _, p := range w.people {
		p.lookAtShares()
	}
	for _, p := range w.homes() {
		p.lookAtServices(tc)
		p.lookAtBudgets()
		p.lookAtOperations()
		p.lookAtSessions(tc)
	}
	w.announce(tc)
}

// heal ends all trouble: networks are whole, disks are sound, all agents run, and users have ended their actions.
func (w *simulation) heal(tc task.Context) {
	w.net.Set(calm())
	for i, p := range w.devices() {
		w.net.Attach(p.link())
		for _, q := range w.devices()[:i] {
			w.net.Mend(p.link(), q.link())
		}
	}
	for _, p := range w.homes() {
		if err := p.recover(tc); err != nil {
			w.violate(p.name, ServicesRun, "%v", err)
			return
		}
	}
	for _, p := range w.homes() {
		p.finish(tc)
	}
	w.reunite(tc)
}

// reunite hands invitations between two who may have lost each other: contacts who both moved, and whom no third person
// else need know, and an inviter who moved before the accepter came. Members of groups find each other through
// its founder.
func (w *simulation) reunite(tc task.Context) {
	for _, p := range w.people {
		for _, q := range w.people {
			met := p.checker.knows[q.self()] && q.checker.knows[p.self()]
			lost := met && q.moves > 0 && p.number < q.number || !met && q.agreed[p.name]
			if p == q || p.moves == 0 || !lost {
				continue
			}
			var made app.Invited
			if p.life.do(tc, "invite", func(tc task.Context) (err error) {
				made, err = p.life.core.Invite(tc, 0)
				return err
			}) == nil {
				_ = q.life.do(tc, "answer", func(tc task.Context) error {
					_, err := q.life.core.Accept(tc, made.Code)
					return err
				})
			}
		}
	}
}

// count sums up the journals.
func (w *simulation) count() {
	for _, p := range w.devices() {
		w.report.Facts += len(p.checker.ids)
	}
	for i, p := range w.people {
		for _, q := range w.people[:i] {
			if p.checker.knows[q.self()] && q.checker.knows[p.self()] {
				w.report.Contacts++
			}
		}
	}
	for _, m := range w.talks.order {
		if m.acked {
			w.report.Messages++
		}
		for _, p := range w.devices() {
			if _, heard := p.checker.heard[m.line]; heard && p != m.author {
				w.report.Deliveries++
			}
		}
	}
	w.report.Groups = w.talks.groups()
	w.report.Sessions.Routed = w.log.routed
}
