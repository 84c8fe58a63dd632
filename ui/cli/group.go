package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/task"
)

func groupCommand(s *Shell) *cobra.Command {
	return family(&cobra.Command{
		Use:   "group",
		Short: "Create groups, leave them, list them",
		Long: `Create groups, leave them, list them. The members of a group are fixed when it is created; each can leave.
Messages go to a group with "send" and are shown with "read", by the group's name.`,
		Example: "  aura group create Friends Ben Cleo\n  aura send Friends \"hello all\"",
	}, groupCreateCommand(s), groupLeaveCommand(s), groupListCommand(s))
}

func groupCreateCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:     "create NAME CONTACT…",
		Short:   "Create a group with contacts",
		Example: "  aura group create Friends Ben Cleo",
		Args:    AtLeast(2, "a name and at least one contact"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Connected("group create", func(tc task.Context, core *app.Core) error {
				var members []app.Ref
				for _, name := range args[1:] {
					ref, err := core.Resolve(tc, name)
					if err != nil {
						return err
					}
					members = append(members, ref)
				}
				group, err := core.CreateGroup(tc, args[0], members)
				if err != nil {
					return err
				}
				return s.Print(map[string]any{"name": group.Name, "context": group.Context},
					"the group %s is made; write to it with: aura send%s %q \"hello\"", group.Name, s.HomeFlag(), group.Name)
			})
		},
	}
}

func groupLeaveCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:     "leave GROUP",
		Short:   "Leave a group for good",
		Example: "  aura group leave Friends",
		Args:    Exactly(1, "a group"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Resolved("group leave", args[0], func(tc task.Context, core *app.Core, group app.Ref) error {
				if err := core.Leave(tc, group); err != nil {
					return err
				}
				return s.Print(map[string]any{"name": group.Name, "left": true}, "you left %s", group.Name)
			})
		},
	}
}

func groupListCommand(s *Shell) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the groups and their members",
		Long: `List the groups and their members. Groups that you left are listed with --all; "read" shows the messages of one
while you were there.`,
		Example: "  aura group list\n  aura group list --all --json",
		Args:    None,
		RunE: func(*cobra.Command, []string) error {
			return s.Connected("group list", func(tc task.Context, core *app.Core) error {
				groups, err := core.Groups(tc)
				if err != nil {
					return err
				}
				if !all {
					groups = slices.DeleteFunc(groups, func(g chat.Thread) bool { return g.Left })
				}
				if len(groups) == 0 && !s.JSON {
					return s.Print(nil, "no groups: create one with: aura group create%s NAME CONTACT…", s.HomeFlag())
				}
				for i := range groups {
					line := groupLine(&groups[i])
					if err := s.Print(line, "%s", groupText(&line)); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "also list the groups that you left")
	return c
}

// groupListing is one line of `aura group list --json`.
type groupListing struct {
	chat.Ref
	Name    string             `json:"name"`
	Members []chat.Participant `json:"members"`
	Muted   bool               `json:"muted"`
	Left    bool               `json:"left"`
}

func groupLine(t *chat.Thread) groupListing {
	return groupListing{Ref: t.Ref, Name: t.Name, Members: t.Members, Muted: t.Muted, Left: t.Left}
}

func groupText(g *groupListing) string {
	members := make([]string, len(g.Members))
	for i, m := range g.Members {
		members[i] = m.Name
		if m.Left {
			members[i] += " (left)"
		}
	}
	text := g.Name + ": you, " + strings.Join(members, ", ")
	if g.Muted {
		text += "  [muted]"
	}
	if g.Left {
		text = g.Name + ": " + strings.Join(members, ", ") + "  [you left]"
	}
	return text
}
