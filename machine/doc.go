// Package machine runs protocols: it takes the local types of package choreo, keeps their sessions, and
// takes them forward one step at a time, the same way every time.
//
// Start with [Compile] (or [CompileGlobal], [CompileInstance]), which makes an [Image]; decide with [Admit]
// how it may run; give a [Host] to [New]; then [Machine.Open] a session and [Machine.Step] or
// [Machine.Run]:
//
//	im, err := machine.CompileInstance(inst)
//	admission, err := machine.Admit(machine.Request{Image: im, Manifest: manifest, Contracts: contracts, Integrity: machine.IntegritySealed})
//	m := machine.New(host, machine.Options{Key: key, Trace: machine.NewTrace(4096)})
//	owner, err := m.Open(im, machine.Opening{Owner: "engine", Admission: admission})
//	status, err := m.Run(1000)
//
// What enters are the host's answers (choices, payloads), messages from other machines ([Machine.Inject])
// and calls of a session's owner, each with the owner's capability. What leaves are messages
// ([Machine.Take]), a [Trace] of the events, and a [Recording] that can be run again. The machine refuses
// a call with a stale capability, and a message that was seen before, does not verify, or cannot be next; neither touches
// the session. A step that a guard denies is not taken: the role waits, and its program decides. A step that the
// protocol or the output policy does not allow, or in which the host fails, ends the session with a [*Fault] and leaves
// nothing half done.
//
// # Steps
//
// A step is planned, prepared and committed. Planning picks a role and asks the host; preparing checks and
// hashes; committing applies everything at once, or nothing. [Machine.Step] does all three for one role,
// and that is the reference. A [Wave] does them for several roles that have nothing in common: [Machine.Plan],
// [Machine.Prepare] in any order or at once, [Machine.Commit]. The machine starts nothing of its own; the
// caller brings the loop. In a wave every session tells the same story as in canonical execution, and a wave
// whose certificate does not hold when it is committed falls back to one step, with the reason in the trace.
//
// A step costs the same however many sessions sleep, and allocates nothing once the buffers have grown to
// their use.
//
// # Integrity
//
// [IntegrityBare] sessions carry sequence numbers, [IntegritySealed] ones a MAC per value, an authentication tree and a chain
// of consumed identities per edge, [IntegritySigned] ones also Ed25519 signatures where values cross to another
// authority. The profile is decided at admission and stands in the first event of a session.
//
// # Determinism
//
// The package is pure: no clock, no randomness, no goroutines. The same calls and answers give the same
// trace, byte for byte, on every platform. [Recording.Replay] shows it, [Equivalent] and [Diff] say how near
// two runs are, [Machine.Snapshot] and [Restore] carry a machine across a restart, [Machine.Export] and [Machine.Import]
// one session.
//
// Ownership is in machine/own, the composition of linked protocols in machine/compose, the search through
// all interleavings in machine/explore.
package machine
