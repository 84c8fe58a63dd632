package replica

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/egress"
	choreography "github.com/aura-runtime/aura/protocols/delivery"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// Stream is one direction of a channel as a session of protocols/delivery: each frame takes a step of it before it leaves, and
// before this side acts on it. A session.Stream is one.
type Stream interface {
	Send(label string, frame []byte) error
	Receive(label string, frame []byte) error
	Close(tc task.Context)
}

// outbound is the sender's side of a channel. Several tasks send: one at a time.
type outbound struct {
	stream  Stream
	channel *transport.Channel
	turn    *task.Semaphore
	now     choreography.SenderS2[task.Context] // behind the hello
	pass    *egress.Pass                        // of the frame that is being sent
	kind    egress.Kind
}

// Send implements [machine.Port].
func (o *outbound) Send(tc task.Context, _ choreo.Role, label string, frame []byte) error {
	if err := o.stream.Send(label, frame); err != nil {
		return err
	}
	return egress.Post(tc, o.channel, o.pass, o.kind, frame)
}

// Receive implements [machine.Port]. The protocol has nothing for the sender to receive.
func (o *outbound) Receive(task.Context, choreo.Role) (string, []byte, error) {
	return "", nil, aura.Errorf("replica.outbound.Receive", aura.Internal, "the sender of a channel receives nothing")
}

// openStreams opens the two directions of the channel.
func (s *session) openStreams(tc task.Context) (err error) {
	sessions, c := s.env().Sessions, s.channel
	s.out = &outbound{channel: c, turn: task.NewSemaphore(1)}
	if s.out.stream, err = sessions.Stream(tc, c.Binding(), c.Dialled(), true); err != nil {
		return err
	}
	if s.in, err = sessions.Stream(tc, c.Binding(), !c.Dialled(), false); err != nil {
		s.out.stream.Close(tc)
	}
	return err
}

func (s *session) closeStreams(tc task.Context) {
	s.out.stream.Close(tc)
	s.in.Close(tc)
}

// say sends a frame for which there is a pass, when the hello has left.
func (s *session) say(tc task.Context, pass *egress.Pass, kind egress.Kind, frame []byte) (err error) {
	o := s.out
	if kind != egress.KindHello {
		if err := s.introduced.Wait(tc); err != nil {
			return err
		}
	}
	if err := o.turn.Acquire(tc); err != nil {
		return err
	}
	defer o.turn.Release()
	o.pass, o.kind = pass, kind
	var next choreography.SenderS2[task.Context]
	switch kind {
	case egress.KindHello:
		next, err = choreography.StartSender[task.Context](o).SendHello(tc, choreography.Hello{Payload: frame})
	case egress.KindFacts, egress.KindReturned:
		next, err = o.now.SendFacts(tc, choreography.Facts{Payload: frame})
	case egress.KindAck:
		next, err = o.now.SendStored(tc, choreography.Stored{Payload: frame})
	case egress.KindAddresses:
		next, err = o.now.SendAddresses(tc, choreography.Addresses{Payload: frame})
	case egress.KindRecall, egress.KindPlaces:
		next, err = o.now.SendPlaces(tc, choreography.Places{Payload: frame})
	case egress.KindEvidence:
		next, err = o.now.SendEvidence(tc, choreography.Evidence{Payload: frame})
	case egress.KindSeek:
		next, err = o.now.SendSeek(tc, choreography.Seek{Payload: frame})
	case egress.KindIntroduction:
		next, err = o.now.SendIntroduction(tc, choreography.Introduction{Payload: frame})
	default:
		return aura.Errorf("replica.say", aura.Internal, "a %s is no frame of a stream", kind)
	}
	if err == nil {
		o.now = next
	}
	return err
}

// inbound is the receiver's side of a channel.
type inbound struct{ *session }

// Send implements [machine.Port]. The protocol has nothing for the receiver to send.
func (inbound) Send(task.Context, choreo.Role, string, []byte) error {
	return aura.Errorf("replica.inbound.Send", aura.Internal, "the receiver of a channel sends nothing")
}

// Receive implements [machine.Port]: it returns the next frame of the stream, with its number. Frames of other sessions, which the
// channel carries too, go their own way. One whose number this build does not know is skipped.
func (s inbound) Receive(tc task.Context, _ choreo.Role) (label string, frame []byte, err error) {
	for {
		frame, err := s.channel.Recv(tc)
		if err != nil {
			return "", nil, err
		}
		if egress.IsFrame(frame[0]) {
			if !s.peer.Left {
				if err := s.onFrame(tc, frame); err != nil {
					return "", nil, err
				}
			}
			continue
		}
		if label := egress.LabelOf(frame[0]); label != "" {
			return label, frame, s.in.Receive(label, frame)
		}
	}
}
