package device

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// The payloads of the protocol journalsync, by which the devices of an account end with the same history.

// Bounds of one message.
const (
	// MaxStreams is how many streams one side names, and how many it asks for.
	MaxStreams = 128
	// MaxBatch is how many facts one message has, and BatchRoom how many bytes of them.
	MaxBatch  = 128
	BatchRoom = 56 << 10
)

// Stream says how far a device of an account has the facts of one device in one namespace. Without a device it stands for
// the secret of a shared context.
type Stream struct {
	Namespace fact.Namespace `cbor:"1,keyasint,omitzero"`
	Device    aura.DeviceID  `cbor:"2,keyasint,omitzero"`
	// Heads are the newest facts of its branches that are here; none: there is nothing. A secret that is here has one, the zero place.
	Heads []fact.Place `cbor:"3,keyasint,omitempty"`
	// Lacks says that the side which answers lacks one of the heads that it was told.
	Lacks bool `cbor:"4,keyasint,omitempty"`
}

// Secret reports whether the stream stands for the secret of a context.
func (s *Stream) Secret() bool { return s.Device == aura.DeviceID{} }

// Check returns aura.Corrupt for a stream that is none.
func (s *Stream) Check() error {
	if !s.Namespace.Valid() || len(s.Heads) > fact.MaxHeads+1 {
		return aura.Errorf("device.Stream", aura.Corrupt, "a stream of device %s with %d heads is none", aura.Short(s.Device), len(s.Heads))
	}
	return nil
}

// Streams says how far a device of an account is.
type Streams struct {
	Hash [32]byte `cbor:"1,keyasint,omitzero"` // over all streams that the account has
	// Streams are some of them: in a question those that moved or that differ, in the answer those that either side named.
	Streams []Stream `cbor:"2,keyasint,omitempty"`
	// Rows names streams of the other side by the identities that a comparison found there alone.
	Rows []aura.FactID `cbor:"3,keyasint,omitempty"`
}

// Check returns aura.Corrupt for a message that is out of bounds. An answer names more streams than a question.
func (s *Streams) Check(most int) error {
	if len(s.Streams) > most || len(s.Rows) > MaxStreams {
		return aura.Errorf("device.Streams", aura.Corrupt, "a message names %d streams and asks for %d, the most are %d and %d", len(s.Streams), len(s.Rows), most, MaxStreams)
	}
	for i := range s.Streams {
		if err := s.Streams[i].Check(); err != nil {
			return err
		}
	}
	return nil
}

// Cursor asks for facts of a stream: those behind its heads at first, and then those behind the last ones.
type Cursor struct {
	Stream Stream `cbor:"1,keyasint"`
	After  uint64 `cbor:"2,keyasint,omitempty"` // the number, at the side that has the facts, of the last one; zero: at first
	Bytes  uint32 `cbor:"3,keyasint,omitempty"` // how many of the next fact are here, when it comes in parts
}

// Copy is one fact with its proof, as [fact.Record] encodes it.
type Copy struct {
	Record []byte `cbor:"1,keyasint"`
	// Before names the row through the fact before, for one of the first format.
	Before []byte `cbor:"2,keyasint,omitempty"`
}

// Batch has facts of one stream, in order, or a part of one, or the secret of a context.
type Batch struct {
	Stream Stream `cbor:"1,keyasint"` // without heads
	Facts  []Copy `cbor:"2,keyasint,omitempty"`
	// Part is one part of the record of a fact that one message does not hold; Last says that it is the last one.
	Part   []byte `cbor:"3,keyasint,omitempty"`
	Last   bool   `cbor:"4,keyasint,omitempty"`
	Before []byte `cbor:"5,keyasint,omitempty"` // of the part's fact
	// After and Bytes are for the [Cursor] that asks for what follows.
	After  uint64   `cbor:"6,keyasint,omitempty"`
	Bytes  uint32   `cbor:"7,keyasint,omitempty"`
	Secret [32]byte `cbor:"8,keyasint,omitzero"`
}

// Check returns aura.Corrupt for a batch that is out of bounds.
func (b *Batch) Check() error {
	if len(b.Facts) > MaxBatch || len(b.Facts) > 0 && len(b.Part) > 0 {
		return aura.Errorf("device.Batch", aura.Corrupt, "a batch has %d facts, the most is %d, and a part of one stands alone", len(b.Facts), MaxBatch)
	}
	return b.Stream.Check()
}

// Empty reports whether a batch has nothing.
func (b *Batch) Empty() bool { return len(b.Facts)+len(b.Part) == 0 && b.Secret == [32]byte{} }

// Stored says that a batch is durable.
type Stored struct {
	// Refused says that it is not: this device does not know the author yet, or not its kind of facts.
	Refused bool `cbor:"1,keyasint,omitempty"`
}

// Agreed is what the metadata keeps of another device of the account, see [AgreedKey].
type Agreed struct {
	Position fact.Position `cbor:"1,keyasint,omitempty"` // of the last fact here that the other device has, with all before it
	Seen     aura.Instant  `cbor:"2,keyasint,omitempty"` // when the two last spoke
}

// AgreedKey is where the metadata keeps how far this device and another one of the account have the same facts: an [Agreed].
func AgreedKey(id aura.DeviceID) string { return "device.agreed/" + string(id[:]) }

// QuestionSync is the kind of the question, without a payload, that a [SyncList] answers.
const QuestionSync = "device.sync"

// SyncList says of each other device of the account how far it is.
type SyncList struct {
	Devices []Sync `cbor:"1,keyasint,omitempty" json:"devices"`
}

// Sync is how far another device of the account has what this one has.
type Sync struct {
	Device aura.DeviceID `cbor:"1,keyasint,omitzero" json:"-"`
	// Complete says that the two have the same facts.
	Complete bool `cbor:"2,keyasint,omitempty" json:"complete"`
	// Behind is how many facts of this device the other one may lack.
	Behind uint64 `cbor:"3,keyasint,omitempty" json:"behind"`
	// Connected says that the two are; Seen is when they last were, zero: never.
	Connected bool         `cbor:"4,keyasint,omitempty" json:"connected"`
	Seen      aura.Instant `cbor:"5,keyasint,omitempty" json:"seen"`
}
