package replica

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	choreography "github.com/aura-runtime/aura/protocols/delivery"
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

// session runs over one channel of a link, in ten tasks. The first to end ends all.
//
//	receiveLoop  takes messages off the channel
//	commitLoop   makes received facts durable
//	ackLoop      acknowledges durable facts
//	sendLoop     sends hello, then own facts that are paid for
//	recallLoop   asks the peer for facts of this device that this home does not have
//	returnLoop   gives the peer facts of its device back
//	evidenceLoop shows the peer forks of members of the context
//	sessionsLoop has the sessions of protocols spoken for
//	addressLoop  tells the peer new addresses, has it relay, introduces contacts
//	replaceLoop  ends the session for a newer channel, or when the owner blocks the peer
//
// The [recorder] takes what the peer acknowledges.
type session struct {
	link       *link
	channel    *transport.Channel
	peer       directory.Peer
	device     aura.DeviceID // of the peer
	out        *outbound
	in         Stream
	greeted    *task.Latch // the peer said hello
	introduced *task.Latch // this side said hello
	inbox      *task.Mailbox[deliver]
	frames     *task.Mailbox[[]byte] // of sessions
	recalls    *task.Wake            // the peer has facts of this device that this home does not have
	answers    *task.Mailbox[places] // to what recallLoop asked
	asked      *task.Mailbox[places] // by the peer
	durable    *task.Wake            // facts of the peer became durable, and it paid for an acknowledgement

	// Only commitLoop uses it.
	verifier *fact.Verifier
	own      *fact.Verifier // of facts of this device
	turn     uint64         // of the directory, at which the peer's device was listed

	// Only receiveLoop uses it.
	shown int // forks that the peer showed in this session

	// Only evidenceLoop uses it.
	showed map[aura.DeviceID]bool // forks of devices that this side showed in this session

	// Only sendLoop uses these, after the hello.
	sent            uint64        // own facts handed to the channel, up to this number
	released        uint64        // own facts that may go, up to this number
	epoch           aura.Epoch    // of the chain of receipts
	version         uint64        // of the ledger, at which the chain began
	sentReceipts    uint64        // of the chain, in this session or before
	greeting        hello         // of the peer
	counted         uint64        // by the peer, of this device in epoch
	clockDifference aura.Duration // by which the peer's clock was shown to be ahead
	lacks           bool          // facts of this device that the peer has, as shown
	denial          guard.Denial  // why the next own fact waits for budget; zero: it does not
	pause           task.Backoff  // before the journal is asked again

	lock          task.Mutex
	acked         uint64       // own facts durable at the peer, up to this number
	peerHeads     []fact.Place // the newest own facts that the peer said it has
	ackReceipt    [32]byte     // the peer's receipt that pays for the next acknowledgement
	peerHello     hello
	sentAddresses []string                // addresses that the hello named
	siblings      []sibling               // where the peer said that its siblings are
	sought        map[contact.Tag]linkKey // for whom this side asked the peer
	pending       pending                 // own facts on their way to the peer
	unanswered    []aura.DeviceID         // whose forks the peer showed, to be answered
	limit         uint64                  // own facts that were sent in this session or before, up to this number
}

func newSession(l *link, c *transport.Channel) (*session, error) {
	peer := l.member()
	if c.RemoteStatic() != peer.Device.Agreement {
		return nil, aura.Errorf("replica.newSession", aura.Denied, "the channel belongs to another device")
	}
	return &session{
		pause: redial(),
		link:  l, channel: c, peer: peer, device: peer.Device.ID(), greeted: task.NewLatch(), introduced: task.NewLatch(), durable: task.NewWake(),
		inbox:   task.NewMailbox[deliver]("sync.inbox", inboxCapacity),
		frames:  task.NewMailbox[[]byte]("sync.frames", framesCapacity),
		recalls: task.NewWake(), answers: task.NewMailbox[places]("sync.answers", 1),
		asked:  task.NewMailbox[places]("sync.asked", askedCapacity),
		showed: map[aura.DeviceID]bool{}, verifier: fact.NewVerifier(peer.Device.Signing[:]),
	}, nil
}

func (s *session) env() *Env { return s.link.sync.env }

func (s *session) party() egress.Party {
	return egress.Party{Context: s.peer.Context, Peer: s.peer.Authority}
}

// receiveLoop takes the part of the receiver in the stream of the channel.
func (s *session) receiveLoop(tc task.Context) error {
	hello, next, err := choreography.StartReceiver[task.Context](inbound{s}).ReceiveHello(tc)
	if err != nil {
		return err
	}
	if err := s.onHello(tc, hello.Payload); err != nil {
		return err
	}
	for {
		heard, err := next.Receive(tc)
		if err != nil {
			return err
		}
		switch heard := heard.(type) {
		case choreography.ReceiverS2Facts[task.Context]:
			var d deliver
			if err = decodeDeliver(heard.Message.Payload, &d); err == nil {
				err = s.inbox.Send(tc, d)
			}
			next = heard.Next
		case choreography.ReceiverS2Stored[task.Context]:
			var a ack
			if err = decodeMessage(heard.Message.Payload, &a); err == nil {
				s.link.hearClock(tc, a.Now)
				err = s.onAck(tc, a.Heads)
			}
			next = heard.Next
		case choreography.ReceiverS2Places[task.Context]:
			var p places
			if err = decodeMessage(heard.Message.Payload, &p); err == nil {
				err = s.onPlaces(tc, p)
			}
			next = heard.Next
		case choreography.ReceiverS2Evidence[task.Context]:
			var m evidence
			if err = decodeMessage(heard.Message.Payload, &m); err == nil {
				err = s.onEvidence(tc, &m)
			}
			next = heard.Next
		case choreography.ReceiverS2Addresses[task.Context]:
			var r addresses
			if err = decodeMessage(heard.Message.Payload, &r); err == nil {
				err = s.onAddresses(tc, r.Addresses)
			}
			if err == nil {
				err = s.onSiblings(r.Siblings)
			}
			next = heard.Next
		case choreography.ReceiverS2Seek[task.Context]:
			var m seek
			if err = decodeMessage(heard.Message.Payload, &m); err == nil {
				err = s.onSeek(tc, &m)
			}
			next = heard.Next
		case choreography.ReceiverS2Introduction[task.Context]:
			var m introduction
			if err = decodeMessage(heard.Message.Payload, &m); err == nil {
				err = s.onIntroduction(tc, &m)
			}
			next = heard.Next
		}
		if err != nil {
			return err
		}
	}
}

func (s *session) onHello(tc task.Context, b []byte) error {
	var h hello
	if err := decodeMessage(b, &h); err != nil {
		return err
	}
	if h.Format < factsFormat {
		return &aura.Error{Op: "replica.onHello", Kind: aura.Unavailable, Err: &olderError{h.Format}}
	}
	if err := h.check(); err != nil {
		return err
	}
	through, unknown, err := s.env().Journal.Behind(s.link.namespace(), s.env().Ring.Device(), h.Heads)
	if err != nil {
		return err
	}
	paid := s.env().Journal.Charge(s.peer.Context, s.peer.Authority).Through
	s.link.hearClock(tc, h.Now)
	s.lock.Lock()
	s.peerHello, s.acked, s.limit, s.peerHeads = h, through, max(through, paid), h.Heads
	s.lock.Unlock()
	if s.link.peerHas(tc, h.Heads, unknown); len(unknown) > 0 {
		s.recalls.Notify()
	}
	s.greeted.Open()
	s.link.compared()
	way := world.Text("direct")
	if s.channel.Relayed() {
		way = "relayed"
	}
	tc.Emit(world.ConnectionUp(syncName, way))
	s.link.sync.recorder.add(s)
	s.acknowledgedBefore(tc, through)
	if err := s.onElsewhere(tc, h.Elsewhere); err != nil {
		return err
	}
	return s.onAddresses(tc, h.Addresses)
}

// onAck notes which own facts the peer has. A peer can name facts that this session did not send: those that another
// copy of this home sent.
func (s *session) onAck(tc task.Context, heads []fact.Place) error {
	if err := checkPlaces("an acknowledgement", heads, fact.MaxHeads); err != nil {
		return err
	}
	s.lock.Lock()
	through := uint64(0)
	if len(heads) == 1 && !s.env().Journal.Branched(s.link.namespace(), s.env().Ring.Device()) {
		through = s.pending.number(heads[0])
	}
	s.peerHeads = heads
	s.lock.Unlock()
	var unknown []fact.Place
	if through == 0 {
		var err error
		through, unknown, err = s.env().Journal.Behind(s.link.namespace(), s.env().Ring.Device(), heads)
		if err != nil {
			return err
		}
		if len(unknown) > 0 {
			s.recalls.Notify()
		}
	}
	s.link.peerHas(tc, heads, unknown)
	s.confirm(tc, through)
	return nil
}

// confirm notes that the peer has the own facts up to a number.
func (s *session) confirm(tc task.Context, through uint64) {
	s.lock.Lock()
	news := through > s.acked
	full := s.limit-min(s.limit, s.acked) >= maxPending // sendLoop may wait for this
	var acked []aura.FactID
	if news {
		s.acked = through
		acked = s.pending.acknowledge(through)
	}
	s.lock.Unlock()
	if news {
		s.link.sync.recorder.add(s)
		if full {
			s.link.wake.Notify()
		}
		s.acknowledged(tc, acked)
	}
}

func (s *session) progress() (acked uint64) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.acked
}
