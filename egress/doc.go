// Package egress holds the table of all messages that leave an agent, and what lets each of them leave. A
// request and the messages that it pays for enter the [Decider]; a [Pass] comes out when the guard allowed it
// and the charge is durable. [Post] and [Dial], the only ways to a peer, refuse a message without a pass.
//
// Start with [Table] and [Decider.Charge].
package egress
