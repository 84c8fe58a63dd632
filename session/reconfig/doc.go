// Package reconfig gives sessions to other devices of the account and takes them: it is the manager of reconfigurations of the runtime
// document, and the only one that may hand over a session.
//
// Start with [New] and [Controller.Play]. Then [Controller.Move] gives a session to a device. What enters are requests of the own agent and
// the messages of own devices. What leaves are messages and facts, through the engine's guard, and the session itself, in one batch with
// the fact. A request is refused before anything stands still unless the session is owned here, the manifest of its protocol has a rule for
// it, the scope stays or is stated to narrow, and the other device is one of the account; the other device checks the same.
package reconfig
