// Package capability says what an authority may do in a context and how much it may spend there: signed
// grants, their revocations, and the limits of a context.
//
// Facts enter a [State], an evaluated [guard.Frontier] and a [guard.Policy] leave it. Only facts that the
// agent's own authority signed into its own namespace count: a peer can neither widen nor narrow what
// this agent permits. Start with [Grant] and [Limit], which make the drafts, and [State.Frontier].
package capability
