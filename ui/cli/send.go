package cli

import (
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/task"
)

// sentLine is what `aura send --json` prints.
type sentLine struct {
	app.Sent
	To     string `json:"to"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
}

// stateDurable is how far a message is when `send` returns without waiting: it survives a crash.
const stateDurable = "durable"

func sendCommand(s *Shell) *cobra.Command {
	var wait string
	var within time.Duration
	c := &cobra.Command{
		Use:   "send CONTACT|GROUP TEXT",
		Short: "Send a message; - reads the text from standard input",
		Long: `Send a message to a contact or a group. The verb returns when the message is durable on this device; it
leaves as soon as the other side can be reached. TEXT "-" reads standard input to its end, as it is.`,
		Example: "  aura send Ben \"hi ben\"\n  aura send Ben - < letter.txt\n  aura send Ben \"are you there?\" --wait delivered --timeout 30s",
		Args:    Exactly(2, "a contact or group and one text (quote it)"),
		RunE: func(c *cobra.Command, args []string) error {
			if wait != "" && wait != chat.Delivered.String() {
				return Usage(c, "--wait knows %q only, got %q", chat.Delivered.String(), wait)
			}
			if within <= 0 {
				return Usage(c, "--timeout must be more than zero")
			}
			text := args[1]
			if text == "-" {
				var err error
				if text, err = readText(s.In); err != nil {
					return err
				}
			}
			return s.resolved("send", args[0], func(tc task.Context, core *app.Core, to app.Ref) error {
				sent, err := core.Send(tc, to, text, aura.FactID{})
				if err != nil {
					return err
				}
				line := sentLine{Sent: sent, To: to.Name, State: stateDurable}
				if wait == "" {
					return s.Print(line, "%s to %s is on its way", aura.Short(sent.ID), to.Name)
				}
				return s.awaitDelivery(tc, core, to, line, within)
			})
		},
	}
	c.Flags().StringVar(&wait, "wait", "", "return when the message is \"delivered\"")
	spanVar(c, &within, "timeout", time.Minute, "how long --wait waits; delivery goes on after it")
	return c
}

// awaitDelivery prints the message's state when it was delivered or the time is up. The second is an error:
// the caller asked for a delivery.
func (s *Shell) awaitDelivery(tc task.Context, core *app.Core, to app.Ref, line sentLine, within time.Duration) error {
	tc, done := tc.WithBudget("delivery", within)
	defer done()
	m, err := core.WaitDelivered(tc, to, line.ID)
	if m.State != 0 {
		line.State, line.Reason = m.State.String(), m.Reason
	}
	if err == nil {
		return s.Print(line, "%s was delivered to %s", aura.Short(line.ID), to.Name)
	}
	if s.JSON {
		if err := s.Object(line); err != nil {
			return err
		}
	}
	if aura.KindOf(err) != aura.Timeout {
		return err
	}
	why := line.State
	if line.Reason != "" {
		why += ", " + line.Reason
	}
	return aura.Errorf("cli.Send", aura.Timeout, "%s is not delivered to %s yet (%s); it goes on in the background",
		aura.Short(line.ID), to.Name, why)
}

// readText reads a message to its end, and one byte more than a message may have at the most.
func readText(r io.Reader) (string, error) {
	var b strings.Builder
	if _, err := io.Copy(&b, io.LimitReader(r, chat.MaxText+1)); err != nil {
		return "", aura.Errorf("cli.Send", aura.Unavailable, "standard input: %w", err)
	}
	if b.Len() > chat.MaxText {
		return "", aura.Errorf("cli.Send", aura.Invalid, "the text has more than %d bytes, which is the most", chat.MaxText)
	}
	return b.String(), nil
}
