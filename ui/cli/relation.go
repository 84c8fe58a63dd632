package cli

import (
	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/task"
)

func contactAddressCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:   "address CONTACT ADDRESS…",
		Short: "Say where a contact can be reached now",
		Long: `Say where a contact can be reached now, best first: "aura status" shows it on the contact's side. The
agent tries these addresses before those that it knows, at once and again later. It is needed when both sides have moved
and no mutual contact is up to tell either; a new invitation of the contact does the same.`,
		Example: "  aura contacts address Ben /ip4/192.0.2.7/udp/4001/quic-v1\n  aura contacts address Ben /ip4/192.0.2.7/udp/4001/quic-v1 /ip4/192.0.2.7/tcp/4001",
		Args:    AtLeast(2, "a contact and an address"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Resolved("contacts address", args[0], func(tc task.Context, core *app.Core, who app.Ref) error {
				if err := core.SetAddresses(tc, who, args[1:]); err != nil {
					return err
				}
				return s.Print(map[string]any{"contact": who.Contact, "addresses": args[1:]}, "the agent looks for %s there first", who.Name)
			})
		},
	}
}

func contactRemoveCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:   "remove CONTACT",
		Short: "End the relation with a contact; the messages stay on this side",
		Long: `End the relation with a contact. The contact is not told. Neither side can reach the other any more: this
side forgets the secret of the conversation, and the other one is not answered. Messages that the contact has not
received have failed. The messages stay on this side and can be read under the contact's name with "(removed)" behind
it. Groups that you share go on: leave them. To talk again, one of the two invites the other.`,
		Example: "  aura contacts remove Ben\n  aura read \"Ben (removed)\"",
		Args:    Exactly(1, "a contact"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Resolved("contacts remove", args[0], func(tc task.Context, core *app.Core, who app.Ref) error {
				if err := core.RemoveContact(tc, who); err != nil {
					return err
				}
				former, err := core.Former(tc, who)
				if err != nil {
					return err
				}
				return s.Print(map[string]any{"contact": who.Contact, "name": former.Name}, `%s is not a contact any more, and is not told.
The messages stay here: aura read%s %q`, who.Name, s.HomeFlag(), former.Name)
			})
		},
	}
}
