package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/task"
)

// statusLine is what `aura status --json` prints.
type statusLine struct {
	Name string `json:"name"`
	Home string `json:"home"`
	status.Status
	Contacts []app.Person    `json:"contacts"`
	Copies   []status.Notice `json:"copies,omitempty"`
	Contests []status.Notice `json:"contests,omitempty"`
	Rights   []status.Notice `json:"rights,omitempty"`
}

func statusCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "Show the running agent: who it is, where it listens, who is connected",
		Example: "  aura status\n  aura status --json",
		Args:    None,
		RunE: func(*cobra.Command, []string) error {
			return s.Connected("status", func(tc task.Context, core *app.Core) error {
				home, err := s.Folder()
				if err != nil {
					return err
				}
				line := statusLine{Home: home}
				if line.Status, err = core.Status(tc); err != nil {
					return err
				}
				if line.Name, err = core.OwnName(tc); err != nil {
					return err
				}
				if line.Contacts, err = core.People(tc); err != nil {
					return err
				}
				name := func(a aura.AuthorityID) string { return nameIn(line.Contacts, a) }
				line.Copies = line.Status.Copies(tc.Now().At, name)
				contested, err := core.Contested(tc)
				if err != nil {
					return err
				}
				line.Contests = contested.Notices(core.Self(), name)
				line.Rights = line.Status.Rights()
				if s.JSON {
					return s.Object(line)
				}
				return s.printStatus(&line, tc.Now().At.Sub(line.Started))
			})
		},
	}
}

// nameIn returns how the member of a conversation is called.
func nameIn(contacts []app.Person, member aura.AuthorityID) string {
	for i := range contacts {
		if contacts[i].Authority == member {
			return contacts[i].Name
		}
	}
	return "group member " + aura.Short(member)
}

func (s *Shell) printStatus(line *statusLine, up time.Duration) error {
	var b strings.Builder
	row := func(what, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s "+format+"\n", append([]any{what}, args...)...)
	}
	row("name", "%s", line.Name)
	row("authority", "%s", line.Authority)
	row("device", "%s", line.Device)
	row("home", "%s", line.Home)
	if line.Version != "" {
		row("version", "%s", line.Version)
	}
	switch {
	case s.Offline:
		row("agent", "does not run: this is its journal")
	case s.Demo:
		row("agent", "is made up")
	default:
		row("up", "%s", span(up))
	}
	row("journal", "%s", count(int(line.Facts), "fact"))
	for i, a := range line.Addresses {
		row(first(i, "listens"), "%s", a)
	}
	for i, c := range line.Contacts {
		row(first(i, "contacts"), "%s  %s", c.Name, reached(&c))
	}
	notices := func(label string, all []status.Notice) {
		for i, n := range all {
			row(first(i, label), "%s", n.Text)
			if n.Fix != "" {
				row("", "fix: %s", n.Fix)
			}
		}
	}
	notices("copies", line.Copies)
	notices("devices", line.Contests)
	notices("rights", line.Rights)
	for _, sv := range line.Services {
		if sv.State != task.Running.String() {
			row("service", "%s is %s", sv.Name, sv.State)
		}
	}
	_, err := fmt.Fprint(s.Out, b.String())
	return err
}

// first returns the label on the first line of a list.
func first(i int, label string) string {
	if i == 0 {
		return label
	}
	return ""
}
