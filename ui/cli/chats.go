package cli

import (
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/task"
)

func chatsCommand(s *Shell) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "chats",
		Short: "List the conversations, the newest first, with their unread messages",
		Long: `List the conversations, the one with the newest message first, with the number of unread messages and the
beginning of the last one. Nothing is marked as read. Blocked contacts are not listed; groups that you left are listed
with --all.`,
		Example: "  aura chats\n  aura chats --all --json",
		Args:    None,
		RunE: func(*cobra.Command, []string) error {
			return s.Connected("chats", func(tc task.Context, core *app.Core) error {
				threads, err := core.Overview(tc)
				if err != nil {
					return err
				}
				now := tc.Now().At.Std()
				slices.SortStableFunc(threads, func(a, b chat.Thread) int { return written(&b, now).Compare(written(&a, now)) })
				if !all {
					threads = slices.DeleteFunc(threads, func(t chat.Thread) bool { return t.Left })
				}
				return s.printChats(threads, now)
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "also list the groups that you left")
	return c
}

// written returns when the last message of a conversation was written by its author's clock, and now for a clock
// that is ahead: causal order, which the conversations come in, says nothing between two of them.
func written(t *chat.Thread, now time.Time) time.Time {
	switch {
	case t.Last == nil:
		return time.Time{}
	case t.Last.At.After(now):
		return now
	}
	return t.Last.At
}

func (s *Shell) printChats(threads []chat.Thread, now time.Time) error {
	if s.JSON {
		for i := range threads {
			if err := s.Object(&threads[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(threads) == 0 {
		return s.Print(nil, "no conversations yet: invite a person with: aura invite create%s", s.HomeFlag())
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	for i := range threads {
		t := &threads[i]
		fmt.Fprintf(w, "%s\t%s\t%s\n", t.Name, unreadText(t), lastText(t, now))
	}
	return w.Flush()
}

// unreadText returns how much of a conversation is unread, and what else is to be known of it.
func unreadText(t *chat.Thread) string {
	text := "-"
	if t.Unread > 0 {
		text = fmt.Sprintf("%d unread", t.Unread)
	}
	if t.Muted {
		text += ", muted"
	}
	if t.Left {
		text += ", you left"
	}
	return text
}

// lastText returns the time, the author and the beginning of the last message of a conversation.
func lastText(t *chat.Thread, now time.Time) string {
	if t.Last == nil {
		return "nothing was written yet"
	}
	return clock(t.Last.At, now) + "  " + speaker(t.Last) + ": " + beginning(t.Last.Text)
}
