package device

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
)

// Module returns the domain. It needs the modules of contacts and chats: their contexts are told which devices there are.
func Module() domain.Module {
	return domain.Module{
		Name: "device",
		Kinds: []fact.Kind{
			{Name: KindRoster, Check: checkRoster, Always: true},
			{Name: KindClosed, Columns: []fact.Column{{Name: "device", Key: 1}, {Name: "entry", Key: 2}}, Check: checkClosed, Always: true},
			{Name: KindTrusted, Columns: []fact.Column{{Name: "device", Key: 1}, {Name: "entry", Key: 2}}, Check: checkTrusted},
			{Name: KindSeen, Columns: []fact.Column{{Name: "at", Key: 1}}, Check: checkSeen, Always: true},
		},
		Capabilities: domain.OwnerCapabilities(CapRoster),
		Operations: []domain.Operation{
			{Name: IntentRemove, Category: domain.CategoryOptimistic, Leaves: KindRoster},
			{
				Name: IntentClose, Category: domain.CategoryOptimistic, Leaves: KindClosed,
				Plan: domain.Planned(func(s *domain.Snapshot, in CloseIntent) (domain.Plan, error) {
					peers, err := chat.Peers(s.States, in.To)
					if err != nil {
						return domain.Plan{}, err
					}
					return domain.Do(Close(domain.Get[*State](s.States), s.Caller, in.To, peers, in.Closed))
				}),
			},
		},
		Serial:    true,
		Due:       due,
		NewState:  func(self aura.AuthorityID) domain.State { return NewState(self) },
		Indexed:   []string{Kinds},
		Linking:   true,
		Questions: []domain.Question{{Kind: QuestionRoster, Answer: answer}, {Kind: QuestionContested, Answer: answerContested}, {Kind: QuestionSync}},
	}
}

// due plans to keep when entries came, and to tell each conversation the entries of the owner that it was not told and the bounds of
// devices that this one removed. A plan that fails does not hold up the rest; the first such error is returned.
func due(s *domain.Snapshot) (plans []domain.Plan, first error) {
	state := domain.Get[*State](s.States)
	keep := func(err error) {
		if first == nil {
			first = err
		}
	}
	if seen, err := see(state, s.Caller); err != nil || seen.Capability != "" {
		plans = append(plans, domain.Plan{Request: seen})
		keep(err)
	}
	if !state.Announces(s.Authority) {
		return plans, first
	}
	says := state.Chain(s.Authority, fact.Certificate{}, s.Now.At).State(s.Now.At)
	if slices.Contains(says.Removed(), s.Device) && !says.Contested {
		return plans, first // no peer listens to this device
	}
	removes := len(says.Bounds(nil, nil).Unsaid(s.Device)) > 0
	if removes {
		drafts, err := closings(s, state, says, fact.OwnNamespace(s.Authority))
		keep(err)
		for i := range drafts {
			plans = append(plans, domain.Plan{Request: s.Local(CapRoster, drafts[i])})
		}
	}
	for _, to := range domain.Get[*chat.State](s.States).Order(chat.SettingOf(s.States)) {
		peers, err := chat.Peers(s.States, to)
		if err != nil || len(peers) == 0 {
			continue // a conversation that ended, or without members
		}
		all, err := announce(s.Caller, to.Context, peers, state.untold(telling{to.Context, s.Device}, s.Now.At))
		keep(err)
		for i := range all {
			plans = append(plans, domain.Plan{Request: all[i]})
		}
		if !removes {
			continue
		}
		drafts, err := closings(s, state, says, fact.ContextNamespace(to.Context))
		keep(err)
		for i := range drafts {
			plans = append(plans, domain.Plan{Request: s.Send(CapRoster, to.Context, peers, drafts[i])})
		}
	}
	return plans, first
}
