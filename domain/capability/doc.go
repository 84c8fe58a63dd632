// Package capability carries what an authority permits and how much may be spent in a context:
// capability tokens, their delegation and revocation, and the limits of a context.
//
// Facts enter a [State]; the tokens that concern somebody, what was revoked, and a [guard.Policy] leave
// it. The package does not look into tokens: it decides whose word counts. An authority's own tokens,
// revocations and limits count only from its own namespace; a peer can hand a token over in a shared
// context, and nothing more. Start with [Issue], [Delegate] and [Limit], which make the facts.
package capability
