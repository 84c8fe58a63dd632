package cli

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/task"
)

func deviceCommand(s *Shell) *cobra.Command {
	return family(&cobra.Command{
		Use:   "device",
		Short: "Use several devices with one account: add one, look at them, remove one",
		Long: `Use several devices with one account. Each has keys of its own; the account lists them, and contacts send to all of
them. Only a device that has the root key of the account adds and removes devices: the one with which the account began.`,
		Example: "  aura device add\n  aura device list\n  aura device remove laptop",
	}, deviceAddCommand(s), deviceConfirmCommand(s), deviceListCommand(s), deviceShowCommand(s), deviceRemoveCommand(s))
}

// deviceOffered is what `aura device add --json` prints first.
type deviceOffered struct {
	Event string `json:"event"` // "offered"
	enrol.OfferResult
}

// deviceClaimed is what `aura device add --json` and `device confirm --json` print of a device, each time that something happens.
type deviceClaimed struct {
	Event string `json:"event"` // the state of the enrolment
	enrol.Enrolment
}

func deviceAddCommand(s *Shell) *cobra.Command {
	var life time.Duration
	var picture, yes, later bool
	c := &cobra.Command{
		Use:   "add",
		Short: "Let a new device join this account: prints a line for it, and asks you to compare six digits",
		Long: `Let a new device join this account. It prints one line for the new device, where you run: aura init --join LINE.
Then both show six digits; the device joins when you say here that they are the same. The line serves one device, once, for
ten minutes. Anyone who has it may ask, but gets nothing without your word.

--later prints the line and does not wait; aura device confirm goes on.`,
		Example: "  aura device add\n  aura device add --expires 1h --qr\n  aura device add --later --json",
		Args:    None,
		RunE: func(c *cobra.Command, _ []string) error {
			if life < time.Second || life > enrol.MaxLife {
				return Usage(c, "--expires must be between 1s and %s, got %s", span(enrol.MaxLife), span(life))
			}
			if err := s.mayAsk(c, yes || later); err != nil {
				return err
			}
			return s.Connected("device add", func(tc task.Context, core *app.Core) error {
				offer, err := core.OfferDevice(tc, life)
				if err != nil {
					return err
				}
				if err := s.printLine(&offer, picture || s.Terminal, life); err != nil || later {
					return err
				}
				return s.sponsor(tc, core, offer.ID, yes)
			})
		},
	}
	spanVar(c, &life, "expires", enrol.DefaultLife, "how long the line can be used")
	c.Flags().BoolVar(&picture, "qr", false, "print a QR code also when the output is no terminal")
	c.Flags().BoolVar(&yes, "yes", false, "take the first device that uses the line, without comparing digits")
	c.Flags().BoolVar(&later, "later", false, "print the line and return: aura device confirm goes on")
	return c
}

// mayAsk returns a mistake in the command line when no person can compare the digits.
func (s *Shell) mayAsk(c *cobra.Command, answered bool) error {
	if answered || s.Terminal && !s.JSON {
		return nil
	}
	return Usage(c, "there is no terminal to ask at: compare the digits with aura device add --later and aura device confirm DIGITS, or use --yes")
}

func (s *Shell) printLine(offer *enrol.OfferResult, picture bool, life time.Duration) error {
	if s.JSON {
		return s.Object(deviceOffered{"offered", *offer})
	}
	if picture {
		code, err := qr(offer.Code, s.Terminal)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(s.Out, code); err != nil {
			return err
		}
	}
	return s.Print(nil, `%s

Run this on the new device, within %s:
  aura init --join LINE`, offer.Code, span(life))
}

func deviceConfirmCommand(s *Shell) *cobra.Command {
	var yes, no bool
	c := &cobra.Command{
		Use:   "confirm [DIGITS]",
		Short: "Go on with a device that joins: compare the six digits that both devices show",
		Long: `Go on with a device that joins. It waits until a device has used the line of aura device add, shows the six digits, and
asks whether the new device shows the same. With DIGITS, those that the new device shows, it compares by itself and refuses
the device when they differ.`,
		Example: "  aura device confirm\n  aura device confirm '123 456'\n  aura device confirm --no",
		Args:    AtMost(1, "the six digits that the new device shows"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := s.mayAsk(c, yes || no || len(args) > 0); err != nil {
				return err
			}
			return s.Connected("device confirm", func(tc task.Context, core *app.Core) error {
				waits, err := waitingDevice(tc, core)
				switch {
				case err != nil:
					return err
				case no:
					if err := core.RefuseDevice(tc, waits.ID); err != nil {
						return err
					}
					return s.Print(map[string]any{"id": waits.ID, "state": enrol.PhaseEnded}, "the line serves no more, and no device joins by it")
				case len(args) > 0:
					return s.compare(tc, core, waits.ID, args[0])
				}
				return s.sponsor(tc, core, waits.ID, yes)
			})
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "take the device that used the line, without comparing digits")
	c.Flags().BoolVar(&no, "no", false, "refuse it, or take back a line that was not used yet")
	return c
}

// waitingDevice returns the enrolment of this device that has not ended.
func waitingDevice(tc task.Context, core *app.Core) (enrol.Enrolment, error) {
	all, err := core.Enrolments(tc)
	if err != nil {
		return enrol.Enrolment{}, err
	}
	for _, e := range all {
		if e.Sponsor == core.Device() && e.Phase < enrol.PhaseListed {
			return e, nil
		}
	}
	return enrol.Enrolment{}, aura.Errorf("cli.waitingDevice", aura.NotFound, "no device is about to join: begin with aura device add")
}

// compare confirms a device whose screen shows these digits, and refuses any other.
func (s *Shell) compare(tc task.Context, core *app.Core, id enrol.ID, shown string) error {
	e, err := core.WaitEnrolment(tc, id, enrol.PhaseOffered)
	if err != nil {
		return err
	}
	if e.Phase == enrol.PhaseClaimed && onlyDigits(shown) != onlyDigits(e.Digits) {
		if err := core.RefuseDevice(tc, id); err != nil {
			return err
		}
		return aura.Errorf("cli.compare", aura.Denied,
			"the digits differ: this device shows %s. Another device may have used the line; it is refused. Begin anew with aura device add", e.Digits)
	}
	return s.sponsor(tc, core, id, true)
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// sponsor waits for the device that uses a line, has the person compare the digits, and waits until the device has joined.
func (s *Shell) sponsor(tc task.Context, core *app.Core, id enrol.ID, yes bool) error {
	const op = "cli.sponsor"
	e, err := core.WaitEnrolment(tc, id, enrol.PhaseOffered)
	if err != nil {
		return err
	}
	if e.Phase == enrol.PhaseClaimed {
		if err := s.Print(deviceClaimed{e.Phase.String(), e}, "\n%s wants to join. Its digits: %s", e.Name, e.Digits); err != nil {
			return err
		}
		if !yes && !s.agreed("Does the new device show the same digits?") {
			if err := core.RefuseDevice(tc, id); err != nil {
				return err
			}
			return aura.Errorf(op, aura.Denied, "%s does not join: the line serves no more", e.Name)
		}
		if err := core.ConfirmDevice(tc, id); err != nil {
			return err
		}
	}
	if e, err = core.WaitEnrolment(tc, id, enrol.PhaseListed); err != nil {
		return err
	}
	if e.Phase != enrol.PhaseJoined {
		return aura.Errorf(op, aura.Unavailable, "no device has joined: %s", e.Reason)
	}
	return s.Print(deviceClaimed{e.Phase.String(), e}, `%s has joined: start its agent there with aura up.
It knows your contacts and groups, and gets earlier messages while both devices run. See: aura device list%s`, e.Name, s.HomeFlag())
}

// agreed asks the person at the terminal. No answer is a no.
func (s *Shell) agreed(question string) bool {
	fmt.Fprintf(s.Out, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(s.In).ReadString('\n')
	word := strings.ToLower(strings.TrimSpace(answer))
	return word == "y" || word == "yes"
}

// deviceLine is one line of `aura device list --json`.
type deviceLine struct {
	device.Device
	Name string `json:"name"`
	Own  bool   `json:"own,omitempty"` // the device on which this runs
	// Joined is false for a device that the account lists and that has not said yet that it begins.
	Joined bool `json:"joined"`
	// Waiting says that only one side of two lists that contradict each other has the device.
	Waiting bool `json:"waiting,omitempty"`
	// Sync says how far another device has what this one has; nil: nothing is known of it.
	Sync *device.Sync `json:"sync,omitempty"`
}

// firstDevice names the device with which the account began: no enrolment does.
const firstDevice = "first device"

// deviceLines returns the devices of the account, with the names that they had when they joined.
func deviceLines(tc task.Context, core *app.Core) ([]deviceLine, error) {
	all, err := core.Devices(tc)
	if err != nil {
		return nil, err
	}
	enrolments, err := core.Enrolments(tc)
	if err != nil {
		return nil, err
	}
	synced, err := core.Synced(tc)
	switch aura.KindOf(err) {
	case aura.NotFound, aura.Unavailable: // an agent of an earlier build, or none
		err = nil
	}
	if err != nil {
		return nil, err
	}
	line := func(d device.Device, waiting bool) deviceLine {
		l := deviceLine{Device: d, Name: firstDevice, Own: d.Device == core.Device(), Joined: true, Waiting: waiting}
		for _, e := range enrolments {
			if e.Device == d.Device && e.Phase >= enrol.PhaseListed {
				l.Name, l.Joined = e.Name, e.Phase == enrol.PhaseJoined || l.Own
			}
		}
		for i := range synced.Devices {
			if synced.Devices[i].Device == d.Device {
				l.Sync = &synced.Devices[i]
			}
		}
		return l
	}
	var lines []deviceLine
	for _, d := range all.Devices {
		lines = append(lines, line(d, false))
	}
	for _, d := range all.Waiting {
		lines = append(lines, line(d, true))
	}
	return lines, nil
}

// behind says in a few words how far another device is.
func behind(s *device.Sync, now aura.Instant) string {
	switch {
	case !s.Connected && s.Seen == 0:
		return "not seen yet"
	case !s.Connected:
		return "last seen " + ago(now.Sub(s.Seen))
	case s.Complete:
		return "complete"
	}
	return fmt.Sprintf("%d behind", s.Behind)
}

// ago says in words how long something is past.
func ago(d aura.Duration) string {
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		switch n := d / unit.length; {
		case n == 1:
			return "1 " + unit.name + " ago"
		case n > 1:
			return fmt.Sprintf("%d %ss ago", n, unit.name)
		}
	}
	return "a moment ago"
}

// state says in a few words how a device is.
func (l *deviceLine) state(now aura.Instant) string {
	var words []string
	if l.Own {
		words = append(words, "this device")
	}
	if !l.Joined {
		words = append(words, "has not joined yet")
	}
	if l.Waiting {
		words = append(words, "contested")
	}
	if l.Sync != nil && l.Joined && !l.Own {
		words = append(words, behind(l.Sync, now))
	}
	return strings.Join(words, ", ")
}

func deviceListCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the devices of this account, and a line that waits for a new one",
		Long: `List the devices of this account, and a line that waits for a new one. Devices that run at the same time hand over what
the other lacks: messages, contacts and settings. A device is "complete" when it has all that this one has, so many facts
"behind" while it is told of them, or "last seen" some time ago. Without an agent the list does not say it.`,
		Example: "  aura device list\n  aura device list --json",
		Args:    None,
		RunE: func(*cobra.Command, []string) error {
			return s.Connected("device list", func(tc task.Context, core *app.Core) error {
				lines, err := deviceLines(tc, core)
				if err != nil {
					return err
				}
				if s.JSON {
					for i := range lines {
						if err := s.Object(&lines[i]); err != nil {
							return err
						}
					}
					return nil
				}
				w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
				for i := range lines {
					fmt.Fprintf(w, "%s\t%s\t%s\n", aura.Short(lines[i].Device.Device), lines[i].Name, lines[i].state(tc.Now().At))
				}
				if err := w.Flush(); err != nil {
					return err
				}
				if waits, err := waitingDevice(tc, core); err == nil {
					return s.Print(nil, "a new device is %s, the line serves until %s; go on with: aura device confirm%s",
						waits.Phase, clock(waits.Expires, tc.Now().At.Std()), s.HomeFlag())
				}
				return nil
			})
		},
	}
}

func deviceShowCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME",
		Short:   "Show a device of this account; NAME is its name or the beginning of its identifier",
		Example: "  aura device show laptop\n  aura device show l4nhnbzt --json",
		Args:    Exactly(1, "a device's name, or the beginning of its identifier"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Connected("device show", func(tc task.Context, core *app.Core) error {
				lines, err := deviceLines(tc, core)
				if err != nil {
					return err
				}
				l, err := findDevice(lines, args[0])
				if err != nil {
					return err
				}
				state := l.state(tc.Now().At)
				if state == "" {
					state = "joined"
				}
				return s.Print(l, "%s\n  identifier  %s\n  state       %s\n  share       %.1f %% of every budget",
					l.Name, l.Device.Device, state, 100*float64(l.Share)/65536)
			})
		},
	}
}

func deviceRemoveCommand(s *Shell) *cobra.Command {
	yes, since := false, ""
	c := &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove a device from this account, and tell the contacts",
		Long: `Remove a device from this account. Contacts talk with it no more as soon as they hear of it, and it gets nothing that is
said from then on. It keeps what it has: messages, contacts, its keys. If it is connected now it learns of it, and only shows
what it has from then on. NAME is its name or the beginning of its identifier.

What the device said still counts, as far as this device has it: a message of it that this device lacks disappears at the
contacts too. Devices of one account hand over what they have while both run: see aura device list. In a conversation of which
this device has nothing of it, the contacts keep what they have.

--since takes back what a thief wrote with the device. It names the last message that you trust: by its id, as aura read
--json shows it, by its time (2026-11-30T18:00:00Z), or by the age of the last messages that you trust (3h, 2d). Nothing counts
that the device said after that message in its conversation, and in each other one after its last message that is not later. A
conversation in which this device has no such message loses all that the other one said; with --since none, each one does. It is
refused when this device has no such message at all.

Contacts hide what counts no more. They may have read it before, and a thief can write an earlier time than the true one: look at
what stays. Contacts and names that the thief changed stay as they are. It cannot be undone.`,
		Example: "  aura device remove laptop\n  aura device remove l4nhnbzt --yes\n  aura device remove laptop --since 3h",
		Args:    Exactly(1, "a device's name, or the beginning of its identifier"),
		RunE: func(c *cobra.Command, args []string) error {
			if !yes && (!s.Terminal || s.JSON) {
				return Usage(c, "there is no terminal to ask at: use --yes")
			}
			return s.Connected("device remove", func(tc task.Context, core *app.Core) error {
				var in device.RemoveIntent
				if c.Flags().Changed("since") {
					var err error
					if in, err = parseSince(since, tc.Now().At); err != nil {
						return Usage(c, "--since: %s", aura.Reason(err))
					}
				}
				lines, err := deviceLines(tc, core)
				if err != nil {
					return err
				}
				l, err := findDevice(lines, args[0])
				if err != nil {
					return err
				}
				question := "Remove " + l.Name + " (" + aura.Short(l.Device.Device) + ")?"
				if since != "" {
					question = "Remove " + l.Name + " (" + aura.Short(l.Device.Device) + "), and take back what it said since?"
				}
				if !yes && !s.agreed(question) {
					return aura.Errorf("cli.deviceRemoveCommand", aura.Cancelled, "%s stays", l.Name)
				}
				in.Device = l.Device.Device
				out, err := core.RemoveDevice(tc, in)
				if err != nil {
					return err
				}
				return s.Print(deviceRemoved{l.Device.Device, l.Name, "remove", out.Conversations, out.Trusted}, "%s", removedText(l.Name, &out))
			})
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c.Flags().StringVar(&since, "since", "", "the last message of the device that you trust: its id, its time, its age or none (default: all)")
	return c
}

// deviceRemoved is what `aura device remove --json` prints.
type deviceRemoved struct {
	Device aura.DeviceID `json:"device"`
	Name   string        `json:"name"`
	Done   string        `json:"done"`
	// Conversations and Trusted are how many there are, and in how many some messages of the device count, with --since.
	Conversations uint64 `json:"conversations,omitempty"`
	Trusted       uint64 `json:"trusted,omitempty"`
}

func removedText(name string, out *device.RemoveResult) string {
	text := name + " is removed; contacts hear of it when they are reached"
	if out.Conversations == 0 {
		return text
	}
	return fmt.Sprintf("%s\nits messages count up to the one that you trust in %d of %d conversations, and in the others none does",
		text, out.Trusted, out.Conversations)
}

// parseSince reads the last message of a device that its owner trusts: an identifier, a time or an age. It returns [aura.Invalid] for anything else.
func parseSince(text string, now aura.Instant) (in device.RemoveIntent, err error) {
	if text == "none" {
		return device.RemoveIntent{Nothing: true}, nil
	}
	if in.Last, err = aura.ParseFactID(text); err == nil {
		return in, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		if at.After(now.Std()) || at.Unix() <= 0 {
			return in, aura.Errorf("cli.parseSince", aura.Invalid, "%s has not come yet, or is before 1970", text)
		}
		return device.RemoveIntent{Until: aura.Instant(at.UnixNano())}, nil
	}
	age, err := parseSpan(text)
	if err != nil || age < 0 {
		return in, aura.Errorf("cli.parseSince", aura.Invalid,
			"%q is no message, time or age: give an id as aura read --json shows it, 2026-11-30T18:00:00Z, such as 3h or 2d, or none", text)
	}
	return device.RemoveIntent{Until: now.Add(-age)}, nil
}

// findDevice returns the device with a name, or else the one whose identifier begins with a text.
func findDevice(lines []deviceLine, text string) (*deviceLine, error) {
	var named []*deviceLine
	var short []string
	all := make([]aura.DeviceID, len(lines))
	for i := range lines {
		all[i] = lines[i].Device.Device
		short = append(short, lines[i].Name+" ("+aura.Short(all[i])+")")
		if strings.EqualFold(lines[i].Name, strings.TrimSpace(text)) {
			named = append(named, &lines[i])
		}
	}
	if len(named) == 1 {
		return named[0], nil
	}
	if len(named) > 1 {
		return nil, aura.Errorf("cli.findDevice", aura.Conflict, "%d devices are called %q: name one by its identifier, see aura device list", len(named), text)
	}
	id, err := domain.Resolve("device of your account", text, ": it has "+strings.Join(short, ", "), all)
	if err != nil {
		return nil, err
	}
	return &lines[slices.Index(all, id)], nil
}
