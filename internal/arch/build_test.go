package arch_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// goTool runs the go command in the module's root and returns its output.
func goTool(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0"), env...)
	var says strings.Builder // what it downloads, too: that is no output
	cmd.Stderr = &says
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, says.String())
	}
	return string(out), err
}

// present returns those of the rooms that exist, as patterns of the go command.
func present(names []string) []string {
	var patterns []string
	for _, name := range names {
		if name == "aura" {
			patterns = append(patterns, ".")
		} else if _, err := os.Stat(filepath.Join(root, name)); err == nil {
			patterns = append(patterns, "./"+name+"/...")
		}
	}
	return patterns
}

func TestPortablePackagesBuildForTheBrowserAndWASI(t *testing.T) {
	p := readPlan(t)
	readTree(t) // The cached result of this test is good only as long as the tree is the same.
	patterns := present(p.expand(p.portable))
	for _, goos := range []string{"js", "wasip1"} {
		t.Run(goos, func(t *testing.T) {
			out, err := goTool(t, []string{"GOOS=" + goos, "GOARCH=wasm"}, append([]string{"build"}, patterns...)...)
			if err != nil {
				t.Errorf("%v: a package that must be portable imports something that is not:\n%s", err, out)
			}
		})
	}
}

func TestDecisionsRunOnWASI(t *testing.T) {
	p := readPlan(t)
	readTree(t)
	for _, name := range p.wasm {
		if len(present([]string{name})) == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			binary := filepath.Join(t.TempDir(), name+".wasm")
			out, err := goTool(t, []string{"GOOS=wasip1", "GOARCH=wasm"}, "test", "-c", "-o", binary, "./"+name)
			if err != nil {
				t.Fatalf("%v:\n%s", err, out)
			}
			if out, err := runWASI(t, binary, filepath.Join(root, name)); err != nil {
				t.Errorf("the tests of %s fail on wasip1: %v\n%s", name, err, out)
			}
		})
	}
}

// runWASI runs a test binary with dir, and nothing else, as its file system. Fewer property checks than at
// home: what differs between platforms shows in the first ones.
func runWASI(t *testing.T, binary, dir string) (string, error) {
	t.Helper()
	code, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	runtime := wazero.NewRuntime(ctx)
	defer runtime.Close(ctx)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, runtime); err != nil {
		t.Fatal(err)
	}
	args := []string{binary, "-test.run=^Test", "-test.short"}
	if bytes.Contains(code, []byte("rapid.checks")) { // The flag exists only where rapid is linked in.
		args = append(args, "-rapid.checks=20")
	}
	var out bytes.Buffer
	config := wazero.NewModuleConfig().
		WithArgs(args...).
		WithEnv("PWD", "/").
		WithFSConfig(wazero.NewFSConfig().WithReadOnlyDirMount(dir, "/")).
		WithSysWalltime().WithSysNanotime().WithSysNanosleep().
		WithStdout(&out).WithStderr(&out)
	_, err = runtime.InstantiateWithConfig(ctx, code, config)
	return out.String(), err
}
