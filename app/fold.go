package app

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// peopleKinds are the facts that say who people and groups are, and how they are treated: what names
// resolve against. They are few.
func peopleKinds() []string {
	return []string{
		contact.KindSelf, contact.KindAdded, contact.KindRenamed, contact.KindRemoved, contact.KindProfile, "moderation.*", "group.*",
	}
}

// chatKinds are the facts of conversations.
func chatKinds() []string { return []string{chat.KindMessage, chat.KindRead, "group.*", "delivery.*"} }

// fold is the state of all domains that a conversation is shown with.
type fold struct {
	contacts   contact.State
	moderation moderation.State
	chats      *chat.State
	deliveries *delivery.State
}

func newFold(self aura.AuthorityID, keep chat.Keep) *fold {
	return &fold{chats: chat.NewState(self, keep), deliveries: delivery.NewState(self)}
}

// take folds records. One that makes the fold panic is passed over: the agent folds the same facts and names
// it, see [status.Status].
func take(records []fact.Record, fold func(*fact.Record)) {
	fact.NewQuarantine(task.Contain).Fold("", records, func(records []fact.Record) {
		for i := range records {
			fold(&records[i])
		}
	})
}

func (f *fold) apply(up *fact.Update) {
	take(up.Records, f.record)
	for _, o := range up.Observations {
		f.deliveries.Observe(o)
	}
}

// reference returns the reference to a conversation, with the name that the owner knows it by.
func (f *fold) reference(to chat.Ref) Ref {
	ref := Ref{Ref: to}
	if known, ok := f.contacts.ByContext(to.Context); ok {
		ref.Contact, ref.Name = known.Ref, known.Name
	} else if t, err := f.chats.Thread(f.setting(), to.Context); err == nil {
		ref.Name = t.Name
	}
	return ref
}

func (f *fold) record(r *fact.Record) {
	f.contacts.Apply(r)
	f.moderation.Apply(r)
	f.chats.Apply(r)
	f.deliveries.Apply(r)
}

func (f *fold) setting() chat.Setting {
	return chat.Setting{Contacts: &f.contacts, Moderation: &f.moderation, Delivery: f.deliveries}
}
