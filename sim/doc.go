// Package sim runs worlds of many agents on one seeded executor and checks their invariants.
//
// A seed enters [Run], a [Report] leaves it. The agents are the real ones, with the real journal, guard, interpreter
// and channels, and the frontends are the real Models over them; simulated are only the hands: the disk below the
// journal, the network below the channels, time and chance. People meet, talk, read, rename and block; with
// [Options].Faults the network is cut, processes are killed in the middle of a step, services panic, disks fail and
// clocks are wrong by hours or years; with [Options].Copies homes are copied and run twice, or restored; with
// [Options].Devices people enrol devices of their accounts and remove them, give shares of their budgets from one to
// another, and change a roster on two devices at once; the removed ones try to go on. The same options give the same
// world, step for step, which its digest shows.
// The invariants are checked at every commit, every few seconds and, after everything was healed, at the end: see
// [Violation]. To show that the checks bite, [Options].Plant puts a known bug between the agent and its hands.
package sim
