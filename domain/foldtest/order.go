package foldtest

import (
	"reflect"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura/fact"
)

// OrderInsensitive fails the test when folding the records as given and folding them in another order
// with repetitions give different states. New returns an empty state.
func OrderInsensitive[S fact.Reducer](t *rapid.T, records []fact.Record, newState func() S) {
	t.Helper()
	want, got := newState(), newState()
	for i := range records {
		want.Apply(&records[i])
	}
	again := rapid.SliceOfN(rapid.SampledFrom(records), 0, len(records)).Draw(t, "again")
	other := rapid.Permutation(slices.Concat(records, again)).Draw(t, "order")
	for i := range other {
		got.Apply(&other[i])
	}
	if diff := cmp.Diff(want, got, Inside()...); diff != "" {
		t.Fatalf("another order gave another state (-given +other):\n%s", diff)
	}
}

// Inside returns the options that compare states by everything in them.
func Inside() []cmp.Option {
	return []cmp.Option{
		cmp.Exporter(func(reflect.Type) bool { return true }),
		cmpopts.EquateEmpty(),
	}
}
