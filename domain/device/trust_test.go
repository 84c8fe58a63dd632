package device_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
)

// TestTheLastMessagesOfAStream: in any stream with branches, the messages that are trusted are those with no later message at or behind
// them, and the last of these are the heads. The oracle looks at each fact and all those behind it.
func TestTheLastMessagesOfAStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const until = 10
		times := map[[fact.ShortID]byte]aura.Instant{} // of messages
		var stream []fact.Record
		for range rapid.IntRange(0, 12).Draw(t, "facts") {
			r := fact.Record{ID: aura.FactID{1, byte(len(stream))}}
			var behind []fact.Place
			for i := range stream {
				if i == len(stream)-1 || rapid.IntRange(0, 3).Draw(t, "behind") == 0 {
					behind = append(behind, stream[i].Place())
				}
			}
			if len(behind) > 0 {
				behind = behind[rapid.IntRange(0, len(behind)-1).Draw(t, "from"):]
			}
			for _, p := range behind {
				r.Seq = max(r.Seq, p.Seq)
			}
			if r.Seq++; len(behind) > 1 {
				r.Fact.Merges = behind
			} else if len(behind) == 1 {
				r.Fact.Prev = behind[0].ID
			}
			r.Fact.Seq = r.Seq
			r.Fact.Order[0] = byte(len(stream))
			if at := aura.Instant(rapid.IntRange(0, 14).Draw(t, "at")); at > 0 {
				times[r.Place().ID] = at
			}
			stream = append(stream, r)
		}
		m := device.Messages{Until: until, Written: func(f *fact.Fact) (aura.Instant, bool) {
			at, is := times[stream[f.Order[0]].Place().ID]
			return at, is
		}}
		for i := range stream {
			m.Add(&stream[i])
		}
		got := m.Heads()

		behind := map[[fact.ShortID]byte]map[[fact.ShortID]byte]bool{} // a fact itself, too
		trusted := map[[fact.ShortID]byte]bool{}
		for i := range stream {
			at := stream[i].Place().ID
			behind[at] = map[[fact.ShortID]byte]bool{at: true}
			for _, p := range stream[i].Predecessors() {
				for id := range behind[p.ID] {
					behind[at][id] = true
				}
			}
			_, message := times[at]
			trusted[at] = message
			for id := range behind[at] {
				trusted[at] = trusted[at] && times[id] <= until
			}
		}
		var want []fact.Place
		for i := range stream {
			at := stream[i].Place()
			last := trusted[at.ID]
			for id := range trusted {
				last = last && !(id != at.ID && trusted[id] && behind[id][at.ID])
			}
			if last {
				want = append(want, at)
			}
		}
		slices.SortFunc(want, fact.Place.Compare)
		if !slices.Equal(got, want) {
			t.Fatalf("the last messages are %v, want %v", got, want)
		}
	})
}
