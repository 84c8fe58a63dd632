// Package moderation says whom the owner does not want to hear, or not now. Mute and block are the owner's private
// facts, which no peer gets. A muted conversation is kept and shown without notice. A blocked contact is refused
// where its messages arrive, and its earlier messages are hidden. Messages that it writes while it is blocked wait at
// its agent; the owner decides with [Unblock] whether they are shown when they arrive. Start with [State.Arrival] and
// [State.Display].
package moderation
