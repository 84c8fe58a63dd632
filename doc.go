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
// Read the packages in this order: fact (what is true), effect (what should happen), guard (whether it
// may), frontier (which capabilities there are), chain (the way of a request through the guard), interp (the
// executor), journal (where it is kept), transport (how it travels),
// service (the actors), agent (all of it assembled), app (what a frontend sees). The packages
// task and world are why the same code runs on a machine and in a simulation that can be replayed.
//
// docs/tour.md follows one message through all of them.
package aura
