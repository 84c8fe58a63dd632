package interp_test

import (
	"slices"
	"testing"

	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// TestADecisionWritesALog: metadata that names a log is one more entry of it, in the batch of the decision; without a value the log
// goes. A decision that is denied writes nothing.
func TestADecisionWritesALog(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), chaintest.Limited(10))
		decide := func(capability string, metadata ...guard.Meta) error {
			r := chaintest.Text(1)
			r.Capability, r.Metadata = capability, metadata
			_, _, err := h.Chain.Decide(tc, r)
			return err
		}
		entry := func(text string) guard.Meta { return guard.Meta{Key: "story/1", Value: []byte(text), Log: true} }
		if err := decide(chaintest.CapSend, entry("a"), guard.Meta{Key: "story/1", Value: []byte("no log")}, entry("b")); err != nil {
			t.Fatal(err)
		}
		if err := decide("chat:read", entry("c")); err == nil {
			t.Error("it was not denied")
		}
		h.Close(tc)
		h = chaintest.Open(t, tc, disk.Crash(), sim.Entropy("again"))
		defer func() { h.Close(tc) }()
		got, err := h.Journal.ReadLog("story/1", 1, 10, 0)
		if err != nil || !slices.EqualFunc(got, []string{"a", "b"}, func(b []byte, s string) bool { return string(b) == s }) {
			t.Errorf("the log has %q, %v", got, err)
		}
		if v, err := h.Journal.Meta("story/1"); err != nil || string(v) != "no log" {
			t.Errorf("the metadata of the same name: %q, %v", v, err)
		}
		if err := decide(chaintest.CapSend, guard.Meta{Key: "story/1", Log: true}); err != nil {
			t.Fatal(err)
		}
		if l := h.Journal.Log("story/1"); l.Last != 0 {
			t.Errorf("left: %+v", l)
		}
	})
}
