package program

import (
	"cmp"

	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/ui/cli"
)

// operationLine is what `aura doctor --operations --json` prints of an operation.
type operationLine struct {
	Operation string `json:"operation"`
	Domain    string `json:"domain"`
	Category  string `json:"category"`
	// Internal is set for operations of the domain itself.
	Internal bool `json:"internal,omitempty"`
	// Protocol is the choreography of a ceremony.
	Protocol string `json:"protocol,omitempty"`
	// Leaves is the kind of fact that says it was done.
	Leaves string `json:"leaves,omitempty"`
}

// printOperations lists the operations of every domain with what each needs so that nothing of it can be half done.
func printOperations(s *cli.Shell) error {
	set, err := builtin.New(s.Modules...)
	if err != nil {
		return err
	}
	for _, m := range set.Modules() {
		for _, o := range m.Operations {
			line := operationLine{
				Operation: o.Name, Domain: m.Name, Category: o.Category.String(), Internal: o.Internal, Protocol: o.Protocol, Leaves: o.Leaves,
			}
			by := "a person"
			if o.Internal {
				by = "the agent"
			}
			if err := s.Print(line, "%-22s %-12s %-10s %-22s %s", o.Name, line.Category, by, o.Leaves, cmp.Or(o.Protocol, "-")); err != nil {
				return err
			}
		}
	}
	return nil
}
