package fact_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// contain is what package task does.
func contain(fn func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = errors.New(v.(string))
		}
	}()
	fn()
	return nil
}

func TestFoldGoesOnBehindFactsThatPanic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := fact.NewQuarantine(contain)
		folded := map[aura.FactID]bool{}
		var want, held []aura.FactID
		var all []aura.FactID
		for range rapid.IntRange(1, 5).Draw(t, "batches") {
			batch := make([]fact.Record, rapid.IntRange(0, 8).Draw(t, "size"))
			for i := range batch {
				// An odd first byte is a fact that panics. Some come twice.
				batch[i].ID = aura.FactID{rapid.ByteRange(0, 20).Draw(t, "id")}
				if id := batch[i].ID; id[0]%2 == 1 && !slices.Contains(want, id) {
					want = append(want, id)
				}
				all = append(all, batch[i].ID)
			}
			q.Fold("chat", batch, func(rs []fact.Record) {
				for i := range rs {
					if rs[i].ID[0]%2 == 1 {
						panic("planted")
					}
					folded[rs[i].ID] = true
				}
			})
		}
		for _, id := range all {
			if folded[id] == (id[0]%2 == 1) {
				t.Fatalf("fact %d: folded is %t", id[0], folded[id])
			}
		}
		for _, h := range q.Held() {
			if h.Fold != "chat" || h.Cause == nil {
				t.Fatalf("held without fold or cause: %v", h)
			}
			held = append(held, h.ID)
		}
		if diff := cmp.Diff(want, held); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestQuarantineIsBounded(t *testing.T) {
	q := fact.NewQuarantine(contain)
	records := make([]fact.Record, 1000)
	for i := range records {
		records[i].ID = aura.FactID{byte(i), byte(i >> 8)}
	}
	q.Fold("chat", records, func([]fact.Record) { panic("planted") })
	if n := len(q.Held()); n != 64 {
		t.Errorf("%d facts are held", n)
	}
}
