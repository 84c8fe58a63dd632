// Package chaintest is a home for tests: a journal on a store of the test, the capability tokens of one
// authority, the guard chain and the executor, all running in one group.
//
// Start with [Found] inside [Simulate]. The [Outbox] fails the test when an envelope is released before the
// facts, charges and receipts that it claims are durable.
package chaintest
