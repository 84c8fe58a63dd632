package errand

import (
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
)

// asker plays who asks: it asks, waits, and keeps the answer.
func asker(s *domain.Snapshot, t *domain.Talk) (domain.Move, error) {
	switch last := t.Last(); {
	case t.Ended != "":
		return settle(s, Settled{Session: t.Session, Reason: t.Ended})
	case last.Label == "":
		var what Ask
		if err := fact.Unmarshal(t.Start, &what); err != nil {
			return domain.Move{}, err
		}
		asked, err := s.Draft(KindAsked, Errand{t.Session, t.Other("Goer"), what.Text})
		if err != nil {
			return domain.Move{}, err
		}
		return domain.Tell("Goer", "Ask", what, asked)
	case last.Label == "Yes" || last.Label == "No":
		return settle(s, Settled{Session: t.Session, Yes: last.Label == "Yes"})
	}
	return domain.Await("Goer")
}

// goer plays who is asked: the question becomes a fact of its own with the message that says so, and the person's answer is one, too.
func goer(s *domain.Snapshot, t *domain.Talk) (domain.Move, error) {
	switch last := t.Last(); {
	case t.Ended != "":
		return settle(s, Settled{Session: t.Session, Reason: t.Ended})
	case last.Label == "":
		return domain.Await("Asker")
	case last.Label == "Ask":
		var what Ask
		if err := last.Decode(&what); err != nil {
			return domain.Move{}, err
		}
		if err := checkText(what.Text); err != nil {
			return domain.Move{}, err
		}
		wanted, err := s.Draft(KindWanted, Errand{t.Session, t.Other("Asker"), what.Text})
		if err != nil {
			return domain.Move{}, err
		}
		return domain.Tell("Asker", "Heard", nil, wanted)
	case last.Label == "Heard":
		yes, said := domain.Get[*State](s.States).answer(t.Session)
		switch {
		case !said:
			return domain.AwaitFacts()
		case yes:
			return domain.Tell("Asker", "Yes", nil)
		}
		return domain.Tell("Asker", "No", nil)
	default:
		return settle(s, Settled{Session: t.Session, Yes: last.Label == "Yes"})
	}
}

// settle ends a role's part with the fact that says how.
func settle(s *domain.Snapshot, how Settled) (domain.Move, error) {
	settled, err := s.Draft(KindSettled, how)
	if err != nil {
		return domain.Move{}, err
	}
	return domain.Finish(s.Local(CapAgree, settled))
}
