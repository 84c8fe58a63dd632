package session

import (
	"errors"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// goOn takes the peer's greeting for a session that is here. It returns the session and the peer's role when the two run different
// versions of the protocol.
func (e *Engine) goOn(s *speaker, g *Greeting, now aura.Duration) (other *live, with choreo.Role, err error) {
	const op = "session.Speak"
	l, o := e.live[g.Session], s.spoken[g.Session]
	switch here := l.protocol.Version(); {
	case o == nil && (l.cancelled != nil || l.custody == CustodyHeld):
		// When it has ended, facts say whether it may begin anew, and one that waits for its handover goes on here or not.
		s.reply(g.Session, RefusalBusy)
		return nil, "", aura.Errorf(op, aura.Exhausted, "session %s is about to end, or to be handed over", aura.Short(g.Session))
	case o == nil && l.leftBy(choreo.Role(g.Role), s.talk.Peer.Device):
		s.reply(g.Session, RefusalMoved)
		return nil, "", aura.Errorf(op, aura.Stale, "device %s plays %s in session %s no more", aura.Short(s.talk.Peer.Device), clip(g.Role), aura.Short(g.Session))
	case o == nil || g.Protocol != l.protocol.ID() || g.Role != "" && choreo.Role(g.Role) != o.role || g.To != "" && choreo.Role(g.To) != l.opening.Role:
		s.reply(g.Session, RefusalPeer)
		return nil, "", aura.Errorf(op, aura.Denied, "the other side greets for another session or role")
	case l.sameEpoch(g) != nil:
		s.reply(g.Session, RefusalEpoch)
		return nil, "", l.sameEpoch(g)
	case g.Version != here && s.talk.Only != (aura.SessionID{}):
		return nil, "", l.protocol.differs(g) // it may be updated before the invitation ends
	case g.Version != here:
		if g.Role != "" {
			s.tellVersion(g.Session, l.protocol)
		}
		s.drop(o)
		return l, o.role, nil
	case g.Role != "" && g.Have < l.first(l.edgeTo(o.role)) && l.opening.Persistent:
		// An older copy of the peer's home: it lacks messages that the peer had confirmed, and a checkpoint has taken their place.
		if s.talk.Only == (aura.SessionID{}) { // otherwise its channel ends
			s.reply(g.Session, RefusalEnded)
			s.drop(o)
		}
		return nil, "", aura.Errorf(op, aura.Stale, "the peer has %d messages of session %s, and had confirmed %d: it is an older copy",
			g.Have, aura.Short(g.Session), l.first(l.edgeTo(o.role)))
	case g.Role == "" || o.heard && !s.regreeted.take(now):
		return nil, "", aura.Errorf(op, aura.Denied, "the other side greets again and again for session %s on one channel", aura.Short(g.Session))
	case o.heard:
		// The session stood still there for a handover that was taken back, and dropped a frame of this side: a refusal of a message is said once,
		// and the session would wait for the next channel. This side greets again, and says how many messages it has.
		o.greeted = false
	}
	if o.heard {
		o.sendFrom(g.Have)
	}
	o.heard, o.next, o.has = true, g.Have, g.Have
	o.retry = 0 // the peer has room for the session now
	l.bind(o.role, s.talk.Peer.Device)
	s.queue(o)
	return nil, "", nil
}

// mayBegin returns who decides about a session that a peer wants to begin, and the role that is played here then; the role is
// empty when that is theirs to say, too.
func (e *Engine) mayBegin(s *speaker, g *Greeting) (Admit, choreo.Role, error) {
	const op = "session.Speak"
	admit, role := s.talk.Admit, choreo.Role(g.To)
	if admit == nil {
		admit, role = e.options.Registry.answerOf(g)
	}
	refuse := func(why Refusal, kind aura.Kind, text string) (Admit, choreo.Role, error) {
		s.reply(g.Session, why)
		return nil, "", aura.Errorf(op, kind, "session %s of protocol %s: %s", aura.Short(g.Session), clip(g.Protocol), text)
	}
	waits, with := e.waitsFor(&s.talk, g)
	ended := e.endedWith(&s.talk, g)
	if d := e.goneFrom(g.Session, &s.talk); d != nil && ended == nil && s.talk.Only == (aura.SessionID{}) {
		s.tell(d.greeting(g.Role))
		return nil, "", aura.Errorf(op, aura.Stale, "session %s went to another device", aura.Short(g.Session))
	}
	switch {
	case s.talk.Only != (aura.SessionID{}) && s.talk.Only != g.Session:
		return nil, "", aura.Errorf(op, aura.Denied, "the other side greets for another session or role")
	case g.Role == "":
		return nil, "", nil // it tells its version of a session that has ended here
	case waits && with:
		return refuse(RefusalBusy, aura.Exhausted, "it waits for its protocol here") // Unavailable would end the channel
	case waits:
		return refuse(RefusalPeer, aura.Denied, "the other side is not in it")
	case ended != nil && s.talk.Only == (aura.SessionID{}) && (admit == nil || g.Have > 0):
		s.tell(e.refer(g, ended))
		return nil, "", stale(op, ended)
	case g.Have > 0 && s.talk.Only == (aura.SessionID{}):
		return refuse(RefusalEnded, aura.Stale, "it has ended here") // this side had sent messages, and would send others now
	case admit == nil:
		return refuse(RefusalProtocol, aura.Denied, "peers begin none here")
	}
	if p, differs := e.differs(g); differs {
		s.tellVersion(g.Session, p)
		return nil, "", p.differs(g)
	}
	if err := e.room(s.talk.Peer.Authority); err != nil {
		s.reply(g.Session, RefusalBusy)
		return nil, "", err
	}
	return admit, role, nil
}

// room returns aura.Exhausted while a peer may begin no further session.
func (e *Engine) room(peer aura.AuthorityID) error {
	const op = "session.Speak"
	if most := e.options.Sessions * 3 / 4; len(e.live) >= most { // the others are for what begins here
		return aura.Errorf(op, aura.Exhausted, "%d sessions live, and a peer begins none beyond %d", len(e.live), most)
	}
	if peer == (aura.AuthorityID{}) {
		return nil // strangers have a bound of their own, see package replica
	}
	begun := 0
	for _, l := range e.live {
		if l.opening.greeted && slices.ContainsFunc(l.opening.Parties, func(p Party) bool { return p.Authority == peer }) {
			begun++
		}
	}
	if begun >= begunByPeer {
		return aura.Errorf(op, aura.Exhausted, "the peer began %d sessions that live, the most is %d", begun, begunByPeer)
	}
	return nil
}

// clip shortens what a peer says.
func clip(text string) string { return aura.Clip(text, 64) }

// complete fills in what an admission left open, and checks that it is of the session that the peer greeted for.
func (s *speaker) complete(o *Opening, role choreo.Role, from Party, g *Greeting) error {
	if o.Name == (aura.SessionID{}) {
		o.Name = g.Session
	}
	if o.Protocol == "" {
		o.Protocol = g.Protocol
	}
	if o.Version == ([32]byte{}) {
		o.Version, o.Sizes = g.Version, g.Sizes
	}
	if o.Role == "" {
		o.Role = role
	}
	if o.Context.IsZero() {
		o.Context = s.talk.Context
	}
	if o.Parties == nil {
		o.Parties = []Party{from}
	}
	if o.Epoch = g.Epoch; s.talk.Only != (aura.SessionID{}) {
		o.Epoch = 0 // its two sides share no context yet
	}
	if o.Name != g.Session || o.Protocol != g.Protocol || o.Context != s.talk.Context {
		return aura.Errorf("session.Speak", aura.Internal, "an admission for session %s opens another one", aura.Short(g.Session))
	}
	return nil
}

// beginFor begins a session because a peer greeted for it, in one of the epochs.
func (e *Engine) beginFor(tc task.Context, s *speaker, o Opening, in epochs, g *Greeting) error {
	if _, lives := e.live[o.Name]; !lives {
		over, err := e.over(&o, true)
		if over != nil {
			s.tell(e.refer(g, over))
			return stale("session.Speak", over)
		}
		if err == nil {
			if err := in.check(&o); err != nil {
				s.reply(g.Session, RefusalEpoch)
				return err
			}
			err = e.room(s.talk.Peer.Authority)
		}
		var p *Protocol
		if err == nil {
			p, err = e.version(&o)
		}
		if err == nil {
			if err = e.goesWith(p, o.Role); err != nil {
				if here, _ := e.version(&Opening{Protocol: o.Protocol, Sizes: o.Sizes}); here != nil {
					s.tellVersion(g.Session, here)
					return err
				}
			}
		}
		if err == nil {
			o.greeted = true
			err = e.open(tc, o, nil)
		}
		if err != nil {
			s.reply(g.Session, refusalOf(err))
			return err
		}
		l := e.live[o.Name]
		if len(g.Moved) > 0 {
			put(&l.moves, choreo.Role(g.Role), g.Moved)
			if o.Persistent {
				l.late = append(l.late, record{Kind: recordMoved, Role: g.Role, Moves: g.Moved, At: tc.Now().At})
			}
		}
	}
	_, _, err := e.goOn(s, g, tc.Elapsed()) // of the version that mayBegin has seen
	return err
}

// confirm takes a confirmation.
func (s *speaker) confirm(c *confirmation) error {
	o := s.spoken[c.Session]
	if o == nil {
		return nil // the session has ended
	}
	if err := o.session.confirm(o.role, c.Next); err != nil || !c.Again {
		return err
	}
	if c.Next < max(o.again, o.session.first(o.session.edgeTo(o.role))) || c.Next >= o.next {
		return aura.Errorf("session.confirm", aura.Denied, "the other side asks for message %d of session %s again", c.Next, aura.Short(c.Session))
	}
	o.sendFrom(c.Next)
	o.again = c.Next + 1
	s.queue(o)
	return nil
}

// takeRefusal takes a refusal. One of a session that has ended here says nothing new.
func (e *Engine) takeRefusal(tc task.Context, s *speaker, r *refused) error {
	o, err := ask(tc, e, func(tc task.Context) (*spoken, error) {
		o, err := s.hears(r.Session)
		switch {
		case o == nil:
			return nil, err
		case r.Reason == RefusalUnpaid || r.Reason == RefusalBudget:
			return s.refusedUnpaid(o, r, tc.Elapsed())
		case r.Reason != RefusalBusy:
			s.drop(o)
		case o.heard: // it has begun there since, and lacks this side's greeting
			if !s.regreeted.take(tc.Elapsed()) {
				return nil, aura.Errorf("session.takeRefusal", aura.Denied, "the other side asks to wait again and again for session %s", aura.Short(r.Session))
			}
			o.greeted, o.retry = false, 0
			s.queue(o)
			return nil, nil
		default:
			s.postpone(o, tc.Elapsed()+o.pause.Next(e.options.Entropy))
			return nil, nil
		}
		return o, nil
	})
	if o == nil || err != nil || r.Reason == RefusalBusy {
		return err
	}
	return e.refusedThere(tc, o.session, o.role, o.session.protocol.refusedBy(r.Reason))
}

// answer notes the answer to a message that came: a confirmation, a refusal, or that it must come again.
func (s *speaker) answer(m *effect.Message, next uint64, err error) error {
	o := s.spoken[m.Session]
	paying, isUnpaid := errors.AsType[*guard.UnpaidError](err)
	switch kind := aura.KindOf(err); {
	case o == nil:
		if d := s.engine.goneFrom(m.Session, &s.talk); d != nil {
			s.tell(d.greeting(""))
		} else if s.engine.suspended[m.Session] != nil {
			s.reply(m.Session, RefusalBusy)
		} else if kind == aura.NotFound || kind == aura.Stale {
			s.reply(m.Session, RefusalEnded)
		}
		return err
	case err == nil:
		o.came, o.through, o.covered, o.behind, o.refuses = true, next, m.Digest(), 0, nil
		s.queue(o)
		return nil
	case isUnpaid:
		why := RefusalUnpaid
		if _, over := errors.AsType[*guard.OverspentError](paying); over {
			why = RefusalBudget
		}
		o.behind = window
		if s.talk.Only == (aura.SessionID{}) { // otherwise its end says so
			o.refuses = &refused{m.Session, why, m.Seq}
			s.queue(o)
		}
		return err
	case kind == aura.Conflict && o.behind > 0: // those on their way behind it come again with it
		o.behind--
		return nil
	case kind == aura.Exhausted:
		if !o.lost {
			o.lost, o.took, o.through, o.covered = true, o.session.taken, o.session.have(o.role), m.Digest()
		}
		o.stood = o.stood || o.session.stands()
		return nil
	case kind == aura.Conflict && o.lost: // it comes again behind the one that was lost
		return nil
	}
	return err
}

// hears returns what of a session is on the channel. While the session stands still, the frame that speaks of it is dropped: aura.Exhausted.
// This side greets again when it goes on, and the peer says the same again.
func (s *speaker) hears(name aura.SessionID) (*spoken, error) {
	o := s.spoken[name]
	if o != nil && o.session.stands() {
		o.deaf = true
		return nil, aura.Errorf("session.Speak", aura.Exhausted, "session %s is being handed over", aura.Short(name))
	}
	return o, nil
}
