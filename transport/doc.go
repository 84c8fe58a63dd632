// Package transport carries messages between two agents over links that may lose, reorder and repeat
// cells, and to which an attacker may write.
//
// Start with [OpenHub]: it dials and accepts a [Channel] per (context, peer). A message that enters a
// channel leaves it at the other side whole, in order and once, or the channel ends with an error that
// says so. What enters a hub from outside and is not proven to come from a member of a known context
// is refused without an answer, and counted.
//
// The layers, bottom up:
//
//   - [Network] and [Link], the seam: a link carries cells of one size, [CellSize]. Below it is either
//     libp2p ([OpenLibp2p]) or a simulated network ([NewSimNet]). Everything above is one code.
//   - cell: versions, layouts, and the cells refused by their shape alone.
//   - handshake: Noise IKpsk2, the pre-shared key taken from the context.
//   - seal: numbered cells, keys that ratchet forward when the epoch changes.
//   - flow: fragments, acknowledgements, retransmission; a state machine without tasks or clock.
//   - [Channel]: two tasks, a reader and a writer, around one flow.
//   - [Hub]: dialling, answering, and at most one channel per (context, peer).
package transport
