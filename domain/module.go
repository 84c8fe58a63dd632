package domain

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Module describes one domain to an agent, its frontends and the simulator. It is a value that stays unchanged after
// [NewSet] took it. Only Name is required.
type Module struct {
	// Name is one lower-case word. It names the domain's service and the permission to query its facts.
	Name string

	// Kinds are the facts of the domain, each with its check and its columns. A check decides what peers may
	// make this agent store, so a kind without one accepts anything.
	Kinds []fact.Kind
	// Delivery says whether deliveries are tracked and how long their records are kept; nil: not at all.
	Delivery fact.DeliveryPolicy
	// Written returns when a fact was written by its author's clock, false for one that does not say. The agent gives up
	// delivering tracked facts that say so when they are older than Delivery keeps records. Nil: no fact says it.
	Written func(*fact.Fact) (aura.Instant, bool)
	// Capabilities are the names that plans of this domain ask the guard for.
	Capabilities []Capability
	// Operations are the actions of a person, and those of the domain itself.
	Operations []Operation
	// Serial lets one operation of the domain plan and commit at a time, so that each plan sees the facts of the one
	// before it. It is for domains in which two plans on one state must not both happen.
	Serial bool
	// Due returns the plans that the domain makes by itself, such as an answer to a fact of a peer. It is called when
	// the agent starts, after facts that [Module.Indexed] names, and once a minute. A plan that fails is asked for
	// again, so each must be gone from the answer once its facts are there. Nil: nothing.
	Due func(*Snapshot) ([]Plan, error)

	// NewState returns the empty state of an owner's domain; nil: the domain has none.
	NewState func(self aura.AuthorityID) State
	// Indexed names the kinds, or patterns of kinds, that the agent itself folds, so that plans, Due and questions see
	// them. The agent keeps checkpoints of that state, and must not start slower for a long history: facts that only
	// screens show do not belong here.
	Indexed []string
	// Linking says that the indexed facts tell with whom this agent has links: they are looked at again after each.
	Linking bool
	// Recent names the kinds of which the agent folds only the newest facts of each member of a context, without
	// checkpoints.
	Recent []string

	// Names are the kinds, or patterns of kinds, of the facts about people and groups, their labels and their
	// moderation. A name that a person types is resolved against them. A client reads all of them, so they are few.
	Names []string

	// Views are what screens show of the state.
	Views []View
	// Questions are those that the agent answers from its indexed state.
	Questions []Question
	// Protocols are the choreographies of the domain. An agent refuses to start with one that does not check.
	Protocols []Protocol
	// Text returns one line about a new fact for the person at a frontend, and "" for a fact of no interest to a person.
	// It is for domains whose facts no other event shows. The states have names, and the facts that came since the person looks
	// on. Nil: no fact means anything.
	Text func(*States, *fact.Fact) string
}

// Capability is a name that may be permitted, such as "chat:send".
type Capability struct {
	Name string
	// Profile is the profile that grants it: [ProfileOwner], or "" when it must be delegated. An account that was
	// founded by a build without the capability is granted it when its agent starts.
	Profile string
}

// ProfileOwner lists the capabilities that an authority grants itself when it is founded.
const ProfileOwner = "owner"

// OwnerCapabilities returns capabilities that the owner's profile grants.
func OwnerCapabilities(names ...string) []Capability {
	all := make([]Capability, len(names))
	for i, name := range names {
		all[i] = Capability{Name: name, Profile: ProfileOwner}
	}
	return all
}

// View is a snapshot that follows from the facts of a domain, for a screen.
type View struct {
	// Signal is the name under which screens subscribe: an owner, a colon and a noun, such as "shopping:lists".
	Signal string
	// Show computes the snapshot. Its type is that of the signal, the same each time; it stays unchanged afterwards.
	Show func(*States, aura.Physical) any
	// Follows names the modules whose states Show reads beside its own: it is shown anew when one of them changes.
	Follows []string
	// Turns returns when the snapshot changes though no fact arrives, false when it does not. Nil: it never does.
	Turns func(*States, aura.Physical) (aura.Instant, bool)
}

// Question is one that the agent answers.
type Question struct {
	// Kind names it, like a fact: a dotted noun such as "shopping.list".
	Kind string
	// Answer decodes the payload of a question and returns the value that is encoded as the answer. Nil: a service of
	// the runtime answers.
	Answer func(s *Snapshot, payload []byte) (any, error)
}

// Protocol is a choreography.
type Protocol struct {
	// Name is the name by which operations refer to it, see [Operation.Protocol].
	Name string
	// Text is its text in the language of package choreo.
	Text string
	// Earlier are texts that it had before, the newest first: sessions that began with one of them go on with it, and this agent begins
	// none with it. Nil: Text never changed, or no session with another text lives any more.
	Earlier []string
	// Roles has the play of each role of all texts, by its name. An agent plays the protocol with other agents then, and an operation opens
	// sessions of it, see [Plan.Begin]. Nil: the protocol is only checked.
	Roles map[string]Play
	// Admit decides whether a peer may begin a session here: it returns an error when not. The talk says what the peer asks for, and
	// nothing is said yet. Every peer is a contact or a member of the talk's context, with whom this agent has a link. Nil: each may.
	Admit func(s *Snapshot, t *Talk) error
}

// registration returns the module as the registry of facts keeps it.
func (m *Module) registration() fact.Domain {
	d := fact.Domain{Name: m.Name, Kinds: m.Kinds, Delivery: m.Delivery}
	for _, o := range m.Operations {
		if !o.Internal {
			d.Intents = append(d.Intents, o.Name)
		}
	}
	for _, c := range m.Capabilities {
		d.Capabilities = append(d.Capabilities, c.Name)
	}
	return d
}
