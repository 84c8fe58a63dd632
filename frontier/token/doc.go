// Package token mints, delegates and evaluates Biscuit tokens that grant the capabilities of an authority.
//
// [Mint] makes a token that names its rights one by one and its holder; [Delegate] lets the holder hand it
// on with less, in a block that only the holder's key can sign. [Open] checks a token against the one root
// that an agent trusts, its own authority's, and [Token.Evaluate] asks it for each of a list of candidate
// names under a [Claim]. A token is refused when anything about it is unclear, with a [guard.Reason].
//
// # What a token says
//
// The first block states right("chat:send") for each name, and no other block can: a token whose later
// blocks claim a right is refused whole. The deciding agent states the acting authority, subject("auth_…"), the capability
// that is asked for, operation("chat:send"), the time, and where they are known context("ctx_…") and device("dev_…").
//
// A copy of a token is of no use to another authority. The first block has the check
//
//	check if subject("auth_B") or delegates($n, "auth_B", $to), $n > 0 trusting ed25519/…;
//
// with B's key: either B acts, or B has signed, for exactly this place in exactly this token, a block that
// names the next holder and has the same check for that one. Blocks are numbered, so that a token which comes
// back to B is not handed on again by the block with which B gave it away before.
package token
