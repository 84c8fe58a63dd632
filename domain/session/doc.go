// Package session is the domain of the sessions that agents hold by Aura's own protocols: it names the capabilities that
// their steps require, and has the views of the sessions that run. Start with [Module] and [Session].
//
// The texts are in package protocols, and a test holds every name in them against the registry. Sessions of several participants begin
// and end by the protocol sessioncoordination: [Invite] has what its participants agree on. The capabilities of protocols without
// programs are in no profile, so no token grants their steps. Such a name moves to the module of its subject when that is built.
package session
