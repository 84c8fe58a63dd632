package choreo

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/ui/cli"
)

func compatCommand(s *cli.Shell) *cobra.Command {
	var given *sizes
	c := &cobra.Command{
		Use:   "compat OLD NEW",
		Short: "Say whether a new version of a protocol may meet the old one",
		Long: `Say whether a new version of a protocol may meet the old one, role by role: an agent with the new part among agents
with the old parts. The exit code is 1 if a role may not, or if that could not be decided.`,
		Example: "  aura choreo compat vote-1.tell vote-2.tell\n  aura choreo compat vote-1.tell vote-2.tell --bind N=3 --json",
		Args:    cli.Exactly(2, "OLD NEW"),
		RunE: func(c *cobra.Command, args []string) error {
			old, err := loadInstance(s, c, args[0], given)
			if err != nil {
				return err
			}
			updated, err := loadInstance(s, c, args[1], given)
			if err != nil {
				return err
			}
			comparisons, err := choreo.Compare(old, updated)
			if err != nil {
				return err
			}
			if err := printVerdicts(s, comparisons); err != nil {
				return err
			}
			return judge(comparisons)
		},
	}
	given = bindFlag(c)
	return c
}

// verdictLine is what `aura choreo compat --json` prints for each role.
type verdictLine struct {
	Role       choreo.Role `json:"role"`
	Verdict    string      `json:"verdict"`
	Compatible bool        `json:"compatible"`
	Reason     string      `json:"reason,omitempty"`
}

func printVerdicts(s *cli.Shell, comparisons []choreo.Comparison) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range comparisons {
		line := verdictLine{Role: c.Role, Verdict: c.Verdict.String(), Compatible: c.Verdict.Compatible()}
		if c.Reason != nil {
			line.Reason = aura.Reason(c.Reason)
		}
		if s.JSON {
			if err := s.Object(line); err != nil {
				return err
			}
			continue
		}
		row := string(line.Role) + "\t" + line.Verdict
		if line.Reason != "" {
			row += "\t" + line.Reason
		}
		fmt.Fprintln(w, row)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(s.Out, cli.Clean(b.String()))
	return err
}

// judge returns an error that names the roles for which the versions may not meet.
func judge(comparisons []choreo.Comparison) error {
	var bad []string
	for _, c := range comparisons {
		if !c.Verdict.Compatible() {
			bad = append(bad, string(c.Role))
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return aura.Errorf("choreo.judge", aura.Invalid, "the versions may not meet: %s", strings.Join(bad, ", "))
}
