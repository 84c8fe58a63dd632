// Package shopping is a shopping list that the members of a conversation share: a complete application of Aura in
// one module. docs/build-an-app.md in Aura's checkout goes through it line by line.
//
// An intent enters a pure plan, a fact leaves it; facts enter a [State], a [List] leaves it. Start with [Module].
package shopping
