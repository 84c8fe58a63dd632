// Package semantic keeps the meaning of a machine's steps: operations and how final they are, the effects
// that they wait for, the reads that they rest on, and the handoffs that move them. Start with
// [Objects.Begin].
//
// An operation passes through stages: observed → authoritative → materialized → canonical, or it ends as
// invalidated or rejected. Only evidence lifts it past observed, each piece once; an observed operation without evidence
// never becomes canonical. An outstanding effect has a progress contract: for each budget that passes
// without a result it falls one stage (pending → blocked → no progress → degraded → timed out), and when it
// has timed out or was invalidated, a late result is refused with aura.Stale.
//
// Time is the machine's tick and enters by [Objects.Advance]. The package is pure, and bounded: beyond
// [Objects.Limit] a new object is refused with aura.Exhausted until old ones are pruned.
package semantic
