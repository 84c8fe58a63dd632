package journal_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// What is read a moment after its commit is what a journal gives that was opened anew, wherever the
// reading begins: within what is still in memory, before it, or across its edge.
func TestNewestFactsReadAsFromTheStore(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(2), journal.Faults{})
		j := open(t, tc, disk)
		large := strings.Repeat("x", 60<<10) // some groups of these are more than a journal keeps in memory
		for i := range uint64(24) {
			j.append(t, tc, &journal.Entry{
				Drafts:  []fact.Draft{draft(pair, "chat.message", large), draft(own, "contact.added", "ben")},
				Foreign: []fact.Record{peer.record(pair, 2*i+1, aura.Logical(1000*i+500), "hi"), peer.record(pair, 2*i+2, aura.Logical(1000*i+501), "ho")},
			})
		}
		type reading struct{ All, Thread, Kind, Own, Peer [][]string }
		readings := func() (r reading) {
			byAuthor := func(d device, from uint64) []string {
				records, err := j.ByAuthor(pair, d.id, from, 5)
				if err != nil {
					t.Error(err)
				}
				return brief(records)
			}
			read := func(sel fact.Selection) []string { return brief(j.read(t, tc, sel)) }
			for after := range j.Head() + 2 {
				r.All = append(r.All, read(fact.Selection{After: after}))
				r.Thread = append(r.Thread, read(fact.Selection{After: after, Namespaces: []fact.Namespace{pair}}))
				r.Kind = append(r.Kind, read(fact.Selection{After: after, Kinds: []string{"contact.*"}}))
				r.Own = append(r.Own, byAuthor(self, uint64(after)))
				r.Peer = append(r.Peer, byAuthor(peer, uint64(after)))
			}
			j.close(t, tc)
			return r
		}
		young := readings()
		j = open(t, tc, disk.Crash())
		if diff := cmp.Diff(readings(), young); diff != "" {
			t.Errorf("store and memory differ (-store +memory):\n%.2000s", diff)
		}
	})
}

// brief says of each record where it is and, by a hash, all of what it is.
func brief(records []fact.Record) (lines []string) {
	for i := range records {
		r := &records[i]
		lines = append(lines, fmt.Sprintf("%d %d %s %x", r.Position, r.Seq, r.ID, sha256.Sum256(r.Encode())))
	}
	return lines
}
