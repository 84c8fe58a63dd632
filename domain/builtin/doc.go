// Package builtin is the list of the modules that every agent has. It is the only such list: the agent, the frontends
// and the simulator take it, and the modules of a builder follow them.
package builtin
