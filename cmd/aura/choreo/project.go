package choreo

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/ui/cli"
)

func projectCommand(s *cli.Shell) *cobra.Command {
	var role string
	var global bool
	var given *sizes
	c := &cobra.Command{
		Use:   "project FILE --role ROLE",
		Short: "Print the steps of one role",
		Long: `Print the steps of one role: a table of its states, its sends and receives in each, and the states that
follow. With --json it is the local type in interchange JSON, and with --global FILE is a global type in interchange
JSON, so that other tools can be compared with this one.`,
		Example: "  aura choreo project vote.tell --role 'Voter[0]' --bind N=3\n  aura choreo project --global vote.json --role Chair --json",
		Args:    cli.Exactly(1, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if role == "" {
				return cli.Usage(c, "aura choreo project needs --role ROLE")
			}
			local, err := projectFile(s, c, args[0], choreo.Role(role), global, given)
			if err != nil {
				return err
			}
			if s.JSON {
				data, err := choreo.EncodeLocal(local)
				if err != nil {
					return err
				}
				return s.Object(json.RawMessage(data))
			}
			return printPart(s, choreo.Role(role), local)
		},
	}
	c.Flags().StringVar(&role, "role", "", "the role, such as Chair or 'Voter[0]'")
	c.Flags().BoolVar(&global, "global", false, "FILE is a global type in interchange JSON")
	given = bindFlag(c)
	return c
}

func projectFile(s *cli.Shell, c *cobra.Command, name string, role choreo.Role, global bool, given *sizes) (choreo.Local, error) {
	if !global {
		inst, err := loadInstance(s, c, name, given)
		if err != nil {
			return nil, err
		}
		return part(inst, role)
	}
	if len(*given) > 0 {
		return nil, cli.Usage(c, "--bind has no meaning with --global: a global type has no families")
	}
	data, err := s.ReadFile(name, maxChoreography)
	if err != nil {
		return nil, err
	}
	g, err := choreo.DecodeGlobal(data)
	if err != nil {
		return nil, aura.Errorf("choreo.projectFile", aura.KindOf(err), "%s: %s", name, aura.Reason(err))
	}
	return choreo.Project(g, role)
}

// part returns the part of a role, with an error that names the roles there are.
func part(inst *choreo.Instance, role choreo.Role) (choreo.Local, error) {
	local, err := inst.Local(role)
	if aura.KindOf(err) != aura.NotFound {
		return local, err
	}
	const most = 8
	var names []string
	for i, r := range inst.Roles {
		if i == most {
			names = append(names, "…")
			break
		}
		names = append(names, string(r))
	}
	return nil, aura.Errorf("choreo.part", aura.NotFound,
		"protocol %s has no role %s: there is %s", inst.Protocol.Name, role, strings.Join(names, ", "))
}

// printPart writes the states of a part, the first one first, and what leads from each to which.
func printPart(s *cli.Shell, role choreo.Role, local choreo.Local) error {
	t, err := choreo.NewTable(local)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, beginning with %d\n", role, cli.Count(len(t.States), "state"), t.Start+1)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i, state := range t.States {
		what := map[choreo.StateKind]string{choreo.StateSend: "send", choreo.StateRecv: "receive", choreo.StateEnd: "end"}[state.Kind]
		if state.Kind == choreo.StateEnd {
			fmt.Fprintf(w, "%d\t%s\n", i+1, what)
			continue
		}
		to := map[choreo.StateKind]string{choreo.StateSend: "to", choreo.StateRecv: "from"}[state.Kind]
		for n, edge := range state.Edges {
			number := fmt.Sprint(i + 1)
			if n > 0 {
				number, what = "", "or"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s %s\tthen %d\n", number, what, edge.Label, to, state.Partner, edge.Next+1)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprint(s.Out, cli.Clean(b.String()))
	return err
}
