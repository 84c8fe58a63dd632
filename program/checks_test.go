package program

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
)

// TestDoctorCountsVoidFactsApart: they are intact, and no problem. A damaged entry of a log is one, which names what follows.
func TestDoctorCountsVoidFactsApart(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	sim := task.NewSim(1, task.SimOptions{})
	err := sim.Run("test", func(tc task.Context) error {
		ring := keyring.Ephemeral(sim.Entropy("ring"))
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		set, err := builtin.New()
		if err != nil {
			return err
		}
		j, err := journal.Open(tc, disk, journal.Options{
			Key: ring.StoreKey(), Entropy: sim.Entropy("journal"), Registry: set.Registry(),
			Author: ring.Authority(), Device: ring.Device(), Sign: ring.Sign,
		})
		if err != nil {
			return err
		}
		writer := task.NewGroup(tc, "writer")
		writer.Go("writer", j.Serve)
		ns := fact.ContextNamespace(aura.ContextID{3})
		payload, err := fact.Marshal(chat.Text{Text: "hello", At: 1})
		if err != nil {
			return err
		}
		d := fact.Draft{Namespace: ns, Kind: chat.KindMessage, Payload: payload}
		entry := &journal.Entry{
			Drafts: []fact.Draft{d, d, d}, Void: []journal.Void{{Namespace: ns, Device: ring.Device(), Ranges: []journal.Range{{From: 3}}}},
			Logs: []journal.LogChange{{Name: "receipt/of somebody", Values: [][]byte{{1}}}},
		}
		if _, err := j.Append(tc, entry); err != nil {
			return err
		}
		if err := j.Close(tc); err != nil {
			return err
		}
		if err := writer.Close(tc, time.Minute); err != nil {
			return err
		}
		disk = disk.Crash() // it is open again
		check := func(disk *journal.Faulty) map[string]finding {
			found := map[string]finding{}
			for _, f := range checkJournal(tc, &cli.Shell{Out: io.Discard, Err: io.Discard}, t.TempDir(), disk, ring) {
				found[f.Check] = f
			}
			return found
		}
		found := check(disk)
		if f := found["journal"]; !f.OK || f.Detail != "3 facts, all intact; void, because their device was removed: 1" {
			t.Errorf("%+v", f)
		}
		if f := found["logs"]; !f.OK {
			t.Errorf("%+v", f)
		}
		disk = disk.Crash()
		damage := &journal.Batch{}
		if err := disk.Iterate([]byte{0x13}, []byte{0x14}, func(key, value []byte) error {
			damage.Set(bytes.Clone(key), append(bytes.Clone(value[:len(value)-1]), ^value[len(value)-1]))
			return nil
		}); err != nil {
			return err
		}
		if err := disk.Apply(tc, damage); err != nil {
			return err
		}
		if f := check(disk)["logs"]; f.OK || !strings.Contains(f.Fix, "messages to one contact may wait until the next hour") {
			t.Errorf("%+v", f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
