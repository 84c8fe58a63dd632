package foldtest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Folder is a reducer whose state can be saved, as a journal does in checkpoints.
type Folder interface {
	fact.Reducer
	Version() int
	Save() ([]byte, error)
	Restore(state []byte) error
}

// Restorable fails the test when a state that was saved half-way, restored into an empty one and brought up
// to date, differs in anything from one that folded all records; when two equal states have other bytes;
// and when bytes that are no state, or a fact whose payload was erased, change one.
func Restorable[S Folder](t *rapid.T, records []fact.Record, newState func() S) {
	t.Helper()
	half, whole := newState(), newState()
	cut := rapid.IntRange(0, len(records)).Draw(t, "saved after")
	for i := range records {
		if i < cut {
			half.Apply(&records[i])
		}
		whole.Apply(&records[i])
	}
	restored := newState()
	if err := restored.Restore(save(t, half)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(half, restored, Inside()...); diff != "" {
		t.Fatalf("the restored state differs from the saved one (-saved +restored):\n%s", diff)
	}
	// A record may come again after it was folded.
	for i := rapid.IntRange(0, cut).Draw(t, "again from"); i < len(records); i++ {
		restored.Apply(&records[i])
	}
	if diff := cmp.Diff(whole, restored, Inside()...); diff != "" {
		t.Fatalf("restored and brought up to date is another state (-all +restored):\n%s", diff)
	}
	silent(t, records, newState)
	state := save(t, whole)
	if !bytes.Equal(state, save(t, restored)) {
		t.Fatal("equal states have other bytes")
	}
	for _, damaged := range append(misfits(t, state), nil, state[:len(state)-1], append([]byte{0xff}, state...)) {
		if err := restored.Restore(damaged); aura.KindOf(err) != aura.Corrupt {
			t.Fatalf("%d bytes that are no state: got %v, want corrupt", len(damaged), err)
		}
	}
	if diff := cmp.Diff(whole, restored, Inside()...); diff != "" {
		t.Fatalf("a state that could not be restored left something (-before +after):\n%s", diff)
	}
}

// silent fails the test when facts say anything after their payloads were erased.
func silent[S Folder](t *rapid.T, records []fact.Record, newState func() S) {
	t.Helper()
	s := newState()
	before := save(t, s)
	for _, r := range records {
		r.Fact.Payload, r.Fact.Erased = nil, sha256.Sum256(r.Fact.Payload)
		if s.Apply(&r); !bytes.Equal(before, save(t, s)) {
			t.Fatalf("an erased %s changes the state", r.Fact.Kind)
		}
	}
}

// misfits returns encodings of a state in which one field is a number below zero. No state has such fields.
func misfits(t *rapid.T, state []byte) (all [][]byte) {
	t.Helper()
	var fields map[uint64]any
	if err := fact.UnmarshalState(state, &fields); err != nil {
		t.Fatal(err)
	}
	for field := range fields {
		changed := maps.Clone(fields)
		changed[field] = -1
		b, err := fact.MarshalState(changed)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

func save[S Folder](t *rapid.T, s S) []byte {
	t.Helper()
	state, err := s.Save()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// Versioned holds that a reducer which makes another state of the same facts, or saves it in another form,
// has another version: testdata/<name of the test>.golden has the version and a hash of the states that a
// hundred examples give. Update writes a new hash for a new version only.
func Versioned[S Folder](t *testing.T, update bool, examples *rapid.Generator[[]fact.Record], newState func() S) {
	t.Helper()
	hash := sha256.New()
	for i := range 100 {
		s := newState()
		for _, r := range examples.Example(i) {
			s.Apply(&r)
		}
		state, err := s.Save()
		if err != nil {
			t.Fatal(err)
		}
		hash.Write(state)
	}
	got := fmt.Sprintf("version %d\n%x\n", newState().Version(), hash.Sum(nil))
	old, _ := os.ReadFile(filepath.Join("testdata", t.Name()+".golden"))
	var version int
	if _, err := fmt.Sscanf(string(old), "version %d\n", &version); err == nil && version == newState().Version() && got != string(old) {
		t.Fatalf("the states of version %d have changed: raise Version, so that no checkpoint of the old reducer is restored, then run with -update", version)
	}
	Golden(t, update, []byte(got))
}
