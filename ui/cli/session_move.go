package cli

import (
	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/task"
)

// sessionMoved is what `aura session move --json` prints.
type sessionMoved struct {
	Session aura.SessionID `json:"session"`
	From    aura.DeviceID  `json:"from"`
	To      aura.DeviceID  `json:"to"`
}

func sessionMoveCommand(s *Shell) *cobra.Command {
	to, attenuate := "", false
	c := &cobra.Command{
		Use:   "move ID --to DEVICE",
		Short: "Give a session to another device of your account, which goes on with it",
		Long: `Give a session to another device of your account. It stands still for a moment, and goes on there; the other
side of the session is told. Both devices must run and be connected with each other. When it fails the session goes on
here, unless the error says that it was given away. A session that is kept in memory alone, and an invitation, stay
where they are. DEVICE is a device's name or the beginning of its identifier. A session moves 16 times at most.

The messages of the session go with it. The facts that its role committed here are of the account's own namespace and stay
on this device: the other one goes on without them until the two devices have compared their journals.

With --attenuate the other device gets the bundle alone that the role belongs to: it plays the role, and neither it nor a
device to which it gives the session can end it for the others. Only a protocol that links bundles allows that.`,
		Example: "  aura session move k3jqm2xa --to tablet\n  aura session move k3jqm2xa --to l4nhnbzt --attenuate",
		Args:    Exactly(1, "the beginning of a session's identifier"),
		RunE: func(c *cobra.Command, args []string) error {
			if to == "" {
				return Usage(c, "--to is missing: name a device of your account")
			}
			if err := s.needsAgent(c, "session move"); err != nil {
				return err
			}
			return s.Connected("session move", func(tc task.Context, core *app.Core) error {
				name, err := resolveSession(tc, core, args[0])
				if err != nil {
					return err
				}
				lines, err := deviceLines(tc, core)
				if err != nil {
					return err
				}
				l, err := findDevice(lines, to)
				if err != nil {
					return err
				}
				other := l.Device.Device
				m := session.MoveIntent{Session: name, To: other, Extent: session.ExtentIntact}
				if attenuate {
					shown, err := core.Session(tc, name)
					if err != nil {
						return err
					}
					m.Extent, m.Fragments = session.ExtentAttenuated, shown.Session.Fragments[:min(1, len(shown.Session.Fragments))]
				}
				if err := core.MoveSession(tc, m); err != nil {
					return err
				}
				return s.Print(&sessionMoved{name, core.Device(), other}, "%s (%s) goes on with session %s", l.Name, aura.Short(other), aura.Short(name))
			})
		},
	}
	c.Flags().StringVar(&to, "to", "", "the device that is to have it")
	c.Flags().BoolVar(&attenuate, "attenuate", false, "narrow its scope to the bundle of the role")
	return c
}
