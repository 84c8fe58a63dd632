// Package choreo is the family of verbs for choreographies: check, format, project, picture, compile, run, replay and
// explore a protocol in a .tell file.
//
// [Command] is all that the binary uses. A file or standard input comes in, within a bound; text, JSON or files go out.
// No verb needs an account, an agent or the network. The language is package choreo of the module's root, its execution
// package machine.
package choreo
