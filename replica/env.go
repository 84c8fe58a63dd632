package replica

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/presence"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// Env is what the replicator works with. The agent fills it once.
type Env struct {
	Ring      *keyring.Ring
	Journal   *journal.Journal
	Registry  *fact.Registry
	Frontier  *frontier.Index
	Decider   *egress.Decider
	Directory *directory.Index
	Presence  *presence.Publisher
	Entropy   world.Entropy
	Channels  Channels
	// Receipts returns receipts of the chain for a peer in an epoch, in order, after the first ones and at
	// most limit. [aura.Stale]: the epoch has ended.
	Receipts func(context aura.ContextID, peer aura.AuthorityID, epoch aura.Epoch, after uint64, limit int) ([]effect.Receipt, error)
	// Addresses says where this agent can be reached now, best first.
	Addresses func() []string
	// Relays asks contacts to relay. Nil: this network has none.
	Relays Relays
	// Moves tells when the own network changes. Nil: it does not.
	Moves Moves
	// Sessions speaks for the sessions with a peer on its link, and has the frames of its channels take their steps.
	Sessions Sessions
	// Stranger answers a channel that opened with an invitation of this side, and closes it.
	Stranger func(task.Context, *transport.Channel)
	// Removed takes entries of the own account that a peer showed. It keeps them if this device is removed by them, and not otherwise.
	Removed func(task.Context, roster.Announced) error
	// Met takes that a contact speaks in its own context: an invitation that led there has ended.
	Met func(task.Context, contact.Ref)
}

// Channels opens and answers channels. A [transport.Hub] does.
type Channels interface {
	egress.Dialer
	Accept(tc task.Context) (*transport.Channel, error)
}

// caller returns who acts: this agent, for no operation of a user, now.
func (e *Env) caller(tc task.Context) domain.Caller {
	return domain.Caller{Authority: e.Ring.Authority(), Device: e.Ring.Device(), Now: tc.Now()}
}

// watermarks reads how far deliveries are.
func (e *Env) watermarks() delivery.Watermarks { return e.Journal.Meta }

// receiver names the device of a peer as the marks of deliveries do.
func receiver(p *directory.Peer) delivery.Receiver {
	return delivery.Receiver{Context: p.Context, Peer: p.Authority, Device: p.Device.ID(), First: p.First}
}
