package roster_test

import (
	"fmt"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

// history returns the encoded entries of an account of that many entries: it grows to 16 devices, then removes one and
// enrols another in turn.
func history(b testing.TB, entries int) (list [][]byte) {
	c := household(b)
	for i := c.Len(); i < entries; i++ {
		s := c.State(at(0))
		name := fmt.Sprint("device ", i)
		next := must(b, "root")
		switch {
		case len(s.Devices) < roster.MaxDevices:
			add(b, c, next(roster.Enrol(s, id("phone"), device(name))), at(0))
		case i%2 == 0:
			add(b, c, next(roster.Remove(s, id("phone"), other(s))), at(0))
		default:
			add(b, c, next(roster.SetRights(s, id("phone"), other(s), roster.RightsSpeak)), at(0))
		}
	}
	for _, s := range c.Entries() {
		encoded, err := s.Entry.Encode()
		if err != nil {
			b.Fatal(err)
		}
		list = append(list, encoded)
	}
	return list
}

// other returns a device that is not the phone.
func other(s *roster.State) aura.DeviceID {
	for i := range s.Devices {
		if d := s.Devices[i].ID(); d != id("phone") {
			return d
		}
	}
	panic("one device")
}

func read(b testing.TB, encoded [][]byte) *roster.Chain {
	c := roster.New(ada)
	for _, bytes := range encoded {
		e, err := roster.Decode(bytes)
		if err != nil {
			b.Fatal(err)
		}
		add(b, c, e, 0)
	}
	return c
}

func benchmarkChain(b *testing.B, entries int) {
	encoded := history(b, entries)
	b.ReportAllocs()
	for b.Loop() {
		if s := read(b, encoded).State(at(0)); int(s.Number) != entries-1 {
			b.Fatal(s.Number)
		}
	}
}

// BenchmarkChain decodes, verifies and folds a chain of 50 entries.
func BenchmarkChain(b *testing.B) { benchmarkChain(b, 50) }

func BenchmarkLongestChain(b *testing.B) { benchmarkChain(b, roster.MaxEntries-16) }

// BenchmarkState folds a chain of 50 entries that is verified already.
func BenchmarkState(b *testing.B) {
	c := read(b, history(b, 50))
	b.ReportAllocs()
	for b.Loop() {
		c.State(at(0))
	}
}

// BenchmarkEntry adds the 50th entry to a chain.
func BenchmarkEntry(b *testing.B) {
	encoded := history(b, 50)
	c := read(b, encoded[:49])
	last, err := roster.Decode(encoded[49])
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		add(b, c.Clone(), last, 0)
	}
}

// BenchmarkBounds folds the bounds of all removals of a chain of 240 entries, one fact for each.
func BenchmarkBounds(b *testing.B) {
	s, said := closings(b)
	b.ReportAllocs()
	for b.Loop() {
		s.Bounds(said, streams{}.below)
	}
}

// BenchmarkStanding asks about a fact of a removed device and one of a listed device.
func BenchmarkStanding(b *testing.B) {
	s, said := closings(b)
	bounds := s.Bounds(said, streams{}.below)
	b.ReportAllocs()
	for b.Loop() {
		if !bounds.Void(said[0].Device, place(9, 'a')) || bounds.Void(id("phone"), place(9, 'a')) {
			b.Fatal("no bound counts")
		}
	}
}

// closings returns the state of a chain of 240 entries, and a bound for each removal.
func closings(b *testing.B) (*roster.State, []roster.ClosedFact) {
	c := read(b, history(b, roster.MaxEntries-16))
	var said []roster.ClosedFact
	for i, gone := range c.State(at(0)).Bounds(nil, streams{}.below).Unsaid(id("phone")) {
		gone.Heads = []fact.Place{place(1, 'a')}
		said = append(said, roster.ClosedFact{Closed: gone, By: id("phone"), At: place(uint64(i+1), 'p')})
	}
	return c.State(at(0)), said
}
