// Package session is the domain of the sessions that agents hold by Aura's own protocols: it names the capabilities that
// their steps require, and has the views of the sessions that run. Start with [Module] and [Session].
//
// The texts are in package protocols, and a test holds every name in them against the registry. None of these capabilities
// is in the owner's profile: until the runtime admits a protocol, no token grants its steps. A name moves to the module of its
// subject when that is built.
package session
