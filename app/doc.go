// Package app is the headless core of every frontend: a command line, a terminal UI, a web page and
// a phone hold a [Core] or a [Model] and nothing else of Aura.
//
// A user's actions enter as typed workflows ([Core.Send], [Core.Mute], …), and facts enter from
// a [Bridge]. Intents for the bridge and answers leave, and, from a [Model], [reactive.Signal]s whose snapshots
// a screen draws ([Contacts], [Chats], …). [Core.Resolve] turns a name once into a [Ref]; all other
// methods take the reference.
//
// A Core keeps nothing that it cannot fold again from facts. Each action is an [Operation]; durable facts
// with its identifier decide its end, so every Core reports the same one. An action that was refused
// leaves no fact: the [Publisher] of its workflow publishes that end, in this Core alone.
//
// Start with [New]: a Core answers one call at a time, for a program that runs once. [Core.Model] adds signals
// for a screen that stays open; run it as a [task.Service]. [NewOffline] is a Core without an agent, for a
// stopped account or for trying a frontend.
package app
