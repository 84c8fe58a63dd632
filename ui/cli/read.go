package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

func readCommand(s *Shell) *cobra.Command {
	var last int
	var asOf uint64
	var follow, keepUnread bool
	c := &cobra.Command{
		Use:   "read CONTACT|GROUP",
		Short: "Show a conversation, oldest message first, and mark it as read",
		Long: `Show a conversation, oldest message first, and mark it as read, which the other side learns.

With --json each message is one object on one line: id, from, mine, text, at, state and more. The state of an own
message is waiting (with its reason), sending, sent, delivered, read or failed. With --follow a message is printed
again, with --json only, when its state changes; while the agent is away the verb waits for it. With --as-of the
conversation is shown as it was when the journal ended at that position, as far as facts tell it, and is not marked as
read; "aura status" says how many facts there are now.`,
		Example: "  aura read Ben\n  aura read Ben --last 20 --follow\n  aura read Ben --json --keep-unread",
		Args:    Exactly(1, "a contact or a group"),
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("last") && last < 1 {
				return Usage(c, "--last must be 1 or more, got %d; without it all messages are shown", last)
			}
			if c.Flags().Changed("as-of") && asOf == 0 {
				return Usage(c, "--as-of must be 1 or more: the first fact has position 1")
			}
			if follow && asOf > 0 {
				return Usage(c, "--follow shows new messages, --as-of earlier ones: use one of them")
			}
			if follow {
				if err := s.needsAgent(c, "--follow"); err != nil {
					return err
				}
			}
			return s.Resolved("read", args[0], func(tc task.Context, core *app.Core, of app.Ref) error {
				if asOf > 0 {
					var err error
					if core, err = core.AsOf(tc, fact.Position(asOf)); err != nil {
						return err
					}
				}
				mark := !keepUnread && !s.Offline && !s.Demo && asOf == 0
				r := reader{shell: s, core: core, of: of, mark: mark, seen: map[aura.FactID]bool{}}
				if follow {
					return r.follow(tc, last)
				}
				conversation, err := core.History(tc, of, last)
				if err != nil {
					return err
				}
				return r.show(tc, conversation.Messages)
			})
		},
	}
	c.Flags().IntVar(&last, "last", 0, "show only the newest messages, at most so many (default all)")
	c.Flags().Uint64Var(&asOf, "as-of", 0, "show it as it was at this position of the journal (default: now)")
	c.Flags().BoolVar(&follow, "follow", false, "go on with new messages until interrupted")
	c.Flags().BoolVar(&keepUnread, "keep-unread", false, "do not mark the conversation as read")
	return c
}

// reader prints one conversation.
type reader struct {
	shell *Shell
	core  *app.Core
	of    app.Ref
	mark  bool // tell the other side which messages were read
	seen  map[aura.FactID]bool
	owed  bool // the read mark could not be sent: the agent was away
}

// follow prints the present and the new messages, until the person interrupts it.
func (r *reader) follow(tc task.Context, last int) error {
	err := r.core.Follow(tc, r.of, last, func(messages []chat.Message) error {
		err := r.show(tc, messages)
		if r.owed = aura.KindOf(err) == aura.Unavailable; r.owed {
			return nil
		}
		return err
	})
	return interrupted(tc, err)
}

// show prints messages and marks them as read.
func (r *reader) show(tc task.Context, messages []chat.Message) error {
	unread := r.owed
	now := tc.Now().At.Std()
	for i := range messages {
		m := &messages[i]
		again := r.seen[m.ID]
		r.seen[m.ID] = true
		unread = unread || m.State == delivery.ProgressReceived
		var err error
		switch {
		case r.shell.JSON:
			err = r.shell.Object(m)
		case !again:
			_, err = fmt.Fprintln(r.shell.Out, messageText(m, now))
		}
		if err != nil {
			return err
		}
	}
	if !unread || !r.mark {
		return nil
	}
	return r.core.MarkRead(tc, r.of)
}

// messageText returns a message for a person, on as many lines as it has.
func messageText(m *chat.Message, now time.Time) string {
	return clock(m.At, now) + "  " + speaker(m) + ": " + body(m.Text) + messageState(m)
}

// colons are the characters that look like the one behind a speaker's name (Unicode's confusables, UTS 39).
const colons = ":\uff1a\ufe30\u0589\u0703\u0704\u16ec\u1803\u1809\u205a\u05c3\u02f8\ua789\u2236\u02d0\ua4fd"

// speaker names the author of a message. The owner is always [contact.You], which no contact can be called, and a
// name that seems to end earlier than it does is quoted, so no name makes a line look like that of another person.
func speaker(m *chat.Message) string {
	if m.Mine {
		return contact.You
	}
	name := oneLine(m.From)
	if strings.ContainsAny(name, colons) {
		return strconv.QuoteToGraphic(name)
	}
	return name
}

// messageState returns how far an own message is and why no further, nothing for the messages of others.
func messageState(m *chat.Message) string {
	switch {
	case !m.Mine:
		return ""
	case m.Reason != "":
		return "  [" + m.State.String() + ": " + oneLine(m.Reason) + "]"
	}
	return "  [" + m.State.String() + "]"
}

// interrupted turns the end of a verb that only its person ends into success.
func interrupted(tc task.Context, err error) error {
	if aura.KindOf(tc.Err()) == aura.Cancelled {
		return nil
	}
	return err
}
