// Package directory keeps an index of the people and contexts of an authority. Committed facts enter, as from
// a [journal.Sink]; out come the members of shared contexts with their keys and addresses, the secrets that
// channels open with, and the state that pure handlers plan over. It refuses to write: a change is a fact.
//
// Start with [Index.Load], then [Index.Read] and [Index.Peers].
package directory
