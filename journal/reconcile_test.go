package journal_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/journal"
)

func factID(n int) aura.FactID { return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n))) }

// compare runs a comparison to its end and returns the difference, the bytes and the rounds that it took.
func compare(t interface{ Fatal(...any) }, a, b *journal.Set) (ours, theirs []aura.FactID, size, rounds int) {
	for message := a.Begin(); len(message) > 0; rounds++ {
		reply, err := b.Answer(message)
		if err != nil {
			t.Fatal(err)
		}
		size += len(message) + len(reply)
		var o, th []aura.FactID
		if message, o, th, err = a.Next(reply); err != nil {
			t.Fatal(err)
		}
		ours, theirs = append(ours, o...), append(theirs, th...)
		if rounds > 1000 {
			t.Fatal("the comparison does not end")
		}
	}
	return ours, theirs, size, rounds
}

func TestComparisonFindsExactlyTheDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		common := rapid.IntRange(0, 3000).Draw(t, "common")
		onlyA := rapid.IntRange(0, 60).Draw(t, "only ours")
		onlyB := rapid.IntRange(0, 2500).Draw(t, "only theirs")
		var a, b, wantA, wantB []aura.FactID
		for n := range common {
			a, b = append(a, factID(n)), append(b, factID(n))
		}
		for n := range onlyA {
			wantA = append(wantA, factID(10_000+n))
		}
		for n := range onlyB {
			wantB = append(wantB, factID(20_000+n))
		}
		ours, theirs, _, _ := compare(t, journal.NewSet(append(a, wantA...)), journal.NewSet(append(b, wantB...)))
		for _, ids := range [][]aura.FactID{ours, theirs, wantA, wantB} {
			slices.SortFunc(ids, aura.FactID.Compare)
		}
		if diff := cmp.Diff(wantA, ours) + cmp.Diff(wantB, theirs); diff != "" {
			t.Fatalf("the difference is another (-want +got):\n%s", diff)
		}
	})
}

func TestComparisonCostsTheDifference(t *testing.T) {
	const n = 50_000
	ids := make([]aura.FactID, n)
	for i := range ids {
		ids[i] = factID(i)
	}
	whole := journal.NewSet(ids)
	for _, c := range []struct{ missing, bytes, rounds int }{
		{0, 1_000, 1}, {1, 4_000, 4}, {10, 30_000, 5}, {100, 200_000, 9},
	} {
		// Identities are hashes: the missing ones are spread over the whole range.
		part := journal.NewSet(ids[c.missing:])
		_, theirs, size, rounds := compare(t, part, whole)
		t.Logf("%d of %d missing: %d bytes, %d rounds", c.missing, n, size, rounds)
		if len(theirs) != c.missing || size > c.bytes || rounds > c.rounds {
			t.Errorf("%d missing: found %d with %d bytes in %d rounds", c.missing, len(theirs), size, rounds)
		}
	}
}

func TestMalformedComparisonsAreCorrupt(t *testing.T) {
	s := journal.NewSet([]aura.FactID{factID(1), factID(2)})
	list := s.Begin()
	cases := map[string][]byte{
		"truncated":         list[:len(list)-1],
		"cut in the head":   {5, 1},
		"unknown mode":      {0, 9},
		"after the end":     {0, 0, 0, 0},
		"bound too long":    append([]byte{34}, make([]byte, 40)...),
		"bounds descend":    {2, 9, 0, 2, 3, 0},
		"count of lies":     {0, 2, 0xff, 0xff, 0xff, 0xff, 0x0f},
		"not sorted":        append([]byte{0, 2, 2}, make([]byte, 64)...),
		"outside its range": append(append([]byte{2, 9, 2, 1}, 0xff), make([]byte, 31)...),
		"too large":         make([]byte, 1<<20),
	}
	for name, message := range cases {
		if _, err := s.Answer(message); !errors.Is(err, aura.Corrupt) {
			t.Errorf("%s: answer gives %v, want corrupt", name, err)
		}
		if _, _, _, err := s.Next(message); !errors.Is(err, aura.Corrupt) {
			t.Errorf("%s: next gives %v, want corrupt", name, err)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	var ids []aura.FactID
	for n := range 40 {
		ids = append(ids, factID(n))
	}
	s := journal.NewSet(ids)
	f.Add(s.Begin())
	f.Add(journal.NewSet(ids[:5]).Begin())
	f.Fuzz(func(t *testing.T, message []byte) {
		if _, err := s.Answer(message); err != nil && !errors.Is(err, aura.Corrupt) {
			t.Fatal(err)
		}
		if _, _, _, err := s.Next(message); err != nil && !errors.Is(err, aura.Corrupt) {
			t.Fatal(err)
		}
	})
}
