package main

import (
	"path/filepath"
	"slices"
	"testing"
)

// tree returns the module's root and the functions from which faults are drawn.
func tree(t *testing.T) (string, []function) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	functions, err := (&bench{root: root}).functions()
	if err != nil {
		t.Fatal(err)
	}
	return root, functions
}

// A fault whose place is gone is not tried, so a sample would become small in silence.
func TestTheSampleHasItsPlaces(t *testing.T) {
	root, functions := tree(t)
	sample, gone, err := readSample(root, functions)
	if err != nil {
		t.Fatal(err)
	}
	if len(sample) < 300 {
		t.Errorf("%d faults of the sample can be planted, at least 300 are wanted: draw another sample. Without a place: %q", len(sample), gone)
	}
}

// An argument is about the text of a function. When the function changes, the fault counts again and the line of the
// old argument says nothing.
func TestArgumentsAreAboutPresentFunctions(t *testing.T) {
	root, functions := tree(t)
	arguments, err := readEquivalent(root)
	if err != nil {
		t.Fatal(err)
	}
	sample, _, err := readSample(root, functions)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sample {
		delete(arguments, s.key()+"  "+s.hash)
	}
	for key := range arguments {
		t.Errorf("%s: the function changed or is gone: argue again, or take the line away", key)
	}
}

func TestNamedFaultsHaveTheirPlaces(t *testing.T) {
	root, _ := tree(t)
	if _, err := readNamed(root); err != nil {
		t.Error(err)
	}
}

// A fault of a pure room must meet the tests of what builds on it, and not lose time on others.
func TestWiderTestsAreThoseLinkedWithThePackage(t *testing.T) {
	root, _ := tree(t)
	b := &bench{root: root, module: "github.com/aura-runtime/aura"}
	for dir, want := range map[string]struct{ among, not []string }{
		"choreo":          {[]string{"machine", "choreo/gen", "protocols", "cmd/aura/choreo"}, []string{"choreo", "guard", "biscuit"}},
		"machine/compose": {nil, []string{"machine"}},
		"biscuit":         {[]string{"frontier/token", "frontier", "chain", "service", "agent"}, []string{"machine", "protocols", "datalog"}},
		"domain/chat":     {[]string{"service", "app", "sim"}, []string{"journal"}},
	} {
		got, err := b.wider(dir)
		if err != nil {
			t.Fatal(err)
		}
		has := func(d string) bool { return slices.Contains(got, b.module+"/"+d) }
		for _, d := range want.among {
			if !has(d) {
				t.Errorf("faults of %s do not meet the tests of %s", dir, d)
			}
		}
		for _, d := range want.not {
			if has(d) {
				t.Errorf("faults of %s meet the tests of %s", dir, d)
			}
		}
	}
}

// A fault that cannot be planted, or changes nothing, must neither raise nor lower a score.
func TestOnlyPlantedFaultsCount(t *testing.T) {
	s := score{outcomeFound: 2, outcomeWider: 1, outcomeSurvived: 1, outcomeGone: 7, outcomeInvalid: 5, outcomeEquivalent: 3}
	if share := s.print(); share != 75 {
		t.Errorf("3 of 4 faults were found, the score is %v %%", share)
	}
}
