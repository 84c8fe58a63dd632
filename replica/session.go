package replica

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

const (
	// inboxCapacity is how many deliver messages may wait for the journal: enough to fill one group
	// commit. Beyond it the channel's own window holds the peer back.
	inboxCapacity = 16
	// greetWithin is how long the peer may take to say hello.
	greetWithin = 20 * time.Second
	// maxPending is how many facts may be on their way unacknowledged: it bounds what the peer must hold.
	maxPending = 4096
)

// session runs over one channel of a link, in six tasks. The first to end ends all.
//
//	receiveLoop  takes messages off the channel
//	commitLoop   makes received facts durable
//	ackLoop      acknowledges durable facts
//	sendLoop     sends hello, then own facts that are paid for
//	addressLoop  tells the peer new addresses, has it relay, introduces contacts
//	replaceLoop  ends the session for a newer channel, or when the owner blocks the peer
//
// The [recorder] takes what the peer acknowledges.
type session struct {
	link    *link
	channel *transport.Channel
	peer    directory.Peer
	greeted *task.Latch // the peer said hello
	inbox   *task.Mailbox[deliver]
	durable *task.Wake // facts of the peer became durable, and it paid for an acknowledgement

	// Only commitLoop uses it.
	verifier *fact.Verifier

	// Only sendLoop uses these, after the hello.
	sent            uint64        // own facts handed to the channel, up to this Seq
	released        uint64        // own facts that may go, up to this Seq
	epoch           aura.Epoch    // of the chain of receipts
	version         uint64        // of the ledger, at which the chain began
	sentReceipts    uint64        // of the chain, in this session or before
	clockDifference aura.Duration // by which the peer's clock was shown to be ahead
	denial          guard.Denial  // why the next own fact waits for budget; zero: it does not
	pause           task.Backoff  // before the journal is asked again

	lock          task.Mutex
	acked         uint64   // own facts durable at the peer, up to this Seq
	ackReceipt    [32]byte // the peer's receipt that pays for the next acknowledgement
	peerHello     hello
	sentAddresses []string                // addresses that the hello named
	sought        map[contact.Tag]linkKey // for whom this side asked the peer
	pending       pending                 // own facts on their way to the peer
	limit         uint64                  // no honest peer acknowledges more than this
}

func newSession(l *link, c *transport.Channel) (*session, error) {
	peer := l.member()
	if c.RemoteStatic() != peer.Certificate.Agreement {
		return nil, aura.Errorf("replica.newSession", aura.Denied, "the channel belongs to another device")
	}
	return &session{
		pause: redial(),
		link:  l, channel: c, peer: peer, greeted: task.NewLatch(), durable: task.NewWake(),
		inbox:    task.NewMailbox[deliver]("sync.inbox", inboxCapacity),
		verifier: fact.NewVerifier(peer.Certificate.Signing[:]),
	}, nil
}

func (s *session) env() *Env { return s.link.sync.env }

func (s *session) party() egress.Party {
	return egress.Party{Context: s.peer.Context, Peer: s.peer.Authority}
}

// receiveLoop reads the channel.
func (s *session) receiveLoop(tc task.Context) error {
	for {
		b, err := s.channel.Recv(tc)
		if err != nil {
			return err
		}
		switch b[0] {
		case egress.NumberHello:
			err = s.onHello(tc, b)
		case egress.NumberDeliver:
			var d deliver
			if err = decodeDeliver(b, &d); err == nil {
				err = s.inbox.Send(tc, d)
			}
		case egress.NumberAck:
			var a ack
			if err = decodeMessage(b, &a); err == nil {
				s.link.hearClock(tc, a.Now)
				err = s.onAck(tc, a.Through)
			}
		case egress.NumberAddresses:
			var r addresses
			if err = decodeMessage(b, &r); err == nil {
				err = s.onAddresses(tc, r.Addresses)
			}
		case egress.NumberSeek:
			var m seek
			if err = decodeMessage(b, &m); err == nil {
				err = s.onSeek(tc, &m)
			}
		case egress.NumberIntroduction:
			var m introduction
			if err = decodeMessage(b, &m); err == nil {
				err = s.onIntroduction(tc, &m)
			}
		}
		if err != nil {
			return err
		}
	}
}

func (s *session) onHello(tc task.Context, b []byte) error {
	if s.greeted.Opened() {
		return aura.Errorf("replica.onHello", aura.Corrupt, "the peer said hello twice")
	}
	var h hello
	if err := decodeMessage(b, &h); err != nil {
		return err
	}
	// Only facts that were paid for were ever sent. The peer cannot have later ones.
	paid := s.env().Journal.Charge(s.peer.Context, s.peer.Authority).Through
	if h.Have > paid {
		return aura.Errorf("replica.onHello", aura.Corrupt, "the peer has %d facts of %d that were sent", h.Have, paid)
	}
	s.link.hearClock(tc, h.Now)
	s.lock.Lock()
	s.peerHello, s.acked, s.limit = h, h.Have, paid
	s.lock.Unlock()
	s.greeted.Open()
	way := world.Text("direct")
	if s.channel.Relayed() {
		way = "relayed"
	}
	tc.Emit(world.ConnectionUp(syncName, way))
	s.link.sync.recorder.add(s)
	s.acknowledgedBefore(tc, h.Have)
	return s.onAddresses(tc, h.Addresses)
}

func (s *session) onAck(tc task.Context, through uint64) error {
	s.lock.Lock()
	valid, news := through <= s.limit, through > s.acked
	full := s.limit-min(s.limit, s.acked) >= maxPending // sendLoop may wait for this
	var acked []aura.FactID
	if valid && news {
		s.acked = through
		acked = s.pending.acknowledge(through)
	}
	s.lock.Unlock()
	if !valid {
		return aura.Errorf("replica.onAck", aura.Corrupt, "the peer acknowledges what was not sent")
	}
	if news {
		s.link.sync.recorder.add(s)
		if full {
			s.link.wake.Notify()
		}
		s.acknowledged(tc, acked)
	}
	return nil
}

func (s *session) progress() (acked uint64) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.acked
}
