// Package biscuit reads, verifies, narrows and writes Biscuit capability tokens, and decides by
// them.
//
// A token is a chain of signed blocks of Datalog. The first block grants; a holder of the token
// can append a block that restricts it further and cannot take one away. [Decode] gives an
// [Unverified] token, which can be looked at but not decided by; [Unverified.Verify] against the
// root key that the caller trusts gives a [Token]; and [NewAuthorizer] puts it beside the facts,
// checks and policies of the deciding party, whose [Authorizer.Authorize] answers. [Mint],
// [Token.Attenuate] and [Token.Seal] make new tokens. Source text is read by datalog.Parse.
//
// The format is that of SPECIFICATIONS.md and schema.proto of eclipse-biscuit/biscuit: block
// versions 3 to 6, which are Datalog 3.0 to 3.3, and signature payloads 0 and 1. It writes
// payload 1. Stricter than the schema asks: unknown fields, repeated singular fields, mixed
// sets, features newer than a block's version and Ed25519 keys of small order are refused, a token
// has at most [MaxBytes] bytes and datalog.MaxBlocks blocks, and a regular expression that does not
// parse is an error and not a mismatch.
//
// The package draws no randomness: the maker of a block passes the key that the next block will be
// signed with, and signatures are deterministic.
package biscuit
