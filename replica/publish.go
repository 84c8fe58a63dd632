package replica

import (
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

// outbox describes a delivery by the places of its numbers.
func (e *Env) outbox(key linkKey, sent, acked uint64, counted bool, reason string) delivery.Outbox {
	ns, device := fact.ContextNamespace(key.context), e.Ring.Device()
	box := delivery.Outbox{Reason: reason, Counted: counted, From: device}
	if e.Journal.Branched(ns, device) {
		// A fact about deliveries may cover a branch farther than the place up to which the peer has all branches.
		box.Head, box.Counted = e.Journal.Head(), false
	}
	for _, of := range []struct {
		number uint64
		place  *uint64
	}{{sent, &box.Sent}, {e.Journal.Charge(key.context, key.peer).Through, &box.Charged}, {acked, &box.Acked}} {
		at, err := e.Journal.Through(ns, device, of.number)
		if err != nil {
			return delivery.Outbox{Reason: reason, From: device} // what a failing disk hides the facts still say
		}
		*of.place = at.Seq
	}
	return box
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
