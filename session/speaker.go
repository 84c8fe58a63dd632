package session

import (
	"bytes"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/task"
)

// speaker is a channel on which sessions are spoken for. It is the engine's task's, but for talk and wake.
type speaker struct {
	engine *Engine
	talk   ChannelOptions
	wake   *task.Wake // for the sending task: something is due

	spoken  map[aura.SessionID]*spoken
	due     []*spoken // those that have something to say, in turn
	later   []*spoken // those that greet again after a pause
	replies []frame
	only    *live // the session of a channel that carries one
	over    bool  // it has ended
	closing bool  // the sending task ends when all was said

	mute    aura.Duration // no reply leaves before it: the budget had no room for one
	backoff task.Backoff  // of the replies

	regreeted allowance // greetings for sessions that the peer had greeted for
}

// spoken is a session on a channel.
//
//	          this side greets            the peer greets
//	begun ──────────────────▶ greeted ─────────────────────▶ messages go both ways
//	  ▲                          │ the peer is busy: after a pause
//	  └──────────────────────────┘
type spoken struct {
	speaker *speaker
	session *live
	role    choreo.Role // of the peer

	queued  bool
	greeted bool          // this side did
	heard   bool          // the peer did
	has     uint64        // how many messages of this side it has, by its greeting
	next    uint64        // the first message that it was not sent on this channel
	again   uint64        // up to where it asked for messages once more
	asked   uint64        // the last one that it asked for
	single  uint64        // up to here one message leaves at a time, behind the confirmation of the one before
	repeats int           // messages that it may send once more
	retry   aura.Duration // this side does not greet before it
	hold    aura.Duration // no message leaves before it
	pause   task.Backoff

	came    bool     // a message that is not confirmed yet
	through uint64   // up to where messages are here
	covered [32]byte // the digest of the last one
	lost    bool     // one found no room: the peer sends it again when the program has taken one more than it had then
	took    uint64
	behind  int      // messages that may come before their turn, behind one that was not paid for
	refuses *refused // that one, while the peer was not told: it would wait for the answer
	stood   bool     // one found the session standing still: the peer sends it again when the session goes on
	deaf    bool     // a frame of the peer was dropped for the same reason: this side greets again then
}

// frame is a frame that leaves.
type frame struct {
	kind    Frame
	covered [32]byte
	body    []byte
	greets  *spoken // whose greeting it is
	refuses *refused
	reply   *reply // of one

	// Of a message.
	of      *spoken // of the refusal of a message, too
	message *effect.Message
	unpaid  bool // it has no receipt, and so no body yet
}

// reply is an answer that does not wait for a session's turn: a refusal, or a greeting that begins nothing.
type reply struct {
	to   aura.SessionID
	had  *spoken // what the channel had of that session
	late bool    // the budget had no room for it before
}

// due is what leaves next, and what then.
type due struct {
	frames     []frame
	again      aura.Duration // when there may be more, if wake does not say so before
	over, last bool          // the session of a channel that carries one is over; nothing more leaves
}

const (
	// window is how many messages of a session may be on their way without a confirmation: as many as the peer's program and the
	// edge before it have room for, about.
	window = 32
	// batch is how many frames leave before the engine is asked again.
	batch = 16
	// maxReplies is how many replies wait to leave. A peer that is told of none asks again on another channel.
	maxReplies = 64
	// begunByPeer is how many sessions that one peer began may live.
	begunByPeer = 64
)

// The pauses before a session greets again: most sessions end within seconds, and a budget begins anew within minutes.
const (
	greetBase = 10 * time.Second
	greetMost = 10 * time.Minute
)

// greetAgain paces the greetings of a session for which the peer, or the budget, has no room.
func greetAgain() task.Backoff {
	return task.Backoff{Base: greetBase, Max: greetMost, Factor: 2, Jitter: 0.3}
}

// begin enters a channel, with the sessions that live.
func (e *Engine) begin(talk ChannelOptions) (*speaker, error) {
	const op = "session.Speak"
	s := &speaker{
		engine: e, talk: talk, wake: task.NewWake(), spoken: map[aura.SessionID]*spoken{}, backoff: greetAgain(),
		regreeted: allowance{most: maxRegreetings, every: regreetRefill},
	}
	if l, lives := e.live[talk.Only]; lives && s.add(l) == nil {
		return nil, aura.Errorf(op, aura.Denied, "the peer plays no role in session %s", aura.Short(talk.Only))
	} else if !lives && talk.Only != (aura.SessionID{}) && talk.Admit == nil {
		return nil, aura.Errorf(op, aura.NotFound, "session %s is not here", aura.Short(talk.Only))
	}
	for _, l := range e.byName() {
		s.add(l)
	}
	e.speakers = append(e.speakers, s)
	return s, nil
}

// byName returns the sessions that live, by name.
func (e *Engine) byName() []*live {
	all := make([]*live, 0, len(e.live))
	for _, l := range e.live {
		all = append(all, l)
	}
	slices.SortFunc(all, func(x, y *live) int { return bytes.Compare(x.opening.Name[:], y.opening.Name[:]) })
	return all
}

// hangUp takes a channel away. A peer that only greeted on it leaves no session behind.
func (e *Engine) hangUp(tc task.Context, s *speaker) {
	tc, done := tc.Irrevocable("session.hangUp")
	defer done()
	only := func(l *live) bool {
		return len(l.channels) == 0 && l.opening.greeted && !l.gone && len(l.seen)+len(l.sent) == 0
	}
	greeted, _ := ask(tc, e, func(task.Context) (all []*live, err error) {
		e.speakers = slices.DeleteFunc(e.speakers, func(o *speaker) bool { return o == s })
		for _, l := range e.byName() {
			if o := s.spoken[l.opening.Name]; o != nil && o.session == l {
				s.drop(o)
				l.missed(o.role)
				if only(l) {
					all = append(all, l)
				}
			}
		}
		return all, nil
	})
	for _, l := range greeted {
		_ = e.finish(tc, l, nil, func() (bool, error) { // otherwise its program tries again
			if !only(l) {
				return false, nil
			}
			return true, l.cancelFor(s.talk.Peer.Authority, "its channel ended before its first message")
		})
	}
}

// missed notes that a channel to a peer has ended. While no other one speaks for the session, its end at one of the two is not told to the
// other one. So this side greets on the next channel, for which a link is dialled, even when it has nothing else to say.
func (l *live) missed(role choreo.Role) {
	put(&l.met, role, slices.ContainsFunc(l.channels, func(o *spoken) bool { return o.role == role && o.heard }))
}

// attach has the channels speak for a session that has begun, and calls for one where there is none.
func (e *Engine) attach(l *live) {
	for _, s := range e.speakers {
		s.add(l)
	}
	l.call()
}

// add has the channel speak for a session. It returns nil when the session is not one of the channel.
func (s *speaker) add(l *live) *spoken {
	if s.talk.Only != (aura.SessionID{}) && s.talk.Only != l.opening.Name {
		return nil
	}
	if o := s.spoken[l.opening.Name]; o != nil && o.session == l {
		return o
	}
	role, plays := l.roleOf(&s.talk)
	if ending := l.cancelled != nil && s.talk.Only == (aura.SessionID{}); !plays || l.gone || l.custody == CustodyHeld || ending {
		return nil
	}
	o := &spoken{speaker: s, session: l, role: role, pause: greetAgain()}
	s.spoken[l.opening.Name] = o
	l.channels = append(l.channels, o)
	if s.talk.Only != (aura.SessionID{}) {
		s.only = l
	}
	s.queue(o)
	return o
}

// drop has the channel speak for a session no more.
func (s *speaker) drop(o *spoken) {
	if s.spoken[o.session.opening.Name] == o {
		delete(s.spoken, o.session.opening.Name)
	}
	is := func(other *spoken) bool { return other == o }
	s.due, s.later = slices.DeleteFunc(s.due, is), slices.DeleteFunc(s.later, is)
	o.session.channels = slices.DeleteFunc(o.session.channels, is)
	s.over = s.over || o.session == s.only
	s.wake.Notify()
}

// queue has the sending task look at a session.
func (s *speaker) queue(o *spoken) {
	if !o.queued {
		o.queued = true
		s.due = append(s.due, o)
		s.wake.Notify()
	}
}

// postpone has a session greet later.
func (s *speaker) postpone(o *spoken, until aura.Duration) {
	if s.spoken[o.session.opening.Name] == o {
		o.greeted = false
		s.pause(o, until)
	}
}

// pause has a session say nothing but its messages for some time.
func (s *speaker) pause(o *spoken, until aura.Duration) {
	o.retry = until
	s.wait(o)
}

// wait has a session say nothing more until its pauses are over.
func (s *speaker) wait(o *spoken) {
	if !slices.Contains(s.later, o) {
		s.later = append(s.later, o)
	}
	s.wake.Notify()
}

// reply refuses a session. On a channel of one session, its end says so.
func (s *speaker) reply(name aura.SessionID, why Refusal) {
	if s.talk.Only == (aura.SessionID{}) {
		s.enqueue(s.refusal(name, why))
	}
}

func (s *speaker) refusal(name aura.SessionID, why Refusal) frame {
	return s.replying(name, FrameRefusal, encode(refused{Session: name, Reason: why}))
}

// tell answers a greeting that begins nothing.
func (s *speaker) tell(g Greeting) { s.enqueue(s.telling(g)) }

// telling returns the frame of a greeting that begins nothing.
func (s *speaker) telling(g Greeting) frame { return s.replying(g.Session, FrameGreeting, encode(g)) }

func (s *speaker) replying(to aura.SessionID, kind Frame, body []byte) frame {
	return frame{kind: kind, body: body, reply: &reply{to: to, had: s.spoken[to]}}
}

// enqueue has a reply leave, once while it waits.
func (s *speaker) enqueue(f frame) {
	same := func(o frame) bool { return o.kind == f.kind && bytes.Equal(o.body, f.body) }
	if len(s.replies) < maxReplies && !slices.ContainsFunc(s.replies, same) {
		s.replies = append(s.replies, f)
		s.wake.Notify()
	}
}

// replyLater has a reply leave when the budget may have room again, and those behind it then.
func (s *speaker) replyLater(f *frame, now aura.Duration) {
	if s.mute <= now {
		if now-s.mute > greetMost {
			s.backoff.Reset()
		}
		s.mute = now + s.backoff.Next(s.engine.options.Entropy)
	}
	f.reply.late = true
	s.enqueue(*f)
}

// collectReplies adds the replies that are due. When the channel has come to speak for the session of a late one, the peer is asked for its
// greeting instead, unless it has greeted since.
func (s *speaker) collectReplies(d *due, now aura.Duration) {
	if len(s.replies) > 0 && s.mute > now {
		d.again = s.mute
		return
	}
	for _, f := range s.replies {
		switch o := s.spoken[f.reply.to]; {
		case !f.reply.late || o == nil || o == f.reply.had:
			d.frames = append(d.frames, f)
		case !o.heard:
			d.frames = append(d.frames, s.refusal(f.reply.to, RefusalBusy))
		}
	}
	s.replies = nil
}

// tellVersion says which version of a protocol there is here.
func (s *speaker) tellVersion(name aura.SessionID, p *Protocol) {
	s.tell(Greeting{Session: name, Protocol: p.ID(), Version: p.Version(), Sizes: p.sizes})
}

// greeting is this side's greeting.
func (o *spoken) greeting() Greeting {
	l := o.session
	return Greeting{
		Session: l.opening.Name, Protocol: l.protocol.ID(), Version: l.protocol.Version(), Role: string(l.opening.Role),
		Have: l.have(o.role), Sizes: l.protocol.sizes, To: string(o.role), Moved: l.moves[l.opening.Role],
		Epoch: l.opening.Epoch,
	}
}

// collect returns what leaves next.
func (s *speaker) collect(now aura.Duration) due {
	d := due{again: task.Forever}
	s.collectReplies(&d, now)
	s.later = slices.DeleteFunc(s.later, func(o *spoken) bool {
		if at := max(o.retry, o.hold); at > now {
			d.again = min(d.again, at)
			return false
		}
		s.queue(o)
		return true
	})
	for len(s.due) > 0 && len(d.frames) < batch {
		o := s.due[0]
		s.due = s.due[1:]
		o.queued = false
		d.frames = o.collect(d.frames, now)
	}
	d.over = s.over
	d.last = (s.over || s.closing) && len(s.due) == 0
	return d
}

// collect adds what a session has to say.
func (o *spoken) collect(frames []frame, now aura.Duration) []frame {
	s, l := o.speaker, o.session
	again := o.lost && (l.taken > o.took || o.stood) && !l.stands()
	if o.came || again {
		frames = append(frames, frame{kind: FrameConfirmation, covered: o.covered, body: encode(confirmation{l.opening.Name, o.through, again})})
		o.came, o.lost, o.stood = false, o.lost && !again, o.stood && !again
	}
	if o.refuses != nil && o.retry <= now {
		frames = append(frames, frame{kind: FrameRefusal, of: o, refuses: o.refuses, body: encode(*o.refuses)})
		o.refuses = nil
	}
	if l.gone {
		if d := s.engine.departed.of[l.opening.Name]; l.custody == CustodyGone && d != nil && (o.greeted || o.heard) {
			frames = append(frames, s.telling(d.greeting(string(o.role))))
		}
		if l.end != 0 && l.end != view.EndCompleted && (o.greeted || o.heard) && s.talk.Only == (aura.SessionID{}) {
			g := o.greeting()
			g.Ended = l.end
			frames = append(frames, s.telling(g))
		}
		s.drop(o)
		return frames
	}
	if !o.greeted && o.retry <= now {
		o.greeted = true
		o.repeats = window // those on their way over an earlier channel, or before this greeting, may come behind it
		frames = append(frames, frame{kind: FrameGreeting, greets: o, body: encode(o.greeting())})
	}
	if !o.heard || o.hold > now {
		return frames
	}
	edge := l.edgeTo(o.role)
	l.has(edge, min(o.has, l.sent[edge]))
	left := l.left[edge]
	for i := max(o.next, l.first(edge)) - l.first(edge); i < uint64(len(left)); i++ {
		m := &left[i]
		switch {
		case m.Seq >= l.confirmed[edge]+window, m.Seq < o.single && m.Seq > max(o.asked, l.confirmed[edge]):
			return frames
		case len(frames) >= batch:
			s.queue(o)
			return frames
		}
		frames = append(frames, o.frame(m.Message))
		o.next = m.Seq + 1
	}
	return frames
}

// sendFrom has the messages from a number on leave once more, because the peer asks for them. Those that had left come one at a time, so
// that a peer which asks again and again gets no more bytes than it confirms, and one message.
func (o *spoken) sendFrom(seq uint64) {
	o.single = max(o.single, o.next)
	o.next, o.asked = seq, seq
}

// repeated takes note of a message that came before. It returns aura.Denied when the peer may repeat no more of them. A channel without
// receipts has a bound for all messages.
func (s *speaker) repeated(m *effect.Message) error {
	o := s.spoken[m.Session]
	switch {
	case s.talk.Payments == nil:
		return nil
	case o == nil || o.repeats == 0:
		return aura.Errorf("session.Speak", aura.Denied, "message %d of session %s comes again and again", m.Seq, aura.Short(m.Session))
	}
	o.repeats--
	return nil
}

// frame returns the frame of a message. On a channel without receipts none leaves.
func (o *spoken) frame(m effect.Message) frame {
	f := frame{kind: FrameMessage, covered: m.Digest(), of: o, message: &m}
	switch shown := o.speaker.talk.Payments != nil; {
	case !shown:
		m.Receipt = nil
	case m.Receipt == nil:
		f.unpaid = true
		return f
	}
	f.body = encode(message{m.Session, m.Edge, m.Seq, m.Parcel, m.Receipt})
	return f
}

// adopt has the channels of a session that stood still go on with it.
func (l *live) adopt(was *live) {
	l.channels, was.channels = was.channels, nil
	l.met, l.confirmed = was.met, was.confirmed
	for _, o := range l.channels {
		o.session = l
		if o.speaker.only == was {
			o.speaker.only = l
		}
		o.goOn()
	}
}
