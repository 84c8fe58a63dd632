// Package explore walks through everything that can happen in a protocol: all interleavings and all
// choices, up to a bound. Start with [Image].
//
// It shows, for a protocol with buffers of a given size, that no reachable state is a deadlock, that no
// message arrives where it is not expected or is left over, that the end can be reached from every state
// (for a protocol that has one), and that canonical and wide execution agree on every path of choices that
// it samples. It returns a violation as a [Counterexample], the shortest one.
//
// Interleavings of independent steps lead to the same state, so only one order of them is walked: in each
// state the steps of one role suffice, because each edge has one sender and one receiver and a step of one
// role neither takes away nor changes a step of another. Where that would leave other roles waiting for
// ever on a cycle, all steps are walked.
//
// What enters is an image, what leaves a [Report]. The package is pure.
package explore
