// Package own records the owners of a session's fragments. Start with [Owners.Open], which returns the first [Capability].
//
// A [Record] (the owner of one fragment) and a capability (its rights, since which change of owner) are
// separate things, and both are checked before every effect: [Owners.Check]. A capability whose generation
// has passed is stale for ever. Ownership moves in two stages: [Owners.Begin] issues a [Receipt],
// [Owners.Commit] takes exactly that one, [Owners.Rollback] takes it back; between the two the source is
// still the owner, and does not act. A transfer moves the owner's whole scope, an attenuation fewer fragments of it; the source
// keeps the others. A fragment without an owner can be claimed by the authority that its release gave ([Claim]),
// and by no other.
//
// What enters are capabilities, receipts and claims, which callers keep and hand back. What leaves is the new
// capability, or an error: aura.Stale for a capability of an earlier owner, aura.Denied for one that does
// not reach far enough, aura.Conflict for a call that does not fit the record's state. Every change and every
// refusal is written to a [Log].
package own
