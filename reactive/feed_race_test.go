package reactive

import (
	"testing"

	"github.com/aura-runtime/aura/fact"
)

// TestAWatcherBehindTheTailReadsTheJournal is inside the package: the tail moves on between the moment at which
// a watcher has caught up and the moment at which it looks at the tail, which only the real executor can bring
// about. Facts that the tail dropped must come from the journal.
func TestAWatcherBehindTheTailReadsTheJournal(t *testing.T) {
	f := NewFeed(0)
	w := watcher{feed: f, after: 0}
	batch := &fact.Update{Position: tailRecords + 5}
	for i := range fact.Position(tailRecords + 5) {
		batch.Records = append(batch.Records, fact.Record{Position: i + 1})
	}
	f.Publish(batch)
	if _, _, ok := w.next(); ok {
		t.Fatal("the watcher takes the tail, and loses what it dropped")
	}
	if w.after != 0 {
		t.Errorf("the watcher moved to %d without a record", w.after)
	}
	if upTo := f.missing(0, 0); upTo != 5 {
		t.Errorf("the journal must be read up to %d, want 5", upTo)
	}
	w.after = 5
	up, _, ok := w.next()
	if !ok || len(up.Records) != tailRecords || up.Records[0].Position != 6 {
		t.Errorf("the tail gives %d records, ok %t", len(up.Records), ok)
	}
}
