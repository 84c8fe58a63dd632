package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/task"
)

func inviteCommand(s *Shell) *cobra.Command {
	return family(&cobra.Command{
		Use:   "invite",
		Short: "Meet a person: create an invitation, or accept one",
		Long: `Meet a person. An invitation is one line of text that one person may accept once, before it expires. Hand
it over in a way that you trust: the first person who uses it can become your contact.`,
		Example: "  aura invite create\n  aura invite accept aura1…",
	}, inviteCreateCommand(s), inviteAcceptCommand(s), inviteDeclineCommand(s), inviteListCommand(s), inviteWaitCommand(s), inviteCancelCommand(s))
}

func inviteCreateCommand(s *Shell) *cobra.Command {
	var life time.Duration
	var picture bool
	c := &cobra.Command{
		Use:     "create",
		Short:   "Create an invitation for one person",
		Example: "  aura invite create\n  aura invite create --expires 2d --qr",
		Args:    None,
		RunE: func(c *cobra.Command, _ []string) error {
			if life < time.Second || life > invite.MaxLife {
				return Usage(c, "--expires must be between 1s and %s, got %s", span(invite.MaxLife), span(life))
			}
			return s.Connected("invite create", func(tc task.Context, core *app.Core) error {
				in, err := core.Invite(tc, life)
				if err != nil {
					return err
				}
				if s.JSON {
					return s.Object(in)
				}
				return s.printInvitation(&in, picture || s.Terminal, life)
			})
		},
	}
	spanVar(c, &life, "expires", invite.DefaultLife, "how long the invitation can be accepted")
	c.Flags().BoolVar(&picture, "qr", false, "print a QR code also when the output is no terminal")
	return c
}

func (s *Shell) printInvitation(in *app.Invited, picture bool, life time.Duration) error {
	if picture {
		code, err := qr(in.Code, s.Terminal)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(s.Out, code); err != nil {
			return err
		}
	}
	return s.Print(nil, `%s

Give this line to one person, in a way that you trust. They run:
  aura invite accept CODE
It can be accepted once, within %s. Take it back with:
  aura invite cancel%s %s`, in.Code, span(life), s.HomeFlag(), shortInvitation(in.ID))
}

// acceptedLine is what `aura invite accept --json` prints.
type acceptedLine struct {
	app.Answering
	State   string           `json:"state"`
	Contact *contact.Contact `json:"contact,omitempty"`
}

func inviteAcceptCommand(s *Shell) *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{
		Use:   "accept CODE",
		Short: "Accept an invitation and wait until the contact exists",
		Long: `Accept an invitation and wait until the contact exists. The invitation of a contact renews the addresses
at which the two look for each other, and changes nothing else. If the other side cannot be reached in time the agent
goes on trying in the background, until the invitation expires.`,
		Example: "  aura invite accept aura1…\n  aura invite accept aura1… --wait 5m",
		Args:    Exactly(1, "the code of an invitation"),
		RunE: func(c *cobra.Command, args []string) error {
			if wait < 0 {
				return Usage(c, "--wait must not be negative")
			}
			return s.Connected("invite accept", func(tc task.Context, core *app.Core) error {
				answer, err := core.Accept(tc, args[0])
				if err != nil {
					return err
				}
				return s.awaitContact(tc, core, answer, wait)
			})
		},
	}
	spanVar(c, &wait, "wait", time.Minute, "how long to wait for the contact; 0: not at all")
	return c
}

// awaitContact waits until an accepted invitation has become a contact. When the time is up before it, that
// is an error to the caller, who asked for a contact; the agent goes on.
func (s *Shell) awaitContact(tc task.Context, core *app.Core, answer app.Answering, wait time.Duration) error {
	if wait == 0 {
		return s.Print(acceptedLine{Answering: answer, State: domain.PhaseRunning.String()},
			"the agent connects to the other side in the background, see: aura invite list%s", s.HomeFlag())
	}
	budget, done := tc.WithBudget("accept", wait)
	op, err := core.WaitOperation(budget, answer.Operation)
	done()
	late, interrupted := aura.KindOf(err) == aura.Timeout && tc.Err() == nil, aura.KindOf(tc.Err()) == aura.Cancelled
	switch {
	case late, err != nil && interrupted:
		if s.JSON {
			if err := s.Object(acceptedLine{Answering: answer, State: domain.PhaseRunning.String()}); err != nil {
				return err
			}
		}
		until := "yet"
		if late {
			until = "in " + span(wait) + " (if it runs, one of the two has an older aura, which must be updated)"
		}
		return aura.Errorf("cli.awaitContact", aura.KindOf(err),
			"the other side was not reached %s; the agent goes on trying in the background, see: aura invite list%s", until, s.HomeFlag())
	case err != nil:
		return err
	case op.Phase != domain.PhaseSucceeded:
		return aura.Errorf("cli.awaitContact", aura.Unavailable, "the invitation was not completed: %s", op.Reason)
	}
	in, err := core.Invitation(tc, answer.ID)
	if err != nil {
		return err
	}
	contacts, err := core.Contacts(tc)
	if err != nil {
		return err
	}
	for i := range contacts {
		if c := &contacts[i]; c.Context == in.Context {
			if c.Context == answer.Known {
				return s.Print(acceptedLine{Answering: answer, State: op.Phase.String(), Contact: c},
					"%s is a contact already: both sides know each other's present addresses now", c.Name)
			}
			return s.Print(acceptedLine{Answering: answer, State: op.Phase.String(), Contact: c}, `%s is now a contact.
Compare this code with %s, by voice or in person: %s`, c.Name, c.Name, c.Verification)
		}
	}
	return aura.Errorf("cli.awaitContact", aura.Internal, "the invitation was completed, but there is no contact")
}

func inviteDeclineCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:     "decline CODE",
		Short:   "Turn an invitation down; the inviter is not told",
		Example: "  aura invite decline aura1…",
		Args:    Exactly(1, "the code of an invitation"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Connected("invite decline", func(tc task.Context, core *app.Core) error {
				answer, err := core.Decline(tc, args[0])
				if err != nil {
					return err
				}
				return s.Print(answer, "the invitation %s is declined", shortInvitation(answer.ID))
			})
		},
	}
}

func inviteListCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the invitations, those that wait first",
		Example: "  aura invite list\n  aura invite list --json",
		Args:    None,
		RunE: func(*cobra.Command, []string) error {
			return s.Connected("invite list", func(tc task.Context, core *app.Core) error {
				list, err := invitationLines(tc, core)
				if err != nil {
					return err
				}
				return s.printInvitations(list, tc.Now().At.Std())
			})
		},
	}
}

// invitationLine is one line of `aura invite list --json`.
type invitationLine struct {
	invite.Invitation
	With string `json:"with,omitempty"` // the contact that came of it, as it is called on this side
	// Elsewhere says that the invitation belongs to another device of the account, where it can be cancelled.
	Elsewhere bool `json:"elsewhere,omitempty"`
}

// invitationLines returns the invitations with whom they were answered or made.
func invitationLines(tc task.Context, core *app.Core) ([]invitationLine, error) {
	list, err := core.Invitations(tc)
	if err != nil {
		return nil, err
	}
	contacts, err := core.Contacts(tc)
	if err != nil {
		return nil, err
	}
	lines := make([]invitationLine, len(list))
	for i := range list {
		lines[i].Invitation, lines[i].Elsewhere = list[i], list[i].Device != core.Device()
		for j := range contacts {
			if !list[i].Authority.IsZero() && contacts[j].Authority == list[i].Authority {
				lines[i].With = contacts[j].Name
			}
		}
	}
	return lines, nil
}

func (s *Shell) printInvitations(lines []invitationLine, now time.Time) error {
	if s.JSON {
		for i := range lines {
			if err := s.Object(&lines[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(lines) == 0 {
		return s.Print(nil, "no invitations yet: create one with: aura invite create%s", s.HomeFlag())
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	for i := range lines {
		in, more := &lines[i], ""
		switch {
		case in.With != "":
			more = "with " + in.With
		case !in.Phase.Terminal():
			more = "until " + clock(in.Expires, now)
		}
		if in.Elsewhere {
			more = strings.TrimSpace(more + " (another device)")
		}
		fmt.Fprintf(w, "%s\t%s\t%s%s\t%s\n", shortInvitation(in.ID), in.Direction, in.Phase, because(in.Reason), more)
	}
	return w.Flush()
}

func inviteWaitCommand(s *Shell) *cobra.Command {
	var within time.Duration
	c := &cobra.Command{
		Use:     "wait ID",
		Short:   "Wait until an invitation, sent or received, has become a contact; \"invite list\" shows its ID",
		Example: "  aura invite wait inv_k3jq\n  aura invite wait inv_k3jq --timeout 1h",
		Args:    Exactly(1, "the beginning of an invitation's identifier"),
		RunE: func(c *cobra.Command, args []string) error {
			if within <= 0 {
				return Usage(c, "--timeout must be more than zero")
			}
			return s.Connected("invite wait", func(tc task.Context, core *app.Core) error {
				id, err := core.ResolveInvitation(tc, args[0])
				if err != nil {
					return err
				}
				return s.awaitInvitation(tc, core, id, within)
			})
		},
	}
	spanVar(c, &within, "timeout", time.Minute, "how long to wait; the invitation goes on after it")
	return c
}

// awaitInvitation prints the contact that an invitation became. Any other end is an error: the caller waits for a
// contact.
func (s *Shell) awaitInvitation(tc task.Context, core *app.Core, id invite.ID, within time.Duration) error {
	bounded, done := tc.WithBudget("invitation", within)
	in, err := core.WaitInvitation(bounded, id)
	done()
	switch {
	case aura.KindOf(err) == aura.Timeout && tc.Err() == nil:
		return aura.Errorf("cli.awaitInvitation", aura.Timeout, "the invitation %s is %s after %s; it goes on", shortInvitation(id), in.Phase, span(within))
	case err != nil:
		return err
	case in.Context.IsZero():
		return aura.Errorf("cli.awaitInvitation", aura.Unavailable, "the invitation %s is %s%s", shortInvitation(id), in.Phase, because(in.Reason))
	}
	contacts, err := core.Contacts(tc)
	if err != nil {
		return err
	}
	for i := range contacts {
		if c := &contacts[i]; c.Context == in.Context {
			return s.Print(invitationLine{Invitation: in, With: c.Name}, "%s is now a contact.\nCompare this code with %s, by voice or in person: %s",
				c.Name, c.Name, c.Verification)
		}
	}
	return aura.Errorf("cli.awaitInvitation", aura.NotFound, "the invitation %s is %s, and its contact was removed", shortInvitation(id), in.Phase)
}

func inviteCancelCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:     "cancel ID",
		Short:   "Take back an invitation that was not accepted yet, or stop accepting one; \"invite list\" shows its ID",
		Example: "  aura invite cancel inv_k3jq",
		Args:    Exactly(1, "the beginning of an invitation's identifier"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Connected("invite cancel", func(tc task.Context, core *app.Core) error {
				id, err := core.ResolveInvitation(tc, args[0])
				if err != nil {
					return err
				}
				if err := core.CancelInvite(tc, id); err != nil {
					return err
				}
				return s.Print(map[string]any{"id": id}, "the invitation %s is cancelled", shortInvitation(id))
			})
		},
	}
}

// shortInvitation returns the beginning of an invitation's identifier, as much as names it in practice.
func shortInvitation(id invite.ID) string { return id.String()[:len("inv_")+8] }
