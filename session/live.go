package session

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/task"
)

// live is a session that has not ended, or whose last messages its peers have not confirmed. Beside turn it is the
// engine's task's alone.
type live struct {
	engine    *Engine
	opening   Opening
	protocol  *Protocol
	role      machine.RoleID
	id        machine.SessionID
	cap       own.Capability
	admission *machine.Admission            // shared by the sessions of the protocol, but for those whose recording has another one
	programs  *task.Group                   // of its program
	recorded  bool                          // its log exists
	unsure    map[place]bool                // messages whose commit failed or broke off: it may be durable all the same
	channels  []*spoken                     // that speak for it, in the order in which they began
	devices   map[choreo.Role]aura.DeviceID // that were the first to greet, where the opening names none
	met       map[choreo.Role]bool          // who knows of the session, by a greeting since it began or the agent started
	since     aura.Instant                  // when it began; zero: a recording of an earlier build, which does not say
	until     aura.Instant                  // when it expires; zero: never

	// turn is held by who changes the session while something becomes durable: a step, a message that came, the end.
	turn *task.Semaphore

	offer   []choice   // the messages that the role may send now
	answer  *answer    // the one that it sends when it is woken
	inbox   []received // messages that the role took, and its program did not yet
	reached uint64     // how many the role took
	room    uint64     // how many it may take, until its program takes one more: see maxInbox
	saved   []byte     // what its program saved last; nil: nothing
	// left has by edge the last messages that left: those that are not confirmed, and of a persistent session all since its last checkpoint.
	left      map[uint32][]departure
	leaving   choreo.SiteID     // the place in the protocol of the message that leaves next
	sent      map[uint32]uint64 // by edge, how many left
	confirmed map[uint32]uint64 // by edge, how many of those the peer has
	seen      map[uint32]uint64 // by edge, how many came
	unpaid    map[place]unpaid  // messages that left and have no receipt now
	refusals  int               // how often a peer refused receipts of them, but for those beyond a budget
	history   []record          // what the program of a restored session repeats: messages
	concluded bool              // see [Port.Conclude]
	// unconcluded: what the program had to commit at the end was refused, or the disk did not take it.
	unconcluded bool
	waiting     []*task.Future[struct{}]
	onEnd       *task.Wake     // see [Port.Over]
	ended       bool           // the role has played its part, or cannot
	closed      bool           // it has
	fault       *machine.Fault // why it cannot
	cancelled   *view.End      // who wanted no more of it, and why
	byPeer      bool           // that was the peer
	expired     *Witness       // the timeout that ended it
	gone        bool           // nothing is left of it
	end         view.EndKind   // how it ended, when it is gone
	refused     error          // why the other side does not play its part
	taken       uint64         // how often its program made room: it took a message, or saved

	timeouts []*timeout     // that were issued and not consumed
	issued   uint64         // how many were issued
	again    []*timeout     // of those, the ones that wait for the program to repeat its history
	granted  []aura.Instant // those of the program that it gets again after a restart
	late     []record       // entries that become durable with the first message

	custody   Custody
	moving    int            // handovers that wait for its turn to begin
	authority *own.Claim     // what claims a session that is held
	scope     []string       // the fragments to which its capability is attenuated; nil: all
	broughtBy aura.SessionID // the delegation with which it came, while it is held
	// moves are those of roles that went to other devices, the own one too.
	moves map[choreo.Role][]view.Move
}

// put puts a value into a map, which it makes if there is none.
func put[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}

// choice is a message that a role may send.
type choice struct {
	to    machine.RoleID
	label string
	site  choreo.SiteID
}

// answer is what the machine gets when it asks for a choice and a payload.
type answer struct {
	label   string
	payload []byte
}

// departure is a message that left, with its place in the protocol; 0: a checkpoint of an earlier build does not say.
type departure struct {
	effect.Message
	site choreo.SiteID
}

// received is a message for a program.
type received struct {
	from    choreo.Role
	label   string
	payload []byte
	// As a checkpoint has them.
	sender machine.RoleID
	id     machine.LabelID
}

// maxInbox is how many messages wait for a program. Further ones stay on their edges, which have bounds of their own.
const maxInbox = 16

// changed wakes all who wait for something of the session.
func (l *live) changed() {
	for _, w := range l.waiting {
		w.Resolve(struct{}{}, nil)
	}
	l.waiting = nil
	if l.ended && l.onEnd != nil {
		l.onEnd.Notify()
	}
	for _, o := range l.channels {
		o.speaker.queue(o)
	}
}

// until waits until try returns true or an error, and returns its value. The engine's task calls it, each time that the session has
// changed. It hands its value over by its result alone: it may be called once more when tc has ended.
func until[T any](tc task.Context, l *live, try func() (T, bool, error)) (T, error) {
	type look struct {
		value T
		again *task.Future[struct{}] // nil: it is the last one
	}
	for {
		got, err := ask(tc, l.engine, func(task.Context) (look, error) {
			value, done, err := try()
			if done || err != nil {
				return look{value: value}, err
			}
			w := task.NewFuture[struct{}]()
			l.waiting = append(l.waiting, w)
			return look{again: w}, nil
		})
		if err != nil || got.again == nil {
			return got.value, err
		}
		if _, err := got.again.Await(tc); err != nil {
			_, _ = settle(tc, l.engine, func(task.Context) (struct{}, error) {
				l.waiting = slices.DeleteFunc(l.waiting, func(w *task.Future[struct{}]) bool { return w == got.again })
				return struct{}{}, nil
			})
			return got.value, err
		}
	}
}

// leave takes over a message from the machine.
func (l *live) leave(p *machine.Parcel) {
	content := parcel{uint16(p.From), uint16(p.To), uint32(p.Label), append([]byte(nil), p.Value.Bytes()...)}
	edge := content.edge()
	put(&l.sent, edge, l.sent[edge]+1)
	m := effect.Message{Session: l.opening.Name, Edge: edge, Seq: p.Seq, Parcel: encode(content)}
	put(&l.left, edge, append(l.left[edge], departure{m, l.leaving}))
	l.changed()
	to := l.protocol.image.RoleName(p.To)
	if !slices.ContainsFunc(l.channels, func(o *spoken) bool { return o.role == to }) { // one to another participant does not help
		l.call()
	}
}

// plan returns the message that the program wants to send, as it will leave, and what it demands.
func (l *live) plan(to choreo.Role, label string, payload []byte) (effect.Message, *demands, error) {
	const op = "session.Send"
	if l.ended {
		return effect.Message{}, nil, l.over(op)
	}
	for _, c := range l.offer {
		if c.label != label || l.protocol.image.RoleName(c.to) != to {
			continue
		}
		if len(payload) > maxPayload {
			return effect.Message{}, nil, aura.Errorf(op, aura.Invalid, "the payload of %s has %d bytes, the most is %d", label, len(payload), maxPayload)
		}
		id, _ := l.protocol.image.FindLabel(l.role, c.to, label)
		content := parcel{uint16(l.role), uint16(c.to), uint32(id), payload}
		m := effect.Message{Session: l.opening.Name, Edge: content.edge(), Seq: l.sent[content.edge()], Parcel: encode(content)}
		return m, &l.protocol.demands[c.site], nil
	}
	return effect.Message{}, nil, aura.Errorf(op, aura.Invalid, "role %s cannot send %s to %s now", l.opening.Role, label, to)
}

// maxPayload is the most bytes of a payload. It is the machine's default bound, less the weight that it counts beside them.
const maxPayload = 64<<10 - 8

// step lets the role send a message that is paid for.
func (l *live) step(a answer) error {
	if err := l.beginStep(a); err != nil {
		return err
	}
	l.engine.pump()
	return l.endStep(a)
}

// beginStep makes the role ready to send a message.
func (l *live) beginStep(a answer) error {
	l.answer = &a
	err := l.engine.machine.Wake(l.cap, l.role)
	if err != nil {
		l.answer = nil
	}
	return err
}

// endStep returns an error when the role, which is not ready any more, has not sent the message.
func (l *live) endStep(a answer) error {
	if l.answer != nil {
		l.answer = nil
		return aura.Errorf("session.Send", aura.Internal, "the role %s did not send %s", l.opening.Role, a.label)
	}
	return nil
}

// take gives the role a message that came.
func (l *live) take(p *parcel, seq uint64) error {
	err := l.inject(p, seq)
	if err == nil {
		l.engine.pump()
	}
	return err
}

// inject makes the role ready to take a message.
func (l *live) inject(p *parcel, seq uint64) error {
	err := l.engine.machine.Inject(l.cap, p.of(seq))
	if err == nil {
		put(&l.seen, p.edge(), seq+1)
	}
	return err
}

// repeat brings the session to where its recording ends.
func (l *live) repeat(history []record) error {
	room := l.room
	l.room = everyMessage // its program, which does not run yet, had taken those before a later step
	defer func() { l.room = room }()
	for i := range history {
		r := &history[i]
		switch r.Kind {
		case recordHeld:
			l.custody, l.scope, l.broughtBy = CustodyHeld, r.Fragments, r.Delegation
			if len(r.Moves) > 0 {
				put(&l.moves, l.opening.Role, r.Moves)
			}
		case recordMoved:
			put(&l.moves, choreo.Role(r.Role), r.Moves)
		case recordOwned:
			l.pass(CustodyStepClaim)
			if len(r.Moves) > 0 {
				put(&l.moves, l.opening.Role, r.Moves)
			}
		case recordTimeout:
			l.granted = append(l.granted, r.Until)
		case recordSent, recordReceived:
			l.history = append(l.history, *r)
		case recordConcluded:
			l.concluded = true
		}
		if err := l.takeAgain(r); err != nil {
			return aura.Errorf("session.Start", aura.Corrupt, "session %s does not go on as it was recorded: %w", aura.Short(l.opening.Name), err)
		}
	}
	return nil
}

// takeAgain takes the step of one entry of the recording.
func (l *live) takeAgain(r *record) error {
	switch r.Kind {
	case recordSent:
		return l.step(answer{l.protocol.image.Label(labelOf(r.Parcel)).Name, r.Parcel.Payload})
	case recordReceived:
		err := l.take(r.Parcel, r.Seq)
		if r.Device != (aura.DeviceID{}) {
			put(&l.devices, l.protocol.image.RoleName(machine.RoleID(r.Parcel.From)), r.Device)
		}
		return err
	case recordSaved: // the role asks for what it asked before
		err := l.engine.machine.Wake(l.cap, l.role)
		l.engine.pump()
		return err
	}
	return nil
}

// silent is the error of a program that waits for a message which cannot come any more, nil while one may.
func (l *live) silent() error {
	const op = "session.Receive"
	switch {
	case l.expired != nil:
		return &aura.Error{Op: op, Kind: aura.Timeout, Err: l.over(op)}
	case l.ended:
		return l.over(op)
	}
	return nil
}

// over is the error of who asks something of a session that has ended.
func (l *live) over(op aura.Op) error {
	if l.refused != nil {
		return &aura.Error{Op: op, Kind: aura.KindOf(l.refused), Err: l.refused}
	}
	if l.expired != nil {
		return aura.Errorf(op, aura.Stale, "session %s has expired by its timeout %d", aura.Short(l.opening.Name), l.expired.ID)
	}
	if l.fault != nil {
		return aura.Errorf(op, aura.Stale, "session %s has failed: %w", aura.Short(l.opening.Name), l.fault)
	}
	if l.cancelled != nil {
		return aura.Errorf(op, aura.Stale, "session %s has ended: %s", aura.Short(l.opening.Name), l.cancelled)
	}
	return aura.Errorf(op, aura.Stale, "session %s has ended", aura.Short(l.opening.Name))
}

// peer returns who plays a role, and false when the opening does not name one.
func (l *live) peer(role choreo.Role) (aura.AuthorityID, bool) {
	for _, p := range l.opening.Parties {
		if p.Role == role {
			return p.Authority, true
		}
	}
	return aura.AuthorityID{}, false
}

// bridge answers the machine from the queues of the session that it asks about.
type bridge struct{ engine *Engine }

// Choose implements [machine.Host].
func (b bridge) Choose(o machine.Offer) (int, machine.Answer) {
	l := b.engine.byID[o.Session]
	if l == nil {
		return 0, machine.AnswerDefer
	}
	l.offer = l.offer[:0]
	for i := range o.Len() {
		label := o.Label(i).Name
		if l.answer != nil && l.answer.label == label {
			return i, machine.AnswerDone
		}
		l.offer = append(l.offer, choice{o.Peer, label, o.Site(i)})
	}
	l.changed()
	return 0, machine.AnswerDefer
}

// Payload implements [machine.Host].
func (b bridge) Payload(m machine.Message) (machine.Value, machine.Answer) {
	l := b.engine.byID[m.Session]
	if l == nil || l.answer == nil || l.answer.label != m.LabelName() {
		if l != nil {
			l.offer = append(l.offer[:0], choice{m.Peer, m.LabelName(), m.Site})
			l.changed()
		}
		return machine.Value{}, machine.AnswerDefer
	}
	v := machine.Bytes(l.answer.payload)
	l.answer, l.offer, l.leaving = nil, l.offer[:0], m.Site
	return v, machine.AnswerDone
}

// Receive implements [machine.Host].
func (b bridge) Receive(m machine.Message, v machine.Value) machine.Answer {
	l := b.engine.byID[m.Session]
	if l == nil || l.reached >= l.room { // a restored role has taken all of its recording
		return machine.AnswerDefer
	}
	l.reached++
	l.inbox = append(l.inbox, received{m.PeerName(), m.LabelName(), append([]byte(nil), v.Bytes()...), m.Peer, m.Label})
	l.changed()
	return machine.AnswerDone
}
