// Package fold holds the parts from which the domains build their reducers. Each part gives the same
// content for any order of arrival and any duplication of the facts, and knows its own bound.
//
// Start with [Of], which gives a record its place in the order that every reader shares.
package fold
