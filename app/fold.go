package app

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// fold is the state of all domains, with those at hand that a conversation is shown from.
type fold struct {
	set  *domain.Set
	self aura.AuthorityID
	keep chat.Keep

	states     *domain.States
	contacts   *contact.State
	moderation *moderation.State
	chats      *chat.State
	deliveries *delivery.State
}

func newFold(set *domain.Set, self aura.AuthorityID, keep chat.Keep) *fold {
	states := set.NewStates(self)
	s := chat.SettingOf(states)
	f := &fold{
		set: set, self: self, keep: keep,
		states: states, contacts: s.Contacts, moderation: s.Moderation,
		chats: domain.Get[*chat.State](states), deliveries: s.Delivery,
	}
	f.chats.Bound(keep)
	return f
}

// reset forgets everything.
func (f *fold) reset() { *f = *newFold(f.set, f.self, f.keep) }

// foldView empties the fold that other views share, once for all of them.
type foldView struct{ fold *fold }

// Name implements [reactive.View].
func (v foldView) Name() string { return "fold" }

// Needs implements [reactive.View].
func (v foldView) Needs() reactive.Needs { return reactive.Needs{None: true} }

// Apply implements [reactive.View].
func (v foldView) Apply(fact.Update) {}

// Publish implements [reactive.View].
func (v foldView) Publish(task.Context, *reactive.Stage) error { return nil }

// Reset implements [reactive.Folding].
func (v foldView) Reset() { v.fold.reset() }

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
	take(up.Records, f.states.Apply)
	for _, o := range up.Observations {
		f.states.Observe(o)
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

func (f *fold) setting() chat.Setting {
	return chat.Setting{Contacts: f.contacts, Moderation: f.moderation, Delivery: f.deliveries}
}
