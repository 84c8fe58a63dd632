package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// outcome says how a fault ended.
type outcome string

const (
	outcomeFound    outcome = "found"
	outcomeWider    outcome = "found by wider tests"
	outcomeSurvived outcome = "SURVIVED"
	outcomeInvalid  outcome = "does not compile"
)

// wider returns the tests that a fault meets when those of its own package let it pass: for the pure rooms of a
// protocol the packages that write, run and check protocols, for every other room the packages that put
// everything together.
func wider(dir string) []string {
	switch room, _, _ := strings.Cut(dir, "/"); room {
	case "choreo", "machine", "protocols", "datalog", "biscuit":
		return []string{"./protocols/...", "./choreo/...", "./machine/...", "./interp/token"}
	}
	return []string{"./interp/...", "./service/...", "./agent/...", "./sim/..."}
}

// bench runs tests against a changed tree.
type bench struct {
	root    string
	scratch string
	timeout string // of one run of go test: a fault may loop for ever
}

// try plants one fault and runs the tests of its package, then the wider ones if those pass.
func (b *bench) try(s *site, tests, then []string) (outcome, error) {
	overlay, err := b.plant(s)
	if err != nil {
		return "", err
	}
	switch passed, compiled := b.test(overlay, tests); {
	case !compiled:
		return outcomeInvalid, nil
	case !passed:
		return outcomeFound, nil
	}
	if len(then) > 0 {
		if passed, _ := b.test(overlay, then); !passed {
			return outcomeWider, nil
		}
	}
	return outcomeSurvived, nil
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

// test reports whether the tests pass, and whether the code compiles at all.
func (b *bench) test(overlay string, packages []string) (passed, compiled bool) {
	args := append([]string{"test", "-short", "-failfast", "-vet=off", "-timeout", b.timeout, "-overlay", overlay}, packages...)
	cmd := exec.Command("go", args...)
	cmd.Dir = b.root
	cmd.Env = append(os.Environ(), "RAPID_NOFAILFILE=true") // a case found with one fault must not help to find the next
	out, err := cmd.CombinedOutput()
	return err == nil, !strings.Contains(string(out), "[build failed]") && !strings.Contains(string(out), "[setup failed]")
}
