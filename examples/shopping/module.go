package shopping

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/reactive"
)

// Lists is the signal that carries all lists.
var Lists = reactive.NewSignal[[]List]("shopping:lists")

// Module returns the domain: this value is all that an agent, a frontend and a simulated world need.
func Module() domain.Module {
	return domain.Module{
		Name: "shopping",
		Kinds: []fact.Kind{
			{Name: KindItem, Columns: []fact.Column{{Name: "name", Key: 1}}, Check: checkItem},
			{Name: KindBought, Columns: []fact.Column{{Name: "item", Key: 1}}, Check: checkBought},
		},
		Capabilities: domain.OwnerCapabilities(CapEdit),
		Operations: []domain.Operation{
			{Name: IntentAdd, Category: domain.CategoryOptimistic, Leaves: KindItem, Plan: domain.Planned(add)},
			{Name: IntentBuy, Category: domain.CategoryOptimistic, Leaves: KindBought, Plan: domain.Planned(buy)},
		},
		NewState: func(aura.AuthorityID) domain.State { return &State{} },
		Indexed:  []string{"shopping.*"},
		Views: []domain.View{{
			Signal: Lists.Name(),
			Show:   func(s *domain.States, _ aura.Physical) any { return domain.Get[*State](s).Lists() },
		}},
		Questions: []domain.Question{{Kind: QuestionList, Answer: answer}},
		Text: func(_ *domain.States, f *fact.Fact) string {
			var p Item
			if f.Kind != KindItem || fact.Unmarshal(f.Payload, &p) != nil {
				return ""
			}
			return p.Name + " is on the list"
		},
	}
}

// add plans to put an item on a list: one fact, for all members of the conversation.
func add(s *domain.Snapshot, in Add) (domain.Plan, error) {
	if err := checkName(in.Name); err != nil {
		return domain.Plan{}, err
	}
	return tell(s, in.In, KindItem, Item{Name: in.Name})
}

// buy plans to take an item off a list. It returns aura.NotFound for one that is not on it.
func buy(s *domain.Snapshot, in Buy) (domain.Plan, error) {
	open := domain.Get[*State](s.States).List(in.In.Context).Open
	if !slices.ContainsFunc(open, func(e Entry) bool { return e.ID == in.Item }) {
		return domain.Plan{}, aura.Errorf("shopping.buy", aura.NotFound, "it is not on the list any more")
	}
	return tell(s, in.In, KindBought, Bought{Item: in.Item})
}

func tell(s *domain.Snapshot, in chat.Ref, kind string, payload any) (domain.Plan, error) {
	peers, err := chat.Peers(s.States, in)
	if err != nil {
		return domain.Plan{}, err
	}
	draft, err := s.Shared(in.Context, kind, payload)
	return domain.Do(s.Send(CapEdit, in.Context, peers, draft), err)
}

func answer(s *domain.Snapshot, payload []byte) (any, error) {
	var q Which
	if err := fact.Unmarshal(payload, &q); err != nil {
		return nil, err
	}
	return domain.Get[*State](s.States).List(q.Context), nil
}
