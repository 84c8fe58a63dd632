// Package own records the owner of a session. Start with [Record.Open], which returns the first [Capability].
//
// A record (the owner) and a capability (its rights, since which change of owner) are
// separate things, and both are checked before every effect: [Record.Check]. A capability whose generation
// has passed is stale for ever. Ownership moves in two stages: [Record.Begin] issues a [Receipt],
// [Record.Commit] takes exactly that one, [Record.Rollback] takes it back; between the two the source is
// still the owner. A transfer moves the owner's whole scope; an attenuation moves or keeps less, never more.
//
// What enters are capabilities and receipts, which callers keep and hand back. What leaves is the new
// capability, or an error: aura.Stale for a capability of an earlier owner, aura.Denied for one that does
// not reach far enough, aura.Conflict for a call that does not fit the record's state. Every change and every
// refusal is written to a [Log].
package own
