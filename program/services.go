package program

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
)

// askServices returns the declarations of the running agent's services. It returns aura.Unavailable when none runs.
func askServices(tc task.Context, home string) ([]status.Declared, error) {
	core, err := connect(tc, home)
	if err != nil {
		return nil, err
	}
	return core.Services(tc)
}

// printServices prints a line for each service: its owner, category and mailbox, the state that it owns and the
// events that it reports.
func printServices(s *cli.Shell, declared []status.Declared) error {
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	if !s.JSON {
		fmt.Fprintln(w, "SERVICE\tOWNER\tCATEGORY\tMAILBOX\tOWNS\tREPORTS")
	}
	for _, d := range declared {
		if s.JSON {
			if err := s.Object(&d); err != nil {
				return err
			}
			continue
		}
		mailbox := "-"
		if d.Mailbox > 0 {
			mailbox = strconv.Itoa(d.Mailbox)
		}
		owns := make([]string, len(d.Owns))
		for i, o := range d.Owns {
			owns[i] = o.Type + " by " + o.By
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", d.Name, d.Owner, d.Category, mailbox, strings.Join(owns, ", "), strings.Join(d.Events, ", "))
	}
	return w.Flush()
}
