package machine_test

import (
	"bytes"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
)

// FuzzInject gives a session any message from outside: a message that is refused leaves the machine as it was, one that is taken makes
// no step of a session of two fail, and comes once.
func FuzzInject(f *testing.F) {
	for as := range uint8(3) {
		f.Add(as, uint8(0), true, uint16(1), uint16(0), uint32(1), uint64(0), []byte{5, 1, 'x'}, make([]byte, 64))
		f.Add(as, uint8(1), false, uint16(1), uint16(0), uint32(0), uint64(1), []byte("money"), []byte{})
		f.Add(as, uint8(2), false, uint16(0), uint16(1), uint32(2), uint64(0), []byte{}, []byte{1})
	}
	f.Fuzz(func(t *testing.T, as, replay uint8, runs bool, from, to uint16, label uint32, seq uint64, value, signature []byte) {
		s := openSide(t, "Cust", machine.Integrity(as%3+1), machine.ReplayMode(replay%3))
		if runs {
			s.run(t)
		}
		in := machine.Parcel{From: machine.RoleID(from), To: machine.RoleID(to), Label: machine.LabelID(label), Seq: seq, Value: machine.Bytes(value), Signature: signature}
		if v, err := machine.ParseValue(value); err == nil {
			in.Value = v
		}
		if s.m.Inject(own.Capability{Session: s.cap.Session, Owner: "eve", Generation: s.cap.Generation, Scope: s.cap.Scope}, in) == nil {
			t.Fatal("a message is taken for who does not own the session")
		}
		before := s.m.Snapshot()
		may, err := s.m.MayInject(s.cap, in), s.m.Inject(s.cap, in)
		if (may == nil) != (err == nil) && aura.KindOf(err) != aura.Corrupt {
			t.Errorf("it may come: %v, and does: %v", may, err)
		}
		switch kind := aura.KindOf(err); kind {
		case 0:
		case aura.Invalid, aura.Conflict, aura.Exhausted, aura.Corrupt, aura.Stale:
			if !bytes.Equal(before, s.m.Snapshot()) {
				t.Errorf("a message that is refused changes the machine: %v", err)
			}
			return
		default:
			t.Errorf("%v", err)
		}
		if s.m.Inject(s.cap, in) == nil {
			t.Error("a message is taken twice")
		}
		if _, err := s.m.Run(100); err != nil {
			t.Error(err)
		}
		if v, err := s.m.Session(machine.SessionID(s.cap.Session)); err == nil && v.Status == machine.SessionFaulted {
			t.Errorf("a message from outside faults the session: %v", v)
		}
	})
}

// FuzzParseAdmission reads an admission from any bytes: one that is taken has one encoding.
func FuzzParseAdmission(f *testing.F) {
	im := image(f, shop, nil)
	for as := machine.IntegrityBare; as <= machine.IntegritySigned; as++ {
		whole := machine.AdmitTrusted(im, as, machine.ReplaySequence, 4).Encode()
		f.Add(whole[:len(whole)-8])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = checked(b)
		a, err := machine.ParseAdmission(b)
		switch {
		case err != nil && aura.KindOf(err) != aura.Corrupt:
			t.Error(err)
		case err == nil && !bytes.Equal(a.Encode(), b):
			t.Error("one admission has two encodings")
		case err == nil: // of another image it opens nothing
			m := machine.New(newHost(1), machine.Options{})
			_, _ = m.Open(im, machine.Opening{Owner: "fuzz", Admission: a})
			_, _ = m.Run(20)
		}
	})
}
