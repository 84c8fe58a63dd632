// Package agent assembles one participant: keys, journal, guard and interpreter, channels, services and
// the reactive pipeline, and owns the order in which they start and stop.
//
// What enters is an intent, by [Agent.Submit]; what leaves is facts and observations, by [Agent.Watch].
// Start with [Found] for a new authority and [New] for one that exists; [OpenHome] gives the hands of a
// machine, a simulation its own. The agent knows nothing of frontends: a program that satisfies their interface
// by shape, as this does, can be one's bridge.
package agent
