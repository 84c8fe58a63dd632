package arch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reachFile says which functions of the protocol machine and its language no product reaches, and why they stay: the package, the
// function (or * for a package that no product links) and a reason in a line. A line that begins with # is a comment.
const reachFile = "internal/arch/testdata/unreached.txt"

// TestWhatNoProductReachesIsNamed compares the functions of machine, choreo and protocols that cmd/aura cannot reach with the table:
// the rest is there for a reason.
func TestWhatNoProductReachesIsNamed(t *testing.T) {
	readTree(t) // The cached result of this test is good only as long as the tree is the same.
	rooms := []string{"./machine/...", "./choreo/...", "./protocols/..."}
	unreached := map[[2]string]bool{}
	linked := map[string]bool{}
	for line := range strings.Lines(lines(t, "list", "-deps", "./cmd/aura")) {
		linked[strings.TrimSpace(line)] = true
	}
	for line := range strings.Lines(lines(t, append([]string{"list"}, rooms...)...)) {
		if path := strings.TrimSpace(line); !linked[path] {
			unreached[[2]string{strings.TrimPrefix(path, module+"/"), "*"}] = true
		}
	}
	const shape = "{{range .Funcs}}{{$.Path}} {{.Name}}\n{{end}}"
	for line := range strings.Lines(lines(t, "tool", "deadcode", "-filter", "^"+module+"/(machine|choreo|protocols)", "-f", shape, "./cmd/aura")) {
		if path, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			unreached[[2]string{strings.TrimPrefix(path, module+"/"), name}] = true
		}
	}
	named := readReach(t)
	for f := range unreached {
		if named[f] == "" {
			t.Errorf("%s %s: no product reaches it: delete it, use it, or give the reason in %s", f[0], f[1], reachFile)
		}
	}
	for f := range unnamedOutsideTests(t) {
		if !unreached[f] && !unreached[[2]string{f[0], "*"}] && named[f] == "" {
			t.Errorf("%s %s: only tests name it: delete it, use it, or give the reason in %s", f[0], f[1], reachFile)
		}
		unreached[f] = true
	}
	for f := range named {
		if !unreached[f] {
			t.Errorf("%s: a product reaches %s %s, or it is gone: remove the line", reachFile, f[0], f[1])
		}
	}
}

func lines(t *testing.T, args ...string) string {
	t.Helper()
	out, err := goTool(t, nil, args...)
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func readReach(t *testing.T) map[[2]string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, reachFile))
	if err != nil {
		t.Fatal(err)
	}
	all := map[[2]string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 5 {
			t.Fatalf("%s: %q: want a package, a function and a reason of at least three words", reachFile, line)
		}
		all[[2]string{fields[0], fields[1]}] = strings.Join(fields[2:], " ")
	}
	return all
}
