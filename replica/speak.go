package replica

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// Sessions speaks for the sessions of protocols with a device of a peer. An engine of package session does.
type Sessions interface {
	// Speak speaks for them on a channel, until the channel ends.
	Speak(tc task.Context, with PeerDevice, c Frames) error
	// Stream opens the session of one direction of a channel. The binding is that of the channel.
	Stream(tc task.Context, binding [32]byte, fromDialler, sends bool) (Stream, error)
	// Waits reports whether one of them waits for a channel. Its errors are those of tc.
	Waits(tc task.Context, with PeerDevice) (bool, error)
}

// PeerDevice is a device of a member of a context.
type PeerDevice struct {
	Context aura.ContextID
	Peer    aura.AuthorityID
	Device  aura.DeviceID
}

// Frames carries the frames of sessions, each with its number, and keeps what the peer paid for its messages. A session.Channel and a
// session.Payments are one.
type Frames interface {
	Take(tc task.Context, m *effect.Message, least aura.FlowCost, entry *journal.Entry) error
	Post(tc task.Context, number byte, covered [32]byte, body []byte) error
	Recv(tc task.Context) (number byte, body []byte, err error)
	Close(tc task.Context)
	// Ahead returns how far the peer's clock is ahead of this one, zero when the two agree or the difference is not known.
	Ahead(tc task.Context) aura.Duration
}

// framesCapacity is how many frames of sessions may wait for the engine. Beyond it the channel's own window holds the peer back.
const framesCapacity = 16

func (k linkKey) peerDevice() PeerDevice { return PeerDevice{k.context, k.peer, k.device} }

// sessionsLoop is the task that has the sessions with the peer spoken for, from the hellos on.
func (s *session) sessionsLoop(tc task.Context) error {
	if err := s.introduced.Wait(tc); err != nil {
		return err
	}
	if err := s.greeted.Wait(tc); err != nil {
		return err
	}
	return s.env().Sessions.Speak(tc, s.link.key.peerDevice(), carrier{s})
}

// onFrame takes a frame of a session off the channel.
func (s *session) onFrame(tc task.Context, b []byte) error {
	if !s.greeted.Opened() {
		return aura.Errorf("replica.onFrame", aura.Corrupt, "frame %d of a session before the hello", b[0])
	}
	err := s.frames.Send(tc, b)
	if err != nil && tc.Err() == nil {
		return nil // sessionsLoop ends, and says why
	}
	return err
}

// carrier is the channel of a link, for the sessions with its peer.
type carrier struct{ session *session }

// Post implements [Frames]. A message leaves by the receipt of its own decision, and a confirmation by that of the peer.
func (c carrier) Post(tc task.Context, number byte, covered [32]byte, body []byte) (err error) {
	s := c.session
	frame := append([]byte{number}, body...)
	kind, pass := egress.KindGreeting, (*egress.Pass)(nil)
	switch number {
	case egress.NumberMessage:
		kind = egress.KindMessage
	case egress.NumberConfirmation:
		kind = egress.KindConfirmation
	case egress.NumberRefusal:
		kind = egress.KindRefusal
	}
	if covered != ([32]byte{}) {
		pass, err = egress.Covered(kind, len(frame), covered)
	} else {
		pass, err = s.env().Decider.Charge(tc, s.party(), egress.Message{Kind: kind, Bytes: len(frame)})
	}
	if err != nil {
		return err
	}
	return egress.Post(tc, s.channel, pass, kind, frame)
}

// Recv implements [Frames].
func (c carrier) Recv(tc task.Context) (number byte, body []byte, err error) {
	b, err := c.session.frames.Recv(tc)
	if err != nil {
		return 0, nil, err
	}
	return b[0], b[1:], nil
}

// Close implements [Frames].
func (c carrier) Close(task.Context) { c.session.frames.Close() }

// Ahead implements [Frames].
func (c carrier) Ahead(tc task.Context) aura.Duration { return c.session.link.ahead(tc) }

// Waiting tells that a session waits for a channel to a peer. It does not wait.
func (s *Replicator) Waiting(context aura.ContextID, peer aura.AuthorityID) {
	for _, l := range s.linksTo(context, peer) {
		l.recheck()
	}
}

// awaited reports whether a session waits for a channel to the peer, and whether it did not when the link looked last.
func (l *link) awaited(tc task.Context) (waits, news bool) {
	waits, err := l.sync.env.Sessions.Waits(tc, l.key.peerDevice())
	waits = waits && err == nil
	news, l.awaits = waits && !l.awaits, waits
	return waits, news
}
