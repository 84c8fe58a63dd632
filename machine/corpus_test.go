package machine_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

var update = flag.Bool("update", false, "rewrite golden files")

const golden = "testdata/corpus.golden"

// The golden file has a line for each protocol of the language's corpus, and for each of our own: its name,
// its image, and the digests of its recordings, bare and sealed. Where the corpus lies beside the package,
// the images are compared with it; the recordings are made everywhere, so every platform writes the same
// bytes.
func TestTheCorpusRunsTheSameEverywhere(t *testing.T) {
	if *update {
		writeCorpus(t)
	}
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	var images []string
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		encoded, err := hex.DecodeString(f[1])
		if err != nil {
			t.Fatal(err)
		}
		im, err := machine.Load(encoded)
		if err != nil {
			t.Fatal(f[0], err)
		}
		images = append(images, f[0]+" "+f[1])
		if diff := cmp.Diff(f[2:], recordings(t, im)); diff != "" {
			t.Errorf("%s:\n%s", f[0], diff)
		}
	}
	if runtime.GOARCH == "wasm" {
		return // only the package's own folder is there
	}
	if diff := cmp.Diff(corpus(t), images); diff != "" {
		t.Errorf("the corpus has changed: run go test ./machine -run Corpus -update\n%s", diff)
	}
}

// recordings runs an image and returns the digests of the recordings.
func recordings(t *testing.T, im *machine.Image) (out []string) {
	for _, as := range []machine.Integrity{machine.IntegrityBare, machine.IntegritySealed} {
		m := machine.New(newHost(42), machine.Options{Key: [32]byte{1}, Trace: machine.NewTrace(0), Log: machine.NewLog(0)})
		open(t, m, im, as)
		for range 200 {
			w := m.Plan(3)
			for i := range w.Len() {
				m.Prepare(i)
			}
			if _, err := m.Commit(); err != nil {
				t.Fatal(im.Name(), err)
			}
		}
		rec, err := m.Record()
		if err != nil {
			t.Fatal(err)
		}
		if err := rec.Replay(); err != nil {
			t.Fatal(im.Name(), err)
		}
		sum := sha256.Sum256(rec.Encode())
		out = append(out, hex.EncodeToString(sum[:]))
	}
	return out
}

// corpus compiles the protocols of the language's corpus that can be run, and our own.
func corpus(t *testing.T) (out []string) {
	language, err := filepath.Glob("../choreo/testdata/pass/*.tell")
	if err != nil || len(language) == 0 {
		t.Fatal(language, err)
	}
	ours, err := filepath.Glob("../protocols/*/*.tell")
	if err != nil || len(ours) == 0 {
		t.Fatal(ours, err)
	}
	for _, file := range slices.Concat(language, ours) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, problems := choreo.Load(file, string(text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		inst, err := p.Instantiate(p.ProbeBinding())
		if err != nil || inst.Global == nil {
			continue
		}
		im, err := machine.CompileInstance(inst)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".tell")
		if slices.Contains(ours, file) {
			name = "protocols/" + name
		}
		out = append(out, fmt.Sprintf("%s %s", name, hex.EncodeToString(im.Encode())))
	}
	return out
}

func writeCorpus(t *testing.T) {
	var b strings.Builder
	for _, line := range corpus(t) {
		encoded, err := hex.DecodeString(strings.Fields(line)[1])
		if err != nil {
			t.Fatal(err)
		}
		im, err := machine.Load(encoded)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\n", line, strings.Join(recordings(t, im), " "))
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
