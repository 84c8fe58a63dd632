package session

import (
	"crypto/sha256"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Stream is one direction of a channel, as a session in memory: the machine sees each frame before it leaves, and before the
// other side's program hears of it. It is for frames that a decision has paid for already, and that the channel brings in
// their order. It ends with its channel.
type Stream struct {
	engine   *Engine
	cap      own.Capability
	protocol *Protocol
	role     machine.RoleID // played here
	name     aura.SessionID
	from, to machine.RoleID
	next     uint64 // at the receiver: the number of the next frame
	ended    bool

	// While one frame takes its step.
	label   string // that the sender sends
	payload []byte
	moved   bool // the step was taken
}

// oneWay is a protocol of streams.
type oneWay struct {
	*Protocol
	from, to machine.RoleID
}

// AddStream makes a protocol of streams known: one of two roles, of which the first alone sends. Who sends a frame has it decided,
// so the annotations of its messages are for readers. It returns aura.Invalid for a protocol of another shape, and
// aura.Conflict for a second one with its identifier.
func (r *Registry) AddStream(i *choreo.Instance, defaults choreo.Defaults) error {
	const op = "session.AddStream"
	p := oneWay{Protocol: &Protocol{manifest: i.Protocol.Manifest(defaults)}}
	if _, twice := r.streams[p.ID()]; twice {
		return aura.Errorf(op, aura.Conflict, "protocol %s is registered twice", p.ID())
	}
	var err error
	if p.image, err = machine.CompileInstance(i); err != nil {
		return err
	}
	if len(i.Roles) != 2 {
		return aura.Errorf(op, aura.Invalid, "protocol %s has %d roles, a stream has two", p.ID(), len(i.Roles))
	}
	p.from, _ = p.image.Role(i.Roles[0])
	p.to, _ = p.image.Role(i.Roles[1])
	r.streams[p.ID()] = p
	return nil
}

// streamLabel begins what the name of a stream is made of.
const streamLabel = "aura stream 1\x00"

// StreamName returns the name of the session that is one direction of a channel: the one in which the side that dialled sends, or
// the other. The binding is that of the channel, and both sides have the same.
func StreamName(binding [32]byte, fromDialler bool) aura.SessionID {
	b := append([]byte(streamLabel), binding[:]...)
	if fromDialler {
		b = append(b, 1)
	}
	return sha256.Sum256(b)
}

// Stream opens a stream: the protocol has two roles, of which the first sends. It returns aura.NotFound for a protocol that
// the registry does not have, aura.Denied when it is not admitted, and aura.Exhausted when too many are open.
func (e *Engine) Stream(tc task.Context, name aura.SessionID, protocol string, sends bool) (*Stream, error) {
	return ask(tc, e, func(tc task.Context) (*Stream, error) { return e.stream(tc, name, protocol, sends) })
}

func (e *Engine) stream(tc task.Context, name aura.SessionID, protocol string, sends bool) (*Stream, error) {
	const op = "session.Stream"
	p, known := e.options.Registry.streams[protocol]
	if !known {
		return nil, aura.Errorf(op, aura.NotFound, "no protocol %s is registered", protocol)
	}
	if e.streams >= e.options.Sessions {
		return nil, aura.Errorf(op, aura.Exhausted, "%d streams are open: wait until a channel has ended", e.streams)
	}
	s := &Stream{engine: e, name: name, protocol: p.Protocol, from: p.from, to: p.to}
	if s.role = s.to; sends {
		s.role = s.from
	}
	admission, err := machine.Admit(machine.Request{Image: p.image, Manifest: p.manifest, Integrity: machine.IntegrityBare})
	if err != nil {
		return nil, err
	}
	s.cap, err = e.machine.Open(p.image, machine.Opening{
		Owner: owner, Admission: admission, Protocol: p.ID(), Name: name, Roles: []choreo.Role{p.image.RoleName(s.role)},
	})
	if err != nil {
		return nil, err
	}
	e.streams++
	e.byID[machine.SessionID(s.cap.Session)] = s
	tc.Emit(world.SessionClaimed(name, p.image.Fragment(s.role), string(owner), admission.Profile().String()))
	e.pump()
	return s, nil
}

// Send lets the sender take the step of a frame, which leaves then. It returns aura.Invalid for one that the protocol
// does not allow now, and aura.Stale when the stream has ended.
func (s *Stream) Send(tc task.Context, label string, payload []byte) error {
	const op = "session.Stream.Send"
	_, err := ask(tc, s.engine, func(task.Context) (struct{}, error) {
		if s.ended {
			return struct{}{}, aura.Errorf(op, aura.Stale, "stream %s has ended", aura.Short(s.name))
		}
		s.label, s.payload, s.moved = label, payload, false
		err := s.engine.machine.Wake(s.cap, s.role)
		if err == nil {
			s.engine.pump()
		}
		if s.label, s.payload = "", nil; err == nil && !s.moved {
			err = aura.Errorf(op, aura.Invalid, "the sender of stream %s cannot send %s now", aura.Short(s.name), label)
		}
		return struct{}{}, err
	})
	return err
}

// Receive lets the receiver take the step of a frame that came. It returns aura.Invalid for one that the protocol does not
// allow now, which changes nothing, and aura.Stale when the stream has ended.
func (s *Stream) Receive(tc task.Context, label string, payload []byte) error {
	const op = "session.Stream.Receive"
	_, err := ask(tc, s.engine, func(task.Context) (struct{}, error) {
		if s.ended {
			return struct{}{}, aura.Errorf(op, aura.Stale, "stream %s has ended", aura.Short(s.name))
		}
		id, known := s.protocol.image.FindLabel(s.from, s.to, label)
		if !known {
			return struct{}{}, aura.Errorf(op, aura.Invalid, "no frame of stream %s is named %s", aura.Short(s.name), label)
		}
		parcel := machine.Parcel{From: s.from, To: s.to, Label: id, Seq: s.next, Value: machine.Bytes(payload)}
		if err := s.engine.machine.Inject(s.cap, parcel); err != nil {
			return struct{}{}, err
		}
		s.next++
		s.moved = false
		s.engine.pump()
		if !s.moved {
			return struct{}{}, aura.Errorf(op, aura.Internal, "the receiver of stream %s did not take %s", aura.Short(s.name), label)
		}
		return struct{}{}, nil
	})
	return err
}

// Close ends the stream. It is no error to close one that has ended.
func (s *Stream) Close(tc task.Context) {
	_, _ = settle(tc, s.engine, func(tc task.Context) (struct{}, error) {
		if s.ended {
			return struct{}{}, nil
		}
		if err := s.engine.machine.Cancel(s.cap); err != nil {
			return struct{}{}, err
		}
		s.engine.pump()
		tc.Emit(world.SessionReleased(s.name, s.protocol.image.Fragment(s.role), string(owner)))
		return struct{}{}, nil
	})
}

// choose implements [player].
func (s *Stream) choose(o machine.Offer) (int, machine.Answer) {
	for i := range o.Len() {
		if s.label != "" && o.Label(i).Name == s.label {
			return i, machine.AnswerDone
		}
	}
	return 0, machine.AnswerDefer
}

// say implements [player].
func (s *Stream) say(m machine.Message) (machine.Value, machine.Answer) {
	if s.label == "" || m.LabelName() != s.label {
		return machine.Value{}, machine.AnswerDefer
	}
	v := machine.Bytes(s.payload)
	s.label, s.payload, s.moved = "", nil, true
	return v, machine.AnswerDone
}

// hear implements [player].
func (s *Stream) hear(machine.Message, machine.Value) machine.Answer {
	s.moved = true
	return machine.AnswerDone
}

// release implements [player]: the caller of Send has the frame.
func (s *Stream) release() {
	for any := true; any; {
		_, any, _ = s.engine.machine.Take(s.cap)
	}
}

// settle implements [player].
func (s *Stream) settle(machine.Summary) {
	s.engine.streams--
	s.ended = true
}
