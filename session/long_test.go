package session_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// TestALongSessionSurvivesARestart: a recording with more messages than an edge and a program have room for at once brings the session
// back, where its role only receives and where it answers, and replays to the same at its end.
func TestALongSessionSurvivesARestart(t *testing.T) {
	const messages = 100
	for what, answer := range map[string]string{"only receives": "", "answers": `Reader { guard_capability : "chat:send", flow_cost : 1 } -> Device : Ack`} {
		text := fmt.Sprintf(`
module meter exposing (Meter)

protocol Meter =
  roles Device, Reader
  loop forever
    Device { guard_capability : "chat:send" } -> Reader : Value
    %s
`, answer)
		chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
			heard := 0
			reader := func(tc task.Context, p *session.Port) error {
				for {
					if _, _, err := p.Receive(tc, "Device"); err != nil {
						return err
					}
					heard++
					if answer == "" {
						continue
					}
					if err := p.Send(tc, "Device", "Ack", nil); err != nil {
						return err
					}
				}
			}
			with := func(o *session.Options) {
				o.Hardening = machine.HardeningIntegration
				plays(t, o.Registry, text, choreo.Defaults{ProtocolID: meterID}, "Reader", reader)
			}
			disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
			s := begin(t, tc, sim, disk, true, "Cust", idle, with)
			o := reading(1, true)
			if err := s.engine.Open(tc, o); err != nil {
				t.Fatal(err)
			}
			deliver := func(from, to uint64) {
				t.Helper()
				for seq := from; seq < to; seq++ {
					content, err := fact.Marshal(parcel{To: 1})
					if err != nil {
						t.Fatal(err)
					}
					if _, err := s.engine.Deliver(tc, &ben, &effect.Message{Session: o.Name, Edge: 1, Seq: seq, Parcel: content}); err != nil {
						t.Fatalf("%s: message %d: %v", what, seq, err)
					}
					sleep(t, tc, time.Second)
				}
			}
			deliver(0, messages)
			disk = disk.Crash()
			s.Close(tc)
			heard = 0
			s = begin(t, tc, sim, disk, false, "Cust", idle, with)
			defer s.Close(tc)
			sleep(t, tc, time.Second)
			if damaged := s.engine.Damaged(); heard != messages || len(damaged) > 0 {
				t.Fatalf("%s: after a restart the program heard %d of %d messages, given up: %q", what, heard, messages, damaged)
			}
			deliver(messages, messages+20)
			if err := s.engine.End(tc, o.Name); err != nil || heard != messages+20 {
				t.Errorf("%s: ended: %v, heard %d", what, err, heard)
			}
		})
	}
}
