// Package syntax is the text of choreographies: from characters to a tree with a position on everything,
// and back to the one way of writing it.
//
// Start with [Parse]. It never gives up at the first mistake: it returns the tree of the parts that it understood
// and one [Diagnostic] for each problem. [Format] prints a tree in canonical form with every
// comment kept; formatting twice changes nothing.
//
// # Layout
//
// Blocks are made by indentation. A line that is indented deeper than the one before opens a block, as
// if it began with "{", and the block ends at the first line that is indented less. Lines inside
// brackets, and lines that begin with "->" or "{", continue the line before and have no layout. Tabs may
// not indent. Braces may be written out instead.
//
// A tree says nothing about sense: whether roles are declared, choices are well-made or types fit is for
// package choreo.
package syntax
