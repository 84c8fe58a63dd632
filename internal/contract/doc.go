// Package contract holds the suites that every implementation of a seam passes: the same cases for
// a bridge in the process, behind a socket, offline and in a simulation.
//
// It is imported by tests only. Start with [Bridge].
package contract
