package session

import (
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Decider takes requests through the guard chain.
type Decider interface {
	Decide(task.Context, *guard.Request) (effect.Result, error)
	// EndSession forgets the decisions about the messages of a session that has ended.
	EndSession(task.Context, aura.SessionID) error
}

// Options configures an [Engine]. All but the last two are required.
type Options struct {
	Own      aura.AuthorityID
	Registry *Registry
	Decider  Decider
	Journal  *journal.Journal
	// Sessions bounds the sessions that live at once. Default: 4,096.
	Sessions int
	// Told is called with each message that a role played here has sent or received, but for those that a restart repeats. It must
	// not wait. Default: nothing is called.
	Told func(role choreo.Role, step view.Step)
}

// Party is a participant of a session: who plays a role.
type Party struct {
	Role choreo.Role
	// Authority is zero for one who has no name yet: the other side of an invitation. The caller of [Engine.Deliver]
	// vouches for it then.
	Authority aura.AuthorityID
}

// Opening says how a session begins here.
type Opening struct {
	Name     aura.SessionID // the same at all participants; not zero
	Protocol string
	Role     choreo.Role // the one that is played here
	// Context is the shared context whose budgets pay, or the invitation that stands for it before there is one.
	Context aura.ContextID
	Parties []Party // those of the other roles
	// Persistent has the session survive a restart. The others end with the agent.
	Persistent bool
}

// Engine runs all sessions of an agent. It is a service: its task alone touches the protocol machine. Other tasks ask it, and
// wait for what takes time by themselves: a step that is being decided holds its own session and no other.
type Engine struct {
	options Options
	calls   *task.Mailbox[func(task.Context)]
	group   *task.Group // of the programs

	// The rest is the service's task's.
	machine *machine.Machine
	live    map[aura.SessionID]*live
	byID    map[machine.SessionID]*live
}

// callsAtOnce is how many calls may wait for the engine's task.
const callsAtOnce = 64

// owner is who owns the sessions of an engine: its programs play their roles.
const owner own.Owner = "session.Engine"

// NewEngine returns the engine of an agent. It runs nothing before it is served.
func NewEngine(o Options) *Engine {
	if o.Sessions <= 0 {
		o.Sessions = 4096
	}
	return &Engine{
		options: o, calls: task.NewMailbox[func(task.Context)]("session.calls", callsAtOnce),
		live: map[aura.SessionID]*live{}, byID: map[machine.SessionID]*live{},
	}
}

// Name implements [task.Service].
func (*Engine) Name() string { return "session" }

// Declaration implements [task.Service].
func (e *Engine) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryActorOwned, Owns: []task.Owned{{Type: "session.Engine", By: task.ExclusionLoop}},
		Events: []world.Family{world.FamilySession, world.FamilyIngress},
	}
}

// Start implements [task.Service]: sessions that a stop or a crash interrupted stand where they stood, and their programs
// run again.
func (e *Engine) Start(tc task.Context) error {
	e.group = tc.Group()
	e.machine = machine.New(bridge{e}, machine.Options{MaxSessions: e.options.Sessions, MaxRoles: e.options.Sessions})
	for _, l := range e.options.Journal.Logs() {
		if name, is := strings.CutPrefix(l.Name, logPrefix); is {
			if err := e.restore(tc, aura.SessionID([]byte(name))); err != nil {
				return err
			}
		}
	}
	return nil
}

// Serve implements [task.Service].
func (e *Engine) Serve(tc task.Context) error {
	for {
		call, err := e.calls.Recv(tc)
		if err != nil {
			return nil
		}
		call(tc)
	}
}

// Close implements [task.Service].
func (e *Engine) Close(task.Context) error {
	e.calls.Close()
	return nil
}

// ask has the engine's task call fn, and returns its result. When tc ends before, fn may be called all the same.
func ask[T any](tc task.Context, e *Engine, fn func(task.Context) (T, error)) (T, error) {
	answer := task.NewFuture[T]()
	if err := e.calls.Send(tc, func(tc task.Context) { answer.Resolve(fn(tc)) }); err != nil {
		var none T
		return none, err
	}
	return answer.Await(tc)
}

// Open begins a session in which this agent plays a role, and starts its program. A persistent session is durable with its first
// message.
//
// It returns aura.NotFound for a protocol or role that the registry does not have, aura.Conflict for a name that lives,
// aura.Denied when the protocol is not admitted, and aura.Exhausted when too many sessions live.
func (e *Engine) Open(tc task.Context, o Opening) error {
	_, err := ask(tc, e, func(tc task.Context) (struct{}, error) { return struct{}{}, e.open(tc, o, nil) })
	return err
}

// open opens a session. The history is what its program repeats.
func (e *Engine) open(tc task.Context, o Opening, history []record) error {
	const op = "session.Open"
	p, known := e.options.Registry.protocols[o.Protocol]
	if !known {
		return aura.Errorf(op, aura.NotFound, "no protocol %s is registered", o.Protocol)
	}
	program, known := e.options.Registry.programs[part{o.Protocol, o.Role}]
	if !known {
		return aura.Errorf(op, aura.NotFound, "no program plays %s of protocol %s", o.Role, o.Protocol)
	}
	if _, lives := e.live[o.Name]; lives || o.Name == (aura.SessionID{}) {
		return aura.Errorf(op, aura.Conflict, "session %s is open", aura.Short(o.Name))
	}
	admission, err := machine.Admit(machine.Request{Image: p.image, Manifest: p.manifest, Integrity: machine.IntegrityBare})
	if err != nil {
		return err
	}
	cap, err := e.machine.Open(p.image, machine.Opening{Owner: owner, Admission: admission, Protocol: p.ID(), Name: o.Name, Roles: []choreo.Role{o.Role}})
	if err != nil {
		return err
	}
	role, _ := p.image.Role(o.Role)
	l := &live{
		engine: e, opening: o, protocol: p, role: role, id: machine.SessionID(cap.Session), cap: cap,
		turn: task.NewSemaphore(1), sent: map[uint32]uint64{}, confirmed: map[uint32]uint64{}, seen: map[uint32]uint64{}, recorded: len(history) > 0,
	}
	if !l.recorded {
		l.since = tc.Now().At
	}
	e.live[o.Name], e.byID[l.id] = l, l
	tc.Emit(world.SessionClaimed(o.Name, p.image.Fragment(role), string(owner), admission.Profile().String()))
	e.pump()
	if err := l.repeat(history); err != nil {
		return err
	}
	e.group.Go("session."+string(o.Role), func(tc task.Context) error { return e.play(tc, l, program) })
	return nil
}

// play runs the program of a session's role to its end, and ends the session.
func (e *Engine) play(tc task.Context, l *live, program Program) error {
	port := &Port{session: l}
	err := program(tc, port)
	if tc.Err() != nil {
		return nil // the agent stops: a persistent session goes on when it starts again
	}
	return e.finish(tc, l, port.last, err)
}

// restore reads the recording of a session and brings it to where it stood.
func (e *Engine) restore(tc task.Context, name aura.SessionID) error {
	var all []record
	if err := replay(e.options.Journal, name, func(r *record) { all = append(all, *r) }); err != nil {
		return err
	}
	return e.open(tc, all[0].Opening.undo(name), all)
}

// pump lets the machine run until every role waits, collects the messages that leave, and notes which sessions have ended.
func (e *Engine) pump() {
	for e.machine.Status() == machine.StatusProgressing {
		_, _ = e.machine.Step() // a fault ends its session, which is seen below
	}
	for _, id := range e.machine.Outbound() {
		l := e.byID[id]
		for {
			p, any, err := e.machine.Take(l.cap)
			if err != nil || !any {
				break
			}
			l.leave(&p)
		}
	}
	for _, s := range e.machine.Reap(nil) {
		l := e.byID[s.Session]
		delete(e.byID, s.Session)
		l.ended, l.fault = true, s.Fault
		l.changed()
	}
}
