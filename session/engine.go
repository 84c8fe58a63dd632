package session

import (
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

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

// Options configures an [Engine]. All but the last four are required.
type Options struct {
	Own      aura.AuthorityID
	Registry *Registry
	Decider  Decider
	Journal  *journal.Journal
	Entropy  world.Entropy
	// Sessions bounds the sessions that live at once. Peers begin three quarters of them at most. Default: 4,096.
	Sessions int
	// Recording bounds the entries of one session's recording since its program saved last, see [Port.Save]. Beyond it a message is
	// neither sent nor taken, and the program gets aura.Exhausted. Default: 65,536.
	Recording int
	// Width is how many steps the engine takes at once, of sessions whose protocols ask for that by their policy and for whose images the evidence
	// holds: their admission says so. The others run one step at a time beside them. Default: 1, which admits nothing wider.
	Width int
	// Parity, if not 0, demands the settings of a lane in which runtimes of different platforms must agree. Default: in a browser and under
	// WASI the lane of WebAssembly, whose steps are taken one at a time.
	Parity machine.Parity
	// Hardening is the posture: outside of production a violation of an invariant ends the engine, and in integration each
	// persistent session is replayed at its end and compared. It holds from the start on. Default: production.
	Hardening machine.Hardening
	// Told is called with each message that a role played here has sent or received, but for those that a restart repeats. It must
	// not wait. Default: nothing is called.
	Told func(role choreo.Role, step view.Step)
	// Waiting is called when a session waits for a channel to a peer in its context, and none speaks for it. It must not wait.
	// Default: nothing is called.
	Waiting func(context aura.ContextID, peer aura.AuthorityID)
	// Vouch returns the Ed25519 key with which a device signs, false for one that its authority does not list. It must not wait. Default:
	// no role of a peer goes to another device.
	Vouch func(aura.AuthorityID, aura.DeviceID) ([32]byte, bool)
}

// Party is a participant of a session: who plays a role.
type Party struct {
	Role choreo.Role
	// Authority is zero for one who has no name yet: the other side of an invitation. The caller of [Engine.Deliver]
	// vouches for it then.
	Authority aura.AuthorityID
	// Device is the one of the authority's devices that plays the role: a message of another one does not count. Zero: the first
	// that greets for the session.
	Device aura.DeviceID
}

// Opening says how a session begins here.
type Opening struct {
	Name     aura.SessionID // the same at all participants; not zero
	Protocol string
	Role     choreo.Role // the one that is played here
	// Context is the shared context whose budgets pay, or the invitation that stands for it before there is one.
	Context aura.ContextID
	Parties []Party // those of the other roles
	// Sizes has the number of members of each family of roles, by parameter. Nil: the protocol has no families.
	Sizes []Size
	// Version is the digest of the protocol's image with these sizes. Zero: that of the version in which sessions begin here.
	Version [32]byte
	// Argument is for the program of the role that is played here, at most 65,528 bytes. A recording keeps it.
	Argument []byte
	// Persistent has the session survive a restart. The others end with the agent.
	Persistent bool
	// Anew lets the session begin again when one of its name has ended here: the facts of its domain decide then what there is
	// still to agree on.
	Anew bool
	// Operation is the person's action by which this agent began the session; zero: a peer began it, or none did.
	Operation aura.OperationID
	// Budget is how long the session may take, from now on: then it expires. A restart does not begin it anew. Default: 30 days for a
	// persistent session, and no bound for another one, which ends with the agent.
	Budget aura.Duration
}

// defaultBudget is how long a persistent session may take when its opening does not say.
const defaultBudget = 30 * 24 * time.Hour

// Engine runs all sessions of an agent. It is a service: its task alone touches the protocol machine. Other tasks ask it, and
// wait for what takes time by themselves: a step that is being decided holds its own session and no other.
type Engine struct {
	options Options
	calls   *task.Mailbox[func(task.Context)]
	group   *task.Group // of the programs
	damaged atomic.Pointer[[]string]

	// The rest is the service's task's.
	machine  *machine.Machine
	live     map[aura.SessionID]*live
	byID     map[machine.SessionID]*live
	current  map[string]current // by protocol, for those that an upgrade has changed
	kept     ends               // of the sessions with a recording, as the log has them
	passed   ends               // of the others, until the agent stops
	timers   timers
	broken   error // a violation of an invariant with which the engine ends
	departed departures
	standing *live                // a session that goes on here, while it is opened again
	begun    []func(task.Context) // ends of steps whose roles are ready
	prepare  func(pick int)       // of the wave that was planned
	// speakers are the channels, in the order in which they began.
	speakers []*speaker
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
	o.Width = max(o.Width, 1)
	if o.Parity == 0 && runtime.GOARCH == "wasm" {
		o.Parity = machine.ParityWasmCooperative
	}
	if o.Recording <= 0 {
		o.Recording = defaultRecording
	}
	return &Engine{
		options: o, calls: task.NewMailbox[func(task.Context)]("session.calls", callsAtOnce),
		live: map[aura.SessionID]*live{}, byID: map[machine.SessionID]*live{}, current: map[string]current{},
	}
}

// Name implements [task.Service].
func (*Engine) Name() string { return "session" }

// Declaration implements [task.Service].
func (e *Engine) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryActorOwned,
		Owns:     append(task.Locked("session.Registry", "session.Protocol", "session.Stream", "reconfig.Controller"), task.Owned{Type: "session.Engine", By: task.ExclusionLoop}),
		Events: []world.Family{
			world.FamilySession, world.FamilyIngress, world.FamilyService, world.FamilyConcurrency, world.FamilyDelegation, world.FamilyLink, world.FamilyInvariant,
		},
	}
}

// Start implements [task.Service]: sessions that a stop or a crash interrupted stand where they stood, and their programs
// run again. A recording that is damaged, or that this build cannot read, is given up, see [Engine.Damaged].
func (e *Engine) Start(tc task.Context) error {
	e.group = tc.Group()
	e.machine = machine.New(bridge{e}, e.machineOptions())
	if e.prepare == nil {
		e.prepare = e.machine.Prepare
	}
	if err := errors.Join(e.loadEnds(), e.loadDepartures(tc)); err != nil {
		return err
	}
	for protocol := range e.options.Registry.texts {
		if err := e.activate(protocol); err != nil {
			return err
		}
	}
	var damaged []string
	for _, l := range e.options.Journal.Logs() {
		if name, is := strings.CutPrefix(l.Name, logPrefix); is {
			err := e.restore(tc, nameOf(name))
			if kind := aura.KindOf(err); err != nil && (tc.Err() != nil || kind == aura.Unavailable || kind == aura.Cancelled) {
				return err // the disk may be in order at the next start
			}
			if err == nil {
				continue
			}
			tc.Emit(world.ServiceTroubled(e.Name(), "a recording was given up", "", err))
			if err := e.giveUp(tc, nameOf(name), err); err != nil {
				return err
			}
			damaged = append(damaged, aura.Reason(err))
		}
	}
	e.damaged.Store(&damaged)
	e.group.Go("session.timeouts", e.expireAll)
	return nil
}

// Serve implements [task.Service].
func (e *Engine) Serve(tc task.Context) error {
	for {
		call, err := e.calls.Recv(tc)
		if err != nil {
			break
		}
		if e.serve(tc, call); e.broken != nil {
			break
		}
	}
	// Each call has an answer, since a caller may wait for it whatever happens: see settle.
	e.calls.Close()
	for call, any := e.calls.TryRecv(); any; call, any = e.calls.TryRecv() {
		e.serve(tc, call)
	}
	e.stop(tc)
	return e.broken
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

// settle is ask for what follows from a commit: the end of tc must not keep the machine behind the journal.
func settle[T any](tc task.Context, e *Engine, fn func(task.Context) (T, error)) (T, error) {
	tc, done := tc.Irrevocable("session.settle")
	defer done()
	return ask(tc, e, fn)
}

// Damaged returns why the engine gave up recordings when it started. The agreements of such sessions are in the facts of both sides, and
// each session may begin anew. The caller must not change the slice.
func (e *Engine) Damaged() []string {
	if all := e.damaged.Load(); all != nil {
		return *all
	}
	return nil
}

// Open begins a session in which this agent plays a role, and starts its program. A persistent session is durable with its first
// message.
//
// It returns aura.NotFound for a protocol or role that the registry does not have, aura.Conflict for a name that lives, aura.Stale for
// one that has ended, see Opening.Anew, aura.Denied when the protocol is not admitted, and aura.Exhausted when too many sessions live.
func (e *Engine) Open(tc task.Context, o Opening) error {
	_, err := ask(tc, e, func(tc task.Context) (struct{}, error) {
		if over, err := e.over(&o, false); over != nil || err != nil {
			return struct{}{}, errors.Join(err, stale("session.Open", over))
		}
		return struct{}{}, e.open(tc, o, nil)
	})
	return err
}

// open opens a session. The history is what its program repeats.
func (e *Engine) open(tc task.Context, o Opening, history []record) error {
	const op = "session.Open"
	p, err := e.version(&o)
	if err != nil {
		return err
	}
	if len(o.Argument) > maxPayload {
		return aura.Errorf(op, aura.Invalid, "the argument has %d bytes, the most is %d", len(o.Argument), maxPayload)
	}
	o.Version = p.Version()
	if _, known := e.options.Registry.program(o.Protocol, o.Role); !known {
		return aura.Errorf(op, aura.NotFound, "no program plays %s of protocol %s", o.Role, o.Protocol)
	}
	if _, lives := e.live[o.Name]; lives || o.Name == (aura.SessionID{}) {
		return aura.Errorf(op, aura.Conflict, "session %s is open", aura.Short(o.Name))
	}
	if len(e.live) >= e.options.Sessions { // the machine has forgotten those that wait for a last confirmation
		return aura.Errorf(op, aura.Exhausted, "%d sessions live: wait until one has ended", len(e.live))
	}
	var from *saved
	if len(history) > 0 {
		from = history[0].Saved
	}
	admission, err := e.admission(p, history)
	if err != nil {
		return err
	}
	l, err := e.enter(p, o, admission, from)
	if err != nil {
		return err
	}
	if l.since = tc.Now().At; len(history) > 0 {
		l.recorded, l.since = true, history[0].At
	}
	if !l.recorded {
		if budget := o.budget(); budget > 0 {
			l.until = l.since.Add(budget)
		}
	} else {
		l.until = history[0].Opening.Until
	}
	if l.until != 0 {
		l.issue(l.until)
	}
	if from != nil {
		l.issued = max(l.issued, from.Issued)
	}
	if err := l.repeat(history); err != nil {
		delete(e.live, o.Name)
		return errors.Join(err, l.cancel(e.options.Own, "its recording does not go on"))
	}
	if !l.held {
		if err := l.narrow(); err != nil {
			return err
		}
		e.run(tc, l)
		return nil
	}
	if l.ended {
		return nil
	}
	authority, err := e.machine.Release(l.cap)
	l.authority = &authority
	return err
}

// run starts the program of a session that the engine owns.
func (e *Engine) run(tc task.Context, l *live) {
	o := &l.opening
	fragment, profile := l.protocol.image.Fragment(l.role), l.admission.Profile()
	l.emit(tc, world.SessionClaimed(o.Name, fragment, string(owner), profile.String()))
	if profile == machine.ProfileFallback {
		l.emit(tc, world.ProfileFellBack(o.Name, fragment, l.admission.Requested().String(), l.admission.Reason()))
	} else {
		evidence := world.Text("the policy of its protocol")
		if profile == machine.ProfileAdmitted {
			evidence = "a measured envelope"
		}
		l.emit(tc, world.ProfileSelected(o.Name, fragment, profile.String(), evidence))
	}
	l.programs = e.group.Child("session." + string(o.Role))
	port := &Port{session: l, cap: l.cap}
	program, _ := e.options.Registry.program(o.Protocol, o.Role) // open has found it
	e.attach(l)
	l.programs.Go("play", func(tc task.Context) error {
		return e.play(tc, l, port, program)
	})
}

// enter admits a protocol and begins a session of it on the machine, without its program: anew, or from a checkpoint.
func (e *Engine) enter(p *Protocol, o Opening, admission machine.Admission, from *saved) (*live, error) {
	role, _ := p.image.Role(o.Role)
	cap, err := e.mount(p, &o, admission, role, from)
	if err != nil {
		return nil, err
	}
	l := &live{
		engine: e, opening: o, protocol: p, role: role, id: machine.SessionID(cap.Session), cap: cap, room: maxInbox, admission: admission,
		devices: map[choreo.Role]aura.DeviceID{}, met: map[choreo.Role]bool{},
		turn: task.NewSemaphore(1), left: map[uint32][]effect.Message{}, sent: map[uint32]uint64{}, confirmed: map[uint32]uint64{}, seen: map[uint32]uint64{},
		unpaid: map[place]unpaid{},
		moves:  map[choreo.Role][]view.Move{},
	}
	if from != nil {
		if err := l.resumed(from); err != nil {
			_ = e.machine.Cancel(cap)
			e.machine.Reap(nil)
			return nil, err
		}
	}
	if was := e.standing; was != nil && was.opening.Name == o.Name {
		l.adopt(was)
	}
	e.live[o.Name], e.byID[l.id] = l, l
	e.pump()
	return l, nil
}

// play runs the program of a session's role to its end, and ends the session. A panic of the program ends its session and no
// other.
func (e *Engine) play(tc task.Context, l *live, port *Port, program Program) error {
	var failed error
	if broken := task.Contain(func() { failed = program(tc, port) }); broken != nil {
		failed = broken
		tc.Emit(world.ServiceTroubled(e.Name(), "the program of a session failed", "", broken))
	}
	if tc.Err() == nil && failed == nil {
		l.linger(tc)
	}
	// When the agent stops, a persistent session goes on at the next start. A disk that is in the way may recover.
	_ = task.Retry(tc, endPause(), e.options.Entropy, func(err error) bool {
		tc.Emit(world.ServiceTroubled(e.Name(), "the end of a session tried again", "", err))
		return true
	}, func(tc task.Context) error { return e.finish(tc, l, failed, nil) })
	return nil
}

// The pauses between attempts to end a session: a disk that is full or slow is in order within minutes, or not at all.
const (
	endBase = time.Second
	endMost = time.Minute
)

func endPause() task.Backoff {
	return task.Backoff{Base: endBase, Max: endMost, Factor: 2, Jitter: 0.3}
}

// restore reads the recording of a session and brings it to where it stood.
func (e *Engine) restore(tc task.Context, name aura.SessionID) error {
	var all []record
	if err := replay(e.options.Journal, name, func(r *record) { all = append(all, *r) }); err != nil {
		return err
	}
	return e.reopen(tc, name, all)
}

// reopen opens a session from the entries of its recording.
func (e *Engine) reopen(tc task.Context, name aura.SessionID, all []record) error {
	o := all[0].Opening
	return e.open(tc, o.undo(name), all)
}

// version returns the protocol of an opening: in the version that it names, or else in that in which sessions begin.
func (e *Engine) version(o *Opening) (*Protocol, error) {
	r := e.options.Registry
	if o.Version != ([32]byte{}) {
		return r.image(o.Protocol, o.Version, o.Sizes)
	}
	v, err := e.versions(o.Protocol)
	if err != nil {
		return nil, err
	}
	return r.sized(o.Protocol, v.Active, o.Sizes)
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
		l.ended, l.fault, l.closed = true, s.Fault, s.Status == machine.SessionClosed
		l.takeBack()
		l.changed()
	}
}
