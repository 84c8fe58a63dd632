package machine

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/own"
)

// Options configure a machine. The zero value works for bare sessions.
type Options struct {
	// MaxSessions bounds the sessions that are not yet reaped; default 256. MaxRoles bounds the roles that
	// they play; default 1,024. A session of two roles takes about 2.5 KiB of memory, a sealed one 3 KiB, and a step
	// costs the same however many sleep. Messages that wait on an edge come on top.
	MaxSessions, MaxRoles int
	// Buffer configures the edges of all sessions.
	Buffer Buffer
	// Scheduler; default SchedulerCooperative.
	Scheduler Scheduler
	// Payload is how payloads are checked; default PayloadStructural. MaxPayload bounds them in bytes; default
	// 64 KiB.
	Payload    PayloadCheck
	MaxPayload int
	// Output is the gate that every step passes; default AllowAll.
	Output OutputPolicy
	// Flow says which knowledge may reach whom; default everything.
	Flow FlowRule
	// Hardening is the posture of the machine, which opens sessions that were admitted for it. Default
	// HardeningProduction. See [Hardening.Options].
	Hardening Hardening
	// Layers are the guard layers that can be acquired; default none.
	Layers []Layer
	// Credits is the number of steps that one role may take; default no bound.
	Credits uint64
	// TickLength is the time that one round stands for where durations are given; default 1 ms.
	TickLength aura.Duration
	// Key seals values; sealed and signed sessions are refused without it. It is a secret.
	Key [32]byte
	// Signer signs for the roles played here; signed sessions are refused without it.
	Signer Signer
	// Trace and Log record events and the host's answers; nil records nothing.
	Trace *Trace
	Log   *Log
}

func (o Options) withDefaults() Options {
	if o.MaxSessions <= 0 {
		o.MaxSessions = 256
	}
	if o.MaxRoles <= 0 {
		o.MaxRoles = 1024
	}
	o.Buffer = o.Buffer.withDefaults()
	if o.Scheduler == 0 {
		o.Scheduler = SchedulerCooperative
	}
	if o.Payload == 0 {
		o.Payload = PayloadStructural
	}
	if o.MaxPayload <= 0 {
		o.MaxPayload = 64 << 10
	}
	o.MaxPayload = min(o.MaxPayload, maxPayload)
	if o.TickLength <= 0 {
		o.TickLength = 1_000_000
	}
	return o
}

// Machine runs sessions. It belongs to one task: nothing of it may be called while another call runs,
// except [Machine.Prepare] for different picks of one wave. It starts nothing, waits for nothing and reads
// no clock: its time is the number of rounds.
type Machine struct {
	options Options
	host    Host
	trace   *Trace
	log     *Log

	tick    uint64
	version uint64 // of everything that a planned wave relies on
	ready   queue
	resumed bool // restored from a snapshot: its trace lacks the beginning
	live    int  // roles not done and not stopped
	played  int  // roles of all sessions that are not reaped
	wave    Wave
	hasher  *hasher
	rootKey macKey

	sessions map[SessionID]*session
	order    []*session // by id
	ended    []*session // terminal, to be reaped
	pool     map[*Image][]*session
	outbox   []outEdge // edges with messages to take out
	next     SessionID

	rolesScratch     []RoleID // of one call of Open
	fragmentsScratch []string
	ahead            lookahead // of one call of Inject
	identity         identity  // of one call that seals outside of a step

	sites    sites
	timeouts timeouts
	layers   layers
	audit    own.Log
}

// New returns a machine without sessions.
func New(host Host, options Options) *Machine {
	m := &Machine{
		options: options.withDefaults(), host: host, trace: options.Trace, log: options.Log,
		sessions: map[SessionID]*session{}, pool: map[*Image][]*session{}, hasher: newHasher(),
	}
	m.hasher.derive(&m.rootKey, m.options.Key[:])
	m.layers = newLayers(m.options.Layers)
	m.wave.machine = m
	return m
}

// Tick is the number of rounds taken.
func (m *Machine) Tick() uint64 { return m.tick }

// Sessions returns the sessions that are not reaped, oldest first.
func (m *Machine) Sessions() []SessionID {
	out := make([]SessionID, len(m.order))
	for i, s := range m.order {
		out[i] = s.id
	}
	return out
}

// find resolves a session. Everything inside works with the session itself.
func (m *Machine) find(op aura.Op, id SessionID) (*session, error) {
	s, ok := m.sessions[id]
	if !ok {
		return nil, aura.Errorf(op, aura.NotFound, "session %d is not here", id)
	}
	return s, nil
}

// active resolves a session that has not ended.
func (m *Machine) active(op aura.Op, id SessionID) (*session, error) {
	s, err := m.find(op, id)
	if err == nil && s.status.Terminal() {
		return nil, aura.Errorf(op, aura.Stale, "session %d is %s", id, s.status)
	}
	return s, err
}

// changed says that something happened outside a step: a wave planned before no longer holds.
func (m *Machine) changed() { m.version++ }

func (m *Machine) emit(e Event) {
	if m.trace != nil {
		e.Tick = m.tick
		m.trace.add(e)
	}
}

// emitSession records an event about a session as a whole.
func (m *Machine) emitSession(s *session, kind EventKind, seq uint64, code uint8) {
	m.emit(Event{Session: s.id, Kind: kind, Seq: seq, Code: code, Role: NoRole, Peer: NoRole, Label: NoLabel})
}

// enqueue puts a process at the back of the ready queue, unless something holds it.
func (m *Machine) enqueue(p *process) {
	if p.status == procReady && !p.queued && p.held == 0 {
		m.ready.push(p, m.level(p))
	}
}

// unblock makes a process ready that waits for one of the reasons.
func (m *Machine) unblock(p *process, reason waitReason) {
	if p != nil && p.status == procBlocked && p.wait == reason {
		p.status, p.wait = procReady, waitNone
		m.enqueue(p)
	}
}

// drop removes a session from the order of the living.
func (m *Machine) drop(s *session) {
	delete(m.sessions, s.id)
	i, _ := slices.BinarySearchFunc(m.order, s.id, func(o *session, id SessionID) int { return cmp.Compare(o.id, id) })
	m.order = slices.Delete(m.order, i, i+1)
}
