package app

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
	"github.com/aura-runtime/aura/task"
)

// chatsView publishes [Chats]. It keeps the listing of each conversation until something touches it, so
// that a message costs its conversation and not all of them.
type chatsView struct {
	outlet     *reactive.Outlet[[]chat.Thread]
	contacts   *moduleView
	moderation *moduleView
	fold       *fold

	listed map[aura.ContextID]chat.Thread
	order  []chat.Ref // of the listings
	turns  [2]uint64  // of contacts and moderation, at the last publication

	// The conversations that the batch at hand touched. The views of single conversations, which run after this one,
	// read them.
	touched map[aura.ContextID]bool
	all     bool
	spoken  bool // a message: the order may have changed
	closed  bool // the batch was published; the next change begins another
}

// Name implements [reactive.View].
func (v *chatsView) Name() string { return viewChats }

// Needs implements [reactive.View]. Facts of any kind say where the stream of a device has branches.
func (v *chatsView) Needs() reactive.Needs {
	return reactive.Needs{
		Facts:   fact.Selection{Observations: []string{delivery.ObservedOutbox}},
		Follows: []string{viewContacts, viewModeration},
	}
}

// Apply implements [reactive.View].
func (v *chatsView) Apply(up fact.Update) {
	v.begin()
	shown := fact.Selection{Kinds: chat.ShownKinds()}
	for i := range up.Records {
		r := &up.Records[i]
		v.fold.chats.Apply(r)
		v.fold.deliveries.Apply(r)
		if context, shared := r.Fact.Namespace.Context(); shared && r.Fork > 0 {
			v.touched[context] = true
		}
		if !shown.Selects(r) {
			continue
		}
		if context, one := touches(r); one {
			v.touched[context] = true
			v.spoken = v.spoken || r.Fact.Kind == chat.KindMessage
		} else {
			v.all = true
		}
	}
	for _, o := range up.Observations {
		v.fold.deliveries.Observe(o)
		if context, ok := delivery.ObservedContext(o); ok {
			v.touched[context] = true
		}
	}
}

// Publish implements [reactive.View].
func (v *chatsView) Publish(_ task.Context, st *reactive.Stage) error {
	v.begin()
	if turns := [2]uint64{v.contacts.turns, v.moderation.turns}; turns != v.turns {
		v.all, v.turns = true, turns
	}
	if v.all {
		clear(v.listed)
	} else if len(v.touched) == 0 && v.order != nil {
		return nil
	}
	set := v.fold.setting()
	if v.all || v.spoken || v.order == nil {
		v.order = v.fold.chats.Order(set)
	}
	threads := make([]chat.Thread, 0, len(v.order))
	for _, ref := range v.order {
		t, known := v.listed[ref.Context]
		if !known || v.touched[ref.Context] {
			var err error
			if t, err = v.fold.chats.Thread(set, ref.Context); err != nil {
				return err
			}
			v.listed[ref.Context] = t
		}
		threads = append(threads, t)
	}
	v.outlet.Put(st, threads)
	v.closed = true
	return nil
}

// Reset implements [reactive.Folding]. A [foldView] empties the fold.
func (v *chatsView) Reset() {
	v.begin()
	v.all = true
}

func (v *chatsView) begin() {
	if v.closed {
		clear(v.touched)
		v.all, v.spoken, v.closed = false, false, false
	}
}

// touches returns the one conversation that a fact of a shown kind changes; false: it may change several.
func touches(r *fact.Record) (context aura.ContextID, one bool) {
	switch r.Fact.Kind {
	case chat.KindMessage, chat.KindRead:
		return r.Fact.Namespace.Context()
	}
	return delivery.Context(&r.Fact)
}

// conversationView publishes one conversation with its newest messages.
type conversationView struct {
	context aura.ContextID
	last    int
	outlet  *reactive.Outlet[Conversation]
	chats   *chatsView
	shown   bool
}

// Name implements [reactive.View].
func (v *conversationView) Name() string { return "conversation/" + v.context.String() }

// Needs implements [reactive.View].
func (v *conversationView) Needs() reactive.Needs {
	return reactive.Needs{None: true, Follows: []string{viewChats}}
}

// Apply implements [reactive.View]. The state is that of all chats.
func (v *conversationView) Apply(fact.Update) {}

// Reset implements [reactive.Folding]. A [foldView] empties the fold.
func (v *conversationView) Reset() { v.shown = false }

// Publish implements [reactive.View].
func (v *conversationView) Publish(_ task.Context, st *reactive.Stage) error {
	if v.shown && !v.chats.all && !v.chats.touched[v.context] {
		return nil
	}
	c, err := show(v.chats.fold, v.context, v.last)
	if err != nil {
		return err
	}
	v.outlet.Put(st, c)
	v.shown = true
	return nil
}

// show returns a conversation with its newest messages: at most last, or all that the fold keeps when last
// is zero.
func show(f *fold, context aura.ContextID, last int) (Conversation, error) {
	set := f.setting()
	t, err := f.chats.Thread(set, context)
	if err != nil {
		return Conversation{}, err
	}
	c := Conversation{Thread: t}
	c.Messages, c.More = f.chats.Messages(set, context, last)
	return c, nil
}
