package auratest_test

import (
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// TestASessionThatStoodStillIsHeardOnItsChannel: a handover is taken back while the link stays up, and the messages of both sides
// pass again on it. The peer sends while the session stands still.
func TestASessionThatStoodStillIsHeardOnItsChannel(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 6}, func(tc task.Context, w *auratest.World) {
		ada, ben, context, asks, knows := riddlers(tc, w)
		w.Net.Set(transport.SimOptions{Latency: 100 * time.Millisecond})
		name := ask(tc, w, ada, ben, context, 1, true)
		w.Until(tc, "the session is recorded", time.Minute, func() bool { return recorded(ada) })
		w.Sleep(tc, time.Duration(w.Seed%3)*50*time.Millisecond)
		mover := []*auratest.Person{ada, ben}[w.Seed%2]
		handle, err := mover.Agent.Sessions().Owner(tc, name)
		if err != nil {
			w.Fatalf("%v", err)
		}
		away := session.Handover{From: mover.Ring.Device(), To: aura.DeviceID{1}, Scope: handle.Scope(), Sign: mover.Ring.Sign}
		moving, err := session.NewReconfig(mover.Agent.Sessions()).Transfer(tc, handle, away)
		if err != nil {
			w.Fatalf("%v", err)
		}
		w.Sleep(tc, 2*time.Second)
		if _, err := moving.Rollback(tc, nil); err != nil {
			w.Fatalf("%v", err)
		}
		bothSolved(tc, w, asks, knows, name, 20*time.Second)
		nothingLeft(tc, w, ada, ben)
	})
}

// TestAMessageThatMetAFullDiskComesAgain when the disk has room, though the program had taken no message that would make some.
func TestAMessageThatMetAFullDiskComesAgain(t *testing.T) {
	auratest.Run(t, auratest.Options{Seeds: 3}, func(tc task.Context, w *auratest.World) {
		ada, ben, context, asks, knows := riddlers(tc, w)
		w.Sleep(tc, 10*time.Second)
		w.Net.Set(transport.SimOptions{Latency: 200 * time.Millisecond})
		name := ask(tc, w, ada, ben, context, 1, true)
		w.Until(tc, "Ben's session begins", time.Minute, func() bool { return len(knows.from) == 1 })
		w.Sleep(tc, 50*time.Millisecond) // Ben's greeting is on its way
		ben.Disk.SetFaults(journal.Faults{Capacity: 1})
		w.Sleep(tc, 2*time.Second)
		if len(knows.heard[name]) > 0 {
			w.Errorf("the knower heard %q from a full disk", knows.heard[name])
		}
		ben.Disk.SetFaults(journal.Faults{})
		bothSolved(tc, w, asks, knows, name, 5*time.Minute)
		nothingLeft(tc, w, ada, ben)
	})
}
