package cli

import (
	"errors"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/delivery"
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

// stateUnknown is the state of a message whose agent ended before it answered.
const stateUnknown = "unknown"

func sendCommand(s *Shell) *cobra.Command {
	var wait string
	var within time.Duration
	var again string
	c := &cobra.Command{
		Use:   "send CONTACT|GROUP TEXT",
		Short: "Send a message; - reads the text from standard input",
		Long: `Send a message to a contact or a group. The verb returns when the message is durable on this device; it
leaves as soon as the other side can be reached. TEXT "-" reads standard input to its end, as it is.

If the agent ends before it answers, the verb says that it is not known whether the message is stored, and under which
operation: the same command with --operation stores it if it is not, and never twice.`,
		Example: "  aura send Ben \"hi ben\"\n  aura send Ben - < letter.txt\n  aura send Ben \"are you there?\" --wait delivered --timeout 30s",
		Args:    Exactly(2, "a contact or group and one text (quote it)"),
		RunE: func(c *cobra.Command, args []string) error {
			if wait != "" && wait != delivery.ProgressDelivered.String() {
				return Usage(c, "--wait knows %q only, got %q", delivery.ProgressDelivered.String(), wait)
			}
			if within <= 0 {
				return Usage(c, "--timeout must be more than zero")
			}
			operation, err := earlier(c, again)
			if err != nil {
				return err
			}
			text := args[1]
			if text == "-" {
				if text, err = readText(s.In); err != nil {
					return err
				}
			}
			return s.Resolved("send", args[0], func(tc task.Context, core *app.Core, to app.Ref) error {
				sent, err := core.SendOnce(tc, to, text, aura.FactID{}, operation)
				if err != nil {
					return s.doubted(err, to)
				}
				line := sentLine{Sent: sent, To: to.Name, State: stateDurable}
				if wait == "" {
					return s.Print(line, "%s to %s is on its way", aura.Short(sent.ID), to.Name)
				}
				return s.awaitDelivery(tc, core, to, line, within)
			})
		},
	}
	c.Flags().StringVar(&again, "operation", "", "the operation of an earlier attempt: store its message if it is not stored yet")
	c.Flags().StringVar(&wait, "wait", "", "return when the message is \"delivered\"")
	spanVar(c, &within, "timeout", time.Minute, "how long --wait waits; delivery goes on after it")
	return c
}

// earlier returns the operation of an earlier attempt, zero for none.
func earlier(c *cobra.Command, text string) (id aura.OperationID, err error) {
	if text == "" {
		return id, nil
	}
	if id, err = aura.ParseOperationID(text); err != nil {
		return id, Usage(c, "--operation takes the identifier that an earlier attempt printed, such as op_k3jq…, got %q", text)
	}
	return id, nil
}

// doubted returns the advice about a message whose outcome is not known.
func (s *Shell) doubted(err error, to app.Ref) error {
	var doubt *app.Doubt
	if !errors.As(err, &doubt) {
		return err
	}
	if s.JSON {
		if err := s.Object(sentLine{Sent: app.Sent{Operation: doubt.Operation}, To: to.Name, State: stateUnknown}); err != nil {
			return err
		}
	}
	return aura.Errorf("cli.doubted", aura.KindOf(err),
		"the agent ended before it said whether the message is stored: start it with aura up%s, and run the same command with --operation %s",
		s.HomeFlag(), doubt.Operation)
}

// awaitDelivery prints the message's state when it was delivered, the time is up or the person has waited enough. The
// last two are errors: the caller asked for a delivery.
func (s *Shell) awaitDelivery(tc task.Context, core *app.Core, to app.Ref, line sentLine, within time.Duration) error {
	tc, done := tc.WithBudget("delivery", within)
	defer done()
	m, err := core.WaitDelivered(tc, to, line.Sent)
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
	kind := aura.KindOf(err)
	if kind != aura.Timeout && kind != aura.Cancelled {
		return err
	}
	why := line.State
	if line.Reason != "" {
		why += ", " + line.Reason
	}
	return aura.Errorf("cli.awaitDelivery", kind, "%s is not delivered to %s yet (%s); it goes on in the background",
		aura.Short(line.ID), to.Name, why)
}

// readText reads a message to its end, and one byte more than a message may have at the most.
func readText(r io.Reader) (string, error) {
	var b strings.Builder
	if _, err := io.Copy(&b, io.LimitReader(r, chat.MaxText+1)); err != nil {
		return "", aura.Errorf("cli.readText", aura.Unavailable, "standard input: %w", err)
	}
	if b.Len() > chat.MaxText {
		return "", aura.Errorf("cli.readText", aura.Invalid, "the text has more than %d bytes, which is the most", chat.MaxText)
	}
	return b.String(), nil
}
