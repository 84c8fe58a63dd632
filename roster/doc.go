// Package roster says which devices an authority has: a chain of full lists, each signed by the account's root key or by
// its recovery key.
//
// What enters are entries, which a [Chain] verifies in any order, and the times at which this peer first saw them. What
// leaves is a [State]: one list, or a contested one when entries contradict each other. The package refuses an entry
// with a wrong signature, with a gap in the numbers, with a device that did not sign its keys or was removed,
// and one that lowers another device's share. It holds no key and reads no clock.
//
// The rules, for entries that do not build on each other:
//
//   - Rank recovery beats rank root, with all that was built on it.
//   - Two of one rank are contested. Then devices of every list count, with the smallest of their shares; a removal by
//     either side counts; what one side added waits. An entry that names both ends it, or one of rank recovery.
//   - A root-signed change of the recovery key is pending for 14 days at each peer. An entry by the old key that comes in
//     that time beats it; in the next 14 days it is contested, since another peer may have seen the change later; after
//     that it is void.
//
// An entry that names several others as previous is signed by the key that all of them name. So a contest of branches
// with different keys ends only when both sides say the same list, or by time.
//
// Start with [Found], which turns a certificate into entry 0, then [New], [Chain.Add] and [Chain.State]. [Enrol],
// [Remove] and their like make the next entry; [Entry.Sign] signs it. Package phrase below it holds the root key in words.
package roster
