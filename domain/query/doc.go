// Package query holds the question by which a frontend asks the journal in Datalog, and its answer. Package
// reactive turns facts into predicates and evaluates; this package is what crosses the wire.
package query
