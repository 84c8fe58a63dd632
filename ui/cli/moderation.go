package cli

import (
	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/task"
)

// moderationVerb is one of four verbs that differ in their words and in what they call.
type moderationVerb struct {
	use, short, long, example string
	done                      string // what is printed, with the name
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
			long: `Refuse a contact. The connection is closed and nothing that the contact sends is taken; what it wrote before is
hidden. The contact is not told. "unblock" undoes it.`,
			example: "  aura block Ben", done: "blocked", act: (*app.Core).Block,
		},
		{
			use: "unblock CONTACT", short: "Undo block",
			example: "  aura unblock Ben", done: "no longer blocked", act: (*app.Core).Unblock,
		},
	} {
		commands = append(commands, moderationCommand(s, v))
	}
	return commands
}

func moderationCommand(s *Shell, v moderationVerb) *cobra.Command {
	return &cobra.Command{
		Use: v.use, Short: v.short, Long: v.long, Example: v.example,
		Args: Exactly(1, "a name"),
		RunE: func(c *cobra.Command, args []string) error {
			return s.resolved(c.Name(), args[0], func(tc task.Context, core *app.Core, who app.Ref) error {
				if err := v.act(core, tc, who); err != nil {
					return err
				}
				return s.Print(map[string]string{"name": who.Name, "done": c.Name()}, "%s is %s", who.Name, v.done)
			})
		},
	}
}
