package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// rings lists the package folders from which faults are drawn: rings 1 to 3 of internal/arch/floorplan.txt
// without what is generated.
func rings(root string) ([]string, error) {
	plan, err := os.ReadFile(filepath.Join(root, "internal/arch/floorplan.txt"))
	if err != nil {
		return nil, err
	}
	var dirs, support []string
	for line := range strings.Lines(string(plan)) {
		words := strings.Fields(line)
		switch {
		case len(words) < 2:
		case words[0] == "1" || words[0] == "2" || words[0] == "3":
			dirs = append(dirs, words[1])
		case words[0] == "support":
			support = append(support, words[1:]...)
		}
	}
	var all []string
	for _, room := range dirs {
		err := filepath.WalkDir(filepath.Join(root, room), func(p string, d os.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return filepath.SkipDir // a room of the plan that is not built yet
			}
			if err != nil || !d.IsDir() {
				return err
			}
			dir, err := filepath.Rel(root, p)
			if err != nil {
				return err
			}
			if d.Name() == "testdata" || slices.Contains(support, filepath.ToSlash(dir)) {
				return filepath.SkipDir
			}
			all = append(all, filepath.ToSlash(dir))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// draw returns the sites of all functions in the order in which a seed takes them: first one of each function,
// functions in random order, then a second one of each, and so on. A function's size does not matter, so
// that a small guard is drawn as often as a long loop.
func draw(functions []function, seed uint64) []site {
	random := rand.New(rand.NewPCG(seed, 0))
	rounds := 0
	for _, f := range functions {
		random.Shuffle(len(f.sites), func(a, b int) { f.sites[a], f.sites[b] = f.sites[b], f.sites[a] })
		rounds = max(rounds, len(f.sites))
	}
	var drawn []site
	for round := range rounds {
		random.Shuffle(len(functions), func(a, b int) { functions[a], functions[b] = functions[b], functions[a] })
		for _, f := range functions {
			if round < len(f.sites) {
				drawn = append(drawn, f.sites[round])
			}
		}
	}
	return drawn
}

// readEquivalent returns the keys of the faults that testdata/equivalent.txt argues to change nothing. A line
// is a key, two spaces, and the argument.
func readEquivalent(root string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(root, "internal/mutate/testdata/equivalent.txt"))
	if err != nil {
		return nil, err
	}
	known := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, why, ok := strings.Cut(line, "  ")
		if !ok {
			return nil, fmt.Errorf("testdata/equivalent.txt: %q has no argument after two spaces", line)
		}
		known[key] = why
	}
	return known, nil
}
