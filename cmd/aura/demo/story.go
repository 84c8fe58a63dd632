package demo

import (
	"fmt"
	"strconv"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/task"
)

// story runs the demonstration: the people meet in pairs, talk, and with three of them found a group.
func (d *demo) story(tc task.Context) error {
	ada, ben := d.cast[0], d.cast[1]
	if err := d.meet(tc, ada, ben); err != nil {
		return err
	}
	for _, line := range []struct {
		from, to *actor
		text     string
	}{
		{ada, ben, "hi ben"},
		{ben, ada, "hello ada, nobody in the middle?"},
		{ada, ben, "nobody: your agent and mine 🎉"},
		{ben, ada, "and if you go offline?"},
		{ada, ben, "it waits in your journal\nuntil I am back"},
	} {
		if err := d.say(tc, line.from, line.to.name, line.text, line.to); err != nil {
			return err
		}
	}
	if err := d.read(tc, ben, ada); err != nil || len(d.cast) < 3 {
		return err
	}
	return d.threesome(tc, ada, ben, d.cast[2])
}

// threesome lets a third one join, and a group of all talk.
func (d *demo) threesome(tc task.Context, ada, ben, cleo *actor) error {
	const group = "Three"
	if err := d.meet(tc, ada, cleo); err != nil {
		return err
	}
	if err := d.say(tc, cleo, ada.name, "thanks for the invitation", ada); err != nil {
		return err
	}
	var members []app.Ref
	for _, a := range []*actor{ben, cleo} {
		ref, err := ada.core.Resolve(tc, a.name)
		if err != nil {
			return stageError("the group", err)
		}
		members = append(members, ref)
	}
	if err := d.road.tell(tc, ada.who(), stageIntent, chat.IntentCreate, group+": ben, cleo"); err != nil {
		return err
	}
	if _, err := ada.core.CreateGroup(tc, group, members); err != nil {
		return stageError("the group", err)
	}
	for _, a := range d.cast {
		if _, err := a.conversation(tc, group); err != nil {
			return stageError(a.name+" joins the group", err)
		}
		if err := d.road.tell(tc, a.who(), stageView, "group", group); err != nil {
			return err
		}
	}
	if err := d.say(tc, ada, group, "welcome, both of you", ben, cleo); err != nil {
		return err
	}
	return d.say(tc, cleo, group, "hello all", ada, ben)
}

// meet lets one invite and the other accept, and waits until both have the contact.
func (d *demo) meet(tc task.Context, host, guest *actor) error {
	if err := d.road.tell(tc, host.who(), stageIntent, invite.IntentCreate, ""); err != nil {
		return err
	}
	code, err := host.core.Invite(tc, 0)
	if err != nil {
		return stageError(host.name+" invites", err)
	}
	if err := d.road.tell(tc, guest.who(), stageIntent, invite.IntentAccept, fmt.Sprintf("%d characters", len(code.Code))); err != nil {
		return err
	}
	answer, err := guest.core.Accept(tc, code.Code)
	if err != nil {
		return stageError(guest.name+" accepts", err)
	}
	op, err := guest.core.WaitOperation(tc, answer.Operation)
	if err == nil && op.Phase != domain.PhaseSucceeded {
		err = aura.Errorf("demo.meet", aura.Unavailable, "the invitation %s: %s", op.Phase, op.Reason)
	}
	if err != nil {
		return stageError(guest.name+" accepts", err)
	}
	for _, pair := range [][2]*actor{{host, guest}, {guest, host}} {
		ref, err := pair[0].conversation(tc, pair[1].name)
		if err != nil {
			return stageError(pair[0].name+" and "+pair[1].name+" meet", err)
		}
		if err := d.road.tell(tc, pair[0].who(), stageView, "contact", ref.Name); err != nil {
			return err
		}
	}
	return nil
}

// say sends a text and waits until every member of the conversation shows it and the sender shows it delivered.
func (d *demo) say(tc task.Context, from *actor, to, text string, hearers ...*actor) error {
	stage := fmt.Sprintf("%s to %s: %q", from.name, to, text)
	ref, err := from.core.Resolve(tc, to)
	if err != nil {
		return stageError(stage, err)
	}
	if err := d.road.tell(tc, from.who(), stageIntent, chat.IntentSend, strconv.Quote(text)); err != nil {
		return err
	}
	sent, err := from.core.Send(tc, ref, text, aura.FactID{})
	if err != nil {
		return stageError(stage, err)
	}
	for _, hearer := range hearers {
		at := ref
		at.Name = hearer.name
		m, err := hearer.sees(tc, at, sent.ID, func(*chat.Message) bool { return true })
		if err == nil && m.Text != text {
			err = aura.Errorf("demo.say", aura.Corrupt, "the text changed on the way")
		}
		if err != nil {
			return stageError(stage+" arrives", err)
		}
		if err := d.road.tell(tc, hearer.who(), stageView, "chat", m.From+": "+oneLine(m.Text)); err != nil {
			return err
		}
	}
	m, err := from.sees(tc, ref, sent.ID, func(m *chat.Message) bool { return m.State >= delivery.ProgressDelivered })
	if err != nil {
		return stageError(stage+" is delivered", err)
	}
	d.sum.Messages++
	return d.road.tell(tc, from.who(), stageView, "chat", oneLine(text)+" ["+m.State.String()+"]")
}

// read lets one mark a conversation as read and waits until the other knows.
func (d *demo) read(tc task.Context, reader, writer *actor) error {
	stage := reader.name + " reads"
	there, err := reader.core.Resolve(tc, writer.name)
	if err != nil {
		return stageError(stage, err)
	}
	if err := d.road.tell(tc, reader.who(), stageIntent, chat.IntentRead, ""); err != nil {
		return err
	}
	if err := reader.core.MarkRead(tc, there); err != nil {
		return stageError(stage, err)
	}
	here, err := writer.core.Resolve(tc, reader.name)
	if err != nil {
		return stageError(stage, err)
	}
	signal, err := writer.core.Conversation(tc, here, 0)
	if err != nil {
		return stageError(stage, err)
	}
	read := 0
	_, err = await(tc, writer.core, signal, func(c app.Conversation) bool {
		read = 0
		for i := range c.Messages {
			if m := &c.Messages[i]; m.Mine && m.State == delivery.ProgressRead {
				read++
			} else if m.Mine {
				return false
			}
		}
		return true
	})
	if err != nil {
		return stageError(stage, err)
	}
	return d.road.tell(tc, writer.who(), stageView, "chat", fmt.Sprintf("%s has read %d messages", reader.name, read))
}

// oneLine returns a text as one line of a listing shows it.
func oneLine(text string) string {
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}
