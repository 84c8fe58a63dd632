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
// for those that are forged or contradict earlier ones, aura.Stale for those of a device that plays the role no more.
func (e *Engine) follow(tc task.Context, s *speaker, g *Greeting) (elsewhere bool, err error) {
	const op = "session.follow"
	if len(g.Moved) == 0 {
		return false, nil
	}
	last := &g.Moved[len(g.Moved)-1]
	why := RefusalPeer
	defer func() {
		if err != nil && tc.Err() == nil && aura.KindOf(err) != aura.Exhausted {
			tc.Emit(world.DelegationRejected(g.Session, "", string(ownerOf(last.From)), string(ownerOf(last.To)), err))
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
	if err := view.CheckMoves(view.Played{Session: g.Session, Authority: peer, Role: g.Role}, g.Moved, key); err != nil {
		return false, err
	}
	elsewhere = last.To != s.talk.Peer.Device
	l, err := ask(tc, e, func(task.Context) (*live, error) {
		l := e.live[g.Session]
		if l != nil && l.still {
			if o := s.spoken[g.Session]; o != nil {
				o.deaf = true
			}
			return nil, aura.Errorf(op, aura.Exhausted, "session %s is being handed over", aura.Short(g.Session))
		}
		return l, nil
	})
	switch {
	case err != nil || l != nil && l.authority != nil:
		return elsewhere, err
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
	news, err := ask(tc, e, func(task.Context) (bool, error) { return l.mayFollow(peer, choreo.Role(g.Role), g.Moved) })
	if err != nil {
		if aura.KindOf(err) == aura.Stale {
			why = RefusalMoved
		}
		return false, err
	}
	if !news {
		return elsewhere, nil
	}
	if err := l.agrees(g); err != nil {
		return false, err
	}
	moved := record{Kind: recordMoved, Role: g.Role, Moves: g.Moved, At: tc.Now().At}
	if l.recorded {
		if err := l.record(tc, [][]byte{encode(moved)}); err != nil {
			return false, err
		}
	}
	_, err = settle(tc, e, func(tc task.Context) (struct{}, error) {
		if l.opening.Persistent && !l.recorded {
			l.late = append(l.late, moved)
		}
		l.rebind(choreo.Role(g.Role), g.Moved)
		l.emit(tc, world.DelegationCommitted(g.Session, "", string(ownerOf(last.From)), string(ownerOf(last.To))))
		return struct{}{}, nil
	})
	return elsewhere, err
}

// mayFollow returns whether moves of a role say something new, or why they are not taken.
func (l *live) mayFollow(peer aura.AuthorityID, role choreo.Role, moves []view.Move) (news bool, err error) {
	const op = "session.follow"
	name, known := aura.Short(l.opening.Name), l.moves[role]
	at := slices.IndexFunc(l.opening.Parties, func(p Party) bool { return p.Role == role && p.Authority == peer })
	if at < 0 {
		return false, aura.Errorf(op, aura.Denied, "%s does not play %s in session %s", aura.Short(peer), clip(string(role)), name)
	}
	for i := range min(len(known), len(moves)) {
		if known[i].Signature != moves[i].Signature {
			return false, aura.Errorf(op, aura.Denied, "device %s gave %s of session %s to two devices", aura.Short(known[i].From), role, name)
		}
	}
	switch has := l.device(&l.opening.Parties[at]); {
	case len(moves) < len(known):
		return false, aura.Errorf(op, aura.Stale, "role %s of session %s has moved %d times, and the witnesses are those of %d", role, name, len(known), len(moves))
	case len(moves) == len(known):
		return false, nil
	case has != (aura.DeviceID{}) && moves[len(known)].From != has:
		return false, aura.Errorf(op, aura.Denied, "role %s of session %s moves from device %s, and device %s plays it", role, name,
			aura.Short(moves[len(known)].From), aura.Short(has))
	}
	return true, nil
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
	l.moves[role] = moves
	to := moves[len(moves)-1].To
	for _, o := range slices.Clone(l.channels) {
		if o.role == role && o.speaker.talk.Peer.Device != to {
			o.speaker.reply(l.opening.Name, RefusalMoved)
			o.speaker.drop(o)
		}
	}
	l.met[role] = false
	l.engine.attach(l)
}

// leftBy reports whether a device played a role before, and gave it to another one.
func (l *live) leftBy(role choreo.Role, d aura.DeviceID) bool {
	moves := l.moves[role]
	return len(moves) > 0 && moves[len(moves)-1].To != d && slices.ContainsFunc(moves, func(m view.Move) bool { return m.From == d })
}
