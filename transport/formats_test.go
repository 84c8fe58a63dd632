package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

var errNotThis = errors.New("it was not read")

// cellOf is the codec of a cell that a reader takes, or refuses.
func cellOf(cell []byte, read func([]byte) error) formats.Codec[[]byte] {
	return formats.Codec[[]byte]{
		Value: cell, Encode: func(b *[]byte) ([]byte, error) { return *b, nil },
		Decode: func(b []byte) ([]byte, error) {
			if _, err := cellKind(b); err != nil {
				return nil, err
			}
			return b, read(bytes.Clone(b))
		},
	}
}

// TestFormats holds what docs/formats.md says of cells.
func TestFormats(t *testing.T) {
	ada, err := newIdentity([32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	ben, err := newIdentity([32]byte{2})
	if err != nil {
		t.Fatal(err)
	}
	psk, benKey := [32]byte{3}, [32]byte(ben.key.Public)
	in, err := initiate(ada, benKey, psk, &formats.Entropy{})
	if err != nil {
		t.Fatal(err)
	}
	answer := func(first []byte) ([]byte, error) {
		_, reply, err := respond(ben, &Secret{PSK: psk, Anyone: true}, first, &formats.Entropy{})
		if err != nil {
			return nil, err
		}
		return reply[:], nil
	}
	first := in.first[:]
	formats.Layout(t, "transport.first", cellOf(first, func(b []byte) error { _, err := answer(b); return err }),
		formats.Part{Field: "Version", Bytes: []byte{1}}, formats.Part{Field: "Kind", Bytes: []byte{1}},
		formats.Part{Field: "Tag", Bytes: first[2:18]}, formats.Part{Field: "Handshake", Bytes: first[18:]})
	if tag := TagOf(psk); !bytes.Equal(first[2:18], tag[:]) {
		t.Error("the tag is not that of the secret")
	}
	reply, err := answer(first)
	if err != nil {
		t.Fatal(err)
	}
	formats.Layout(t, "transport.reply", cellOf(reply, func(b []byte) error { _, err := in.finish(b); return err }),
		formats.Part{Field: "Version", Bytes: []byte{1}}, formats.Part{Field: "Kind", Bytes: []byte{2}},
		formats.Part{Field: "Handshake", Bytes: reply[2:]})
	formats.Layout(t, "transport.refuse", cellOf(refusal(), func([]byte) error { return nil }),
		formats.Part{Field: "Version", Bytes: []byte{1}}, formats.Part{Field: "Kind", Bytes: []byte{4}},
		formats.Part{Field: "Zeros", Bytes: make([]byte, CellSize-2)})
}

func TestFormatsOfSealedCells(t *testing.T) {
	f := newFlow(0, &formats.Entropy{}, never, never)
	f.received, f.seen.largest, f.ackAt = 500, 7, 0
	f.queue([]byte("a message"))
	cell := make([]byte, CellSize)
	body := cell[sealedAt : sealedAt+bodySize]
	number, ok := f.fill(0, body)
	if !ok {
		t.Fatal("there is nothing to send")
	}
	plain := bytes.Clone(body)
	take := func(b []byte) error {
		g := newFlow(0, &formats.Entropy{}, never, never)
		g.queue(make([]byte, 600))
		if g.number, g.sent = 7, 600; len(b) < bodySize {
			return errNotThis
		}
		if err := g.take(0, number, b); err != nil {
			return err
		}
		if msg, _ := g.pop(0); string(msg) != "a message" || g.base != 500 {
			return errNotThis
		}
		return nil
	}
	formats.Layout(t, "transport.body", formats.Codec[[]byte]{
		Value: plain, Encode: func(b *[]byte) ([]byte, error) { return *b, nil },
		Decode: func(b []byte) ([]byte, error) { return b, take(b) },
	}, formats.Part{Field: "Flags", Bytes: []byte{0}}, formats.Part{Field: "Received", Bytes: binary.BigEndian.AppendUint64(nil, 500)},
		formats.Part{Field: "Limit", Bytes: binary.BigEndian.AppendUint64(nil, 500+receiveWindow)},
		formats.Part{Field: "Largest", Bytes: binary.BigEndian.AppendUint64(nil, 7)}, formats.Part{Field: "Recent", Bytes: plain[25:57]},
		formats.Part{Field: "Offset", Bytes: make([]byte, 8)}, formats.Part{Field: "Size", Bytes: []byte{0, 10}},
		formats.Part{Field: "Chunk", Bytes: append(append([]byte{9}, "a message"...), make([]byte, maxChunk-10)...)})

	keys := sealKeys{secret: [32]byte{4}}
	keys.derive()
	keys.step()
	keys.seal(cell, number)
	formats.Layout(t, "transport.data", cellOf(cell, func(b []byte) error {
		o := opener{keys: sealKeys{secret: [32]byte{4}}}
		o.keys.derive()
		got, body, err := o.open(b)
		if err != nil || got != number || !bytes.Equal(body, plain) {
			return errNotThis
		}
		return nil
	}), formats.Part{Field: "Version", Bytes: []byte{1}}, formats.Part{Field: "Kind", Bytes: []byte{3}},
		formats.Part{Field: "Generation", Bytes: []byte{0, 0, 0, 1}}, formats.Part{Field: "Number", Bytes: binary.BigEndian.AppendUint64(nil, number)},
		formats.Part{Field: "Sealed", Bytes: cell[14:]})
}

// An older build answers a newer cell with the version that it speaks.
func TestFormatsOfNewerCells(t *testing.T) {
	newer := refusal()
	newer[0] = Version + 1
	_, err := cellKind(newer)
	if v, ok := errors.AsType[*VersionError](err); !ok || v.Theirs != Version+1 || v.Ours != Version {
		t.Errorf("a newer cell: %v", err)
	}
}

// TestDerivedNames holds what docs/formats.md says of the tag of a first cell.
func TestDerivedNames(t *testing.T) {
	tag := TagOf([32]byte{1})
	formats.Derived(t, "aura/transport/tag/1", tag[:])
}
