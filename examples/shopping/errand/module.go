package errand

import (
	_ "embed" // the text of the protocol

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

//go:embed agree.tell
var agreeText string

// Module returns the domain.
func Module() domain.Module {
	return domain.Module{
		Name:         "errand",
		Kinds:        []fact.Kind{{Name: KindAsked}, {Name: KindWanted}, {Name: KindAnswered}, {Name: KindSettled}},
		Capabilities: domain.OwnerCapabilities(CapAgree),
		Protocols: []domain.Protocol{
			{Name: "agree", Text: agreeText, Roles: map[string]domain.Play{"Asker": asker, "Goer": goer}},
		},
		Operations: []domain.Operation{
			{
				Name: IntentAsk, Category: domain.CategoryCeremony, Protocol: "agree", Plan: domain.Planned(ask),
				Leaves: KindAsked, Outcome: outcome,
			},
			{Name: IntentAnswer, Category: domain.CategoryDeferred, Leaves: KindAnswered, Plan: domain.Planned(reply)},
		},
		NewState: func(aura.AuthorityID) domain.State { return &State{} },
		Indexed:  []string{"errand.*"},
		Questions: []domain.Question{{Kind: QuestionAll, Answer: func(s *domain.Snapshot, _ []byte) (any, error) {
			return domain.Get[*State](s.States).Errands(), nil
		}}},
		Text: func(_ *domain.States, f *fact.Fact) string {
			var p Errand
			if f.Kind != KindWanted || fold.Own(f, &p) != nil {
				return ""
			}
			return "you are asked: " + p.Text
		},
	}
}

// ask plans to open a session in which a contact is asked.
func ask(s *domain.Snapshot, in AskFor) (domain.Plan, error) {
	if err := checkText(in.Text); err != nil {
		return domain.Plan{}, err
	}
	peers, err := chat.Peers(s.States, in.In)
	if err != nil {
		return domain.Plan{}, err
	}
	if len(peers) != 1 {
		return domain.Plan{}, aura.Errorf("errand.ask", aura.Invalid, "only one person can be asked: name a contact")
	}
	start, err := fact.Marshal(Ask{in.Text})
	return domain.Plan{Begin: &domain.Ceremony{
		Role: "Asker", Others: []domain.Participant{{Role: "Goer", Authority: peers[0]}}, Context: in.In.Context, Start: start,
	}}, err
}

// reply plans to keep a person's answer. The role that waits for it goes on when it is a fact.
func reply(s *domain.Snapshot, in Answered) (domain.Plan, error) {
	for _, e := range domain.Get[*State](s.States).Errands().All {
		if e.Session == in.Session && !e.Mine && e.State == "open" {
			draft, err := s.Draft(KindAnswered, in)
			return domain.Do(s.Local(CapAgree, draft), err)
		}
	}
	return domain.Plan{}, aura.Errorf("errand.reply", aura.NotFound, "no open errand waits for that answer: it was given before, or the session has ended")
}

// outcome says how far an operation is that asked.
func outcome(s domain.State, f *fact.Fact) domain.Outcome {
	var asked Errand
	if err := fold.Own(f, &asked); err != nil {
		return domain.Outcome{Phase: domain.PhaseFailed, Reason: aura.Reason(err)}
	}
	how, settled := s.(*State).settled(asked.Session)
	switch {
	case !settled:
		return domain.Outcome{Phase: domain.PhaseRunning, Reason: "waits for the answer"}
	case how.Yes:
		return domain.Outcome{Phase: domain.PhaseSucceeded}
	case how.Reason == "":
		how.Reason = "the answer is no"
	}
	return domain.Outcome{Phase: domain.PhaseFailed, Reason: how.Reason}
}
