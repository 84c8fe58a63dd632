package journal

import (
	"encoding/binary"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// The tables of a journal, by the first byte of the store key. Append only: they are on disk.
const (
	tableHeader     byte = 0x00 // → format and key check
	tableHead       byte = 0x01 // → sealed head position
	tableRecord     byte = 0x02 // position → sealed record
	tableNamespace  byte = 0x03 // format 1: namespace tag, position → nothing
	tableKind       byte = 0x04 // format 1: kind tag, position → nothing
	tableSeq        byte = 0x05 // format 1: stream tag, number → position
	tableFact       byte = 0x06 // format 1: fact tag → position
	tableStream     byte = 0x07 // stream tag → sealed stream
	tableCharge     byte = 0x08 // (context, peer; of a sibling, its device) tag → sealed charge
	tableLeak       byte = 0x09 // (context, observer; of a sibling, its device) tag → sealed leak
	tableMeta       byte = 0x0a // key tag → sealed key and value
	tableCheckpoint byte = 0x0b // name tag → sealed checkpoint

	tableNamespaceRun byte = 0x0c // namespace tag, last position → sealed positions
	tableKindRun      byte = 0x0d // kind tag, last position → sealed positions
	tableSeqRun       byte = 0x0e // stream tag, last number → sealed positions

	tableOperationRun byte = 0x0f // operation tag, last position → sealed positions of own facts

	tablePlace byte = 0x10 // stream tag, place, name tag, number → sealed identity and time, where a number is not the place

	tableProof byte = 0x11 // first position → sealed proof that records of one group commit share

	tableLog      byte = 0x12 // log tag → sealed state of a device-local log
	tableLogEntry byte = 0x13 // log tag, number → sealed entry
)

// tag is a keyed hash that stands for a name in a store key, so that keys tell nothing.
type tag [16]byte

var (
	headerKey = []byte{tableHeader}
	headKey   = []byte{tableHead}
)

func numberKey(table byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{table}, n)
}

func tagKey(table byte, t tag) []byte {
	return append(append(make([]byte, 0, 1+len(t)), table), t[:]...)
}

func tagNumberKey(table byte, t tag, n uint64) []byte {
	k := append(append(make([]byte, 0, 1+len(t)+8), table), t[:]...)
	return binary.BigEndian.AppendUint64(k, n)
}

// placeKey begins with the key of a place, and of a fact there: many facts may be at one place of a stream that forks again
// and again, and one of them is found without a look at the others.
func placeKey(t tag, seq uint64, name tag, number uint64) []byte {
	return binary.BigEndian.AppendUint64(append(tagNumberKey(tablePlace, t, seq), name[:]...), number)
}

// keyNumber returns the number at the end of a store key; ok is false for a key that has none.
func keyNumber(key []byte) (n uint64, ok bool) {
	if len(key) < 9 {
		return 0, false
	}
	return binary.BigEndian.Uint64(key[len(key)-8:]), true
}

func positionValue(p fact.Position) []byte { return binary.BigEndian.AppendUint64(nil, uint64(p)) }

func parsePosition(b []byte) (fact.Position, bool) {
	if len(b) != 8 {
		return 0, false
	}
	return fact.Position(binary.BigEndian.Uint64(b)), true
}

func (s *sealer) namespaceTag(n fact.Namespace) tag {
	return s.tag(tableNamespace, []byte{byte(n.Space)}, n.ID[:])
}

func (s *sealer) streamTag(n fact.Namespace, device aura.DeviceID) tag {
	return s.tag(tableStream, []byte{byte(n.Space)}, n.ID[:], device[:])
}

func (s *sealer) placeTag(p fact.Place) tag { return s.tag(tablePlace, p.ID[:]) }

func (s *sealer) kindTag(kind string) tag { return s.tag(tableKind, []byte(kind)) }

func (s *sealer) operationTag(id aura.OperationID) tag { return s.tag(tableOperationRun, id[:]) }

func (s *sealer) factTag(id aura.FactID) tag { return s.tag(tableFact, id[:]) }
