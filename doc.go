// Package aura holds the words of the project: identifiers, the domains of time and the error type.
// Everything else imports it and it imports nothing of ours.
//
// # A guided tour
//
// Aura is private communication between people and their devices with no server in the middle. One
// message takes one road, and each stage is a package:
//
//	ui ──Submit──▶ app ──▶ agent ──snapshot──▶ guard.Evaluate ──▶ []effect.Command
//	▲                                                                  │ interp: the only I/O
//	│ signal                                                           ▼
//	reactive ◀── view ◀── Reduce ◀────────── journal ◀── fact ◀── append · send · receive
//
// Read the packages in this order: fact (immutable facts), effect (commands), guard (whether a request may
// proceed), frontier (the evaluated capabilities), chain (a request on its way through the guard), interp (the
// executor of commands), journal (the store of facts), transport (channels between agents), replica (facts on
// their way to peers), service (the actors), agent (all of it assembled), app (the interface for frontends).
// The packages task and world let the same code run on a machine and in a simulation that can be replayed.
//
// docs/tour.md follows one message through all of them.
package aura
