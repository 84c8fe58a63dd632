package sim

import (
	"fmt"

	"github.com/aura-runtime/aura/task"
)

// view prints what a person's screen shows: "view NAME contacts", "view NAME invitations", or "view NAME WITH" for the
// conversation with a contact or a group, each message with its state.
func (s *story) view(tc task.Context, args []string) error {
	if len(args) != 2 {
		return usage("view needs a person and the name of a view")
	}
	l, err := s.present(args[0])
	if err != nil {
		return err
	}
	switch args[1] {
	case "contacts":
		contacts, err := l.core.Contacts(tc)
		if err != nil {
			return err
		}
		for _, c := range contacts {
			fmt.Fprintln(&s.out, c.Name)
		}
	case "invitations":
		invitations, err := l.core.Invitations(tc)
		if err != nil {
			return err
		}
		for _, i := range invitations {
			fmt.Fprintln(&s.out, i.Direction, i.Phase, i.Reason)
		}
	default:
		ref, err := l.core.Resolve(tc, args[1])
		if err != nil {
			return err
		}
		conversation, err := l.core.History(tc, ref, 0)
		if err != nil {
			return err
		}
		for _, m := range conversation.Messages {
			state := m.State.String()
			if m.Reason != "" {
				state += ", " + m.Reason
			}
			fmt.Fprintf(&s.out, "%s: %s (%s)\n", m.From, wordsOf(m.Text), state)
		}
	}
	return nil
}
