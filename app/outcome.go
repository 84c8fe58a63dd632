package app

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
)

// maxOutcomes bounds the durable actions that a Core remembers; the oldest are forgotten.
const maxOutcomes = 1024

// outcomeKinds are the facts that say how an action went.
func outcomeKinds() []string {
	return []string{
		chat.KindMessage, chat.KindRead, chat.KindCreated, chat.KindLeft,
		contact.KindSelf, contact.KindRenamed, contact.KindAddresses, contact.KindRemoved,
		capability.KindDelegated, capability.KindRevoked, "moderation.*", "invite.*",
	}
}

// intentOf returns the kind of the action that leaves a fact of a kind with its identifier, "" for facts
// that no action of a user leaves.
func intentOf(kind string) string {
	switch kind {
	case chat.KindMessage:
		return chat.IntentSend
	case chat.KindRead:
		return chat.IntentRead
	case chat.KindCreated:
		return chat.IntentCreate
	case chat.KindLeft:
		return chat.IntentLeave
	case contact.KindSelf:
		return contact.IntentName
	case contact.KindRenamed:
		return contact.IntentRename
	case contact.KindAddresses:
		return contact.IntentAddress
	case contact.KindRemoved:
		return contact.IntentRemove
	case capability.KindDelegated:
		return capability.IntentDelegate
	case capability.KindRevoked:
		return capability.IntentRevoke
	case moderation.KindMuted:
		return moderation.IntentMute
	case moderation.KindUnmuted:
		return moderation.IntentUnmute
	case moderation.KindBlocked:
		return moderation.IntentBlock
	case moderation.KindUnblocked:
		return moderation.IntentUnblock
	case invite.KindCreated:
		return invite.IntentCreate
	case invite.KindCancelled:
		return invite.IntentCancel
	case invite.KindDeclined:
		return invite.IntentDecline
	case invite.KindAccepting:
		return invite.IntentAccept
	}
	return ""
}

// outcomes is the fold of what durable facts say about the user's actions. The first fact of an action
// says that it was done; an acceptance is done when its invitation has ended.
type outcomes struct {
	self    aura.AuthorityID
	invites invite.State
	known   map[aura.OperationID]*outcome
	newest  []*outcome // all that is known, the newest first
}

type outcome struct {
	id         aura.OperationID
	intent     string
	at         stamp
	invitation invite.ID // of an acceptance
	facts      []aura.FactID
}

// stamp is a place in the total order of facts, see [fact.Compare].
type stamp struct {
	logical aura.Logical
	order   aura.OrderToken
	id      aura.FactID
}

func (s stamp) compare(o stamp) int {
	return cmp.Or(cmp.Compare(s.logical, o.logical), s.order.Compare(o.order), s.id.Compare(o.id))
}

func newOutcomes(self aura.AuthorityID) *outcomes {
	return &outcomes{self: self, known: map[aura.OperationID]*outcome{}}
}

// Apply implements [fact.Reducer]. Facts of others carry identifiers of their own actions, and change
// nothing here.
func (o *outcomes) Apply(r *fact.Record) {
	if r.Fact.Author != o.self {
		return
	}
	o.invites.Apply(r)
	intent := intentOf(r.Fact.Kind)
	if intent == "" || r.Fact.Operation.IsZero() {
		return
	}
	at := stamp{r.Fact.Logical, r.Fact.Order, r.ID}
	done := o.known[r.Fact.Operation]
	switch {
	case done == nil:
		done = &outcome{id: r.Fact.Operation, intent: intent, at: at}
		o.known[done.id] = done
		o.insert(done)
	case slices.Contains(done.facts, r.ID):
		return
	case at.compare(done.at) < 0:
		place := o.place(done.at)
		o.newest = slices.Delete(o.newest, place, place+1)
		done.intent, done.at = intent, at
		o.insert(done)
	}
	done.facts = append(done.facts, r.ID)
	var accepting invite.Accepting
	if intent == invite.IntentAccept && fact.Unmarshal(r.Fact.Payload, &accepting) == nil {
		done.invitation = accepting.ID
	}
	if len(o.known) > maxOutcomes {
		o.forgetOldest()
	}
}

// place returns where in newest the outcome of a stamp is, or would be.
func (o *outcomes) place(at stamp) int {
	place, _ := slices.BinarySearchFunc(o.newest, at, func(e *outcome, at stamp) int { return at.compare(e.at) })
	return place
}

func (o *outcomes) insert(done *outcome) {
	o.newest = slices.Insert(o.newest, o.place(done.at), done)
}

func (o *outcomes) forgetOldest() {
	last := len(o.newest) - 1
	delete(o.known, o.newest[last].id)
	o.newest = slices.Delete(o.newest, last, last+1)
}

// operation returns what is durable about an action.
func (o *outcomes) operation(id aura.OperationID) (Operation, bool) {
	done := o.known[id]
	if done == nil {
		return Operation{}, false
	}
	return o.show(done), true
}

func (o *outcomes) show(done *outcome) Operation {
	op := Operation{ID: done.id, Kind: done.intent, Phase: Succeeded}
	if done.intent == invite.IntentAccept {
		op.Phase, op.Reason = o.acceptance(done.invitation)
	}
	return op
}

// acceptance returns how far an acceptance is. The clock plays no part: what is not durable has not ended.
func (o *outcomes) acceptance(id invite.ID) (Phase, string) {
	in, ok := o.invites.Invitation(id, aura.Physical{})
	if !ok {
		return Running, ""
	}
	switch in.Phase {
	case invite.PhaseCompleted:
		return Succeeded, ""
	case invite.PhaseDeclined:
		return Cancelled, "the invitation was declined"
	case invite.PhaseExpired:
		return Failed, "the invitation expired"
	case invite.PhaseFailed:
		return Failed, in.Reason
	}
	return Running, ""
}
