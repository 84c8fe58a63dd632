package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tiny returns the release of a program that links next to nothing, in a folder of its own.
func tiny(t *testing.T) release {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module example.org/tiny\n\ngo 1.26\n",
		"main.go": "package main\n\nvar released string\n\nfunc main() { println(released) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return release{dir: dir, pkg: ".", name: "tiny", stamp: "main.released", version: "v1.2.3"}
}

func TestTheSameSourceInTwoFoldersIsTheSameFileWithItsChecksum(t *testing.T) {
	here := platform{runtime.GOOS, runtime.GOARCH}
	var before []byte
	for range 2 {
		r, out := tiny(t), t.TempDir()
		f, err := r.build(here)
		if err != nil {
			t.Fatal(err)
		}
		if err := write(out, []file{f}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(out, f.name)
		shipped, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && !bytes.Equal(shipped, before) {
			t.Error("the second folder gave another file")
		}
		before = shipped
		sums, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fmt.Sprintf("%x  %s\n", sha256.Sum256(shipped), f.name), string(sums)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if said, err := exec.Command(path).CombinedOutput(); err != nil || strings.TrimSpace(string(said)) != "v1.2.3" {
			t.Errorf("it says %q, %v", said, err)
		}
		if bytes.Contains(shipped, []byte(r.dir)) {
			t.Error("the file names the folder in which it was built")
		}
	}
}

// TestAVersionIsLinkedIntoAVariableThatExists: the linker says nothing of one that does not.
func TestAVersionIsLinkedIntoAVariableThatExists(t *testing.T) {
	folder, name, _ := strings.Cut(strings.TrimPrefix(aura().stamp, "github.com/aura-runtime/aura/"), ".")
	files, err := filepath.Glob(filepath.Join("../..", folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nvar "+name+" string\n") {
			return
		}
	}
	t.Errorf("package %s declares no string %s", folder, name)
}

func TestEveryPlatformIsShipped(t *testing.T) {
	all, err := choose("")
	if err != nil {
		t.Fatal(err)
	}
	want := "[linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64]"
	if got := fmt.Sprint(all); got != want {
		t.Errorf("got %s", got)
	}
	if some, err := choose("windows/arm64,linux/amd64"); err != nil || fmt.Sprint(some) != "[windows/arm64 linux/amd64]" {
		t.Errorf("got %v, %v", some, err)
	}
	if _, err := choose("linux/riscv64"); err == nil {
		t.Error("a platform that is not shipped was taken")
	}
}

func TestTheCallersEnvironmentDoesNotChangeTheBytes(t *testing.T) {
	env := environment([]string{"PATH=/bin", "GOFLAGS=-tags=x", "GOAMD64=v3", "GOOSX=kept"}, platform{"linux", "amd64"})
	got := map[string]string{}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		if _, twice := got[name]; twice {
			t.Errorf("%s is set twice", name)
		}
		got[name] = value
	}
	for name, want := range map[string]string{"PATH": "/bin", "GOFLAGS": "-buildvcs=true", "GOAMD64": "v1", "GOOS": "linux", "CGO_ENABLED": "0", "GOOSX": "kept"} {
		if value, set := got[name]; !set || value != want {
			t.Errorf("%s is %q, not %q", name, value, want)
		}
	}
}

func TestAVersionIsNeededAndNamed(t *testing.T) {
	r := tiny(t)
	r.version = "" // no git tells one there
	if _, err := r.build(platform{runtime.GOOS, runtime.GOARCH}); err == nil || !strings.Contains(err.Error(), "-version") {
		t.Errorf("got %v", err)
	}
}
