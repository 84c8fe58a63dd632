package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// platform is an operating system and an architecture by their names in Go.
type platform struct{ os, arch string }

// platforms returns the platforms of a release.
func platforms() (all []platform) {
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			all = append(all, platform{system, arch})
		}
	}
	return all
}

// platformOf reads a platform that is shipped.
func platformOf(text string) (platform, error) {
	system, arch, _ := strings.Cut(text, "/")
	if p := (platform{system, arch}); slices.Contains(platforms(), p) {
		return p, nil
	}
	return platform{}, fmt.Errorf("%q is not shipped: there is %v", text, platforms())
}

// String returns "os/arch".
func (p platform) String() string { return p.os + "/" + p.arch }

// release is one build of all platforms.
type release struct {
	dir     string // where the go command runs
	pkg     string // the main package, for the go command
	name    string // of the binary
	stamp   string // the variable that the version is linked into, with its package's path
	version string // empty: what git tells the go command
}

// file is a binary that was built.
type file struct {
	name    string // aura-windows-amd64.exe
	version string // as the binary knows it
	data    []byte
}

// build builds one platform in a temporary folder and returns the binary.
func (r *release) build(p platform) (file, error) {
	f := file{name: r.name + "-" + p.os + "-" + p.arch}
	if p.os == "windows" {
		f.name += ".exe"
	}
	temp, err := os.MkdirTemp("", "release-")
	if err != nil {
		return file{}, err
	}
	defer os.RemoveAll(temp)
	path := filepath.Join(temp, f.name)
	cmd := exec.Command("go", r.args(path)...)
	cmd.Dir, cmd.Env = r.dir, environment(os.Environ(), p)
	if said, err := cmd.CombinedOutput(); err != nil {
		return file{}, fmt.Errorf("go build: %w\n%s", err, said)
	}
	if f.data, err = os.ReadFile(path); err != nil {
		return file{}, err
	}
	f.version, err = r.versionOf(f.data)
	return f, err
}

// args returns the arguments of the go command for a binary at path. -trimpath takes the names of this machine's folders
// out of it, -s and -w the symbols and the data of debuggers; stack traces keep functions and lines.
func (r *release) args(path string) []string {
	flags := "-s -w"
	if r.version != "" {
		flags += " -X " + r.stamp + "=" + r.version
	}
	return []string{"build", "-trimpath", "-ldflags", flags, "-o", path, r.pkg}
}

// environment returns the environment of a build: what of the caller's would change the bytes is replaced. GOFLAGS is
// not empty, because an empty one means that of the caller's configuration.
func environment(base []string, p platform) []string {
	fixed := []string{
		"GOOS=" + p.os, "GOARCH=" + p.arch, "GOAMD64=v1", "GOARM64=v8.0", "CGO_ENABLED=0", "GOFLAGS=-buildvcs=true", "GOEXPERIMENT=",
		"GOFIPS140=off", "GODEBUG=", "GOWORK=off",
	}
	env := slices.DeleteFunc(slices.Clone(base), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.ContainsFunc(fixed, func(f string) bool { return strings.HasPrefix(f, name+"=") })
	})
	return append(env, fixed...)
}

// versionOf returns the version of a binary. A binary that others cannot build again is an error.
func (r *release) versionOf(binary []byte) (string, error) {
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		return "", err
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.modified" && s.Value == "true" {
			return "", errors.New("the working tree has changes: commit them, or remove the files that git does not know")
		}
	}
	if r.version != "" {
		return r.version, nil
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v, nil
	}
	return "", errors.New("git tells no version here: name one with -version")
}

// write writes the binaries and SHA256SUMS, which sha256sum -c reads, into a folder that it creates if need be.
func write(out string, files []file) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	var sums strings.Builder
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(out, f.name), f.data, 0o755); err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(f.data), f.name)
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(sums.String()), 0o644)
}
