package session

import (
	"bytes"
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// End is how a session ended.
type End = view.End

const (
	// endLog is the log of the ends of sessions that had a recording. Its entries are view.Ended.
	endLog = "ended"
	// maxEnds is how many ends are kept, the newest: of sessions that had a recording, and again of those that had none.
	maxEnds = 1000
)

// ends are the newest ends of sessions. The zero value has none.
type ends struct {
	of    map[aura.SessionID]*view.Ended // the newest one of each name
	order []aura.SessionID               // the oldest first
	// theirs are those that the peer cancelled. An end names its authority, which another device of the account shares.
	theirs map[aura.SessionID]bool
}

func (n *ends) add(e *view.Ended) {
	if n.of == nil {
		n.of = map[aura.SessionID]*view.Ended{}
	}
	name := e.Session.Name
	if _, before := n.of[name]; before {
		n.order = slices.DeleteFunc(n.order, func(o aura.SessionID) bool { return o == name })
	}
	n.of[name], n.order = e, append(n.order, name)
	delete(n.theirs, name)
	if len(n.order) > maxEnds {
		delete(n.of, n.order[0])
		delete(n.theirs, n.order[0])
		n.order = slices.Delete(n.order, 0, 1)
	}
}

// Ended returns the sessions that have ended here, the newest first: at most 1,000 that had a recording, and as many others
// since the agent started.
func (e *Engine) Ended(tc task.Context) ([]view.Ended, error) {
	return ask(tc, e, func(task.Context) (all []view.Ended, err error) {
		for _, n := range []*ends{&e.kept, &e.passed} {
			for _, name := range slices.Backward(n.order) {
				all = append(all, *n.of[name])
			}
		}
		slices.SortStableFunc(all, func(x, y view.Ended) int { return cmp.Compare(y.End.At, x.End.At) })
		return all, nil
	})
}

// Ends returns how the sessions with some names ended here, in the order of the names, without those of which no end is kept. Unlike
// [Engine.Ended] it does not look at the other ones.
func (e *Engine) Ends(tc task.Context, names ...aura.SessionID) ([]view.Ended, error) {
	return ask(tc, e, func(task.Context) (all []view.Ended, _ error) {
		for _, name := range names {
			if ended := cmp.Or(e.kept.of[name], e.passed.of[name]); ended != nil {
				all = append(all, *ended)
			}
		}
		return all, nil
	})
}

// Ended returns the sessions whose ends a journal has, the newest first, while no engine runs them. It returns aura.Corrupt when
// the log of ends is damaged.
func Ended(j *journal.Journal) (all []view.Ended, err error) {
	err = eachEnd(j, func(e *view.Ended) { all = append(all, *e) })
	slices.Reverse(all)
	return all, err
}

func eachEnd(j *journal.Journal, fn func(*view.Ended)) error {
	l := j.Log(endLog)
	if l.Last == l.Dropped {
		return nil
	}
	// Two ends in one batch of the journal see the same last one, so that the log has a few more than are kept.
	first := max(l.Dropped, max(l.Last, maxEnds)-maxEnds) + 1
	values, err := j.ReadLog(endLog, first, maxEnds, 0)
	if err != nil {
		return err
	}
	for _, v := range values {
		e := new(view.Ended)
		if err := decode(v, e); err != nil {
			return aura.Errorf("session.Ended", aura.Corrupt, "the log of sessions that have ended is damaged: %w", err)
		}
		fn(e)
	}
	return nil
}

func (e *Engine) loadEnds() error { return eachEnd(e.options.Journal, e.kept.add) }

// keep returns the change of the journal that makes an end durable.
func (e *Engine) keep(end *view.Ended) journal.LogChange {
	change := journal.LogChange{Name: endLog, Values: [][]byte{encode(end)}}
	if last := e.options.Journal.Log(endLog).Last + 1; last > maxEnds {
		change.Drop = last - maxEnds
	}
	return change
}

// over returns the end of the session that an opening names, nil when it may begin. A session in which no message came or left
// has agreed on nothing, so it may begin again: by the owner's word, and by the word of the only peer if that one had ended it. Otherwise two
// sides could begin and end it in turn for ever. It returns aura.Denied when the opening is one of another session than the one that
// ended: its sender was not in that one, and learns nothing of it.
func (e *Engine) over(o *Opening, byPeer bool) (*view.Ended, error) {
	ended, has := e.kept.of[o.Name]
	if !has {
		ended, has = e.passed.of[o.Name]
	}
	if _, lives := e.live[o.Name]; !has || lives || o.Anew {
		return nil, nil
	}
	theirs := len(o.Parties) == 1 && ended.End.Kind == view.EndCancelled && (ended.End.By != e.options.Own || e.passed.theirs[o.Name])
	if ended.Session.Sent+ended.Session.Received == 0 && (theirs || !byPeer) {
		return nil, nil
	}
	same, v := &ended.Session, viewOf(o)
	if same.Protocol != v.Protocol || same.Role != v.Role || same.Context != v.Context || !slices.Equal(same.Others, v.Others) {
		return nil, aura.Errorf("session.Open", aura.Denied, "another session %s has ended: give this one a name of its own", aura.Short(o.Name))
	}
	return ended, nil
}

// stale is the error of who begins a session that has ended; nil is none.
func stale(op aura.Op, ended *view.Ended) error {
	if ended == nil {
		return nil
	}
	return aura.Errorf(op, aura.Stale, "session %s has ended: %s", aura.Short(ended.Session.Name), ended.End.Kind)
}

// endedWith returns the end of the session for which the peer of a channel greets, nil for none that the peer was in.
func (e *Engine) endedWith(on *ChannelOptions, g *Greeting) *view.Ended {
	ended := cmp.Or(e.kept.of[g.Session], e.passed.of[g.Session])
	if ended == nil || ended.Session.Sent+ended.Session.Received == 0 {
		return nil
	}
	peer := view.Participant{Role: g.Role, Authority: on.Peer.Authority}
	if s := &ended.Session; s.Protocol != g.Protocol || s.Context != on.Context || !slices.Contains(s.Others, peer) {
		return nil
	}
	return ended
}

// refer is the greeting for a peer that greets in a session which has ended: it learns how, and which of its messages came.
func (e *Engine) refer(by *Greeting, ended *view.Ended) Greeting {
	s := &ended.Session
	g := Greeting{Session: s.Name, Protocol: s.Protocol, Version: by.Version, Role: s.Role, Ended: ended.End.Kind, Sizes: by.Sizes, To: by.Role}
	if len(s.Others) == 1 {
		g.Have = s.Received
	}
	return g
}

// endThere ends a session that has ended at the other side of a channel: what it has of this side's messages is confirmed, and more
// will not come.
func (e *Engine) endThere(tc task.Context, s *speaker, g *Greeting) error {
	o, err := ask(tc, e, func(task.Context) (*spoken, error) { return s.hears(g.Session) })
	if o == nil || err != nil {
		return err // it has ended here, too
	}
	l := o.session
	return e.finish(tc, l, nil, func() (bool, error) {
		if g.Ended == view.EndCompleted && len(l.opening.Parties) > 1 {
			return false, l.confirm(o.role, l.sent[l.edgeTo(o.role)]) // it has played its part, and the others have not
		}
		peer, _ := l.peer(o.role)
		if g.Have > l.sent[l.edgeTo(o.role)] { // it began anew here, and the other side does not begin it again
			return true, l.cancelFor(peer, "the other side has ended an earlier session of this name: "+g.Ended.String())
		}
		if err := l.confirm(o.role, g.Have); err != nil || l.settled() {
			return false, err // its program goes on to the end
		}
		return true, l.cancelFor(peer, "the other side has ended it: "+g.Ended.String())
	})
}

// refusedThere ends a session that the other side of a channel refuses, unless another device of the same account may play the role.
func (e *Engine) refusedThere(tc task.Context, l *live, role choreo.Role, why error) error {
	return e.finish(tc, l, nil, func() (bool, error) {
		if put(&l.met, role, true); slices.ContainsFunc(l.channels, func(o *spoken) bool { return o.role == role }) {
			return false, nil
		}
		l.refused = why
		if !l.ended {
			if err := l.engine.machine.Cancel(l.cap); err != nil {
				return false, err
			}
			l.engine.pump()
		}
		l.changed()
		return true, nil
	})
}

// End ends a session before its program does, because there is nothing left to agree on. When it returns nil the end is durable. The
// end of a session that has ended stays as it is. It returns aura.NotFound for one that is not here and whose end is not kept, and aura.Denied
// for one that came here attenuated: its owner plays a part of it, and cannot call it off for the others.
func (e *Engine) End(tc task.Context, name aura.SessionID) error {
	var waits *suspended
	l, err := ask(tc, e, func(task.Context) (*live, error) {
		if waits = e.suspended[name]; waits != nil {
			return nil, nil
		}
		l, err := e.running("session.End", name)
		if aura.KindOf(err) != aura.NotFound {
			return l, err
		}
		if e.kept.of[name] != nil || e.passed.of[name] != nil {
			err = nil
		}
		return nil, err
	})
	switch {
	case err != nil:
		return err
	case waits != nil && len(waits.shown.Scope) > 0:
		return aura.Errorf("session.End", aura.Denied, "session %s was given here to play a part of it: this device cannot end it for the others", aura.Short(name))
	case waits != nil:
		return e.endSuspended(tc, waits, End{Kind: view.EndCancelled, By: e.options.Own})
	case l == nil:
		return nil
	}
	return e.finish(tc, l, nil, func() (bool, error) {
		if err := l.reachesAll("session.End"); err != nil && !l.ended {
			l.emit(tc, world.IngressRejected(e.Name(), "capability", err))
			return false, err
		}
		return true, l.cancel(e.options.Own, "")
	})
}

// reachesAll returns aura.Denied for an owner whose capability was attenuated: it plays its part, and what acts on the whole session is
// for an owner of the whole.
func (l *live) reachesAll(op aura.Op) error {
	if l.cap.Scope.IsWhole() {
		return nil
	}
	return aura.Errorf(op, aura.Denied, "the capability for session %s reaches %s alone, and this acts on the whole session", aura.Short(l.opening.Name), l.cap.Scope)
}

// cancel ends the part of the role because a participant wants no more of it. The first one is named by the end.
func (l *live) cancel(by aura.AuthorityID, reason string) error {
	if l.ended {
		l.cancelled = cmp.Or(l.cancelled, &End{Kind: view.EndCancelled, By: by, Reason: reason})
		l.changed()
		return nil
	}
	if l.authority != nil { // it has no owner: it expires, or is dropped
		cap, err := l.engine.machine.Claim(*l.authority, owner)
		if err != nil {
			return err
		}
		l.cap, l.authority, l.custody = cap, nil, CustodyGone
	}
	if err := l.engine.machine.Cancel(l.cap); err != nil {
		return err
	}
	l.cancelled = &End{Kind: view.EndCancelled, By: by, Reason: reason}
	l.engine.pump()
	l.changed()
	return nil
}

// cancelFor is cancel for a peer.
func (l *live) cancelFor(peer aura.AuthorityID, reason string) error {
	l.byPeer = l.byPeer || l.cancelled == nil
	return l.cancel(peer, reason)
}

// lingerFor is how long a session whose program has ended waits for its last messages to be confirmed. A peer that asks for them
// later learns how the session ended.
const lingerFor = time.Minute

// lingerForAll is how long one of more than two participants waits so, within the session's budget: the others cannot tell a participant what
// another one sent. A restart begins it anew, and the budget not.
const lingerForAll = 24 * time.Hour

func (l *live) linger(tc task.Context) {
	most := lingerFor
	if len(l.opening.Parties) > 1 {
		most = lingerForAll
		if l.until != 0 {
			most = max(lingerFor, min(most, l.until.Sub(tc.Now().At)))
		}
	}
	tc, done := tc.WithBudget("last messages of a session", most)
	defer done()
	_, _ = until(tc, l, func() (struct{}, bool, error) {
		return struct{}{}, l.settled() || l.cancelled != nil || l.gone, nil
	})
}

// outcome returns how the session ends now, after its program has returned, or when it is cancelled.
func (l *live) outcome(failed error) End {
	switch {
	case l.fault != nil:
		return End{Kind: view.EndFailed, Reason: aura.Clip(l.fault.Error(), view.MaxReason)}
	case l.expired != nil:
		return End{Kind: view.EndExpired, Witness: *l.expired}
	case l.refused != nil && !l.closed:
		return End{Kind: view.EndRefused, Reason: aura.Clip(aura.Reason(l.refused), view.MaxReason)}
	case l.cancelled != nil && !l.closed:
		return *l.cancelled
	case failed != nil && aura.KindOf(failed) == aura.Denied:
		return End{Kind: view.EndRefused, Reason: aura.Clip(aura.Reason(failed), view.MaxReason)}
	case failed != nil:
		return End{Kind: view.EndFailed, Reason: aura.Clip(aura.Reason(failed), view.MaxReason)}
	case !l.closed:
		return End{Kind: view.EndCancelled, By: l.engine.options.Own, Reason: "its program ended early"}
	}
	return End{Kind: view.EndCompleted}
}

// finish ends a session: its end becomes durable in the batch that removes its recording. A session that has ended stays
// as it is. Until finish returns nil the session lives. The engine's task calls first, unless it is nil, while no step of the session is
// under way: it ends the part of the role, or returns false, and then the session goes on.
func (e *Engine) finish(tc task.Context, l *live, failed error, first func() (bool, error)) error {
	name := l.opening.Name
	if err := l.turn.Acquire(tc); err != nil {
		return err
	}
	defer l.turn.Release()
	owes := false
	end, err := ask(tc, e, func(tc task.Context) (*view.Ended, error) {
		if l.gone {
			return nil, nil
		}
		if first != nil {
			if ends, err := first(); !ends || err != nil {
				return nil, err
			}
		}
		// A panic between a commit and its step leaves the machine behind the recording, which goes now. It may have begun with that commit.
		l.recorded = l.recorded || l.opening.Persistent && e.options.Journal.Log(logName(name)).Last > 0
		_, broken := errors.AsType[*task.PanicError](failed)
		if l.recorded && l.fault == nil && !broken && len(l.unsure) == 0 && e.options.Hardening == machine.HardeningIntegration {
			if err := e.verify(tc, l); err != nil && aura.KindOf(err) != aura.Unavailable { // a disk that does not answer shows nothing
				e.violated(tc, "a recording replays to its session", name, err)
			}
		}
		end := l.endOf(tc, l.outcome(failed))
		owes = l.recorded && !l.concluded && (first != nil || broken || l.unconcluded) && e.owes(&end.Session)
		return end, nil
	})
	if end == nil || err != nil {
		return err
	}
	if l.recorded {
		last := []journal.LogChange{{Name: logName(name), Remove: true}, e.keep(end)}
		if traced, ok := e.keepTrace(end); ok {
			last = append(last, traced)
		}
		if owes {
			last = append(last, unconcludes(name, openingOf(&l.opening, l.protocol)))
		}
		if err := e.options.Decider.EndSession(tc, name, last...); err != nil {
			return err
		}
	}
	_, err = settle(tc, e, func(tc task.Context) (struct{}, error) {
		if owes {
			e.unconcluded[name] = true
		}
		l.close(tc, end, failed)
		return struct{}{}, nil
	})
	return err
}

// endOf returns the session as it ends.
func (l *live) endOf(tc task.Context, end End) *view.Ended {
	end.At = tc.Now().At
	ended := &view.Ended{Session: l.view(), End: end}
	ended.Session.State, ended.Session.Awaited = view.StateEnded, ""
	return ended
}

// close lets nothing of a session live on. The failure is that of its program.
func (l *live) close(tc task.Context, end *view.Ended, failed error) {
	e := l.engine
	_ = l.cancel(e.options.Own, "") // the machine knows no more of a session that failed
	delete(e.live, l.opening.Name)
	if l.recorded {
		e.kept.add(end)
	} else if e.passed.add(end); end.End.Kind == view.EndCancelled && l.byPeer {
		put(&e.passed.theirs, l.opening.Name, true)
	}
	l.gone, l.end = true, end.End.Kind
	l.takeBack()
	l.changed()
	fragment := l.protocol.image.Fragment(l.role)
	switch end.End.Kind {
	case view.EndCompleted, view.EndCancelled:
		l.emit(tc, world.SessionReleased(l.opening.Name, fragment, e.holder()))
	default:
		switch {
		case l.fault != nil:
			failed = l.fault
		case l.expired != nil:
			failed = &aura.Error{Op: "session.finish", Kind: aura.Timeout, Err: l.over("session.finish")}
		case l.refused != nil && failed == nil:
			failed = l.refused
		}
		l.emit(tc, world.SessionFailed(l.opening.Name, fragment, e.holder(), failed))
	}
}

// stop ends the sessions that do not survive a stop of the agent.
func (e *Engine) stop(tc task.Context) {
	for _, name := range e.names() {
		if l := e.live[name]; !l.opening.Persistent {
			_ = l.cancel(e.options.Own, "the agent stopped")
			l.close(tc, l.endOf(tc, l.outcome(nil)), nil)
		}
	}
}

// names returns the sessions that live, in order.
func (e *Engine) names() []aura.SessionID {
	return slices.SortedFunc(maps.Keys(e.live), func(x, y aura.SessionID) int { return bytes.Compare(x[:], y[:]) })
}

// giveUp ends a session whose recording cannot be used. All are the entries that can be read.
func (e *Engine) giveUp(tc task.Context, name aura.SessionID, all []record, why error) error {
	shown, err := e.options.Registry.Recording(e.options.Journal, name)
	if kind := aura.KindOf(err); err != nil && kind != aura.Corrupt {
		return err
	}
	var first *opening
	if len(all) > 0 && e.owes(&shown.Session) {
		first = all[0].Opening
	}
	ended, err := e.lose(tc, shown.Session, first, End{Kind: view.EndFailed, Reason: aura.Clip(aura.Reason(why), view.MaxReason)})
	if err == nil {
		e.lost(ended, first)
	}
	return err
}
