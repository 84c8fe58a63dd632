package session

import (
	"crypto/sha256"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// Stream is one direction of a channel, as a session in memory: a machine sees each frame before it leaves, and before this
// side acts on one that came. It is for frames that a decision has paid for already, and that the channel brings in
// their order. It ends with its channel. Each has a machine of its own, so that a channel waits for no other session.
type Stream struct {
	name     aura.SessionID
	holder   string // how lines call its owner
	protocol oneWay
	role     machine.RoleID // played here
	profile  machine.Profile

	lock    task.Mutex // guards the rest
	machine *machine.Machine
	cap     own.Capability
	next    uint64 // at the receiver: the number of the next frame

	// While one frame takes its step.
	label string // that the sender sends
	frame []byte
	moved bool // the step was taken
}

// oneWay is a protocol of streams.
type oneWay struct {
	manifest choreo.Manifest
	image    *machine.Image
	from, to machine.RoleID
}

// AddStream makes a protocol of streams known: one of two roles, of which the first alone sends. The caller has each frame decided before it is
// sent, so the annotations of the messages are for readers. It returns aura.Invalid for a protocol of another shape, and
// aura.Conflict for a second one with its identifier.
func (r *Registry) AddStream(i *choreo.Instance, defaults choreo.Defaults) error {
	const op = "session.AddStream"
	p := oneWay{manifest: i.Protocol.Manifest(defaults)}
	id := p.manifest.ProtocolID
	if _, twice := r.streams[id]; twice {
		return aura.Errorf(op, aura.Conflict, "protocol %s is registered twice", id)
	}
	if len(i.Roles) != 2 {
		return aura.Errorf(op, aura.Invalid, "protocol %s has %d roles, a stream has two", id, len(i.Roles))
	}
	receiver, err := i.Local(i.Roles[1])
	if err != nil {
		return err
	}
	if says(receiver) {
		return aura.Errorf(op, aura.Invalid, "protocol %s has the second role send: the first one of a stream sends alone", id)
	}
	if p.image, err = machine.CompileInstance(i); err != nil {
		return err
	}
	p.from, _ = p.image.Role(i.Roles[0])
	p.to, _ = p.image.Role(i.Roles[1])
	r.streams[id] = p
	return nil
}

// says reports whether a role sends anything.
func says(l choreo.Local) bool {
	switch l := l.(type) {
	case *choreo.LocalSend:
		return true
	case *choreo.LocalRec:
		return says(l.Body)
	case *choreo.LocalRecv:
		for i := range l.Branches {
			if says(l.Branches[i].Next) {
				return true
			}
		}
	}
	return false
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

// Stream opens a stream, of which this side, a device, sends or receives the frames. It returns aura.NotFound for a protocol that
// the registry does not have, and aura.Denied when it is not admitted.
func (r *Registry) Stream(tc task.Context, here aura.DeviceID, name aura.SessionID, protocol string, sends bool) (*Stream, error) {
	const op = "session.Stream"
	p, known := r.streams[protocol]
	if !known {
		return nil, aura.Errorf(op, aura.NotFound, "no protocol %s of streams is registered", protocol)
	}
	s := &Stream{name: name, holder: OwnerOf(here), protocol: p, role: p.to}
	if sends {
		s.role = p.from
	}
	s.machine = machine.New(frames{s}, machine.Options{MaxSessions: 1, MaxRoles: 1, MaxPayload: transport.MaxMessage})
	admission, err := machine.Admit(machine.Request{Image: p.image, Manifest: p.manifest, Integrity: machine.IntegrityBare})
	if err != nil {
		return nil, err
	}
	s.cap, err = s.machine.Open(p.image, machine.Opening{
		Owner: owner, Admission: admission, Protocol: protocol, Name: name, Roles: []choreo.Role{p.image.RoleName(s.role)},
	})
	if err != nil {
		return nil, err
	}
	s.profile = admission.Profile()
	s.emit(tc, world.SessionClaimed(name, "", s.holder, s.profile.String()))
	s.run()
	return s, nil
}

// emit reports an event about the stream, with the fields that each such line has.
func (s *Stream) emit(tc task.Context, e world.Event) {
	tc.Emit(e.Within(s.name, s.protocol.image.Fragment(s.role)).Under("session", s.holder, s.profile.String()))
}

// run lets the machine run until the role waits.
func (s *Stream) run() {
	for s.machine.Status() == machine.StatusProgressing {
		_, _ = s.machine.Step() // a fault ends the session, so that no further frame takes a step
	}
}

// Send lets the sender take the step of a frame, which leaves then. It returns aura.Invalid for one that the protocol
// does not allow now, and aura.Stale when the stream has ended.
func (s *Stream) Send(label string, frame []byte) error {
	const op = "session.Stream.Send"
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.machine == nil {
		return aura.Errorf(op, aura.Stale, "stream %s has ended", aura.Short(s.name))
	}
	s.label, s.frame, s.moved = label, frame, false
	if err := s.machine.Wake(s.cap, s.role); err != nil {
		return err
	}
	s.run()
	s.label, s.frame = "", nil
	if !s.moved {
		return aura.Errorf(op, aura.Invalid, "the sender of stream %s cannot send %s now", aura.Short(s.name), label)
	}
	_, _, err := s.machine.Take(s.cap) // the caller has the frame
	return err
}

// Receive lets the receiver take the step of a frame that came. It returns aura.Invalid for one that the protocol does not
// allow now, which changes nothing, and aura.Stale when the stream has ended.
func (s *Stream) Receive(label string, frame []byte) error {
	const op = "session.Stream.Receive"
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.machine == nil {
		return aura.Errorf(op, aura.Stale, "stream %s has ended", aura.Short(s.name))
	}
	p := &s.protocol
	id, known := p.image.FindLabel(p.from, p.to, label)
	if !known {
		return aura.Errorf(op, aura.Invalid, "no frame of stream %s is named %s", aura.Short(s.name), label)
	}
	if err := s.machine.Inject(s.cap, machine.Parcel{From: p.from, To: p.to, Label: id, Seq: s.next, Value: machine.Bytes(frame)}); err != nil {
		return err
	}
	s.next++
	s.moved = false
	if s.run(); !s.moved {
		return aura.Errorf(op, aura.Internal, "the receiver of stream %s did not take %s", aura.Short(s.name), label)
	}
	return nil
}

// Close ends the stream. It is no error to close one that has ended.
func (s *Stream) Close(tc task.Context) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.machine != nil {
		s.machine = nil
		s.emit(tc, world.SessionReleased(s.name, "", s.holder))
	}
}

// frames answers the machine of a stream.
type frames struct{ *Stream }

// Choose implements [machine.Host].
func (s frames) Choose(o machine.Offer) (int, machine.Answer) {
	for i := range o.Len() {
		if s.label != "" && o.Label(i).Name == s.label {
			return i, machine.AnswerDone
		}
	}
	return 0, machine.AnswerDefer
}

// Payload implements [machine.Host].
func (s frames) Payload(m machine.Message) (machine.Value, machine.Answer) {
	if s.label == "" || m.LabelName() != s.label {
		return machine.Value{}, machine.AnswerDefer
	}
	v := machine.Bytes(s.frame)
	s.label, s.frame, s.moved = "", nil, true
	return v, machine.AnswerDone
}

// Receive implements [machine.Host].
func (s frames) Receive(machine.Message, machine.Value) machine.Answer {
	s.moved = true
	return machine.AnswerDone
}
