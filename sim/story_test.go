package sim_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/sim"
)

// Rewrite the transcripts only when you can explain every line that changes.
var update = flag.Bool("update", false, "rewrite the transcripts of the stories")

// TestStories plays each script of testdata in a world of its own and compares its output.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil || len(archive.Files) != 2 || archive.Files[0].Name != "script" || archive.Files[1].Name != "transcript" {
				t.Fatalf("%s must hold a script and its transcript: %v", file, err)
			}
			got, r, err := sim.Play(1, string(archive.Files[0].Data))
			if err != nil {
				t.Errorf("%v\n%s", err, got)
			}
			for _, v := range r.Violations {
				t.Error(v)
			}
			if *update {
				archive.Files[1].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(archive.Files[1].Data), got); diff != "" {
				t.Errorf("transcript (-written +played):\n%s", diff)
			}
		})
	}
}

func TestScriptsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, script := range []string{
		"fly Ada", "peer Ada\npeer Ada", "link Ada Ben", "cut Ada", "advance soon", "peer Ada\nstart Ada",
		"peer Ada\nsubmit Ada", "peer Ada\nsubmit Ada sing", "peer Ada\nview Ada", "facts Ada", `peer "Ada`,
	} {
		if _, _, err := sim.Play(1, script); !errors.Is(err, aura.Invalid) {
			t.Errorf("%q: %v, want invalid", script, err)
		}
	}
}
