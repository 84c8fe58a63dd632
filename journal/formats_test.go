package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "journal.Snapshot", formats.Payload[Snapshot]())
	formats.Map(t, "journal.Cover", formats.Payload[Cover]())
	formats.Map(t, "journal.Range", formats.Payload[Range]())
	formats.Map(t, "journal.stretch", formats.Payload[stretch]())
	formats.Map(t, "journal.storedStream", formats.Payload[storedStream]())
	formats.Map(t, "journal.storedHead", formats.Payload[storedHead]())
	formats.Map(t, "journal.root", formats.Payload[root]())
}

var errNotThis = errors.New("it was not read")

// bytesOf is the codec of bytes that a reader takes, or refuses.
func bytesOf(b []byte, read func([]byte) bool) formats.Codec[[]byte] {
	return formats.Codec[[]byte]{
		Value: b, Encode: func(b *[]byte) ([]byte, error) { return *b, nil },
		Decode: func(b []byte) ([]byte, error) {
			if !read(bytes.Clone(b)) {
				return nil, errNotThis
			}
			return b, nil
		},
	}
}

func newTestSealer(t *testing.T) *sealer {
	t.Helper()
	s, err := newSealer([32]byte{1, 2, 3}, &formats.Entropy{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFormatsOfTheStore(t *testing.T) {
	s := newTestSealer(t)
	header := s.header()
	formats.Layout(t, "journal.header", bytesOf(header, func(b []byte) bool { return s.checkHeader(b) == nil }),
		formats.Part{Field: "Magic", Bytes: []byte("aura journal")}, formats.Part{Field: "Version", Bytes: []byte{formatVersion}},
		formats.Part{Field: "Check", Bytes: header[13:45]}, formats.Part{Field: "Sum", Bytes: header[45:]})
	key := numberKey(tableRecord, 7)
	sealed := s.seal(key, []byte("a value"))
	formats.Layout(t, "journal.sealed", bytesOf(sealed, func(b []byte) bool {
		plain, ok := s.open(key, b)
		return ok && string(plain) == "a value"
	}), formats.Part{Field: "Nonce", Bytes: sealed[:24]}, formats.Part{Field: "Sealed", Bytes: sealed[24:]})
	positions := []fact.Position{300, 301, 302, 310}
	formats.Layout(t, "journal.run", formats.Codec[[]fact.Position]{
		Value: positions[:3], Encode: func(p *[]fact.Position) ([]byte, error) { return encodeRun(*p), nil },
		Decode: func(b []byte) ([]fact.Position, error) { return whole(decodeRun(b)) },
	}, formats.Part{Field: "Gap", Bytes: binary.AppendUvarint(nil, 300)}, formats.Part{Field: "Length", Bytes: []byte{3}})
	if got, ok := decodeRun(encodeRun(positions)); !ok || !reflect.DeepEqual(got, positions) {
		t.Errorf("two rows were read as %v", got)
	}
	checkpoint := Checkpoint{Form: "1 contacts", Position: 1000, State: []byte{0xa0}}
	formats.Layout(t, "journal.checkpoint", formats.Codec[Checkpoint]{
		Value: checkpoint, Encode: func(c *Checkpoint) ([]byte, error) { return c.encode(), nil },
		Decode: func(b []byte) (Checkpoint, error) { return whole(decodeCheckpoint(b)) },
	}, formats.Part{Field: "Position", Bytes: positionValue(1000)}, formats.Part{Field: "FormSize", Bytes: []byte{10}},
		formats.Part{Field: "Form", Bytes: []byte(checkpoint.Form)}, formats.Part{Field: "State", Bytes: checkpoint.State})
}

// whole turns a result that may be missing into one with an error.
func whole[T any](v T, ok bool) (T, error) {
	if !ok {
		return v, errNotThis
	}
	return v, nil
}

func TestFormatsOfRecords(t *testing.T) {
	f := formats.Sample[fact.Fact]()
	f.Kind, f.Namespace.Space, f.Merges, f.Erased = "chat.message", fact.SpaceContext, nil, [32]byte{}
	r := fact.NewRecord(f)
	r.Number, r.Position = 300, 1000
	ids := []aura.FactID{{1}, {2}, r.ID}
	batch := fact.NewBatch(ids)
	signature := [64]byte{9}
	r.Proof = batch.Proof(2, signature)
	stored := &staged{record: r, encoded: r.Canonical()}

	number, size := binary.AppendUvarint(nil, 300), binary.AppendUvarint(nil, uint64(len(stored.encoded)))
	formats.Layout(t, "journal.record", bytesOf(stored.appendTo(nil), func(b []byte) bool {
		got, ok := decodeRecord(b)
		if !ok || got.number != 300 || !bytes.Equal(got.encoded, stored.encoded) {
			return false
		}
		proof, err := fact.DecodeProof(got.proof, r.ID)
		return err == nil && proof.Equal(r.Proof)
	}), formats.Part{Field: "Number", Bytes: number}, formats.Part{Field: "Size", Bytes: size},
		formats.Part{Field: "Fact", Bytes: stored.encoded}, formats.Part{Field: "Proof", Bytes: r.Proof.Encode()})

	f.Seq, f.Prev = 0, [fact.ShortID]byte{}
	plain := fact.NewRecord(f)
	plain.Number, plain.Position, plain.Seq, plain.Before = 300, 1000, 290, [fact.ShortID]byte{7, 7}
	plain.Proof = fact.NewBatch([]aura.FactID{plain.ID}).Proof(0, signature)
	row := []formats.Part{
		{Field: "Beside", Bytes: []byte{0}}, {Field: "Number", Bytes: number}, {Field: "Place", Bytes: binary.AppendUvarint(nil, 290)},
		{Field: "Before", Bytes: plain.Before[:]},
	}
	beside := &staged{record: plain, encoded: plain.Canonical()}
	formats.Layout(t, "journal.beside", bytesOf(beside.appendTo(nil), func(b []byte) bool {
		got, ok := decodeRecord(b)
		return ok && got.number == 300 && got.place == 290 && got.before == plain.Before && bytes.Equal(got.encoded, beside.encoded) &&
			bytes.Equal(got.proof, plain.Proof.Encode())
	}), slices.Concat(row, []formats.Part{
		{Field: "Size", Bytes: binary.AppendUvarint(nil, uint64(len(beside.encoded)))}, {Field: "Fact", Bytes: beside.encoded},
		{Field: "Proof", Bytes: plain.Proof.Encode()},
	})...)
	again := &staged{record: plain, first: 400}
	again.record.Again = true
	formats.Layout(t, "journal.again", bytesOf(again.appendTo(nil), func(b []byte) bool {
		got, ok := decodeRecord(b)
		return ok && got.number == 300 && got.place == 290 && got.before == plain.Before && got.first == 400
	}), slices.Concat(row, []formats.Part{{Field: "Size", Bytes: []byte{0}}, {Field: "First", Bytes: binary.AppendUvarint(nil, 400)}})...)
	formats.Layout(t, "journal.place", bytesOf(placeValue(&plain), func(b []byte) bool {
		got, ok := parsePlace(290, b)
		return ok && got.id == plain.ID && got.logical == plain.Fact.Logical && got.place == plain.Row()
	}), formats.Part{Field: "ID", Bytes: plain.ID[:]}, formats.Part{Field: "Logical", Bytes: binary.BigEndian.AppendUint64(nil, uint64(plain.Fact.Logical))},
		formats.Part{Field: "Before", Bytes: plain.Before[:]})

	stored.joint = &joint{first: 800, batch: batch, signature: signature, at: []uint32{0, 1, 2}}
	formats.Layout(t, "journal.reference", bytesOf(stored.appendProof(nil), func(b []byte) bool {
		at, ok := decodeReference(1000, b)
		return ok && at == reference{800, 2}
	}), formats.Part{Field: "Mark", Bytes: []byte{jointMark}}, formats.Part{Field: "Back", Bytes: binary.AppendUvarint(nil, 200)},
		formats.Part{Field: "Index", Bytes: []byte{2}})

	encoded := batch.Encode(signature)
	formats.Layout(t, "journal.proof", bytesOf(appendJoint(nil, ids, encoded), func(b []byte) bool {
		got, signed, ok := decodeJoint(b)
		return ok && signed == signature && reflect.DeepEqual(got.IDs(), ids) && bytes.Equal(got.Encode(signature), encoded)
	}), formats.Part{Field: "Count", Bytes: []byte{3}}, formats.Part{Field: "Identities", Bytes: bytes.Join([][]byte{ids[0][:], ids[1][:], ids[2][:]}, nil)},
		formats.Part{Field: "Batch", Bytes: encoded})
}

// FuzzStoredValues: what a damaged or foreign store holds is read as far as it goes, or refused.
func FuzzStoredValues(f *testing.F) {
	r := fact.NewRecord(fact.Fact{Kind: "chat.message", Logical: 1})
	r.Number, r.Seq = 3, 2
	f.Add((&staged{record: r, encoded: r.Canonical()}).appendTo(nil))
	f.Add(placeValue(&r))
	r.Again = true
	f.Add((&staged{record: r, first: 1}).appendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, ok := decodeRecord(b); ok && (got.first > 0 && len(got.encoded) > 0 || got.first == 0 && got.number != got.place && len(got.encoded) == 0) {
			t.Errorf("%x is read as %+v", b, got)
		}
		if h, ok := parsePlace(9, b); ok && h.place.Seq != 9 {
			t.Errorf("%x is read as %+v", b, h)
		}
	})
}

func TestFormatsOfLogs(t *testing.T) {
	formats.Map(t, "journal.storedLog", formats.Payload[storedLog]())
	formats.Layout(t, "journal.logEntry", bytesOf(appendLogEntry(nil, 300, []byte("a value")), func(b []byte) bool {
		total, value, ok := decodeLogEntry(b)
		return ok && total == 300 && string(value) == "a value"
	}), formats.Part{Field: "Total", Bytes: binary.AppendUvarint(nil, 300)}, formats.Part{Field: "Value", Bytes: []byte("a value")})
}

func FuzzDecodeLog(f *testing.F) {
	s := logState{dropped: 2, last: 300, total: 1 << 20, gone: 77, cursor: 5}
	f.Add(mustEncode(s.stored("receipt/\x00\xff")))
	f.Add([]byte{0xa1, 0x01, 0x41, 'a'})
	f.Fuzz(func(t *testing.T, b []byte) {
		name, s, ok := decodeLog(b)
		if !ok {
			return
		}
		if l := s.log(name); l.Dropped > l.Last || l.Bytes > s.total || name == "" {
			t.Errorf("took a log that cannot be: %+v", l)
		}
		if again, s2, ok := decodeLog(mustEncode(s.stored(name))); again != name || s2 != s || !ok {
			t.Errorf("%q %+v came back as %q %+v", name, s, again, s2)
		}
	})
}

func FuzzDecodeLogEntry(f *testing.F) {
	f.Add(appendLogEntry(nil, 300, []byte("a value")))
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		total, value, ok := decodeLogEntry(b)
		if ok && !bytes.HasSuffix(b, value) {
			t.Errorf("took %q of %d bytes from %x", value, total, b)
		}
	})
}
