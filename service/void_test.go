package service

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// TestAFactThatCameDuringALookAsksForAnother: the look may find the first limit of a device, which the standing before does not
// know. No device is limited here, so the fact is of a kind that always asks for a look.
func TestAFactThatCameDuringALookAsksForAnother(t *testing.T) {
	of := func(kind string) []fact.Record {
		f := fact.Fact{Namespace: fact.ContextNamespace(aura.ContextID{1}), Kind: kind, Author: aura.AuthorityID{2}, Seq: 1, Logical: 1}
		_, _ = rand.NewChaCha8([32]byte{3}).Read(f.Order[:])
		return []fact.Record{fact.NewRecord(f)}
	}
	err := task.NewSim(1, task.SimOptions{}).Run("test", func(tc task.Context) error {
		s := &standing{changed: task.NewWake()}
		asked := func() bool {
			woken, err := s.changed.WaitUntil(tc, tc.Elapsed()+time.Second)
			if err != nil {
				t.Error(err)
			}
			return woken
		}
		for _, kind := range []string{device.KindClosed, "chat.message"} {
			s.begin()
			s.Committed(of(kind))
			asked()
			s.end(&directory.Standing{})
			if got, want := asked(), kind == device.KindClosed; got != want {
				t.Errorf("%s during a look: another look %v, want %v", kind, got, want)
			}
			s.end(&directory.Standing{})
			if asked() {
				t.Errorf("%s before a look asks for one more", kind)
			}
		}
		s.begin()
		s.Committed(of(device.KindClosed))
		asked()
		s.end(nil)
		if asked() {
			t.Error("a look that failed is asked for, and its caller does it again anyway")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
