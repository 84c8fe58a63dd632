// Package phrase writes the root key of an account as words on paper and reads it back.
//
// A new account draws 16 random bytes, which are 12 words; [RootSeed] derives the seed of its root key from them.
// An account of an earlier build has the seed itself, 32 bytes, which are 24 words. Word list and checksum are those of
// BIP 39, so that another program can check a sheet of paper; the key derivation is ours.
//
// What enters are bytes and the text that a person types; what leaves is the other of the two. A word that is not in
// the list, a wrong number of words and a wrong checksum are refused with an error that names the word.
//
// Start with [Words] and [Parse]. [Places] and [Confirm] make a person type some words back before the words are
// all that is left.
package phrase
