package app

import (
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Bridge is the way from a frontend to an agent: in the same process, behind a socket, or in a
// simulation. Facts and observations cross it, views never do.
type Bridge interface {
	// Submit takes an intent through the agent and returns when its facts are durable. The errors
	// are the agent's: [aura.Denied] for a refusal of the guard, [aura.Invalid] for a bad intent,
	// [aura.NotFound] for an intent that no domain registered, [aura.Unavailable] without an agent.
	Submit(tc task.Context, in fact.Intent) (fact.Result, error)
	// Watch calls sink, in the calling task, with the facts that sel selects, oldest first, and with
	// observations. The first update that is Live ends the history; with sel.Follow, Watch then goes on until tc is
	// cancelled. An error of sink ends it and is returned. After [aura.Unavailable] or
	// [aura.Exhausted] the caller may watch again from the last update's Position. [aura.Stale] says that another era began
	// than that of the updates or of sel: folds of them are not valid, see [fact.Update.Era].
	Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error
	// Ask returns one answer. A question that the agent does not know is [aura.NotFound].
	Ask(tc task.Context, q fact.Question) (fact.Answer, error)
}
