package sim

import (
	"time"

	"github.com/aura-runtime/aura/task"
)

const (
	// linkWithin bounds the wait for an invitation to make two people contacts, on a network without trouble.
	linkWithin = time.Minute
	// linkLook is the time between two looks whether the inviter has its contact: a story is not to wait longer.
	linkLook = time.Millisecond
)

// link makes two people contacts: "link NAME NAME". The first invites, the second accepts.
func (s *story) link(tc task.Context, names []string) error {
	if len(names) != 2 {
		return usage("link needs two people")
	}
	from, err := s.present(names[0])
	if err != nil {
		return err
	}
	to, err := s.present(names[1])
	if err != nil {
		return err
	}
	made, err := from.core.Invite(tc, 0)
	if err != nil {
		return err
	}
	answer, err := to.core.Accept(tc, made.Code)
	if err != nil {
		return err
	}
	wait, done := tc.WithBudget("link", linkWithin)
	defer done()
	if _, err := to.core.WaitOperation(wait, answer.Operation); err != nil {
		return err
	}
	for !from.checker.knows[to.self()] {
		if err := wait.Sleep(linkLook); err != nil {
			return err
		}
	}
	return nil
}
