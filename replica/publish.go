package replica

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// The reasons that an outbox shows.
const (
	reasonOffline  = status.ReasonAbsent
	reasonCopy     = status.ReasonCopy
	reasonDialling = "connecting"
	reasonBreach   = status.ReasonContradicts
	reasonDismiss  = status.ReasonDismisses
	reasonOlder    = status.ReasonOlder
	branchesHere   = status.ReasonBranchesHere
	branchesThere  = status.ReasonBranchesThere
	reasonBlocked  = "you blocked this contact"
	reasonLeft     = "left the group"
	reasonLeaving  = "you left the group"
	reasonBudget   = "flow budget of this epoch is used up"
	reasonControl  = "budget for control messages of this epoch is used up"
	reasonUnshared = status.ReasonUnshared
	reasonTooLarge = "more than the flow budget of a whole epoch"
)

// outbox describes the delivery to the peer, of which facts up to a number were sent.
func (l *link) outbox(sent uint64, reason string) delivery.Outbox {
	acked, counted := l.ackedThrough()
	return l.sync.env.outbox(l.key, sent, acked, counted, reason)
}

// outbox describes a delivery by the places of its numbers or, where there are branches, by positions.
func (e *Env) outbox(key linkKey, sent, acked uint64, counted bool, reason string) delivery.Outbox {
	ns, device := fact.ContextNamespace(key.context), e.Ring.Device()
	box := delivery.Outbox{Reason: reason, Counted: counted, From: device, Branched: e.Journal.Branched(ns, device)}
	for _, of := range []struct {
		number uint64
		place  *uint64
		at     *fact.Position
	}{{sent, &box.Sent, &box.SentAt}, {e.Journal.Charge(key.context, key.peer).Through, &box.Charged, &box.ChargedAt}, {acked, &box.Acked, &box.AckedAt}} {
		at, err := e.Journal.Through(ns, device, of.number)
		if err == nil && box.Branched {
			*of.at, err = e.positionThrough(ns, device, of.number)
		}
		if err != nil {
			return delivery.Outbox{Reason: reason, From: device} // what a failing disk hides the facts still say
		}
		*of.place = at.Seq
	}
	return box
}

// positionThrough returns the position up to which the facts of a stream are those up to a number.
func (e *Env) positionThrough(ns fact.Namespace, device aura.DeviceID, number uint64) (fact.Position, error) {
	through := e.Journal.Head()
	next, err := e.Journal.ByAuthor(ns, device, number+1, 1)
	switch {
	case aura.KindOf(err) == aura.NotFound: // a snapshot took its place
		return 0, nil
	case err == nil && len(next) > 0:
		return min(through, next[0].Position-1), nil
	}
	return through, err
}

// denialText says why the guard keeps the link from its peer.
func denialText(d *guard.Denial) string {
	switch d.Reason {
	case guard.ReasonShort:
		return reasonControl
	case guard.ReasonUnshared:
		return reasonUnshared
	}
	return "not allowed: " + d.Error()
}

// publishOffline publishes that the peer is not connected: nothing counts as sent that it did not acknowledge.
func (l *link) publishOffline(tc task.Context, reason string) {
	if reason == reasonOffline && l.sync.runsTwice(tc.Now().At) {
		reason = reasonCopy
	}
	box := l.outbox(0, reason)
	l.reason = reason
	l.shownAcked, _ = l.ackedThrough()
	l.sync.env.Presence.Set(tc, delivery.ObservedOutbox, l.key.outboxKey(), box)
	how := status.LinkOffline
	if reason == reasonDialling {
		how = status.LinkConnecting
	}
	l.publishConnection(tc, how, reason)
}

// unpublish takes the link's observations away.
func (l *link) unpublish(tc task.Context) {
	presence, key := l.sync.env.Presence, l.key.outboxKey()
	presence.Set(tc, delivery.ObservedOutbox, key, nil)
	if l.member().Direct {
		presence.Set(tc, status.Observed, status.ObservedKey(l.key.peer, l.key.device), nil)
	}
}

// publishConnection publishes how the peer is connected. Of the contexts shared with one peer, its own speaks.
func (l *link) publishConnection(tc task.Context, how status.Link, reason string) {
	if !l.member().Direct {
		return
	}
	if how != l.status {
		l.status, l.since = how, tc.Now().At
	}
	c := status.Connection{Link: how, Since: l.since, Reason: reason}
	if how == status.LinkDirect || how == status.LinkRelayed {
		c.Ahead, c.Lacks = l.ahead(tc), l.lacks()
	}
	l.sync.env.Presence.Set(tc, status.Observed, status.ObservedKey(l.key.peer, l.key.device), c)
}
