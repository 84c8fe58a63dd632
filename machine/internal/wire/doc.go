// Package wire is the byte format that images, recordings and snapshots share: unsigned varints,
// length-prefixed bytes, fixed digests, and a running checksum. A [Writer] cannot fail. A [Reader] remembers
// its first error and then returns zeros, so that a decoder reads straight through and asks once; every
// length is compared with the bytes that are left before anything is allocated.
package wire
