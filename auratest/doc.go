// Package auratest runs real agents in a simulated world, for tests of applications and of this module. The code
// under test is the code that ships; the clock, the disks and the network are simulated. A seed fixes every
// choice, so that a failure can be repeated, and a simulated hour takes milliseconds.
//
// [Run] runs a test in one world after the other, with one seed each. In a world, [World.Person] founds an account and
// starts its agent, [World.Meet] makes two people contacts, [Person.Submit] hands an intent to the agent, and
// [Person.Look] returns the view of a frontend. [World.Cut], [Person.Crash], [Person.Move] and the faults of
// [Person.Disk] inject faults. [Person.Copy] makes a second home of an account, and [Person.Restore] brings an old one back.
//
// Every method that may wait takes the [task.Context] of the task that calls it first. A test that starts tasks of its
// own starts them in a [task.Group]; it must not use goroutines, channels, or the time and randomness of the
// machine.
package auratest
