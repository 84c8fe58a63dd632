package journal_test

import (
	"strings"
	"testing"

	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// gets counts the values that a journal reads.
type gets struct {
	journal.Store
	count int
}

func (g *gets) Get(key []byte) ([]byte, bool, error) {
	g.count++
	return g.Store.Get(key)
}

// TestAReaderWithLittleRoomReadsLittle: records beyond the room are neither read nor decoded.
func TestAReaderWithLittleRoomReadsLittle(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(3), journal.Faults{})
		j := open(t, tc, disk)
		large := strings.Repeat("x", 10<<10)
		for range 150 {
			if _, err := j.Append(tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", large)}}); err != nil {
				t.Fatal(err)
			}
		}
		j.close(t, tc)
		counted := &gets{Store: disk.Crash()}
		j = open(t, tc, counted)
		counted.count = 0
		records, err := j.ByAuthorWithin(pair, self.id, 1, 128, 64<<10)
		if err != nil || len(records) != 7 || counted.count > 7 {
			t.Errorf("%d records with %d reads, %v", len(records), counted.count, err)
		}
		j.close(t, tc)
	})
}
