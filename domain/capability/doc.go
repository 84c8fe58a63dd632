// Package capability holds the tokens of an authority and the budgets of its contexts:
// capability tokens, their delegation and revocation, and the limits of a context.
//
// Facts enter a [State]; the tokens of one authority, the revocations, and a [guard.Policy] leave
// it. The package does not look into tokens: it decides whose word counts. An authority's own tokens,
// revocations and limits count only from its own namespace; a peer can hand a token over in a shared
// context, and nothing more. Start with [Issue], [Delegate] and [Limit], which make the facts.
package capability
