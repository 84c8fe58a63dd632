package auratest

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// View is the state behind a person's frontend: all facts and observations of the agent, folded. [domain.Get] finds the
// state of any module.
type View struct {
	*domain.States
	Contacts    *contact.State
	Invites     *invite.State
	Moderation  *moderation.State
	Delivery    *delivery.State
	Chats       *chat.State
	Connections status.Connections
	// Setting has the states above that the methods of Chats ask for.
	Setting chat.Setting
}

// Look returns the person's view as it is now. The test ends when no agent runs.
func (p *Person) Look(tc task.Context) *View {
	p.World.Helper()
	return p.fold(tc, fact.Selection{Observations: []string{"*"}})
}

// fold returns a view of what sel selects.
func (p *Person) fold(tc task.Context, sel fact.Selection) *View {
	p.World.Helper()
	set, err := builtin.New(p.Options.Modules...)
	if err != nil {
		p.World.Fatalf("%v", err)
	}
	states := set.NewStates(p.Self())
	setting := chat.SettingOf(states)
	v := &View{
		States: states, Contacts: setting.Contacts, Invites: domain.Get[*invite.State](states), Moderation: setting.Moderation,
		Delivery: setting.Delivery, Chats: domain.Get[*chat.State](states), Setting: setting,
	}
	v.Chats.Bound(chat.Keep{Messages: -1, Bytes: -1})
	p.read(tc, sel, func(up fact.Update) error {
		for i := range up.Records {
			v.States.Apply(&up.Records[i])
		}
		for _, o := range up.Observations {
			v.States.Observe(o)
			v.Connections.Observe(o)
		}
		return nil
	})
	return v
}

// Heard returns the texts that a conversation has of an author, as this person has it, in their order.
func (p *Person) Heard(tc task.Context, context aura.ContextID, author *Person) (texts []string) {
	p.World.Helper()
	v := p.Look(tc)
	all, _ := v.Chats.Messages(v.Setting, context, 0)
	for i := range all {
		if all[i].Author == author.Self() {
			texts = append(texts, all[i].Text)
		}
	}
	return texts
}

func (p *Person) read(tc task.Context, sel fact.Selection, sink func(fact.Update) error) {
	p.World.Helper()
	err := p.gone()
	if p.Agent != nil {
		err = p.Agent.Watch(tc, sel, sink)
	}
	if err != nil {
		p.World.Fatalf("%v", err)
	}
}
