package machine_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/aura-runtime/aura/machine"
)

// seeded returns a machine in the middle of a sealed session, and its recording.
func seeded(f *testing.F) (*machine.Machine, *machine.Recording) {
	m := machine.New(newHost(3), machine.Options{Key: [32]byte{1}, Trace: machine.NewTrace(0), Log: machine.NewLog(0)})
	open(f, m, image(f, shop, nil), machine.IntegritySealed)
	if _, err := m.Run(5); err != nil {
		f.Fatal(err)
	}
	rec, err := m.Record()
	if err != nil {
		f.Fatal(err)
	}
	return m, rec
}

// Every image that loads runs: none makes the machine fail.
func FuzzLoad(f *testing.F) {
	f.Add(image(f, shop, nil).Encode())
	f.Add(image(f, threeWay, nil).Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		im, err := machine.Load(b)
		if err != nil {
			return
		}
		if !bytes.Equal(im.Encode(), b) {
			t.Fatal("one image has two encodings")
		}
		m := machine.New(newHost(1), machine.Options{MaxRoles: 64})
		if _, err := m.Open(im, machine.Opening{Owner: "fuzz", Admission: machine.AdmitTrusted(im, machine.IntegrityBare, machine.ReplaySequence, 4)}); err != nil {
			return
		}
		m.Run(64)
	})
}

func FuzzParseRecording(f *testing.F) {
	_, rec := seeded(f)
	f.Add(rec.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		rec, err := machine.ParseRecording(b)
		if err != nil || rec.Ticks > 1<<12 {
			return
		}
		rec.Replay()
	})
}

func FuzzRestore(f *testing.F) {
	m, _ := seeded(f)
	whole := m.Snapshot()
	f.Add(whole[:len(whole)-8])
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := machine.Restore(checked(b), newHost(1), machine.Options{Key: [32]byte{1}})
		if err != nil {
			return
		}
		m.Run(64)
	})
}

func FuzzParseValue(f *testing.F) {
	f.Add(machine.Pair(machine.Nat(7), machine.Pair(machine.Bool(true), machine.Vector(1, 2))).Append(nil))
	f.Add(machine.Bytes([]byte("text")).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := machine.ParseValue(b)
		if err == nil && !bytes.Equal(v.Append(nil), b) {
			t.Fatal("one value has two encodings")
		}
	})
}

// Every state that is taken in runs: none makes the machine fail, and one that is refused leaves nothing.
func FuzzImport(f *testing.F) {
	im := image(f, shop, nil)
	a := machine.AdmitTrusted(im, machine.IntegritySealed, machine.ReplaySequence, 1)
	o := machine.Options{Key: [32]byte{1}}
	m := machine.New(newHost(3), o)
	c, err := m.Open(im, machine.Opening{Owner: "fuzz", Admission: a})
	if err != nil {
		f.Fatal(err)
	}
	for range 8 {
		state, err := m.Export(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(state[:len(state)-8])
		m.Step()
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m := machine.New(newHost(1), o)
		authority, err := m.Import(im, a, checked(b))
		if err != nil {
			if m.Status() != machine.StatusAllDone || len(m.Sessions()) != 0 {
				t.Fatal("a refused state left something behind")
			}
			return
		}
		c, err := m.Claim(authority, "fuzz")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Export(c); err != nil {
			t.Fatal(err)
		}
		m.Run(64)
	})
}

// checked returns bytes with their checksum, which would keep a fuzzer out.
func checked(b []byte) []byte {
	sum := sha256.Sum256(b)
	return append(b[:len(b):len(b)], sum[:8]...)
}
