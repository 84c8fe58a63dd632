// Package errand lets two people agree on who goes shopping: a protocol of an application, in one module. docs/write-a-protocol.md in
// Aura's checkout builds a smaller one from an empty folder.
//
// A person asks by an intent, which opens a session of the protocol agree.tell. Each role is a pure function, [domain.Play]: it looks at the facts and
// at the messages of the session so far, and returns the next move. Start with [Module].
package errand
