// Package storetest holds the cases that every [journal.Store] must pass. Start with [Run].
package storetest
