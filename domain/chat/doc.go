// Package chat holds messages, their recipients and the progress of their deliveries, and the groups.
//
// Messages, read marks and groups enter a [State] as facts; threads and messages for display leave it. Start
// with [Send] for the way in and [State.Messages] for the way out. A delivery state never claims more than a
// durable fact or a live observation shows, see [delivery.Progress].
//
// A conversation with one contact lives in their shared context. A group is a context of its own with fixed
// members, see [Group]; its secret reaches each member through the context that the founder shares with it.
package chat
