package cli

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/task"
)

func sessionTraceCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:   "trace ID",
		Short: "Show the steps of a session with the guard's decisions and the machine's events",
		Long: `Show the recorded steps of a session: when each became durable, below each message that was sent what the guard was
asked and what it cost, and below each step what the protocol machine did, on which the recording is played again.`,
		Example: "  aura session trace k3jqm2xa\n  aura session trace k3jqm2xa --json\n  aura session trace k3jqm2xa --offline",
		Args:    Exactly(1, "the beginning of a session's identifier"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Connected("session trace", func(tc task.Context, core *app.Core) error {
				all, err := askSession(tc, core, args[0], core.SessionTrace)
				if err != nil {
					return err
				}
				if s.JSON {
					return s.Object(all)
				}
				return s.printTrace(all, tc.Now().At.Std())
			})
		},
	}
}

func (s *Shell) printTrace(v *sessionShown, now time.Time) error {
	var b strings.Builder
	v.head(&b, now)
	for i := range v.Steps {
		v.step(&b, i, now)
		step := &v.Steps[i]
		if g := step.Guard; g != nil {
			fmt.Fprintf(&b, "  guard    %s\n", g)
			if g.Epoch != 0 {
				fmt.Fprintf(&b, "  receipt  %s in epoch %d\n", count(int(g.Units), "unit"), g.Epoch)
			}
			for _, l := range g.Leak {
				fmt.Fprintf(&b, "  leaks    %s to observers of class %s\n", count(int(l.Bits), "bit"), l.Observer)
			}
		}
		for _, e := range step.Events {
			fmt.Fprintf(&b, "  machine  %s\n", e)
		}
	}
	_, err := fmt.Fprint(s.Out, b.String())
	return err
}

// replayLine is what `aura session replay --json` prints.
type replayLine struct {
	sessionLine
	Messages uint64             `json:"messages"`
	Before   uint64             `json:"before,omitempty"` // messages before the checkpoint with which the recording begins
	Checked  uint64             `json:"checked"`          // states that came again
	Root     string             `json:"root,omitempty"`   // SHA-256 of the state at the end, in hexadecimal digits; absent: the role has played its part
	Departs  *session.Departure `json:"departs,omitempty"`
}

func sessionReplayCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:   "replay ID",
		Short: "Play the recording of a session on a fresh machine and compare",
		Long: `Play the recording of a session on a fresh machine. Every message must be possible again in its place, and every
state that the recording has, and with an agent the state of its machine, must come again to the byte. The exit code is 1, and
the first difference is named, if one does not.`,
		Example: "  aura session replay k3jqm2xa\n  aura session replay k3jqm2xa --offline",
		Args:    Exactly(1, "the beginning of a session's identifier"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Connected("session replay", func(tc task.Context, core *app.Core) error {
				name, err := resolveSession(tc, core, args[0])
				if err != nil {
					return err
				}
				again, err := core.SessionReplay(tc, name)
				if err != nil {
					return err
				}
				known, err := callsOf(tc, core)
				if err != nil {
					return err
				}
				return s.printReplay(&again, &known)
			})
		},
	}
}

func (s *Shell) printReplay(r *session.Replayed, known *calls) error {
	line := replayLine{known.lineOf(&r.Session), r.Messages, r.Before, r.Checked, "", r.Departs}
	if r.State != [32]byte{} {
		line.Root = fmt.Sprintf("%x", r.State)
	}
	if s.JSON {
		if err := s.Object(&line); err != nil {
			return err
		}
	}
	if d := r.Departs; d != nil {
		return aura.Errorf("cli.printReplay", aura.Corrupt, "session %s departs from its recording at message %d: %s: keep the home as it is and report it",
			aura.Short(r.Session.Name), d.Message, d.Reason)
	}
	if s.JSON {
		return nil
	}
	stands := "the role has played its part"
	if line.Root != "" {
		stands = "it stands at " + line.Root
	}
	played := count(int(r.Messages), "message")
	if r.Before > 0 {
		played += fmt.Sprintf(" from the checkpoint behind %d on", r.Before)
	}
	return s.Print(nil, "session %s: as recorded, %s, %s to the byte; %s", aura.Short(r.Session.Name),
		played, count(int(r.Checked), "state"), stands)
}

func sessionGraphCommand(s *Shell) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "graph ID",
		Short: "Draw what happened in a session, with the guard's decisions at the arrows",
		Long: `Draw what happened in a session as a sequence diagram, with the guard's decisions at the arrows: lines of text, or with
--svg a picture in a file that a browser shows.`,
		Example: "  aura session graph k3jqm2xa\n  aura session graph k3jqm2xa --svg invitation.svg",
		Args:    Exactly(1, "the beginning of a session's identifier"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Connected("session graph", func(tc task.Context, core *app.Core) error {
				all, err := askSession(tc, core, args[0], core.SessionTrace)
				if err != nil {
					return err
				}
				return s.printGraph(all, file)
			})
		},
	}
	c.Flags().StringVar(&file, "svg", "", "write a picture in SVG to this file")
	return c
}

func (s *Shell) printGraph(v *sessionShown, file string) error {
	shown := session.Shown{Session: v.Session, Earlier: v.Earlier, Steps: v.Steps}
	picture, err := s.Draw(&shown, file != "")
	if err != nil {
		return err
	}
	if file == "" {
		if s.JSON {
			return s.Object(map[string]string{"text": string(picture)})
		}
		_, err = s.Out.Write(picture)
		return err
	}
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		return aura.Errorf("cli.printGraph", aura.Unavailable, "%w", err)
	}
	return s.Print(map[string]any{"file": file, "bytes": len(picture)}, "%s: %s", file, count(len(picture), "byte"))
}
