// Package trace tells a person who watches an agent the stages of its road as they happen: what the guard
// decided, which facts became durable, what left for a peer and what arrived. Decisions and records enter, a
// [Step] each goes to a [Func]. It refuses payloads: a step holds none.
//
// Start with [Func]; package egress and package replica call it.
package trace
