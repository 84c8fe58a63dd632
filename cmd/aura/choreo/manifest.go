package choreo

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/ui/cli"
)

func manifestCommand(s *cli.Shell) *cobra.Command {
	var d choreo.Defaults
	c := &cobra.Command{
		Use:     "manifest FILE",
		Short:   "Print what admission must know of a protocol",
		Long:    "Print what admission must know of a protocol before it runs, as JSON: its roles, the capabilities and the evidence that\nit needs, its bundles and transfers. With --json it is one line.",
		Example: "  aura choreo manifest vote.tell\n  aura choreo manifest vote.tell --id org.example.vote",
		Args:    cli.Exactly(1, "FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := loadFile(s, args[0])
			if err != nil {
				return err
			}
			m := p.Manifest(d)
			if s.JSON {
				return s.Object(m)
			}
			data, err := json.MarshalIndent(m, "", "  ")
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.Out, "%s\n", data)
			return err
		},
	}
	defaultsFlags(c, &d)
	return c
}

// defaultsFlags adds the properties of a protocol that a deployment sets and its text does not.
func defaultsFlags(c *cobra.Command, d *choreo.Defaults) {
	c.Flags().StringVar(&d.ProtocolID, "id", "", "the protocol's id (default aura. and its name)")
	c.Flags().StringVar(&d.Policy, "policy", "", "the determinism policy (default "+choreo.DefaultPolicy+")")
	c.Flags().StringSliceVar(&d.Capabilities, "capability", nil, "a capability that the runtime must have; may be repeated")
}
