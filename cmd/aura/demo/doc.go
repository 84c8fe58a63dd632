// Package demo is the verb that shows Aura at work: two or three whole agents meet and talk in this process, each with
// its own home, journal and libp2p host on the loopback network, in a folder that is removed afterwards.
//
// [Command] is all that the binary uses. [Options.Run] comes in: the process owns its signals. Out goes one line for
// each stage that an agent reports (intent, guard, fact, send, receive, view), then a summary.
package demo
