// Package delivery says how far the own facts of a shared context got: acknowledged by a peer, given up, or under
// way. It serves every domain whose facts travel; no domain needs one of its own.
//
// Facts about acknowledgements and giving up enter a [State], and so do the observations of a running agent;
// [State.Progress] answers for one fact and one peer, and never claims more than these two show. The services
// that deliver plan with [Acknowledge] and [GiveUp].
package delivery
