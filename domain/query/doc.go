// Package query holds the question by which a frontend asks the journal in Datalog, and its answer. Package
// reactive turns facts into predicates and evaluates; this package has the types that cross the wire.
package query
