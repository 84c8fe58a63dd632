package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// outcome says how a fault ended.
type outcome string

const (
	outcomeFound      outcome = "found"
	outcomeWider      outcome = "found by wider tests"
	outcomeSurvived   outcome = "SURVIVED"
	outcomeInvalid    outcome = "does not compile"
	outcomeGone       outcome = "gone" // the code has no such place any more
	outcomeEquivalent outcome = "equivalent"
)

// wider returns the packages whose tests a fault of the package in dir meets when its own tests let it pass: all that
// are linked with it, those with the fewest dependencies first, as they are nearest to it.
func (b *bench) wider(dir string) ([]string, error) {
	cmd := exec.Command("go", "list", "-test", "-f", `{{if eq .Name "main"}}{{.ImportPath}} {{join .Deps " "}}{{end}}`, "./...")
	cmd.Dir = b.root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	self := b.module + "/" + dir
	near := map[string]int{} // how many dependencies the tests of a package have
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		name, ok := strings.CutSuffix(words[0], ".test")
		if ok && name != self && slices.ContainsFunc(words[1:], func(d string) bool { return d == self }) {
			near[name] = len(words)
		}
	}
	return slices.SortedFunc(maps.Keys(near), func(x, y string) int {
		return cmp.Or(cmp.Compare(near[x], near[y]), strings.Compare(x, y))
	}), nil
}

// bench runs tests against a changed tree.
type bench struct {
	root    string
	module  string
	scratch string
	timeout string // of one run of go test: a fault may loop for ever
	draws   uint64 // what the cases of drawn tests are drawn from
}

// try plants one fault and runs the tests of its package, then the wider ones if those pass. by names what
// failed.
func (b *bench) try(s *site, tests, then []string) (end outcome, by string, err error) {
	overlay, err := b.plant(s)
	if err != nil {
		return "", "", err
	}
	switch by, compiled := b.test(overlay, tests); {
	case !compiled:
		return outcomeInvalid, "", nil
	case by != "":
		return outcomeFound, by, b.sound(tests)
	}
	for _, wide := range then {
		if by, _ := b.test(overlay, []string{wide}); by != "" {
			return outcomeWider, wide + " " + by, b.sound([]string{wide})
		}
	}
	return outcomeSurvived, "", nil
}

// sound returns an error when tests fail without any fault, so that they show nothing. The go command knows the result
// of tests that passed before.
func (b *bench) sound(tests []string) error {
	if by, _ := b.test("", tests); by != "" {
		return fmt.Errorf("go test %s fails without a fault: %s", strings.Join(tests, " "), by)
	}
	return nil
}

// plant writes the changed file and the overlay that names it.
func (b *bench) plant(s *site) (overlay string, err error) {
	original := filepath.Join(b.root, s.file)
	text, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(b.scratch, "changed.go")
	if err := os.WriteFile(changed, []byte(string(text[:s.from])+s.text+string(text[s.to:])), 0o600); err != nil {
		return "", err
	}
	table, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(b.scratch, "overlay.json")
	return overlay, os.WriteFile(overlay, table, 0o600)
}

// compiles reports whether the package of a fault compiles with it.
func (b *bench) compiles(s *site) (bool, error) {
	overlay, err := b.plant(s)
	if err != nil {
		return false, err
	}
	cmd := exec.Command("go", "build", "-overlay", overlay, "./"+s.dir())
	cmd.Dir = b.root
	return cmd.Run() == nil, nil
}

// test runs tests. by is empty when they pass, or else names what failed first; compiled reports whether the code
// compiles at all.
func (b *bench) test(overlay string, packages []string) (by string, compiled bool) {
	args := append([]string{"test", "-short", "-failfast", "-vet=off", "-timeout", b.timeout, "-overlay=" + overlay}, packages...)
	cmd := exec.Command("go", args...)
	cmd.Dir = b.root
	// A case found with one fault must not help to find the next, and what a test draws must not decide by chance whether
	// a fault is found. That a case fails is enough: the smallest one is not looked for.
	cmd.Env = append(os.Environ(), "RAPID_NOFAILFILE=true", "RAPID_SHRINKTIME=1ms", fmt.Sprintf("RAPID_SEED=%d", b.draws))
	out, err := cmd.CombinedOutput()
	text := string(out)
	if strings.Contains(text, "[build failed]") || strings.Contains(text, "[setup failed]") {
		return "the compiler", false
	}
	if err == nil {
		return "", true
	}
	return failure(text), true
}

// failure names what failed in the output of go test: a test, or else how its process ended.
func failure(out string) string {
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "--- FAIL: "); ok {
			name, _, _ = strings.Cut(name, " ")
			return name
		}
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return line
		}
	}
	return "a process that ended badly"
}
