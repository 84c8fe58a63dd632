package app

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// errSeen ends a watch that has seen the fact that it waits for. It never leaves the package.
var errSeen = errors.New("app: seen")

// Sent is a message that is durable on this device.
type Sent struct {
	ID        aura.FactID      `json:"id,omitzero"`
	Operation aura.OperationID `json:"operation"`
}

// Send sends a text and returns when it is durable here; [Core.WaitDelivered] waits for the peer. A zero
// reply answers nothing. The errors are the agent's: [aura.Invalid] for a text that cannot be sent,
// [aura.Denied] for a blocked contact or a group that was left. A [Doubt] says that the text may be durable:
// [Core.SendOnce] with its operation makes it so.
func (c *Core) Send(tc task.Context, to Ref, text string, reply aura.FactID) (Sent, error) {
	return c.SendOnce(tc, to, text, reply, aura.OperationID{})
}

// SendOnce is [Core.Send] as a given operation; zero: a new one. A second call with the same operation and text
// sends nothing and returns the message that the first one stored, however long ago and from any process. It
// returns [aura.Conflict] when the operation stored another text, a text to another conversation, or no text at all.
func (c *Core) SendOnce(tc task.Context, to Ref, text string, reply aura.FactID, id aura.OperationID) (Sent, error) {
	if err := chat.CheckText(text); err != nil {
		return Sent{}, err
	}
	res, err := c.submitAs(tc, id, chat.IntentSend, chat.SendIntent{
		To: to.Ref, Text: text, Reply: reply, Again: !id.IsZero(),
	})
	if err != nil {
		return Sent{}, err
	}
	if len(res.Facts) == 0 {
		return Sent{}, aura.Errorf("app.Send", aura.Internal, "the agent committed nothing")
	}
	return Sent{ID: res.Facts[0], Operation: res.Operation}, nil
}

// MarkRead tells the others that everything in a conversation was read. Nothing is said when nothing is new.
func (c *Core) MarkRead(tc task.Context, in Ref) error {
	_, err := c.submit(tc, chat.IntentRead, chat.ReadIntent{In: in.Ref})
	return err
}

// CreateGroup founds a group with contacts and returns its reference, whose name has a suffix if another
// conversation is called the same. Groups among the members are [aura.Invalid].
func (c *Core) CreateGroup(tc task.Context, name string, members []Ref) (Ref, error) {
	const op = "app.CreateGroup"
	if _, err := contact.ParseName(name); err != nil {
		return Ref{}, err
	}
	in := chat.CreateIntent{Name: name}
	for _, m := range members {
		if m.Group {
			return Ref{}, aura.Errorf(op, aura.Invalid, "%q is a group: only contacts can be members", m.Name)
		}
		in.Members = append(in.Members, m.Contact)
	}
	res, err := c.submit(tc, chat.IntentCreate, in)
	if err != nil {
		return Ref{}, err
	}
	if len(res.Payload) == 0 {
		return Ref{}, lost(op, "the group was made, but the agent went away before it said which: see the list of conversations")
	}
	var made chat.Created
	if err := fact.Unmarshal(res.Payload, &made); err != nil {
		return Ref{}, aura.Errorf(op, aura.Corrupt, "the group was made, but the agent did not say which: %w", err)
	}
	var group Ref
	err = c.directory.read(tc, c.bridge, func(f *fold) {
		group = f.reference(chat.Ref{Context: made.Context, Group: true, Epoch: made.Epoch})
	})
	return group, err
}

// Leave leaves a group. A contact is [aura.Invalid].
func (c *Core) Leave(tc task.Context, group Ref) error {
	if !group.Group {
		return aura.Errorf("app.Leave", aura.Invalid, "%q is not a group: block a contact instead", group.Name)
	}
	_, err := c.submit(tc, chat.IntentLeave, chat.LeaveIntent{Group: group.Ref})
	return err
}

// Mute keeps a contact or a group from giving notice.
func (c *Core) Mute(tc task.Context, who Ref) error {
	return c.moderate(tc, moderation.IntentMute, who)
}

// Unmute undoes [Core.Mute].
func (c *Core) Unmute(tc task.Context, who Ref) error {
	return c.moderate(tc, moderation.IntentUnmute, who)
}

// Block refuses a contact and hides its messages. A group is [aura.Invalid].
func (c *Core) Block(tc task.Context, who Ref) error {
	return c.moderate(tc, moderation.IntentBlock, who)
}

// Unblock undoes [Core.Block]. Messages that the contact wrote meanwhile wait at its agent, arrive and are shown.
func (c *Core) Unblock(tc task.Context, who Ref) error { return c.unblock(tc, who, false) }

// UnblockWithout is [Core.Unblock], but messages that the contact wrote meanwhile, by its own clock, are never shown.
func (c *Core) UnblockWithout(tc task.Context, who Ref) error { return c.unblock(tc, who, true) }

func (c *Core) unblock(tc task.Context, who Ref, drop bool) error {
	in := who.change()
	in.Drop = drop
	_, err := c.submit(tc, moderation.IntentUnblock, in)
	return err
}

func (c *Core) moderate(tc task.Context, intent string, who Ref) error {
	_, err := c.submit(tc, intent, who.change())
	return err
}

// Rename calls a contact or a group something else on this side, and returns its reference with the new name.
// An empty name takes the one that the other side has for itself. A name that deceives is [aura.Invalid], one
// in use [aura.Conflict].
func (c *Core) Rename(tc task.Context, who Ref, name string) (Ref, error) {
	in := contact.RenameIntent{Contact: who.Contact, Name: name}
	in.Contact.Context, in.Contact.Epoch = who.Context, who.Epoch
	if _, err := c.submit(tc, contact.IntentRename, in); err != nil {
		return Ref{}, err
	}
	err := c.directory.read(tc, c.bridge, func(f *fold) { who = f.reference(who.Ref) })
	return who, err
}

// SetAddresses makes the agent look for a contact at these addresses first, best first. A group is
// [aura.Invalid], and so is an address that cannot be dialled.
func (c *Core) SetAddresses(tc task.Context, who Ref, addresses []string) error {
	if who.Group {
		return aura.Errorf("app.SetAddresses", aura.Invalid, "%q is a group: a contact has addresses", who.Name)
	}
	_, err := c.submit(tc, contact.IntentAddress, contact.AddressIntent{Contact: who.Contact, Addresses: addresses})
	return err
}

// RemoveContact ends the relation with a contact: it can neither reach this side nor be reached, and messages that it
// had not received have failed. The conversation stays on this side, under [contact.State.Former]'s name. A group is
// [aura.Invalid].
func (c *Core) RemoveContact(tc task.Context, who Ref) error {
	if who.Group {
		return aura.Errorf("app.RemoveContact", aura.Invalid, "%q is a group: leave it instead", who.Name)
	}
	_, err := c.submit(tc, contact.IntentRemove, contact.RemoveIntent{Contact: who.Contact})
	return err
}

// SetName changes the name that this authority gives itself.
func (c *Core) SetName(tc task.Context, name string) error {
	if _, err := contact.ParseName(name); err != nil {
		return err
	}
	_, err := c.submit(tc, contact.IntentName, contact.NameIntent{Name: name})
	return err
}
