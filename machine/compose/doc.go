// Package compose joins protocols into bundles and changes their participants while they run. Start with
// [Runtime.Admit].
//
// A [Bundle] is a set of protocols that belong together: one unit of ownership, with the names that it
// exports and imports. Bundles whose sessions are disjoint and whose interfaces fit are linked
// ([Runtime.Link]); a [Boundary] says which bundle an effect belongs to and whether a route crosses. The
// members of a bundle change by a [Plan], step by step and as a whole: every step is tried on a copy, where
// the rules of the bundle and harmony are checked ([Harmony]: projecting the changed protocol equals
// changing the projections), and only a plan whose every step holds is taken. A runtime upgrade is a plan
// with a typed [UpgradeRequest]; every phase that it passes is recorded, also when it fails.
// [Runtime.Delegate] moves a session from the footprint of one authority to that of another, with before and
// after in its receipt.
//
// What enters are bundles with their certificates, plans and requests. What leaves are receipts, events and
// a [Snapshot]. A refusal comes before any change: a missing proof or contract with
// aura.Denied, an overlap with aura.Conflict, an unknown bundle with aura.NotFound.
package compose
