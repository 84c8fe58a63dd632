package session

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain/chaintest"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// TestATraceReadsNoReceiptFromBeforeItsSession: the first receipt of the contact is damaged, and a session that began later is shown all the same.
// One whose receipt is gone would read all that the contact ever got.
func TestATraceReadsNoReceiptFromBeforeItsSession(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(1000))
		defer h.Close(tc)
		values := [][]byte{{1}}
		for n := range 200 {
			r := effect.Receipt{Kind: effect.ReceiptKindParcel, Context: chaintest.Pair, From: chaintest.Own, To: chaintest.Ben, Epoch: 7, Digest: [32]byte{byte(n)}}
			if n > 100 {
				r.Epoch = 9
			}
			values = append(values, r.Encode())
		}
		name := "receipt/" + string(chaintest.Pair[:]) + string(chaintest.Ben[:])
		if _, err := h.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{{Name: name, Values: values}}}); err != nil {
			t.Fatal(err)
		}
		here, gone := &view.Guarded{}, &view.Guarded{}
		for since, want := range map[aura.Epoch]aura.Kind{9: 0, 7: aura.Corrupt, 0: aura.Corrupt} {
			*here = view.Guarded{}
			err := receipts(h.Journal, map[budget]map[[32]byte]*view.Guarded{
				{chaintest.Pair, chaintest.Ben}: {{150}: here, {255}: gone},
			}, since)
			if aura.KindOf(err) != want || here.Epoch != 9 || gone.Epoch != 0 {
				t.Errorf("since %d: %v; %+v, %+v", since, err, here, gone)
			}
		}
	})
}
