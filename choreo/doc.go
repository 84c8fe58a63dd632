// Package choreo is the language of Aura's protocols: it reads a choreography, refuses unsafe
// ones, and derives the behaviour of each role.
//
// A choreography (a .tell file) describes a conversation once, for all its roles. Start with [Load], which
// parses and checks a file, then [Protocol.Instantiate] with the sizes of its role families, then
// [Instance.Local] for the part of one role:
//
//	p, problems := choreo.Load("vote.tell", text)
//	inst, err := p.Instantiate(choreo.Binding{"N": 3})
//	local, err := inst.Local("Voter[0]")
//
// What enters is text or interchange JSON. What leaves are values: a [Global] type, one [Local] type for
// each role, the guard requirements of each send site ([Site]), a [Manifest] for admission, and the
// verdict whether a new version may talk to an old one ([Compare]). A refusal comes with a
// file, a line, a column and a caret, as many problems as there are in one run.
//
// Global and local types are immutable and may share parts, so a type of n distinct nodes costs n even
// where its tree would cost 2^n. Every function of this package keeps that promise or returns
// aura.Exhausted.
//
// The text itself, its grammar, its layout rule and its formatter are in choreo/syntax. Package choreo/gen
// writes typed Go endpoints for a protocol, choreo/draw its pictures.
//
// The package is pure: no clock, no randomness, no input or output, and the same result for the same text.
package choreo
