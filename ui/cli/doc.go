// Package cli turns command lines into intents and renders views as lines of text. Every verb that
// talks to a running agent lives here; the verbs that own an agent or read its files (init, up, doctor,
// sim) live in package program, and demo below cmd/aura.
//
// Start with [New]. A verb receives an [app.Core] from [Shell.Connect], prints to Shell.Out, either for a
// person or, with --json, one JSON object a line, and returns an error that [Report] turns into one line on
// Shell.Err and an exit code: 0 done, 1 refused or failed, 2 usage. Text of other people is printed without the
// characters that steer a terminal.
package cli
