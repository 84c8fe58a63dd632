package wire_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/internal/wire"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, b, s := rapid.Uint64().Draw(t, "number"), rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"), rapid.String().Draw(t, "text")
		var w wire.Writer
		w.Uint(n)
		w.Bytes(b)
		w.String(s)
		w.Bool(true)
		w.Check(0)
		r := wire.NewReader("test", w.Buf)
		if r.Uint() != n || string(r.Bytes(1<<20, "bytes")) != string(b) || r.String(1<<20, "text") != s || !r.Bool() {
			t.Fatal("something else was read")
		}
		r.Check(0, "it")
		if err := r.End(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestALimitIsTheLargestNumberThatIsRead(t *testing.T) {
	var w wire.Writer
	w.Uint(7)
	w.Uint(2)
	w.Bytes([]byte("ab"))
	r := wire.NewReader("test", w.Buf)
	if r.Max(7, "it") != 7 || r.Count(2, 1, "items") != 2 || string(r.Bytes(2, "bytes")) != "ab" {
		t.Error("something else was read")
	}
	if err := r.End(); err != nil {
		t.Error(err)
	}
}

func TestWhatIsWrongIsRefused(t *testing.T) {
	for name, read := range map[string]func(*wire.Reader){
		"a longer form":       func(r *wire.Reader) { r.Uint() },
		"too much":            func(r *wire.Reader) { r.Max(1, "it") },
		"more than follows":   func(r *wire.Reader) { r.Count(1<<40, 1, "items") },
		"neither yes nor no":  func(r *wire.Reader) { r.Bool() },
		"more than there is":  func(r *wire.Reader) { r.Fixed(make([]byte, 9)) },
		"something left over": func(r *wire.Reader) { r.Byte() },
		"another checksum":    func(r *wire.Reader) { r.Check(0, "it") },
	} {
		in := map[string][]byte{
			"a longer form": {0x80, 0x00}, "too much": {2}, "more than follows": {0xff, 0x01, 0}, "neither yes nor no": {2},
			"more than there is": {1}, "something left over": {1, 2}, "another checksum": make([]byte, 8),
		}[name]
		r := wire.NewReader("test", in)
		read(r)
		if err := r.End(); !errors.Is(err, aura.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
		if r.Uint() != 0 || r.Left() != 0 {
			t.Errorf("%s: a reader goes on after its error", name)
		}
	}
}
