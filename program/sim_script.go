package program

import (
	"errors"
	"fmt"

	"github.com/aura-runtime/aura/sim"
	"github.com/aura-runtime/aura/ui/cli"
)

// maxScript bounds a script, in bytes.
const maxScript = 1 << 20

// scriptLine is what `aura sim --script --json` prints.
type scriptLine struct {
	Transcript string `json:"transcript"`
	simVerdict
}

// simScript runs the world of a script, and prints the output of its commands.
func simScript(s *cli.Shell, f *simFlags) error {
	text, err := s.ReadFile(f.script, maxScript)
	if err != nil {
		return err
	}
	var line scriptLine
	play := func(seed uint64) (report sim.Report, err error) {
		line.Transcript, report, err = sim.Play(seed, string(text))
		return report, err
	}
	runWorlds(seedsOf(f.Seed, f.Seed), 1, play, func(w lived) bool {
		line.simVerdict, err = f.verdict(w.report, w.real), w.err
		return false
	})
	if err != nil {
		return err
	}
	if line.Replay != "" {
		line.Replay = fmt.Sprintf("aura sim --seed %d --script %s", f.Seed, f.script)
	}
	if s.JSON {
		return errors.Join(s.Object(&line), line.failure())
	}
	if _, err := fmt.Fprint(s.Out, line.Transcript); err != nil {
		return err
	}
	return errors.Join(line.print(s.Out), line.failure())
}
