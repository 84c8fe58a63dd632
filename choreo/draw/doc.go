// Package draw makes pictures of protocols: one sequence diagram for a protocol, a state machine for each role, and
// a sequence diagram of what happened in one run. No outside tool is needed to see them, only a browser or a terminal.
//
// Start with [Sequence], [States] or a [Story]. What enters is a type, or the messages that were sent; what leaves is a whole SVG
// document, of a story also lines of text: the same bytes for the same input. More than 2,000 rows, states or messages are refused with
// aura.Exhausted: the picture would be unreadable.
package draw
