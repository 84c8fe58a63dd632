package fold_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
)

func stamps() *rapid.Generator[fold.Stamp] {
	return rapid.Custom(func(t *rapid.T) fold.Stamp {
		return fold.Stamp{
			Logical: aura.Logical(rapid.Uint64Range(1, 5).Draw(t, "logical")),
			Order:   aura.OrderToken{rapid.ByteRange(0, 3).Draw(t, "order")},
			ID:      aura.FactID{rapid.ByteRange(0, 3).Draw(t, "id")},
		}
	})
}

// naive is the definition of a window: sort everything, then take from the newest while it fits.
func naive(limit fold.Limit, all []fold.Stamp) []fold.Stamp {
	all = slices.Clone(all)
	slices.SortFunc(all, fold.Stamp.Compare)
	all = slices.Compact(all)
	keep, bytes := len(all), 0
	for keep > 0 {
		bytes += size(all[keep-1])
		if limit.Items >= 0 && len(all)-keep+1 > limit.Items || limit.Bytes >= 0 && bytes > limit.Bytes {
			break
		}
		keep--
	}
	return all[keep:]
}

func size(s fold.Stamp) int { return int(s.ID[0])*3 + 1 }

func TestWindowKeepsTheNewestThatFitInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := fold.Limit{Items: rapid.IntRange(-1, 6).Draw(t, "items"), Bytes: rapid.IntRange(-1, 40).Draw(t, "bytes")}
		given := rapid.SliceOfN(stamps(), 0, 30).Draw(t, "given")
		var w fold.Window[int]
		for _, s := range given {
			w.Put(limit, fold.Item[int]{Stamp: s, Size: size(s), Value: 1})
		}
		var got []fold.Stamp
		for _, item := range w.Items() {
			got = append(got, item.Stamp)
		}
		want := naive(limit, given)
		if !slices.Equal(want, got) {
			t.Fatal(cmp.Diff(want, got))
		}
		distinct := slices.Clone(given)
		slices.SortFunc(distinct, fold.Stamp.Compare)
		if cut := len(slices.Compact(distinct)) > len(want); cut != w.Cut() {
			t.Fatalf("cut is %t, want %t", w.Cut(), cut)
		}
	})
}

func TestRegistersKeepTheExtremesInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.SliceOfN(stamps(), 1, 20).Draw(t, "given")
		var newest fold.Newest[fold.Stamp]
		var earliest fold.Earliest[fold.Stamp]
		for _, s := range given {
			newest.Put(s, s)
			earliest.Put(s, s)
		}
		if want := slices.MaxFunc(given, fold.Stamp.Compare); newest.Value != want {
			t.Fatal(cmp.Diff(want, newest.Value))
		}
		if want := slices.MinFunc(given, fold.Stamp.Compare); earliest.Value != want {
			t.Fatal(cmp.Diff(want, earliest.Value))
		}
	})
}
