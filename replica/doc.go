// Package replica keeps links to the members of shared contexts and moves facts over them. The index of people
// and contexts, channels and own facts enter; the facts of peers enter the journal, and what peers acknowledged
// becomes facts. It refuses facts of another author, out of order, or without a receipt, and messages of a peer
// that breaks the protocol.
//
// Start with [Replicator]: one link for each member of each context, with a task of its own; dial.go says
// when a link dials, session.go what runs over a channel.
package replica
