package transport

import (
	"encoding/binary"
	"fmt"

	"github.com/aura-runtime/aura"
)

// CellSize is the size of everything that a link carries, in bytes. One cell with the headers of
// QUIC (up to 37 bytes), UDP and IPv6 fits 1,280 bytes, the packet that every IPv6 path must carry, so
// a cell is never cut in two on the way, and all cells look alike from outside. It holds two or three
// short messages with their proofs.
const CellSize = 1184

// Version is the version of the cell format that this build speaks, the first byte of every cell.
const Version = 1

// The kinds of cells, the second byte. Append-only.
const (
	kindFirst  = 1 // initiator: tag, first Noise message
	kindReply  = 2 // responder: second Noise message
	kindData   = 3 // both: sealed
	kindRefuse = 4 // responder: "I do not speak your version"; its first byte says which it speaks
)

// Where the parts of a cell begin.
const (
	tagAt        = 2
	firstAt      = tagAt + TagSize
	replyAt      = 2
	generationAt = 2
	numberAt     = generationAt + 4
	sealedAt     = numberAt + 8
	sealOverhead = 16
	bodySize     = CellSize - sealedAt - sealOverhead
)

// VersionError is the cause of an [aura.Invalid] error: the other side speaks another version of the
// cell format, so one of the two must be updated.
type VersionError struct{ Theirs, Ours uint8 }

// Error names both versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("the peer speaks cell version %d and this build version %d", e.Theirs, e.Ours)
}

// cellKind checks the shape of a received cell and returns its kind. It returns [aura.Invalid] with a
// [VersionError] for another version, and [aura.Corrupt] for anything else that is not a cell.
func cellKind(cell []byte) (byte, error) {
	const op = "transport.cellKind"
	if len(cell) != CellSize {
		return 0, aura.Errorf(op, aura.Corrupt, "cell of %d bytes", len(cell))
	}
	if cell[0] != Version {
		return 0, &aura.Error{Op: op, Kind: aura.Invalid, Err: &VersionError{Theirs: cell[0], Ours: Version}}
	}
	if cell[1] < kindFirst || cell[1] > kindRefuse {
		return 0, aura.Errorf(op, aura.Corrupt, "cell of unknown kind %d", cell[1])
	}
	return cell[1], nil
}

// putDataHeader writes the clear part of a data cell, which the seal authenticates.
func putDataHeader(cell []byte, generation uint32, number uint64) {
	cell[0], cell[1] = Version, kindData
	binary.BigEndian.PutUint32(cell[generationAt:], generation)
	binary.BigEndian.PutUint64(cell[numberAt:], number)
}

// dataHeader reads what putDataHeader wrote.
func dataHeader(cell []byte) (generation uint32, number uint64) {
	return binary.BigEndian.Uint32(cell[generationAt:]), binary.BigEndian.Uint64(cell[numberAt:])
}
