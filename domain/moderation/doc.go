// Package moderation says whom the owner does not want to hear, or not now.
//
// Mute and block are the owner's private facts: nobody is told. A muted conversation is kept and shown
// without notice. A blocked contact is refused where its messages arrive, and what it wrote before is
// hidden. What it writes while it is blocked waits at its agent; the owner decides with [Unblock] whether it is shown
// when it arrives. Start with [State.Arrival] and [State.Display].
package moderation
