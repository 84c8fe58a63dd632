package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// named is a fault of testdata/faults. Its file is a txtar archive: the comment has the lines "file: PATH" and "test:
// ARGUMENTS of go test", the rest of the comment names the broken behaviour; "old" stands once in the file and "new"
// replaces it.
type named struct {
	name  string
	why   string
	site  site
	tests []string
}

func readNamed(root string) ([]named, error) {
	files, err := filepath.Glob(filepath.Join(root, "internal/mutate/testdata/faults/*.txtar"))
	if err != nil {
		return nil, err
	}
	var all []named
	for _, file := range files {
		n, err := parseNamed(root, file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		all = append(all, n)
	}
	return all, nil
}

func parseNamed(root, file string) (named, error) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		return named{}, err
	}
	n := named{name: strings.TrimSuffix(filepath.Base(file), ".txtar")}
	for line := range strings.Lines(string(archive.Comment)) {
		line = strings.TrimSpace(line)
		if path, ok := strings.CutPrefix(line, "file: "); ok {
			n.site.file = path
		} else if tests, ok := strings.CutPrefix(line, "test: "); ok {
			n.tests = strings.Fields(tests)
		} else {
			n.why = strings.TrimSpace(n.why + " " + line)
		}
	}
	if n.site.file == "" || len(n.tests) == 0 || n.why == "" || len(archive.Files) != 2 {
		return named{}, fmt.Errorf("needs a comment about the broken behaviour, file:, test:, old and new")
	}
	text, err := os.ReadFile(filepath.Join(root, n.site.file))
	if err != nil {
		return named{}, err
	}
	old := string(archive.Files[0].Data)
	if strings.Count(string(text), old) != 1 {
		return named{}, fmt.Errorf("its old text stands %d times in %s, not once: write it anew", strings.Count(string(text), old), n.site.file)
	}
	n.site.from = strings.Index(string(text), old)
	n.site.to = n.site.from + len(old)
	n.site.line = 1 + strings.Count(string(text[:n.site.from]), "\n")
	n.site.text, n.site.operator = string(archive.Files[1].Data), n.name
	return n, nil
}
