// Package app is the headless core of every frontend: a command line, a terminal UI, a web page and
// a phone hold a [Core] and nothing else of Aura.
//
// What enters are a user's actions, as typed workflows ([Core.Send], [Core.Mute], …), and facts from
// a [Bridge]. What leaves are intents for the bridge, answers, and [reactive.Signal]s whose snapshots
// a screen draws ([Contacts], [Chats], …). A name is resolved once, by [Core.Resolve], into a [Ref];
// everything behind that door takes the reference.
//
// A Core keeps nothing that it cannot fold again from facts. Each action is an [Operation]; its end
// follows from durable facts that carry its identifier, so every Core says the same about it. What
// only this Core can know, that an action was refused, is published by the one [Publisher] that its
// workflow holds.
//
// Start with [New]; [NewOffline] is a Core without an agent, for trying a frontend. Run a Core as a
// [task.Service] to have its signals follow; a program that asks once and ends need not.
package app
