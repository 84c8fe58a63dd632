package cli

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/task"
)

// moderationVerb is one of three verbs that differ in their words and in the workflow that they call.
type moderationVerb struct {
	use, short, long, example string
	done                      string // the printed line, with the name
	act                       func(core *app.Core, tc task.Context, who app.Ref) error
}

func moderationCommands(s *Shell) []*cobra.Command {
	var commands []*cobra.Command
	for _, v := range []moderationVerb{
		{
			use: "mute CONTACT|GROUP", short: "Show the messages of a contact or group, but give no notice",
			example: "  aura mute Ben", done: "muted", act: (*app.Core).Mute,
		},
		{
			use: "unmute CONTACT|GROUP", short: "Undo mute",
			example: "  aura unmute Ben", done: "no longer muted", act: (*app.Core).Unmute,
		},
		{
			use: "block CONTACT", short: "Refuse a contact: nothing arrives, nothing is sent, nothing is shown",
			long: `Refuse a contact. The connection is closed and nothing that the contact sends is taken; its earlier
messages are hidden. The contact is not told. "unblock" undoes it.`,
			example: "  aura block Ben", done: "blocked", act: (*app.Core).Block,
		},
	} {
		commands = append(commands, moderationCommand(s, v))
	}
	return append(commands, unblockCommand(s))
}

// The treatment of messages that a contact wrote while it was blocked.
const (
	missedShow = "show"
	missedDrop = "drop"
)

func unblockCommand(s *Shell) *cobra.Command {
	var missed string
	c := &cobra.Command{
		Use:   "unblock CONTACT",
		Short: "Undo block, and decide about messages that the contact wrote meanwhile",
		Long: `Undo block. Messages that the contact wrote meanwhile wait at its agent and arrive now. --missed show
shows them, --missed drop hides it for good, as far as it was written before now by the contact's clock. Without the
flag the verb asks at a terminal, and drops otherwise. The contact is told neither.`,
		Example: "  aura unblock Ben\n  aura unblock Ben --missed show",
		Args:    Exactly(1, "a name"),
		RunE: func(c *cobra.Command, args []string) error {
			if missed != "" && missed != missedShow && missed != missedDrop {
				return Usage(c, "--missed takes %q or %q, got %q", missedShow, missedDrop, missed)
			}
			return s.Resolved("unblock", args[0], func(tc task.Context, core *app.Core, who app.Ref) error {
				what := missed
				if what == "" {
					what = s.askMissed(who.Name)
				}
				act, said := core.UnblockWithout, "is not shown"
				if what == missedShow {
					act, said = core.Unblock, "is shown"
				}
				if err := act(tc, who); err != nil {
					return err
				}
				return s.Print(map[string]string{"name": who.Name, "done": "unblock", "missed": what},
					"%s is no longer blocked; what %s wrote meanwhile %s", who.Name, who.Name, said)
			})
		},
	}
	c.Flags().StringVar(&missed, "missed", "", "messages that the contact wrote while it was blocked: show or drop")
	return c
}

// askMissed asks a person at a terminal; without one the messages are dropped.
func (s *Shell) askMissed(name string) string {
	if !s.Terminal || s.JSON {
		return missedDrop
	}
	fmt.Fprintf(s.Out, "Show what %s wrote while blocked? [y/N] ", name)
	answer, _ := bufio.NewReader(s.In).ReadString('\n') // no answer is a no
	if strings.EqualFold(strings.TrimSpace(answer), "y") || strings.EqualFold(strings.TrimSpace(answer), "yes") {
		return missedShow
	}
	return missedDrop
}

func moderationCommand(s *Shell, v moderationVerb) *cobra.Command {
	return &cobra.Command{
		Use: v.use, Short: v.short, Long: v.long, Example: v.example,
		Args: Exactly(1, "a name"),
		RunE: func(c *cobra.Command, args []string) error {
			return s.Resolved(c.Name(), args[0], func(tc task.Context, core *app.Core, who app.Ref) error {
				if err := v.act(core, tc, who); err != nil {
					return err
				}
				return s.Print(map[string]string{"name": who.Name, "done": c.Name()}, "%s is %s", who.Name, v.done)
			})
		},
	}
}
