// Package domain defines an application of Aura: a [Module], one value with everything that its
// builder declares. Kinds of facts, capabilities, operations with their pure handlers, state and views go
// in; the agent, the frontends and the simulator take it from there, and no list elsewhere names it.
//
// The folders below are the modules that every agent has. Package fold has the parts of reducers, package
// foldtest the property tests that each reducer must pass, package builtin the list.
package domain
