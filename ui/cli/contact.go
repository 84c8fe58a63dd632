package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/task"
)

// reached returns how a contact is reached and treated, in a few words.
func reached(l *app.Person) string {
	text := l.Connection.Link.String()
	if l.Muted {
		text += ", muted"
	}
	if l.Blocked {
		text += ", blocked"
	}
	if why := l.Connection.Reason; l.Connection.Link == status.LinkOffline && !l.Blocked && why != status.ReasonAbsent && why != "" {
		text += ", " + oneLine(why)
	}
	if l.Connection.Lacks {
		text += ", " + status.Lacks
	}
	if l.Contested {
		text += ", " + device.ContestOf(l.Name) + ": ask " + l.Name
	}
	if l.Connection.Ahead != 0 {
		text += ", " + status.ClocksDiffer(l.Name, l.Connection.Ahead)
	}
	return text
}

func contactsCommand(s *Shell) *cobra.Command {
	var codes, follow bool
	c := &cobra.Command{
		Use:   "contacts",
		Short: "List the contacts, how they are reached and the codes that verify them",
		Long: `List the contacts, how they are reached and the codes that verify them.

Two people who read the same verification code to each other, by voice or in person, know that no third party stood
between them when they met. With --follow a contact is printed again when it changes, until interrupted.`,
		Example: "  aura contacts\n  aura contacts --verify\n  aura contacts --follow --json",
		Args:    None,
		RunE: func(c *cobra.Command, _ []string) error {
			if follow {
				if err := s.needsAgent(c, "--follow"); err != nil {
					return err
				}
			}
			return s.Connected("contacts", func(tc task.Context, core *app.Core) error {
				if follow {
					return interrupted(tc, s.followContacts(tc, core, codes))
				}
				people, err := core.People(tc)
				if err != nil {
					return err
				}
				return s.printContacts(people, codes)
			})
		},
	}
	c.Flags().BoolVar(&follow, "follow", false, "go on with changes until interrupted")
	c.Flags().BoolVar(&codes, "verify", false, "show the verification codes")
	c.AddCommand(contactAddressCommand(s), contactRemoveCommand(s))
	return c
}

// followContacts prints all contacts, and then each that is new or changes.
func (s *Shell) followContacts(tc task.Context, core *app.Core, codes bool) error {
	shown, began := map[aura.ContextID]app.Person{}, false
	return core.FollowPeople(tc, func(people []app.Person) error {
		var changed []app.Person
		for _, p := range people {
			if before, known := shown[p.Context]; !known || before != p {
				shown[p.Context] = p
				changed = append(changed, p)
			}
		}
		if began && len(changed) == 0 {
			return nil
		}
		began = true
		return s.printContacts(changed, codes)
	})
}

func (s *Shell) printContacts(people []app.Person, codes bool) error {
	if s.JSON {
		for i := range people {
			if err := s.Object(&people[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(people) == 0 {
		return s.Print(nil, "no contacts yet: invite a person with: aura invite create%s", s.HomeFlag())
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	for i := range people {
		l := &people[i]
		third := aura.Short(l.Authority)
		if codes {
			third = l.Verification
		}
		also := ""
		if l.PeerName != l.Name {
			also = "\tcalls itself " + oneLine(l.PeerName)
		}
		fmt.Fprintf(w, "%s\t%s\t%s%s\n", l.Name, reached(l), third, also)
	}
	return w.Flush()
}

func renameCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:   "rename CONTACT|GROUP NAME",
		Short: "Call a contact or a group something else, on this side only",
		Long: `Call a contact or a group something else, on this side only. A name that you have seen stays until you change
it here, also when the other side changes its own name; "aura contacts" shows that too. An empty NAME takes the name that the
other side has for itself now.`,
		Example: "  aura rename Ben \"Ben from the club\"\n  aura rename \"Ben from the club\" \"\"",
		Args:    Exactly(2, "a contact or a group, and a name"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Resolved("rename", args[0], func(tc task.Context, core *app.Core, who app.Ref) error {
				now, err := core.Rename(tc, who, args[1])
				if err != nil {
					return err
				}
				return s.Print(map[string]any{"context": now.Context, "name": now.Name}, "%s is now called %s", who.Name, now.Name)
			})
		},
	}
}

func nameCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:     "name NAME",
		Short:   "Change the name that you give yourself; contacts learn it",
		Example: "  aura name \"Ada L.\"",
		Args:    Exactly(1, "a name"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Connected("name", func(tc task.Context, core *app.Core) error {
				if err := core.SetName(tc, args[0]); err != nil {
					return err
				}
				return s.Print(map[string]string{"name": args[0]}, "your name is now %s", args[0])
			})
		},
	}
}
