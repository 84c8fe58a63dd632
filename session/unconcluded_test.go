package session_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// TestAnEndIsConcludedOnce: after each start an end is asked about until the answer is durable, and not again, though the process ends before it
// has noted that.
func TestAnEndIsConcludedOnce(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		waits := asks(func(tc task.Context, p *session.Port) error {
			_, _, err := p.Receive(tc, "Store")
			return err
		})
		asked, commits := 0, false
		concludes := func(o *session.Options) {
			err := o.Registry.Concludes(shopID, "Cust", func(tc task.Context, o session.Opening, end session.End, commit func(task.Context, session.Plan) error) error {
				asked++
				if o.Name != name || o.Role != "Cust" || end.Reason == "" {
					t.Errorf("asked about %+v, which ended as %s", o, end)
				}
				if commits {
					if err := commit(tc, func(tc task.Context) (guard.Request, error) {
						r, err := note("it came to nothing")(tc)
						r.Authority, r.Context, r.Capability = chaintest.Own, chaintest.Pair, chaintest.CapSend
						return r, err
					}); err != nil {
						t.Error(err)
					}
				}
				return aura.Errorf("test", aura.Unavailable, "the process ends")
			})
			if err != nil {
				t.Error(err)
			}
		}
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		cust := begin(t, tc, sim, disk, true, "Cust", waits, concludes)
		if err := cust.engine.Open(tc, cust.opening("Store")); err != nil {
			t.Fatal(err)
		}
		sleep(t, tc, time.Second)
		damage := journal.LogChange{Name: cust.recordings()[0].Name, Values: [][]byte{{0xff}}}
		if _, err := cust.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{damage}}); err != nil {
			t.Fatal(err)
		}
		for i, want := range []struct{ asked, notes, waiting int }{{1, 0, 1}, {2, 1, 1}, {2, 1, 0}, {2, 1, 0}} {
			disk = disk.Crash()
			cust.Close(tc)
			commits = i > 0
			cust = begin(t, tc, sim, disk, false, "Cust", waits, concludes)
			sleep(t, tc, time.Second)
			notes, waiting := 0, 0
			if slices.Contains(cust.texts(t, tc), "it came to nothing") {
				notes++
			}
			for _, l := range cust.Journal.Logs() {
				if l.Family() == "unconcluded" {
					waiting++
				}
			}
			if asked != want.asked || notes != want.notes || waiting != want.waiting {
				t.Errorf("start %d: asked %d times, %d notes, %d ends wait, want %+v", i, asked, notes, waiting, want)
			}
		}
		cust.Close(tc)
	})
}
