package choreo

import (
	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/ui/cli"
)

// maxRecording bounds a recording that is read, in bytes.
const maxRecording = 256 << 20

func replayCommand(s *cli.Shell) *cobra.Command {
	return &cobra.Command{
		Use:   "replay TRACE",
		Short: "Run a recording again and compare",
		Long: `Run a recording of aura choreo run again, with its answers and nothing else from outside, and compare: every event and
every effect must come again in its place. The exit code is 1, and the first difference is named, if one does not,
or if the file was changed.`,
		Example: "  aura choreo replay vote.trace",
		Args:    cli.Exactly(1, "TRACE"),
		RunE: func(_ *cobra.Command, args []string) error {
			data, err := s.ReadFile(args[0], maxRecording)
			if err != nil {
				return err
			}
			r, err := machine.ParseRecording(data)
			if err == nil {
				err = r.Replay()
			}
			if err != nil {
				return aura.Errorf("choreo.replayCommand", aura.KindOf(err), "%s: %s", args[0], aura.Reason(err))
			}
			return s.Print(map[string]any{
				"file": args[0], "messages": sent(r.Events), "events": len(r.Events), "effects": len(r.Effects), "rounds": r.Ticks,
			}, "%s: as recorded, %s", args[0], cli.Count(sent(r.Events), "message"))
		},
	}
}

// sent counts the messages of a trace.
func sent(events []machine.Event) int {
	n := 0
	for _, e := range events {
		if e.Kind == machine.EventSent {
			n++
		}
	}
	return n
}
