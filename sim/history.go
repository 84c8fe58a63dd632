package sim

import (
	"fmt"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Speaker is an account that is opened without its agent.
type Speaker struct {
	Ring    *keyring.Ring
	Journal *journal.Journal
}

// OpenSpeaker opens the journal in a store, whose writer runs in group. The caller closes it.
func OpenSpeaker(tc task.Context, group *task.Group, store journal.Store, ring *keyring.Ring, entropy world.Entropy) (Speaker, error) {
	registry, err := agent.Registry()
	if err != nil {
		return Speaker{}, err
	}
	j, err := journal.Open(tc, store, journal.Options{
		Key: ring.StoreKey(), Entropy: entropy, Registry: registry,
		Author: ring.Authority(), Device: ring.Device(), Sign: ring.Sign,
	})
	if err != nil {
		return Speaker{}, err
	}
	group.Go("journal.writer", j.Serve)
	return Speaker{Ring: ring, Journal: j}, nil
}

// turn is how many messages one side writes before the other answers.
const turn = 32

// Converse writes a past of n messages into the journals of two contacts that share a context: each wrote half of
// them, has read and acknowledged the messages of the other, and paid for its own in an epoch that has ended. It
// makes in minutes what would take the agents hours, so that costs can be looked at that follow the history.
func Converse(tc task.Context, a, b Speaker, context aura.ContextID, n int) error {
	for said := 0; ; {
		for _, side := range [2][2]Speaker{{a, b}, {b, a}} {
			if err := side[0].speak(tc, side[1], context, min(turn, n-said), said); err != nil {
				return err
			}
			said += min(turn, n-said)
		}
		if said == n {
			// Both read the last messages.
			return a.speak(tc, b, context, 0, said)
		}
	}
}

// speak appends one turn: the peer's facts since the last turn, read marks and acknowledgements of them, and new
// messages.
func (s Speaker) speak(tc task.Context, peer Speaker, context aura.ContextID, messages, said int) error {
	ns, theirs := fact.ContextNamespace(context), peer.Ring.Device()
	here := s.Journal.Count(ns, theirs)
	news, err := peer.Journal.ByAuthor(ns, theirs, here+1, 4*turn)
	if err != nil {
		return err
	}
	by := domain.Caller{Authority: s.Ring.Authority(), Device: s.Ring.Device(), Now: tc.Now()}
	through := peer.Journal.Count(ns, s.Ring.Device())
	at, err := s.Journal.Through(ns, s.Ring.Device(), through)
	if err != nil {
		return err
	}
	acked, err := delivery.Acknowledge(by, peer.Ring.Authority(), theirs, guard.Mark{
		Context: context, Device: s.Ring.Device(), Number: through, Place: at,
	})
	if err != nil {
		return err
	}
	// Facts about the news come after the news.
	if _, err := s.Journal.Append(tc, &journal.Entry{Foreign: news}); err != nil {
		return err
	}
	e := &journal.Entry{Drafts: acked.Entries}
	for _, kv := range acked.Metadata {
		e.Meta = append(e.Meta, journal.KV{Key: kv.Key, Value: kv.Value})
	}
	if len(news) > 0 {
		last := news[len(news)-1].Place()
		read, err := by.Shared(context, chat.KindRead, chat.Read{Marks: []chat.Mark{{Device: theirs, Through: last.Seq, ID: last.ID}}})
		if err != nil {
			return err
		}
		e.Drafts = append(e.Drafts, read)
	}
	for i := range messages {
		text, err := by.Shared(context, chat.KindMessage, chat.Text{
			Text: fmt.Sprintf("message %d of a long conversation, in which each side says all that it has to say", said+i+1),
			At:   by.Now.At.Add(-time.Minute),
		})
		if err != nil {
			return err
		}
		e.Drafts = append(e.Drafts, text)
	}
	paid := s.Journal.Count(ns, s.Ring.Device()) + uint64(len(e.Drafts)-1)
	e.Charges = []fact.Charge{{
		Context: context, Peer: peer.Ring.Authority(), Epoch: 1, Spent: paid, Through: paid, Until: paid,
	}}
	_, err = s.Journal.Append(tc, e)
	return err
}
