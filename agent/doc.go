// Package agent assembles one participant: keys, journal, guard and interpreter, channels, services and
// the reactive pipeline, and owns the order in which they start and stop.
//
// Intents enter by [Agent.Submit]; facts and observations leave by [Agent.Watch].
// Start with [Found] for a new authority and [New] for one that exists; [OpenHome] gives the hands of a
// machine, a simulation its own. The agent knows nothing of frontends: [Agent] satisfies their interface by
// shape.
package agent
