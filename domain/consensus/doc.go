// Package consensus is the domain of operations on which several devices agree: a session of the protocol Consensus collects a
// signature of each witness, and a commit is an operation with as many signatures as it asks for. Start with [Operation] and
// [Commit].
//
// A witness signs one operation over a state and no other. The state's hash covers who the witnesses are, and an operation needs
// more than half of them, so two operations over one state have a witness in common, and an honest one refuses the second: both
// cannot commit while fewer than the common witnesses lie.
package consensus
