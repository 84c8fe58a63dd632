package sim

import (
	"time"

	"github.com/aura-runtime/aura/task"
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
	wait, done := tc.WithBudget("link", time.Minute)
	defer done()
	if _, err := to.core.WaitOperation(wait, answer.Operation); err != nil {
		return err
	}
	for !from.witness.knows[to.self()] {
		if err := wait.Sleep(time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}
