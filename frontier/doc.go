// Package frontier answers which capabilities an authority has, from the tokens that the journal holds.
//
// What enters are the facts of tokens, revocations and limits, which an [Index] follows in the journal, and a
// [Claim]: an authority in a context, with or without a token of its own. What leaves is a [guard.Frontier], the set
// of capability names that the claim has, the limits of the context, and the own device's share of them. A token of another root, a copy in the hands
// of another holder, a revoked, expired or damaged one grants nothing, and the frontier says why.
//
// Package token below it is the pure part: it mints, delegates and evaluates one token.
//
// Start with [Open] and [Index.Frontier].
package frontier
