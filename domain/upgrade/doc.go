// Package upgrade is the domain of changes from one version of a protocol to another, which several devices make together or not at
// all. Start with [Request]: a session of the protocol RuntimeUpgrade carries it.
package upgrade
