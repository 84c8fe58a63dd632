package choreo

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/ui/cli"
)

// runFlags are those of `aura choreo run`.
type runFlags struct {
	seed   uint64
	rounds int
	told   []string
	trace  string
}

func runCommand(s *cli.Shell) *cobra.Command {
	var flags runFlags
	var given *sizes
	c := &cobra.Command{
		Use:   "run FILE",
		Short: "Play all roles of a protocol and print their messages",
		Long: `Play all roles of a protocol in one machine and print their messages. Choices and payloads are random,
the same for the same seed; --choose takes the first choices by the names of their messages. A protocol that goes on for
ever is stopped after --rounds steps. With --trace the whole run is recorded for aura choreo replay.`,
		Example: "  aura choreo run vote.tell --bind N=3\n  aura choreo run vote.tell --choose Lost --seed 7 --trace vote.trace",
		Args:    cli.Exactly(1, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if flags.rounds < 1 || flags.rounds > maxRounds {
				return cli.Usage(c, "--rounds must be between 1 and %d", maxRounds)
			}
			inst, err := loadInstance(s, c, args[0], given)
			if err != nil {
				return err
			}
			return runProtocol(s, inst, &flags)
		},
	}
	c.Flags().Uint64Var(&flags.seed, "seed", 1, "of random choices and payloads")
	c.Flags().IntVar(&flags.rounds, "rounds", 10_000, "the most steps")
	c.Flags().StringSliceVar(&flags.told, "choose", nil, "the first choices, such as Lent,Done")
	c.Flags().StringVar(&flags.trace, "trace", "", "a file for the recording")
	given = bindFlag(c)
	return c
}

// maxRounds bounds a run, and so the memory of its recording.
const maxRounds = 1_000_000

// sessionOwner owns the only session of a run.
const sessionOwner = "aura.choreo.run"

func runProtocol(s *cli.Shell, inst *choreo.Instance, flags *runFlags) error {
	const op = "choreo.runProtocol"
	if inst.Global == nil {
		return cannotRun(inst)
	}
	image, err := machine.CompileInstance(inst)
	if err != nil {
		return err
	}
	host, trace := newImproviser(flags.seed, flags.told), machine.NewTrace(0)
	m := machine.New(host, machine.Options{
		MaxRoles: len(image.Roles()), Trace: trace, Log: machine.NewLog(0),
	})
	// One process and nothing in between: no value needs a seal, and one step at a time is the reference.
	owner, err := m.Open(image, machine.Opening{
		Owner: sessionOwner, Admission: machine.AdmitTrusted(image, machine.IntegrityBare, machine.ReplaySequence, 1),
	})
	if err != nil {
		return err
	}
	status, err := m.Run(flags.rounds)
	if host.wrong != nil {
		return host.wrong
	}
	if err != nil {
		return err
	}
	id := machine.SessionID(owner.Session)
	ended := runEnd{Over: status == machine.StatusAllDone, Rounds: m.Tick(), Seed: flags.seed}
	if err := printRun(s, machine.Messages(trace.Events(), id, image), ended); err != nil {
		return err
	}
	if flags.trace != "" {
		if err := writeRecording(m, flags.trace); err != nil {
			return err
		}
	}
	switch {
	case status == machine.StatusStuck:
		return aura.Errorf(op, aura.Internal, "every role waits for another: please report this protocol")
	case host.asked < len(flags.told):
		return aura.Errorf(op, aura.Invalid, "--choose: %s was never asked for", strings.Join(flags.told[host.asked:], ", "))
	}
	return nil
}

func cannotRun(inst *choreo.Instance) error {
	return aura.Errorf("choreo.runProtocol", aura.Invalid, "protocol %s cannot be run: see aura choreo check", inst.Protocol.Name)
}

// runLine is one message as `aura choreo run --json` prints it, and runEnd the last line.
type runLine struct {
	Number  int         `json:"number"`
	From    choreo.Role `json:"from"`
	To      choreo.Role `json:"to"`
	Message string      `json:"message"`
	Payload string      `json:"payload,omitempty"`
}

type runEnd struct {
	Over     bool   `json:"over"`
	Messages int    `json:"messages"`
	Rounds   uint64 `json:"rounds"`
	Seed     uint64 `json:"seed"`
}

func printRun(s *cli.Shell, messages []machine.Sent, end runEnd) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i, m := range messages {
		if s.JSON {
			line := runLine{Number: i + 1, From: m.From, To: m.To, Message: m.Label.Name, Payload: m.Label.Payload}
			if err := s.Object(line); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%d\t%s\t→ %s\t%s\n", i+1, m.From, m.To, m.Label)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	end.Messages = len(messages)
	if s.JSON {
		return s.Object(end)
	}
	word := "over"
	if !end.Over {
		word = "stopped, and could go on,"
	}
	_, err := fmt.Fprintf(s.Out, "%s%s after %s, seed %d\n", cli.Clean(b.String()), word,
		cli.Count(end.Messages, "message"), end.Seed)
	return err
}

func writeRecording(m *machine.Machine, name string) error {
	recording, err := m.Record()
	if err != nil {
		return err
	}
	if err := os.WriteFile(name, recording.Encode(), 0o600); err != nil {
		return aura.Errorf("choreo.writeRecording", aura.Unavailable, "%w", err)
	}
	return nil
}
