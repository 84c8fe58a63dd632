// Package presence publishes state that lives as long as an agent runs: how far a delivery is, who is
// connected. Values enter by [Publisher.Set]; each that differs from the last leaves as an observation, beside
// the facts. It refuses to keep anything: an observation is never a fact.
//
// Start with [Publisher.Set].
package presence
