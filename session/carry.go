package session

import (
	"errors"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/task"
)

// Frame is a kind of what passes between two engines.
type Frame uint8

// The frames.
const (
	// FrameGreeting opens a session, and answers.
	FrameGreeting Frame = 1
	// FrameMessage is a message of the session. The decision that let it leave has paid for it.
	FrameMessage Frame = 2
	// FrameConfirmation says which messages came. The peer has paid for it with them.
	FrameConfirmation Frame = 3
)

// Channel is a channel to one peer, on which the frames of a session pass. Its implementation sees to it that the guard has let
// each frame leave.
type Channel interface {
	// Post sends a frame. Covered names the message that a frame carries or confirms, by the digest that the receipt of
	// its decision has; zero for a greeting, which nothing has paid for yet.
	Post(tc task.Context, kind Frame, covered [32]byte, body []byte) error
	Recv(tc task.Context) (kind Frame, body []byte, err error)
	// Close ends the channel: a Recv that waits returns.
	Close(tc task.Context)
}

// Greeting is the first frame of each side of a session.
type Greeting struct {
	Session  aura.SessionID `cbor:"1,keyasint,omitzero"`
	Protocol string         `cbor:"2,keyasint,omitempty"`
	Version  [32]byte       `cbor:"3,keyasint,omitzero"`
	Role     string         `cbor:"4,keyasint,omitempty"` // played by the sender
	Have     uint64         `cbor:"5,keyasint,omitempty"` // how many messages of the other side the sender has
	// Ended says how the session ended at the sender; zero while it lives there.
	Ended view.EndKind `cbor:"6,keyasint,omitempty"`
	Sizes []Size       `cbor:"7,keyasint,omitempty"` // of the families
	To    string       `cbor:"8,keyasint,omitempty"` // the role that the receiver plays; empty: the sender does not tell roles apart
}

// message is an effect.Message on the wire.
type message struct {
	Session aura.SessionID `cbor:"1,keyasint,omitzero"`
	Edge    uint32         `cbor:"2,keyasint,omitempty"`
	Seq     uint64         `cbor:"3,keyasint,omitempty"`
	Parcel  []byte         `cbor:"4,keyasint,omitempty"`
}

// confirmation says that the sender has the messages of an edge up to a number.
type confirmation struct {
	Session aura.SessionID `cbor:"1,keyasint,omitzero"`
	Next    uint64         `cbor:"2,keyasint,omitempty"`
}

// closeGrace is how long the tasks of a channel may take to end.
const closeGrace = 5 * time.Second

// Call speaks for a session that lives here on a channel to the other role: it greets, and brings messages there and
// back until the session is over or the channel ends. The peer of the other role is who has the other end of the channel. It returns
// nil when the session is over, aura.Denied when the other side runs another version of the protocol, and else the
// error of the channel: the session goes on over the next one.
func (e *Engine) Call(tc task.Context, name aura.SessionID, with choreo.Role, channel Channel) error {
	l, err := ask(tc, e, func(task.Context) (*live, error) { return e.running("session.Call", name) })
	if err != nil {
		return err
	}
	if err := e.greet(tc, l, with, channel); err != nil {
		return err
	}
	g, err := receiveGreeting(tc, channel)
	if err != nil {
		return err
	}
	return e.carry(tc, l, with, &g, channel)
}

// Answer speaks for this side on a channel on which the other side greets. The caller of open decides what becomes of a
// greeting: it returns the opening of the session, which begins now unless it lives, or an error that ends the channel. Otherwise it
// is like [Engine.Call].
func (e *Engine) Answer(tc task.Context, channel Channel, open func(*Greeting) (Opening, error)) error {
	g, err := receiveGreeting(tc, channel)
	if err != nil {
		return err
	}
	if p, differs := e.differs(&g); differs {
		// The other side learns which version there is here.
		err := channel.Post(tc, FrameGreeting, [32]byte{}, encode(Greeting{Session: g.Session, Protocol: p.ID(), Version: p.Version(), Sizes: p.sizes}))
		return errors.Join(p.differs(&g), err)
	}
	o, err := open(&g)
	if err != nil {
		return err
	}
	var over *view.Ended
	l, err := ask(tc, e, func(tc task.Context) (*live, error) {
		if _, lives := e.live[o.Name]; !lives {
			if over, err = e.over(&o); over != nil || err != nil {
				return nil, err
			}
			if most := e.options.Sessions * 3 / 4; len(e.live) >= most { // the others are for what begins here
				return nil, aura.Errorf("session.Answer", aura.Exhausted, "%d sessions live, and a peer begins none beyond %d", len(e.live), most)
			}
			if err := e.open(tc, o, nil); err != nil {
				return nil, err
			}
			e.live[o.Name].greeted = true
		}
		l, err := e.running("session.Answer", o.Name)
		if err == nil {
			l.channels++
		}
		return l, err
	})
	if err != nil {
		return err
	}
	if over != nil {
		return e.refer(tc, &g, over, channel)
	}
	defer e.hangUp(tc, l)
	with := choreo.Role(g.Role)
	if err := e.greet(tc, l, with, channel); err != nil {
		return err
	}
	return e.carry(tc, l, with, &g, channel)
}

// hangUp notes the end of a channel on which a peer greeted. A peer that only greets leaves no session behind.
func (e *Engine) hangUp(tc task.Context, l *live) {
	tc, done := tc.Irrevocable("session.hangUp")
	defer done()
	_, _ = ask(tc, e, func(task.Context) (struct{}, error) {
		l.channels--
		return struct{}{}, nil
	})
	_ = e.finish(tc, l, nil, func() (bool, error) { // otherwise its program tries again
		if l.channels > 0 || !l.greeted || len(l.seen)+len(l.sent) > 0 {
			return false, nil
		}
		var peer aura.AuthorityID
		if len(l.opening.Parties) > 0 {
			peer = l.opening.Parties[0].Authority
		}
		return true, l.cancel(peer, "its channel ended before its first message")
	})
}

func (e *Engine) greet(tc task.Context, l *live, with choreo.Role, channel Channel) error {
	have, err := ask(tc, e, func(task.Context) (uint64, error) { return l.have(with), nil })
	if err != nil {
		return err
	}
	return channel.Post(tc, FrameGreeting, [32]byte{}, encode(Greeting{
		Session: l.opening.Name, Protocol: l.protocol.ID(), Version: l.protocol.Version(), Role: string(l.opening.Role), Have: have,
		Sizes: l.protocol.sizes, To: string(with),
	}))
}

func receiveGreeting(tc task.Context, channel Channel) (g Greeting, err error) {
	kind, body, err := channel.Recv(tc)
	if err != nil {
		return g, err
	}
	if kind != FrameGreeting {
		return g, aura.Errorf("session.Answer", aura.Corrupt, "the other side does not begin with a greeting")
	}
	return g, decode(body, &g)
}

// carry brings messages to the other side and back.
func (e *Engine) carry(tc task.Context, l *live, with choreo.Role, g *Greeting, channel Channel) error {
	const op = "session.carry"
	switch {
	case g.Version != l.protocol.Version():
		return l.protocol.differs(g)
	case g.Session != l.opening.Name || choreo.Role(g.Role) != with || g.Protocol != l.protocol.ID() || g.To != "" && choreo.Role(g.To) != l.opening.Role:
		return aura.Errorf(op, aura.Denied, "the other side greets for another session or role")
	}
	peer, known := l.peer(with)
	if !known {
		return aura.Errorf(op, aura.Denied, "nobody plays %s in session %s", with, aura.Short(l.opening.Name))
	}
	if g.Ended != 0 {
		return e.endThere(tc, l, with, peer, g)
	}
	sending := task.NewGroup(tc, "session.send")
	confirming := task.NewSemaphore(1)
	over := false
	sending.Go("send", func(tc task.Context) error {
		defer channel.Close(tc)
		// The receiving task notices when the channel has ended. The confirmation of the message that ended the session
		// leaves before the channel is closed.
		if over, _ = e.send(tc, l, with, g.Have, channel); over && confirming.Acquire(tc) == nil {
			confirming.Release()
		}
		return nil
	})
	err := e.receive(tc, l, with, peer, channel, confirming)
	if closing := sending.Close(tc, closeGrace); closing != nil {
		return closing
	}
	if over || tc.Err() == nil && e.awaitEnd(tc, l) {
		return nil
	}
	return err
}

// awaitEnd waits for the end of a session that has nothing more to say, and reports whether it came to that.
func (e *Engine) awaitEnd(tc task.Context, l *live) bool {
	over, err := until(tc, l, func() (bool, bool, error) { return l.gone, l.gone || !l.settled(), nil })
	return err == nil && over
}

// differs returns the version of a protocol that a peer greets for which is here, and whether it is not the peer's.
func (e *Engine) differs(g *Greeting) (p *Protocol, differs bool) {
	if _, err := e.options.Registry.image(g.Protocol, g.Version, g.Sizes); err == nil {
		return nil, false
	}
	p, err := e.version(&Opening{Protocol: g.Protocol, Sizes: g.Sizes})
	return p, err == nil
}

// differs is the error of two sides that run a protocol in different versions.
func (p *Protocol) differs(g *Greeting) error {
	here := p.Version()
	return aura.Errorf("session.Call", aura.Denied, "the other side runs protocol %s in version %x, this one in version %x: the older build must be updated",
		p.ID(), g.Version[:4], here[:4])
}

// send posts the messages for a role from a number on. It reports whether the session is over.
func (e *Engine) send(tc task.Context, l *live, to choreo.Role, next uint64, channel Channel) (over bool, err error) {
	for {
		all, err := e.outgoing(tc, l, to, next)
		if err != nil || len(all) == 0 {
			return err == nil, err
		}
		for i := range all {
			m := &all[i]
			if err := channel.Post(tc, FrameMessage, m.Digest(), encode(message{m.Session, m.Edge, m.Seq, m.Parcel})); err != nil {
				return false, err
			}
			next = m.Seq + 1
		}
	}
}

// receive takes what the other side sends, until the channel ends.
func (e *Engine) receive(tc task.Context, l *live, from choreo.Role, peer aura.AuthorityID, channel Channel, confirming *task.Semaphore) error {
	const op = "session.receive"
	for {
		kind, body, err := channel.Recv(tc)
		if err != nil {
			return err
		}
		switch kind {
		case FrameMessage:
			if err := confirming.Acquire(tc); err != nil {
				return err
			}
			err := e.receiveMessage(tc, l, from, peer, body, channel)
			confirming.Release()
			if err != nil {
				return err
			}
		case FrameConfirmation:
			var c confirmation
			if err := decode(body, &c); err != nil || c.Session != l.opening.Name {
				return aura.Errorf(op, aura.Corrupt, "a confirmation that is not of this session")
			}
			if _, err := ask(tc, e, func(task.Context) (struct{}, error) { return struct{}{}, l.confirm(from, c.Next) }); err != nil {
				return err
			}
		default:
			return aura.Errorf(op, aura.Corrupt, "a second greeting on one channel")
		}
	}
}

// receiveMessage takes one message and confirms it.
func (e *Engine) receiveMessage(tc task.Context, l *live, from choreo.Role, peer aura.AuthorityID, body []byte, channel Channel) error {
	var m message
	if err := decode(body, &m); err != nil || m.Session != l.opening.Name || m.Edge != l.edgeFrom(from) {
		return aura.Errorf("session.receive", aura.Corrupt, "a message that is not of this session")
	}
	came := effect.Message{Session: m.Session, Edge: m.Edge, Seq: m.Seq, Parcel: m.Parcel}
	next, err := e.Deliver(tc, peer, &came)
	if err != nil {
		return err
	}
	return channel.Post(tc, FrameConfirmation, came.Digest(), encode(confirmation{m.Session, next}))
}
