package machine

import (
	"testing"

	"github.com/aura-runtime/aura/machine/internal/wire"
)

// The parts of a recording are fuzzed without their checksums, which would keep a fuzzer out.
func FuzzReadParts(f *testing.F) {
	var w wire.Writer
	rec := &Recording{}
	rec.writeEffect(&w, &Effect{Kind: EffectInject, Session: 1, Value: Pair(Nat(1), Bytes([]byte("x"))), Names: []string{"a"}})
	f.Add(w.Buf)
	w = wire.Writer{}
	writeEvent(&w, Event{Kind: EventSent, Session: NoSession, Role: NoRole, Peer: NoRole, Label: NoLabel, Sum: 1 << 60})
	f.Add(w.Buf)
	w = wire.Writer{}
	writeOptions(&w, Options{}.withDefaults())
	f.Add(w.Buf)
	f.Fuzz(func(t *testing.T, b []byte) {
		rec.readEffect(wire.NewReader("fuzz", b))
		readOptions(wire.NewReader("fuzz", b))
		r := wire.NewReader("fuzz", b)
		e := readEvent(r)
		if r.End() != nil {
			return
		}
		var again wire.Writer
		writeEvent(&again, e)
		if string(again.Buf) != string(b) {
			t.Fatal("one event has two encodings")
		}
	})
}
