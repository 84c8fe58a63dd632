package session

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// follow takes the witnesses of a greeting: from then on the device to which the last one leads plays the role, durably, and those before it
// do no more. Elsewhere says that this is another device than the one that greets. Witnesses that do not hold change nothing: aura.Denied
// for those that are forged or contradict earlier ones, aura.Exhausted for one by a device that is not listed yet, and aura.Stale for those of a
// device that plays the role no more.
func (e *Engine) follow(tc task.Context, s *speaker, g *Greeting) (elsewhere bool, err error) {
	const op = "session.follow"
	if len(g.Moved) == 0 {
		return false, nil
	}
	last := &g.Moved[len(g.Moved)-1]
	why := RefusalPeer
	defer func() {
		if err != nil && tc.Err() == nil && why != 0 {
			e.Emit(tc, g.Session, world.DelegationRejected(g.Session, "", OwnerOf(last.From), OwnerOf(last.To), err))
			_, _ = settle(tc, e, func(task.Context) (struct{}, error) {
				s.reply(g.Session, why)
				return struct{}{}, nil
			})
		}
	}()
	if s.talk.Only != (aura.SessionID{}) || g.Role == "" || e.options.Vouch == nil {
		return false, aura.Errorf(op, aura.Denied, "a role that moves, on a channel where none can")
	}
	peer := s.talk.Peer.Authority
	key := func(d aura.DeviceID) ([32]byte, bool) { return e.options.Vouch(peer, d) }
	elsewhere = last.To != s.talk.Peer.Device
	type place struct {
		session *live
		known   []view.Move
	}
	at, err := ask(tc, e, func(task.Context) (place, error) {
		l := e.live[g.Session]
		if l == nil {
			return place{}, nil
		}
		if l.stands() {
			why = RefusalBusy
			if o := s.spoken[g.Session]; o != nil {
				o.deaf, why = true, 0 // the peer is asked to greet again when the handover is over
			}
			return place{}, aura.Errorf(op, aura.Exhausted, "session %s is being handed over", aura.Short(g.Session))
		}
		if err := l.sameEpoch(g); err != nil {
			why = RefusalEpoch
			return place{}, err
		}
		return place{l, l.moves[choreo.Role(g.Role)]}, nil
	})
	if err != nil {
		return false, err
	}
	news := g.Moved[min(len(at.known), len(g.Moved)):]
	unlisted := func(m view.Move) bool {
		_, listed := key(m.From)
		return !listed && (e.options.Removed == nil || !e.options.Removed(peer, m.From)) // the word of a removed device never counts again
	}
	if unknown := slices.IndexFunc(news, unlisted); unknown >= 0 {
		why = RefusalBusy // an entry that lists it may be on its way
		return false, aura.Errorf(op, aura.Exhausted, "device %s, which gave %s of session %s away, is not listed here", aura.Short(news[unknown].From),
			clip(g.Role), aura.Short(g.Session))
	}
	if err := view.CheckMoves(view.Played{Session: g.Session, Authority: peer, Role: g.Role}, at.known, g.Moved, key); err != nil {
		return false, err
	}
	l := at.session
	switch {
	case l != nil && l.custody == CustodyHeld:
		return elsewhere, nil
	case l == nil && elsewhere:
		why = RefusalMoved
		return true, aura.Errorf(op, aura.Stale, "another device of %s plays %s in session %s, which is not here", aura.Short(peer), clip(g.Role), aura.Short(g.Session))
	case l == nil:
		return false, nil
	}
	if err := l.turn.Acquire(tc); err != nil {
		return false, err
	}
	defer l.turn.Release()
	more, err := ask(tc, e, func(task.Context) (bool, error) {
		if l.gone { // while this waited for its turn: what the recording gets now would stay
			return false, nil
		}
		return l.mayFollow(peer, choreo.Role(g.Role), g.Moved)
	})
	if err != nil {
		if aura.KindOf(err) == aura.Stale {
			why = RefusalMoved
		}
		return false, err
	}
	if !more {
		return elsewhere, nil
	}
	keeps := func(err error) error { // which is none of the peer, unless it is aura.Denied
		switch aura.KindOf(err) {
		case 0, aura.Denied:
			return err
		case aura.Unavailable: // the channel ends, and the peer says it on the next one
			why = 0
			return err
		}
		why = RefusalBusy
		return &aura.Error{Op: op, Kind: aura.Exhausted, Err: err}
	}
	if err := keeps(l.agrees(g)); err != nil {
		return false, err
	}
	moved := record{Kind: recordMoved, Role: g.Role, Moves: g.Moved, At: tc.Now().At}
	if l.recorded {
		if err := keeps(l.record(tc, [][]byte{encode(moved)})); err != nil {
			return false, err
		}
	}
	_, err = settle(tc, e, func(tc task.Context) (struct{}, error) {
		if l.opening.Persistent && !l.recorded {
			l.late = append(l.late, moved)
		}
		l.rebind(choreo.Role(g.Role), g.Moved)
		l.emit(tc, world.DelegationCommitted(g.Session, "", OwnerOf(last.From), OwnerOf(last.To)))
		return struct{}{}, nil
	})
	e.Removals() // that device may be one that was removed
	return elsewhere, err
}

// mayFollow returns whether moves of a role say something new, or why they are not taken.
func (l *live) mayFollow(peer aura.AuthorityID, role choreo.Role, moves []view.Move) (news bool, err error) {
	const op = "session.follow"
	at := slices.IndexFunc(l.opening.Parties, func(p Party) bool { return p.Role == role && p.Authority == peer })
	if at < 0 {
		return false, aura.Errorf(op, aura.Denied, "%s does not play %s in session %s", aura.Short(peer), clip(string(role)), aura.Short(l.opening.Name))
	}
	of := view.Played{Session: l.opening.Name, Authority: peer, Role: string(role)}
	return view.News(of, l.moves[role], moves, l.device(&l.opening.Parties[at]))
}

// agrees returns aura.Denied when the device that gave a role away had sent other messages than those that came. Messages that the recording
// does not have are not compared.
func (l *live) agrees(g *Greeting) error {
	if !l.recorded {
		return nil
	}
	edge, last := l.edgeFrom(choreo.Role(g.Role)), &g.Moved[len(g.Moved)-1]
	at := slices.IndexFunc(last.Confirmed, func(c view.Confirmed) bool { return c.Edge == edge })
	if at < 0 {
		return nil
	}
	says := &last.Confirmed[at]
	came := newPrefix(says.Count)
	err := replay(l.engine.options.Journal, l.opening.Name, func(r *record) {
		if r.Kind == recordReceived && r.Parcel.edge() == edge {
			came.add(r)
		}
	})
	if err != nil {
		return err
	}
	if sum, whole := came.sum(); whole && sum != says.Digest {
		return aura.Errorf("session.follow", aura.Denied, "the messages of %s in session %s are not those that its device %s says it sent", clip(g.Role),
			aura.Short(g.Session), aura.Short(last.From))
	}
	return nil
}

// rebind has the device play a role to which its moves lead, and no other one.
func (l *live) rebind(role choreo.Role, moves []view.Move) {
	put(&l.moves, role, moves)
	to := moves[len(moves)-1].To
	for _, o := range slices.Clone(l.channels) {
		if o.role == role && o.speaker.talk.Peer.Device != to {
			o.speaker.reply(l.opening.Name, RefusalMoved)
			o.speaker.drop(o)
		}
	}
	put(&l.met, role, false)
	l.engine.attach(l)
}

// leftBy reports whether a device played a role before, and gave it to another one.
func (l *live) leftBy(role choreo.Role, d aura.DeviceID) bool {
	moves := l.moves[role]
	return len(moves) > 0 && moves[len(moves)-1].To != d && slices.ContainsFunc(moves, func(m view.Move) bool { return m.From == d })
}
