package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	r := aura()
	out := flag.String("out", "dist", "the folder for the binaries and SHA256SUMS; files of these names are replaced")
	only := flag.String("only", "", "build only these platforms, such as linux/amd64,windows/arm64")
	flag.StringVar(&r.version, "version", "", "the version that the binaries report (default: the tag or commit that git tells)")
	flag.Parse()
	if err := run(r, *out, *only); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// aura returns the release of the binary, from the module's root.
func aura() release {
	return release{dir: ".", pkg: "./cmd/aura", name: "aura", stamp: "github.com/aura-runtime/aura/program.released"}
}

// run builds the platforms and writes them with their checksums.
func run(r release, out, only string) error {
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	var files []file
	for _, p := range chosen {
		f, err := r.build(p)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		files = append(files, f)
		fmt.Printf("%s  %s  %.1f MB\n", f.name, f.version, float64(len(f.data))/1e6)
	}
	return write(out, files)
}

// choose reads the value of -only.
func choose(only string) ([]platform, error) {
	if only == "" {
		return platforms(), nil
	}
	var chosen []platform
	for text := range strings.SplitSeq(only, ",") {
		p, err := platformOf(text)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, p)
	}
	return chosen, nil
}
