// Package compose says whether the parts of a linked protocol go together. Start with [Link].
//
// A protocol whose text has link annotations is composed of bundles: each is a unit of ownership, with the names that it exports and
// imports. Composition is static, so [Link] decides before a session of the protocol begins: a role is in one bundle, the bundles share no
// name that is not stated, each import has its export, and a message goes from one bundle to another only where a name joins
// the two. [Harmony] is the obligation that remains when a role gets another player: projecting the changed protocol equals
// changing the projections.
//
// What enters are the annotations of a manifest and the global type. What leaves is a [Composition], or the first thing that is
// wrong: aura.Conflict for an overlap, and aura.Denied for a name or a route that does not fit.
package compose
