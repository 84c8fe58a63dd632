package app

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Options of a [Core].
type Options struct {
	// Modules are the domains that the frontend knows beside those of every agent. Default: none.
	Modules []domain.Module
	// Keep bounds how much of each conversation the signals hold. The zero value is package chat's default.
	Keep chat.Keep
	// Lost, when set, is told that the agent has gone, and why, once each time, by a task that follows it.
	Lost func(reason string)
	// Through shows everything as it was at a position: signals and answers that rest on facts. Observations are not
	// shown, and no action is taken. Default: as it is now.
	Through fact.Position
}

// Core is a client of an agent: it carries out actions and answers questions, and reads no more for each than it needs.
// A screen that stays open has a [Model] over it. Its methods may be called by any task.
type Core struct {
	set     *domain.Set
	bridge  Bridge
	entropy world.Entropy
	self    status.Status
	options Options

	directory *directory
	published *published
}

// New returns a Core for the agent behind b, after asking it who it is. entropy names operations. It
// returns the bridge's error, [aura.Unavailable] when no agent answers.
func New(tc task.Context, b Bridge, entropy world.Entropy, o Options) (*Core, error) {
	set, err := builtin.New(o.Modules...)
	if err != nil {
		return nil, err
	}
	self, err := ask(tc, b)
	if err != nil {
		return nil, err
	}
	if o.Through > 0 {
		b, self.Facts = past{b, o.Through}, min(self.Facts, o.Through)
	}
	if o.Lost == nil {
		o.Lost = func(string) {}
	}
	c := &Core{set: set, bridge: b, entropy: entropy, self: self, options: o}
	c.directory = newDirectory(set, self.Authority)
	c.published = newPublished(set)
	return c, nil
}

func ask(tc task.Context, b Bridge) (status.Status, error) {
	const op = "app.Status"
	var s status.Status
	answer, err := b.Ask(tc, fact.Question{Kind: status.Question})
	if err != nil {
		return s, err
	}
	if err := fact.Unmarshal(answer.Payload, &s); err != nil {
		return s, &aura.Error{Op: op, Kind: aura.Corrupt, Err: err}
	}
	if s.Authority.IsZero() {
		return s, aura.Errorf(op, aura.Corrupt, "the agent does not say who it is")
	}
	return s, nil
}

// watch is the bridge's Watch that goes on from where it was when the agent cut it for being slow. A watch
// that was cut without any progress is given up: the agent has no place for it.
func watch(tc task.Context, b Bridge, sel fact.Selection, sink func(fact.Update) error) error {
	for {
		begin := sel.After
		err := b.Watch(tc, sel, func(up fact.Update) error {
			if err := sink(up); err != nil {
				return err
			}
			sel.After, sel.Last, sel.Causal = up.Position, 0, false
			if sel.Follow {
				sel.Era = up.Era
			}
			return nil
		})
		if !errors.Is(err, aura.Exhausted) || sel.After == begin {
			return err
		}
	}
}

// Bridge returns the bridge to the agent, for intents and questions without a workflow.
func (c *Core) Bridge() Bridge { return c.bridge }

// Self returns the authority of the agent.
func (c *Core) Self() aura.AuthorityID { return c.self.Authority }

// Device returns the device of the authority that the frontend talks to.
func (c *Core) Device() aura.DeviceID { return c.self.Device }

// Status asks the agent about itself.
func (c *Core) Status(tc task.Context) (status.Status, error) { return ask(tc, c.bridge) }

// Contested asks whose accounts are contested: their entries about devices contradict each other. An agent of an earlier build names
// none.
func (c *Core) Contested(tc task.Context) (all device.Contested, err error) {
	answer, err := c.bridge.Ask(tc, fact.Question{Kind: device.QuestionContested})
	if aura.KindOf(err) == aura.NotFound {
		return all, nil
	}
	if err == nil {
		err = fact.UnmarshalAnswer(answer.Payload, &all)
	}
	return all, err
}

// Services asks the agent for the declarations of its services: the reactive pipeline, then the others in start order.
func (c *Core) Services(tc task.Context) ([]status.Declared, error) {
	answer, err := c.bridge.Ask(tc, fact.Question{Kind: status.QuestionServices})
	if err != nil {
		return nil, err
	}
	var all status.Services
	if err := fact.UnmarshalAnswer(answer.Payload, &all); err != nil {
		return nil, &aura.Error{Op: "app.Services", Kind: aura.Corrupt, Err: err}
	}
	return all.Services, nil
}

// OwnName returns the name that this authority gives itself, empty when it has none.
func (c *Core) OwnName(tc task.Context) (string, error) {
	name := ""
	err := c.directory.read(tc, c.bridge, func(f *fold) { name = f.contacts.Own() })
	return name, err
}

// Contacts returns the contacts by name.
func (c *Core) Contacts(tc task.Context) ([]contact.Contact, error) {
	var out []contact.Contact
	err := c.directory.read(tc, c.bridge, func(f *fold) { out = f.contacts.Contacts() })
	return out, err
}

// Resolve turns the text that a person typed, the name of a contact or a group or the beginning of a contact's
// identifier, into a reference. It returns [aura.NotFound] with the names that come close, and
// [aura.Conflict] for a beginning that fits several.
func (c *Core) Resolve(tc task.Context, text string) (Ref, error) {
	var ref Ref
	var unknown error
	err := c.directory.read(tc, c.bridge, func(f *fold) {
		var found chat.Ref
		if found, unknown = f.chats.Resolve(f.setting(), text); unknown == nil {
			ref = f.reference(found)
		}
	})
	if err == nil {
		err = unknown
	}
	return ref, err
}
