package machine_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/own"
)

// TestAReopenedSessionIsTheOneThatWasExported. Session State: a session can use persistent state. In any protocol and at any place in it, a
// session that a restart takes in has the state that was written down, to the byte, under the same capability, and so after each further step.
func TestAReopenedSessionIsTheOneThatWasExported(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, im, opening := drawSession(t)
		twice, before := rapid.Bool().Draw(t, "claimed again"), rapid.IntRange(0, 30).Draw(t, "before")
		start := func() (setup, own.Capability) {
			one, c := s.opened(t, im, opening)
			if twice {
				authority, err := one.m.Release(c)
				if err != nil {
					t.Fatal(err)
				}
				if c, err = one.m.Claim(authority, "ada"); err != nil {
					t.Fatal(err)
				}
			}
			for range before {
				one.m.Step()
			}
			return one, c
		}
		a, c := start()
		b, _ := start()
		if v, err := a.m.Session(0); err != nil || v.Status.Terminal() {
			return
		}
		state, err := b.m.Export(c)
		if err != nil {
			t.Fatal(err)
		}
		again := machine.New(b.host, s.options())
		for range a.m.Tick() {
			again.Step()
		}
		if _, err := again.Reopen(im, opening.Admission, state, "ben"); !errors.Is(err, aura.Denied) || len(again.Sessions()) != 0 {
			t.Fatalf("another owner reopens it: %v", err)
		}
		reopened, err := again.Reopen(im, opening.Admission, state, "ada")
		if err != nil || reopened.Generation != c.Generation {
			t.Fatal(reopened, c, err)
		}
		for range 60 {
			was, err := a.m.Export(c)
			is, err2 := again.Export(reopened)
			if !bytes.Equal(was, is) || (err == nil) != (err2 == nil) {
				t.Fatal("the session that was reopened stands elsewhere", err, err2)
			}
			x, err := a.m.Step()
			y, err2 := again.Step()
			if x != y || (err == nil) != (err2 == nil) {
				t.Fatal(x, y, err, err2)
			}
		}
		if err := mustRecord(t, again).Replay(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestASessionInATransferIsNotReopened: its commit may have made another machine the owner.
func TestASessionInATransferIsNotReopened(t *testing.T) {
	s := midway(t)
	if _, err := s.m.BeginTransfer(s.cap, "phone", own.Whole(), false); err != nil {
		t.Fatal(err)
	}
	state, err := s.m.Export(s.cap)
	if err != nil {
		t.Fatal(err)
	}
	again := machine.New(s.host, machine.Options{Key: [32]byte{2}})
	a := machine.AdmitTrusted(s.im, machine.IntegritySealed, machine.ReplaySequence, 1)
	if _, err := again.Reopen(s.im, a, state, s.cap.Owner); !errors.Is(err, aura.Denied) {
		t.Fatal(err)
	}
}
