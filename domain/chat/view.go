package chat

import (
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
)

// ShownKinds returns the kinds, and patterns of kinds, that a conversation is shown from.
func ShownKinds() []string { return []string{KindMessage, KindRead, kindsOfGroups, delivery.Kinds} }

// Thread is one conversation as a frontend lists it.
type Thread struct {
	Ref
	Name    string        `json:"name"` // unique among contacts and groups
	Members []Participant `json:"members"`
	Unread  int           `json:"unread"` // of those kept, see [Keep]
	Muted   bool          `json:"muted"`
	Left    bool          `json:"left"` // the owner left the group
	Last    *Message      `json:"last,omitempty"`
}

// Message is one message as a frontend shows it.
type Message struct {
	ID         aura.FactID       `json:"id"`
	Context    aura.ContextID    `json:"context"`
	Author     aura.AuthorityID  `json:"author"`
	From       string            `json:"from"` // the author's name as the owner knows it
	Mine       bool              `json:"mine"`
	Text       string            `json:"text"`
	At         time.Time         `json:"at"` // the author's clock, UTC
	State      delivery.Progress `json:"state"`
	Reason     string            `json:"reason,omitempty"`     // why it waits or failed
	Recipients []Recipient       `json:"recipients,omitempty"` // own messages in groups
	// Devices of the contact have an own message; none is named while the contact speaks with one device.
	Devices   []aura.DeviceID  `json:"devices,omitempty"`
	Reply     aura.FactID      `json:"reply,omitzero"`
	Operation aura.OperationID `json:"operation,omitzero"` // of an own message
	Quiet     bool             `json:"quiet,omitempty"`    // give no notice: muted
}

// Recipient is how far an own message got towards one member.
type Recipient struct {
	Participant
	State  delivery.Progress `json:"state"`
	Reason string            `json:"reason,omitempty"`
	// Devices of the member have the message, as in a [Message].
	Devices []aura.DeviceID `json:"devices,omitempty"`
}

// Threads returns all conversations, the one with the newest message first. Blocked contacts are not shown.
func (s *State) Threads(set Setting) []Thread {
	all := s.displayed(set)
	threads := make([]Thread, 0, len(all))
	for i := range all {
		threads = append(threads, s.listed(set, &all[i]))
	}
	return threads
}

// Thread returns one conversation. It returns [aura.NotFound] for a context that is none.
func (s *State) Thread(set Setting, context aura.ContextID) (Thread, error) {
	c, ok := s.conversation(set, context)
	if !ok {
		return Thread{}, aura.Errorf("chat.Thread", aura.NotFound, "there is no such conversation")
	}
	return s.listed(set, &c), nil
}

// Messages returns the newest messages of a conversation, oldest first: at most last of them, or all that
// are kept when last is zero. Messages of blocked people and of strangers are left out. The second result
// says that older ones exist. An unknown context has none.
func (s *State) Messages(set Setting, context aura.ContextID, last int) ([]Message, bool) {
	c, ok := s.conversation(set, context)
	if !ok {
		return nil, false
	}
	items := c.thread.messages.Items()
	var shown []Message
	for i := len(items) - 1; i >= 0; i-- {
		if last > 0 && len(shown) == last {
			slices.Reverse(shown)
			return shown, true
		}
		if m, ok := s.shown(set, &c, &items[i].Value); ok {
			shown = append(shown, m)
		}
	}
	slices.Reverse(shown)
	return shown, c.thread.messages.Cut()
}

// Message returns one message of a conversation, as long as it is kept and shown.
func (s *State) Message(set Setting, context aura.ContextID, id aura.FactID) (Message, bool) {
	c, ok := s.conversation(set, context)
	if !ok {
		return Message{}, false
	}
	items := c.thread.messages.Items()
	for i := len(items) - 1; i >= 0; i-- { // Most calls ask for a new message.
		if items[i].Value.id == id {
			return s.shown(set, &c, &items[i].Value)
		}
	}
	return Message{}, false
}

// Repeats returns nil when a fact that an action of the owner left is the message that in asks for, so that it was
// sent already. It returns [aura.Conflict] when the action did something else.
func Repeats(f *fact.Fact, in SendIntent) error {
	const op = "chat.Repeats"
	var stored Text
	context, shared := f.Namespace.Context()
	switch {
	case f.Kind == KindMessage && f.Erased != [32]byte{}:
		return aura.Errorf(op, aura.Conflict, "the message that was stored as %s is erased: send the text without that operation", f.Operation)
	case f.Kind != KindMessage || !shared || fold.Shared(f, &stored) != nil:
		return aura.Errorf(op, aura.Conflict, "%s is no message but another action", f.Operation)
	case context != in.To.Context:
		return aura.Errorf(op, aura.Conflict, "a message to another recipient was stored as %s", f.Operation)
	case stored.Text != in.Text || stored.Reply != in.Reply:
		return aura.Errorf(op, aura.Conflict, "another text was stored as %s", f.Operation)
	}
	return nil
}

func (s *State) listed(set Setting, c *conversation) Thread {
	t := Thread{Ref: c.Ref, Name: c.name, Members: slices.Clone(c.others), Left: !c.own}
	if c.Group {
		t.Muted = set.Moderation.Display(c.Context, aura.AuthorityID{}) == moderation.DisplayQuiet
	} else {
		t.Muted = set.Moderation.Display(c.Context, c.others[0].Authority) == moderation.DisplayQuiet
	}
	items := c.thread.messages.Items()
	for i := len(items) - 1; i >= 0; i-- {
		if m, ok := s.shown(set, c, &items[i].Value); ok {
			t.Last = &m
			break
		}
	}
	t.Unread = s.unread(set, c)
	return t
}

// ReadsBack reports whether the state keeps a message of another member that the owner read: those that came before
// it were read, too.
func (s *State) ReadsBack(context aura.ContextID) bool {
	t := s.peek(context)
	return slices.ContainsFunc(t.messages.Items(), func(item fold.Item[message]) bool {
		m := &item.Value
		return m.author != s.self && s.readBy(t, s.self, m)
	})
}

// unread counts the messages of others that are shown and not marked as read.
func (s *State) unread(set Setting, c *conversation) int {
	// Messages of one author come in runs, so most answers are those for the message before.
	var author aura.AuthorityID
	var device aura.DeviceID
	through, n := uint64(0), 0
	items := c.thread.messages.Items()
	for i := range items {
		m := &items[i].Value
		if m.author == s.self {
			continue
		}
		if m.author != author || m.device != device {
			author, device = m.author, m.device
			through = c.thread.mark(s.self, m.device).Through
		}
		unread := m.seq > through || c.thread.forks[m.device] > 0 && !s.readBy(c.thread, s.self, m)
		if unread && s.visible(set, c, m) {
			n++
		}
	}
	return n
}

// shown returns a message for display, and false for one that is hidden: its author is blocked or does not
// take part in the conversation.
func (s *State) shown(set Setting, c *conversation, m *message) (Message, bool) {
	if !s.visible(set, c, m) {
		return Message{}, false
	}
	out := Message{
		ID: m.id, Context: c.Context, Author: m.author, Text: m.Text.Text, At: m.At.Std(), Reply: m.Reply,
	}
	if m.author == s.self {
		out.From, out.Mine, out.Operation = set.Contacts.Own(), true, m.operation
		var recipients []Recipient
		out.State, out.Reason, recipients = s.progress(set, c, m)
		if c.Group {
			out.Recipients = recipients
		} else if len(recipients) > 0 {
			out.Devices = recipients[0].Devices
		}
		return out, true
	}
	author, _ := c.participant(m.author)
	out.From, out.State = author.Name, delivery.ProgressReceived
	out.Quiet = set.Moderation.Display(c.Context, m.author) == moderation.DisplayQuiet
	if s.readBy(c.thread, s.self, m) {
		out.State = delivery.ProgressRead
	}
	return out, true
}

func (s *State) visible(set Setting, c *conversation, m *message) bool {
	if m.author == s.self {
		return true
	}
	_, known := c.participant(m.author)
	return known && set.Moderation.Display(c.Context, m.author) != moderation.DisplayHidden &&
		!set.Moderation.Dropped(m.author, moderation.Seen{Context: c.Context, Device: m.device, Through: m.seq}, m.At)
}

// reasonEmpty is why a message in a group reaches none of the members.
const reasonEmpty = "everybody left the group"

// Forked reports whether a device of whose messages some are held wrote on several branches: its home was copied.
func (s *State) Forked(context aura.ContextID) bool { return len(s.peek(context).forks) > 0 }

// readBy reports whether the reader marked a message as read. A mark says nothing of other branches than that of the
// message which it names.
func (s *State) readBy(t *thread, reader aura.AuthorityID, m *message) bool {
	fork, mark := t.forks[m.device], t.mark(reader, m.device)
	switch {
	case m.seq > mark.Through:
		return false
	case fork == 0, m.seq < fork, t.names(reader, m):
		return true
	case reader == s.self:
		return m.position < mark.position // it was here when the owner marked all that was here
	}
	last := t.at(m.device, mark.Mark)
	return last != nil && last.sole && m.position < last.position
}

// names reports whether the reader's mark names a message itself.
func (t *thread) names(reader aura.AuthorityID, m *message) bool {
	mark := t.mark(reader, m.device)
	return (fact.Place{Seq: mark.Through, ID: mark.ID}).Is(m.seq, m.id)
}

// at returns the message that a mark names, nil when it is not kept.
func (t *thread) at(device aura.DeviceID, mark Mark) *message {
	items := t.messages.Items()
	for i := len(items) - 1; i >= 0; i-- {
		if m := &items[i].Value; m.device == device && (fact.Place{Seq: mark.Through, ID: mark.ID}).Is(m.seq, m.id) {
			return m
		}
	}
	return nil
}

// Cover reports whether the outboxes of all others in a conversation are known and counted, and so how far its
// messages are.
func (s *State) Cover(set Setting, context aura.ContextID) bool {
	c, ok := s.conversation(set, context)
	for _, p := range c.others {
		ok = ok && set.Delivery.Counted(context, p.Authority)
	}
	return ok
}

// progress returns the progress of an own message: that of the recipient with the least. A member who left does not
// count.
func (s *State) progress(set Setting, c *conversation, m *message) (delivery.Progress, string, []Recipient) {
	least, reason := delivery.Progress(0), ""
	var recipients []Recipient
	for _, p := range c.others {
		at := delivery.Place{
			Context: c.Context, Device: m.device, Seq: m.seq, Position: m.position, Fork: c.thread.forks[m.device],
		}
		state, why := set.Delivery.Progress(at, p.Authority)
		// The reader may have marked a text of another copy of this device at a later place, whose branch is not known here.
		// Only a text that the reader has can be read.
		named := c.thread.names(p.Authority, m)
		if named || state >= delivery.ProgressDelivered && s.readBy(c.thread, p.Authority, m) {
			state, why = delivery.ProgressRead, ""
		}
		if p.Left && state < delivery.ProgressDelivered {
			continue
		}
		if least == 0 || state < least {
			least, reason = state, why
		}
		recipients = append(recipients, Recipient{
			Participant: p, State: state, Reason: why, Devices: set.Delivery.Holders(at, p.Authority),
		})
	}
	if least == 0 {
		return delivery.ProgressFailed, reasonEmpty, nil
	}
	return least, reason, recipients
}
