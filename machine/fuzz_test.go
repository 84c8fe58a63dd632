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
		sum := sha256.Sum256(b) // so that the checksum does not keep the fuzzer out
		b = append(b, sum[:8]...)
		m, err := machine.Restore(b, newHost(1), machine.Options{Key: [32]byte{1}})
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
