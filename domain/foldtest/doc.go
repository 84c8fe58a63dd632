// Package foldtest makes facts for the tests of the domains and holds the property that every reducer
// has. Start with [NewPerson].
package foldtest
