// Package token is the family of verbs for Biscuit tokens of any origin: make keys, mint, attenuate, seal, inspect,
// verify, authorize.
//
// [Command] is all that the binary uses. A token, a key or Datalog comes in from a file or standard input, within a
// bound; private keys come from files that only their owner can read, never from arguments. No verb needs an account, an
// agent or the network. The format is package biscuit.
package token
