package journal_test

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// early is a store that shows a batch a second before it is synced, as a real one may.
type early struct{ journal.Store }

func (e early) Apply(tc task.Context, b *journal.Batch) error {
	if err := e.Store.Apply(tc, b); err != nil {
		return err
	}
	return tc.Sleep(time.Second)
}

// TestNothingIsShownBeforeItsSync: a crash could still take back what the store shows already, so no way of
// reading may give it.
func TestNothingIsShownBeforeItsSync(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		j := open(t, tc, early{journal.NewFaulty(entropy(2), journal.Faults{})})
		r := peer.record(pair, 1, 1, "on its way")
		writers := task.NewGroup(tc, "writers")
		writers.Go("writer", func(tc task.Context) error {
			_, err := j.Append(tc, &journal.Entry{
				Foreign: []fact.Record{r}, Meta: []journal.KV{{Key: "k", Value: []byte("v")}},
				Logs: []journal.LogChange{{Name: "l", Values: [][]byte{{1}}, Cursor: 1}},
			})
			return err
		})
		shown := func() (ways []string) {
			if _, ok, err := j.Fact(r.ID); ok || err != nil {
				ways = append(ways, "Fact")
			}
			if all, err := j.ByAuthor(pair, peer.id, 1, 10); len(all) > 0 || err != nil {
				ways = append(ways, "ByAuthor")
			}
			if len(j.read(t, tc, fact.Selection{})) > 0 {
				ways = append(ways, "Read")
			}
			if v, err := j.Meta("k"); v != nil || err != nil {
				ways = append(ways, "Meta")
			}
			if values, err := j.ReadLog("l", 1, 1, 0); values != nil || err != nil {
				ways = append(ways, "ReadLog")
			}
			if j.Log("l").Last+j.Log("l").Cursor > 0 || len(j.Logs()) > 0 {
				ways = append(ways, "Log")
			}
			if j.Count(pair, peer.id) > 0 || j.Head() > 0 {
				ways = append(ways, "Count")
			}
			return ways
		}
		if err := tc.Sleep(500 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if ways := shown(); len(ways) > 0 {
			t.Errorf("before the sync it is shown by %v", ways)
		}
		if err := writers.Wait(tc); err != nil {
			t.Fatal(err)
		}
		if ways := shown(); len(ways) != 7 {
			t.Errorf("after the sync it is shown by %v alone", ways)
		}
		j.close(t, tc)
	})
}

// watchful is a sink that gives the caller of Append every chance to go on before it returns.
type watchful struct {
	told     int64 // calls of Committed
	answered atomic.Int64
	tooEarly atomic.Bool
}

func (w *watchful) Committed([]fact.Record) {
	w.told++
	for range 10_000 {
		if w.answered.Load() >= w.told {
			w.tooEarly.Store(true)
			return
		}
		runtime.Gosched()
	}
}

// TestSinksAreToldBeforeCallers: after the answer a caller finds its facts in the state of the sinks.
func TestSinksAreToldBeforeCallers(t *testing.T) {
	inReal(t, func(tc task.Context) {
		j := open(t, tc, journal.NewFaulty(entropy(2), journal.Faults{}))
		w := &watchful{}
		_, detach := j.Attach(w)
		for range 20 {
			if _, err := j.Append(tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "hi")}}); err != nil {
				t.Fatal(err)
			}
			w.answered.Add(1)
		}
		detach()
		if w.tooEarly.Load() {
			t.Error("a caller was answered before the sinks had been told")
		}
		j.close(t, tc)
	})
}

// TestASecondBatchAfterAFailedOneIsWhole: the changes of a failed batch leave no trace in the next one.
func TestASecondBatchAfterAFailedOneIsWhole(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		disk.SetFaults(journal.Faults{FailApply: 1})
		if _, err := j.Append(tc, &journal.Entry{Foreign: []fact.Record{peer.record(pair, 1, 1, "lost")}}); aura.KindOf(err) == 0 {
			t.Fatal("the disk did not fail")
		}
		disk.SetFaults(journal.Faults{})
		got, err := j.Append(tc, &journal.Entry{Foreign: []fact.Record{peer.record(pair, 1, 1, "kept")}})
		if err != nil || len(got) != 1 || got[0].Position != 1 || got[0].Seq != 1 {
			t.Errorf("got %+v, %v: want the first fact of an empty journal", got, err)
		}
		if _, err := j.Append(tc, &journal.Entry{Foreign: []fact.Record{peer.record(pair, 3, 3, "gap")}}); !errors.Is(err, aura.Unavailable) {
			t.Errorf("a gap: got %v", err)
		}
		j.close(t, tc)
	})
}
