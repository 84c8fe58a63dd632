// Package device keeps which devices each authority has: the entries of rosters that peers announce in shared contexts
// and that the owner keeps in its own namespace, when this home first had each, and the bounds of removed devices. Package
// roster decides what they say; [State.Chain] and [State.Bounds] ask it.
//
// [Adopt] takes signed entries of the own roster. The module tells each shared context by itself what it was not told.
package device
