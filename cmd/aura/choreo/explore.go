package choreo

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/machine/explore"
	"github.com/aura-runtime/aura/ui/cli"
)

func exploreCommand(s *cli.Shell) *cobra.Command {
	var o explore.Options
	var parts bool
	var memory int
	var given *sizes
	c := &cobra.Command{
		Use:   "explore FILE",
		Short: "Walk through everything that can happen in a small protocol",
		Long: `Walk through everything that can happen in a small protocol: all choices and all orders in which messages
can be sent and come, with room for --capacity messages on each edge. No state may be a deadlock, no message unexpected
or left over, from each state the end must be in reach, and canonical and parallel execution must tell the same story.

With --parts FILE is a JSON object with the local type of each role in interchange JSON, which nothing has checked
before. The exit code is 1 for a problem, printed with the shortest way to it, and for a protocol that is too
large to be walked through.`,
		Example: "  aura choreo explore vote.tell --bind N=2\n  aura choreo explore --parts parts.json",
		Args:    cli.Exactly(1, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if o.States < 1 || o.Capacity < 1 || o.States > maxStates || o.Capacity > maxCapacity {
				return cli.Usage(c, "--states must be between 1 and %d, --capacity between 1 and %d", maxStates, maxCapacity)
			}
			if memory < 1 || memory > maxMemory {
				return cli.Usage(c, "--memory must be between 1 and %d", maxMemory)
			}
			o.Bytes = memory << 20
			image, err := exploredImage(s, c, args[0], parts, given)
			if err != nil {
				return err
			}
			report, err := explore.Image(image, o)
			if err != nil {
				return err
			}
			return printReport(s, args[0], &report)
		},
	}
	c.Flags().IntVar(&o.States, "states", 1_000_000, "the most states")
	c.Flags().IntVar(&memory, "memory", 512, "about the most memory for states, in MiB")
	c.Flags().IntVar(&o.Capacity, "capacity", 4, "messages that can wait on each edge")
	c.Flags().BoolVar(&o.Everything, "everything", false, "walk orders too that cannot make a difference")
	c.Flags().BoolVar(&parts, "parts", false, "FILE has local types in interchange JSON")
	given = bindFlag(c)
	return c
}

// Bounds of an exploration.
const (
	maxStates   = 10_000_000
	maxCapacity = 1024
	maxMemory   = 64 << 10 // in MiB
)

func exploredImage(s *cli.Shell, c *cobra.Command, name string, parts bool, given *sizes) (*machine.Image, error) {
	if parts {
		return imageOfParts(s, name)
	}
	inst, err := loadInstance(s, c, name, given)
	if err != nil {
		return nil, err
	}
	if inst.Global == nil {
		return nil, cannotRun(inst)
	}
	return machine.CompileInstance(inst)
}

// imageOfParts reads {"Role": local type, …}.
func imageOfParts(s *cli.Shell, name string) (*machine.Image, error) {
	const op = "choreo.imageOfParts"
	data, err := s.ReadFile(name, maxChoreography)
	if err != nil {
		return nil, err
	}
	var roles map[string]json.RawMessage
	if err := json.Unmarshal(data, &roles); err != nil {
		return nil, aura.Errorf(op, aura.Invalid, "%s: %w", name, err)
	}
	var parts []machine.Part
	for _, role := range slices.Sorted(maps.Keys(roles)) {
		local, err := choreo.DecodeLocal(roles[role])
		if err != nil {
			return nil, aura.Errorf(op, aura.KindOf(err), "%s: role %s: %s", name, role, aura.Reason(err))
		}
		parts = append(parts, machine.Part{Role: choreo.Role(role), Local: local})
	}
	return machine.Compile(name, parts, machine.CompileOptions{})
}

// reportLine is what `aura choreo explore --json` prints.
type reportLine struct {
	File     string   `json:"file"`
	States   int      `json:"states"`
	Steps    int      `json:"steps"`
	Ends     int      `json:"ends"`
	Paths    int      `json:"paths"`
	Complete bool     `json:"complete"`
	Problem  string   `json:"problem,omitempty"`
	Detail   string   `json:"detail,omitempty"`
	Run      []string `json:"run,omitempty"`
}

// printReport prints the findings, and returns an error unless everything was visited and is well.
func printReport(s *cli.Shell, name string, r *explore.Report) error {
	const op = "choreo.printReport"
	line := reportLine{File: name, States: r.States, Steps: r.Steps, Ends: r.Ends, Paths: r.Paths, Complete: r.Complete}
	text := fmt.Sprintf("%s: %s, %s", name, cli.Count(r.States, "state"), cli.Count(r.Steps, "step"))
	var verdict error
	switch found := r.Counterexample; {
	case found != nil:
		line.Problem, line.Detail = string(found.Problem), found.Detail
		for _, step := range found.Steps {
			line.Run = append(line.Run, step.String())
		}
		text += "\n" + found.String()
		verdict = aura.Errorf(op, aura.Invalid, "%s: %s after %s", name, found.Problem, cli.Count(len(found.Steps), "step"))
	case !r.Complete:
		verdict = aura.Errorf(op, aura.Exhausted, "%s has more states: nothing is wrong in the first %d; raise --states or --memory, or bind smaller families",
			name, r.States)
	default:
		end := "every session ends"
		if r.Endless {
			end = "it never ends"
		}
		text += fmt.Sprintf(": no deadlock, no orphan message, %s, canonical and parallel agree (%s)", end, cli.Count(r.Paths, "path"))
	}
	if err := s.Print(line, "%s", cli.Clean(text)); err != nil {
		return err
	}
	return verdict
}
