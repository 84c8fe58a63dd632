package journal_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// TestLedgerEntriesAreOfOneDevice: entries of siblings lie beside the own one and join by themselves, the sum is over all,
// and an own entry that a sibling gives back is the own one. A restart changes nothing.
func TestLedgerEntriesAreOfOneDevice(t *testing.T) {
	const epoch = 3
	siblings := []aura.DeviceID{newDevice(8).id, newDevice(9).id}
	context := aura.ContextID{7}
	charge := func(device aura.DeviceID, units uint64) fact.Charge {
		return fact.Charge{Context: context, Peer: peer.author, Epoch: epoch, Spent: units, Device: device}
	}
	leak := func(device aura.DeviceID, bits uint64) fact.Leak {
		return fact.Leak{Context: context, Observer: fact.ObserverExternal, Epoch: epoch, Bits: bits, Device: device}
	}
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		empty := len(dump(t, disk))
		for _, e := range []struct {
			device aura.DeviceID
			amount uint64
		}{{aura.DeviceID{}, 10}, {siblings[0], 20}, {siblings[1], 5}, {siblings[0], 7}, {self.id, 11}} {
			j.append(t, tc, &journal.Entry{Charges: []fact.Charge{charge(e.device, e.amount)}, Leaks: []fact.Leak{leak(e.device, e.amount)}})
		}
		for range 2 {
			if diff := cmp.Diff(charge(aura.DeviceID{}, 11), j.Charge(context, peer.author)); diff != "" {
				t.Errorf("own charge (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(leak(aura.DeviceID{}, 11), j.Leak(context, fact.ObserverExternal)); diff != "" {
				t.Errorf("own leak (-want +got):\n%s", diff)
			}
			if units, known := j.Spent(context, peer.author, epoch); units != 36 || !known {
				t.Errorf("spent %d %t, want 36", units, known)
			}
			j.close(t, tc)
			disk = disk.Crash()
			j = open(t, tc, disk)
		}
		turned := charge(siblings[1], 2)
		turned.Epoch = epoch + 4
		turned.Past.Change(fact.EpochSpend{Epoch: epoch, Spent: 5}, epoch+4)
		j.append(t, tc, &journal.Entry{Charges: []fact.Charge{turned}})
		for e, want := range map[aura.Epoch]uint64{epoch: 36, epoch + 4: 2, epoch - 1: 0} {
			if units, known := j.Spent(context, peer.author, e); units != want || known != (e >= epoch) {
				t.Errorf("after a turn, spent %d %t in epoch %d, want %d", units, known, e, want)
			}
		}
		j.append(t, tc, &journal.Entry{Settled: []aura.ContextID{context}})
		if n := len(dump(t, disk)); n != empty {
			t.Errorf("%d entries are left of a settled context", n-empty)
		}
		j.close(t, tc)
	})
}
