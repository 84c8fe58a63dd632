package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/task"
)

func watchCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:   "watch",
		Short: "Print events as they happen: messages, their states, contacts, connections",
		Long: `Print events as they happen, until interrupted. With --json each event is one object on one line; "event" is
message, progress, contact, group, invitation, connection or fact (of an application's domain), or gap where events are
missing because they were not read in time. Watching marks nothing as read. While the agent is away the verb waits for it.`,
		Example: "  aura watch\n  aura watch --json",
		Args:    None,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := s.needsAgent(c, "watch"); err != nil {
				return err
			}
			return s.Connected("watch", func(tc task.Context, core *app.Core) error {
				err := core.Events(tc, func(e app.Event) error {
					if s.JSON {
						return s.Object(e)
					}
					_, err := fmt.Fprintln(s.Out, eventText(&e, tc.Now().At.Std()))
					return err
				})
				return interrupted(tc, err)
			})
		},
	}
}

// eventText returns an event for a person.
func eventText(e *app.Event, now time.Time) string {
	head := clock(now, now) + "  "
	switch {
	case e.Message != nil && e.Kind == app.EventProgress:
		return head + e.Name + "  \"" + beginning(e.Message.Text) + "\"" + messageState(e.Message)
	case e.Message != nil:
		return head + e.Name + "  " + speaker(e.Message) + ": " + body(e.Message.Text) + messageState(e.Message)
	case e.Contact != nil:
		return head + "contact " + e.Name
	case e.Group != nil:
		line := groupLine(e.Group)
		return head + "group " + groupText(&line)
	case e.Invitation != nil:
		return head + fmt.Sprintf("invitation %s: %s", shortInvitation(e.Invitation.ID), e.Invitation.Phase) + because(e.Invitation.Reason)
	case e.Fact != nil:
		return strings.TrimRight(head+e.Name, " ") + "  " + body(e.Fact.Text)
	case e.Connection != nil:
		return head + e.Name + " is " + e.Connection.Link.String() + because(e.Connection.Reason)
	}
	return head + e.Kind
}

// because returns a reason in brackets, nothing for none.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + oneLine(reason) + ")"
}
