package sim

import (
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/task"
)

// submit lets a person act, and prints the outcome:
//
//	submit NAME send TO TEXT
//	submit NAME read|mute|unmute|block|unblock|leave TO
//	submit NAME rename WHO NEW, submit NAME name NEW
//	submit NAME group TITLE MEMBER…
//	submit NAME invite, submit NAME accept|decline FROM
func (s *story) submit(tc task.Context, args []string) error {
	if len(args) < 2 {
		return usage("submit needs a person and an action")
	}
	l, err := s.present(args[0])
	if err != nil {
		return err
	}
	action, args := args[1], args[2:]
	wait, done := tc.WithBudget(action, patience)
	defer done()
	s.report.Operations++
	switch {
	case action == "invite" && len(args) == 0:
		made, err := l.core.Invite(wait, 0)
		s.codes[l.name] = made.Code
		s.outcome(err, "invited")
	case action == "accept" && len(args) == 1:
		_, err := l.core.Accept(wait, s.codes[args[0]])
		s.outcome(err, "accepting")
	case action == "decline" && len(args) == 1:
		_, err := l.core.Decline(wait, s.codes[args[0]])
		s.outcome(err, "declined")
	case action == "name" && len(args) == 1:
		s.outcome(l.core.SetName(wait, args[0]), "done")
	case action == "group" && len(args) > 1:
		s.outcome(s.found(wait, l, args[0], args[1:]), "founded")
	case len(args) > 0:
		to, err := l.core.Resolve(wait, args[0])
		if err != nil {
			s.outcome(err, "")
			return nil
		}
		return s.submitTo(wait, l, action, to, args[1:])
	default:
		return usage("%s is no action, or its words are missing", action)
	}
	return nil
}

// submitTo lets a person act on a contact or a group.
func (s *story) submitTo(tc task.Context, l *life, action string, to app.Ref, args []string) error {
	if len(args) == 1 {
		switch action {
		case "send":
			s.outcome(l.send(tc, to, s.lanes[l.name], args[0]), "durable")
			return nil
		case "rename":
			_, err := l.core.Rename(tc, to, args[0])
			s.outcome(err, "done")
			return nil
		}
	}
	do, known := map[string]func(task.Context, app.Ref) error{
		"read": l.core.MarkRead, "mute": l.core.Mute, "unmute": l.core.Unmute,
		"block": l.core.Block, "unblock": l.core.Unblock, "leave": l.core.Leave,
	}[action]
	if !known || len(args) > 0 {
		return usage("%s is no action on a conversation, or its words do not fit", action)
	}
	s.outcome(do(tc, to), "done")
	return nil
}

func (s *story) found(tc task.Context, l *life, title string, names []string) error {
	var members []app.Ref
	for _, name := range names {
		ref, err := l.core.Resolve(tc, name)
		if err != nil {
			return err
		}
		members = append(members, ref)
	}
	_, err := l.core.CreateGroup(tc, title, members)
	return err
}
