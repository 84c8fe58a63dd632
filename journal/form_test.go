package journal_test

import (
	"testing"

	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// TestWhatTheJournalGivesIsEncodedAlready: a session sends facts that were written a moment ago, that lie in the store, and
// that came from others, without encoding a fact again.
func TestWhatTheJournalGivesIsEncodedAlready(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		own := j.append(t, tc, &journal.Entry{Drafts: []fact.Draft{draft(pair, "chat.message", "hello")}})
		theirs := peer.record(pair, 1, 1, "hi")
		arrived, err := fact.DecodeRecord(theirs.Encode())
		if err != nil {
			t.Fatal(err)
		}
		foreign := j.append(t, tc, &journal.Entry{Foreign: []fact.Record{arrived}})
		if &foreign[0].Canonical()[0] != &arrived.Canonical()[0] {
			t.Error("a fact that arrived was encoded again")
		}
		j.close(t, tc)
		j = open(t, tc, disk.Crash())
		defer j.close(t, tc)
		stored, err := j.ByAuthor(pair, self.id, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		for what, r := range map[string]*fact.Record{"new": &own[0], "foreign": &foreign[0], "stored": &stored[0]} {
			if got := testing.AllocsPerRun(10, func() { r.Canonical() }); got != 0 {
				t.Errorf("%s record: encoded again", what)
			}
		}
	})
}
