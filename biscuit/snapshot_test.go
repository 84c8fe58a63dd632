package biscuit_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
)

func factsOf(a *biscuit.Authorizer) (out []string) {
	for f := range a.Facts() {
		out = append(out, f.Predicate.String()+" of "+f.Origin.String())
	}
	slices.Sort(out)
	return out
}

func TestSnapshotsRestoreTheAuthorizer(t *testing.T) {
	party := key(t, 21)
	token := mint(t, authority+`trusting1($x) <- member($x) trusting `+party.Public().String()+`;`)
	token, err := token.Append(contribution(t, token, party, `member("x");`), key(t, 30))
	if err != nil {
		t.Fatal(err)
	}
	a, err := biscuit.NewAuthorizer(token, parse(t, request+`check if member("x") trusting `+party.Public().String()+`;`),
		biscuit.Options{Limits: datalog.Limits{Facts: 50}})
	if err != nil {
		t.Fatal(err)
	}
	before, err := a.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authorize(); err != nil {
		t.Fatal(err)
	}
	after, err := a.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"before": before, "after": after} {
		restored, err := biscuit.DecodeSnapshot(b, biscuit.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := restored.Authorize(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(factsOf(a), factsOf(restored)); diff != "" {
			t.Errorf("%s: -original +restored:\n%s", name, diff)
		}
		if restored.String() != a.String() {
			t.Errorf("%s: another program:\n%s", name, restored)
		}
		if diff := cmp.Diff(a.Blocks()[1].Program, restored.Blocks()[1].Program); diff != "" {
			t.Errorf("%s: -original +restored:\n%s", name, diff)
		}
	}
}

func TestDamagedSnapshotsAreRefused(t *testing.T) {
	a, err := biscuit.NewAuthorizer(mint(t, authority), parse(t, request), biscuit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := a.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		if _, err := biscuit.DecodeSnapshot(b[:i], biscuit.Options{}); !errors.Is(err, aura.Corrupt) {
			t.Errorf("the first %d bytes: %v", i, err)
		}
	}
}
