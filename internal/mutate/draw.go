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
// without generated files.
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

// The lists of faults in testdata. A line is the key of a fault; in equivalentList the hash of its function and the
// argument follow, each after two spaces.
const (
	sampleList     = "internal/mutate/testdata/sample.txt"
	equivalentList = "internal/mutate/testdata/equivalent.txt"
)

// readList returns the fields of each line of a list, without comments.
func readList(root, name string) ([][]string, error) {
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		return nil, err
	}
	var lines [][]string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, strings.SplitN(line, "  ", 3))
		}
	}
	return lines, nil
}

// readEquivalent returns the arguments that a fault changes nothing, by its key and the hash of its function.
func readEquivalent(root string) (map[string]string, error) {
	lines, err := readList(root, equivalentList)
	known := map[string]string{}
	for _, l := range lines {
		if len(l) != 3 {
			return nil, fmt.Errorf("%s: %q needs a key, a hash and an argument, two spaces between them", equivalentList, l[0])
		}
		known[l[0]+"  "+l[1]] = l[2]
	}
	return known, err
}

// readSample returns the sites that the sample names, and the keys of those that the code has no more because their
// function is gone or has fewer places.
func readSample(root string, functions []function) (sample []site, gone []string, err error) {
	lines, err := readList(root, sampleList)
	if err != nil {
		return nil, nil, err
	}
	byKey := map[string]site{}
	for _, f := range functions {
		for _, s := range f.sites {
			byKey[s.key()] = s
		}
	}
	for _, l := range lines {
		if s, ok := byKey[l[0]]; ok {
			sample = append(sample, s)
		} else {
			gone = append(gone, l[0])
		}
	}
	return sample, gone, nil
}
