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

// A read a moment after a commit gives the same as a read of a reopened journal, wherever the
// reading begins: within the records still in memory, before them, or across the edge.
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

// brief returns the position of each record and a hash of all its fields.
func brief(records []fact.Record) (lines []string) {
	for i := range records {
		r := &records[i]
		lines = append(lines, fmt.Sprintf("%d %d %s %x", r.Position, r.Seq, r.ID, sha256.Sum256(r.Encode())))
	}
	return lines
}

// TestMetadataThatWasJustWrittenIsNotReadBack: neither by a reader nor by the commit that changes it, and
// memory and the store agree: on values, of those that were removed, and after too many for the memory.
func TestMetadataThatWasJustWrittenIsNotReadBack(t *testing.T) {
	simulate(t, 1, func(tc task.Context) {
		disk := journal.NewFaulty(entropy(5), journal.Faults{})
		store := &gets{Store: disk}
		j := open(t, tc, store)
		put := func(name string, value []byte) {
			t.Helper()
			if _, err := j.Append(tc, &journal.Entry{Meta: []journal.KV{{Key: name, Value: value}}}); err != nil {
				t.Fatal(err)
			}
		}
		want := map[string]string{}
		holds := func(when string) {
			t.Helper()
			for name, value := range want {
				if got, err := j.Meta(name); err != nil || got == nil || string(got) != value {
					t.Errorf("%s: %s is %q, %v, want %q", when, name, got, err, value)
				}
			}
			if got, err := j.Meta("gone"); got != nil || err != nil {
				t.Errorf("%s: what was removed is %q, %v", when, got, err)
			}
		}
		put("count", []byte{0})
		put("empty", []byte{})
		put("gone", []byte("here"))
		want["empty"] = ""
		put("gone", nil)
		store.count = 0
		value := []byte{0}
		for i := range 9 {
			value[0] = byte(i + 1)
			put("count", value)
			want["count"] = string(value)
			value[0] = 0 // the journal keeps no reference
			holds("at once")
		}
		if store.count > 0 {
			t.Errorf("%d reads of what was just written", store.count)
		}
		// A reader may change the bytes that it gets.
		got, _ := j.Meta("count")
		got[0] = 0
		holds("after a reader changed its copy")
		for i := range 300 {
			name := fmt.Sprint("large ", i)
			put(name, []byte(strings.Repeat("x", 4000)))
			want[name] = strings.Repeat("x", 4000)
		}
		store.count = 0
		holds("after many")
		if store.count < 100 {
			t.Errorf("all but %d values of 1.2 MB are in memory", store.count)
		}
		j.close(t, tc)
		j = open(t, tc, disk.Crash())
		holds("after a start")
		j.close(t, tc)
	})
}
