// Package datalog is the logic language of capability tokens and of queries over facts: terms,
// rules, checks, a text form, and an evaluator that always ends.
//
// Text enters through [Parse] and becomes a [Program] of values that print back as text. A [World]
// takes facts and rules, each with the [Origin] it came from, derives everything that follows in
// [World.Run], and answers [World.Select] and [World.Check]. A rule sees only facts whose origin it
// trusts, which is how a later block of a token cannot lend authority to an earlier one.
//
// The language is that of Biscuit, Datalog 3.3: see SPECIFICATIONS.md of eclipse-biscuit/biscuit.
// It has no negation and no clock. Its expressions fail instead of wrapping, guessing or coercing,
// and a failed expression fails the whole evaluation: nothing is allowed by an error.
//
// The evaluator refuses to exceed its [Limits]. They count facts, iterations, steps and bytes and
// never read a clock, so two machines that evaluate the same world agree on the answer and on
// whether there is one.
package datalog
