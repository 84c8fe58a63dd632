package agent

import (
	"cmp"

	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// Registry returns the kinds and intents of the modules that every agent has, and of more.
func Registry(more ...domain.Module) (*fact.Registry, error) {
	set, err := builtin.New(more...)
	if err != nil {
		return nil, err
	}
	return set.Registry(), nil
}

// storage is the journal as a service: first to start, last to close.
type storage struct{ journal *journal.Journal }

func openJournal(tc task.Context, h Hands, registry *fact.Registry) (*storage, error) {
	j, err := journal.Open(tc, h.Store, journal.Options{
		Key: h.Ring.StoreKey(), Entropy: h.Entropy, Registry: registry,
		Author: h.Ring.Authority(), Device: h.Ring.Device(), Sign: h.Ring.Sign,
	})
	if err != nil {
		return nil, err
	}
	return &storage{journal: j}, nil
}

// Name implements [task.Service].
func (s *storage) Name() string { return "journal" }

// Declaration implements [task.Service]. The journal's writer alone changes the state that follows the journal: the
// indexes of people, contexts and tokens.
func (s *storage) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryActorOwned, Mailbox: journal.Capacity,
		Owns: append(task.Locked("directory.Index", "frontier.Index", "chain.overlay", "chain.keys"),
			task.Owned{Type: "journal.Journal", By: task.ExclusionMailbox}),
		Events: []world.Family{world.FamilyMessage, world.FamilyHealth},
	}
}

// Start implements [task.Service].
func (s *storage) Start(task.Context) error { return nil }

// Serve implements [task.Service]: it is the journal's writer.
func (s *storage) Serve(tc task.Context) error { return s.journal.Serve(tc) }

// Close implements [task.Service]. By now no task appends any more.
func (s *storage) Close(tc task.Context) error { return s.journal.Close(tc) }

// openDirectory folds the journal into an index of people and contexts, and lets the index follow it.
func openDirectory(tc task.Context, h Hands, set *domain.Set, j *journal.Journal) (*directory.Index, error) {
	index := directory.New(set, h.Ring.Authority(), j.Meta)
	if err := index.Load(tc, j, h.Ring.Device()); err != nil {
		return nil, err
	}
	// No task appends before the services start, so the index misses nothing in between.
	j.Attach(index)
	return index, nil
}

// founded reports whether the authority's first facts are there.
func founded(x *directory.Index) (ok bool) {
	x.Read(func(s *directory.State) { ok = s.Contacts.Own() != "" })
	return ok
}

func gate(x *directory.Index, c world.Clock) Gate {
	return Gate{Contacts: x.Knows, Strangers: func() bool { return x.Awaits(c.Now()) }}
}

// channels is the hub as a service: it ends the network after every channel.
type channels struct {
	*transport.Hub // from Start on
	network        transport.Network
	hands          Hands
	directory      transport.Directory
	options        transport.Options
}

// Name implements [task.Service].
func (c *channels) Name() string { return "transport" }

// Declaration implements [task.Service].
func (c *channels) Declaration() task.Declaration {
	return task.Declaration{
		Category: task.CategoryActorOwned, Mailbox: cmp.Or(max(0, c.options.Backlog), transport.DefaultBacklog),
		Owns:   task.Locked("transport.Hub", "transport.Channel", "transport.Libp2p", "transport.streamLink", "transport.deadline"),
		Events: []world.Family{world.FamilyIngress},
	}
}

// Start implements [task.Service].
func (c *channels) Start(tc task.Context) (err error) {
	agreement, _ := c.hands.Ring.Agreement()
	c.Hub, err = transport.OpenHub(tc.Group(), c.network, agreement, c.directory, c.hands.Entropy, c.options)
	return err
}

// Serve implements [task.Service]: the hub's tasks live in this service's group.
func (c *channels) Serve(tc task.Context) error { return task.NewLatch().Wait(tc) }

// Close implements [task.Service].
func (c *channels) Close(tc task.Context) error { return c.network.Close(tc) }
