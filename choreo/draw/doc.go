// Package draw makes pictures of protocols as SVG: one sequence diagram for a protocol, and a state
// machine for each role. No outside tool is needed to see them, only a browser.
//
// Start with [Sequence] or [States]. What enters is a type; what leaves is a whole SVG document, the same
// bytes for the same type. A type of more than 2,000 rows or states is refused with aura.Exhausted:
// its picture would be unreadable.
package draw
