package choreo

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/draw"
	"github.com/aura-runtime/aura/ui/cli"
)

func graphCommand(s *cli.Shell) *cobra.Command {
	var role, out string
	var given *sizes
	c := &cobra.Command{
		Use:   "graph FILE",
		Short: "Draw a protocol as SVG: who says what when, and each role's states",
		Long: `Draw a protocol as SVG: a sequence diagram of all roles, or with --role the states of one. With --out a folder gets
all of them: the protocol's name and .svg, and one file for each role.`,
		Example: "  aura choreo graph vote.tell > vote.svg\n  aura choreo graph vote.tell --role Chair > chair.svg\n  aura choreo graph vote.tell --bind N=3 --out pictures",
		Args:    cli.Exactly(1, "FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if role != "" && out != "" {
				return cli.Usage(c, "--out draws every role: leave out --role")
			}
			inst, err := loadInstance(s, c, args[0], given)
			if err != nil {
				return err
			}
			if out != "" {
				files, err := pictures(inst)
				if err != nil {
					return err
				}
				return writeFiles(s, out, files)
			}
			picture, err := drawOne(inst, choreo.Role(role))
			if err != nil {
				return err
			}
			if s.JSON {
				return s.Object(map[string]string{"svg": string(picture)})
			}
			_, err = s.Out.Write(picture)
			return err
		},
	}
	c.Flags().StringVar(&role, "role", "", "draw the states of this role")
	c.Flags().StringVar(&out, "out", "", "a folder for all pictures")
	given = bindFlag(c)
	return c
}

// drawOne draws the states of a role, or the whole protocol for no role.
func drawOne(inst *choreo.Instance, role choreo.Role) ([]byte, error) {
	if role == "" {
		if inst.Global == nil {
			return nil, cannotRun(inst)
		}
		return draw.Sequence(inst.Protocol.QualifiedName(), inst.Global, inst.Roles)
	}
	local, err := part(inst, role)
	if err != nil {
		return nil, err
	}
	table, err := choreo.NewTable(local)
	if err != nil {
		return nil, err
	}
	return draw.States(inst.Protocol.QualifiedName()+": "+string(role), table)
}

// pictures draws everything: the protocol first, then the roles in their order.
func pictures(inst *choreo.Instance) ([]outputFile, error) {
	whole, err := drawOne(inst, "")
	if err != nil {
		return nil, err
	}
	files := []outputFile{{inst.Protocol.Name + ".svg", whole}}
	for _, role := range inst.Roles {
		states, err := drawOne(inst, role)
		if err != nil {
			return nil, err
		}
		name := strings.NewReplacer("[", "-", "]", "").Replace(string(role))
		files = append(files, outputFile{inst.Protocol.Name + "." + name + ".svg", states})
	}
	return files, nil
}
