package capability

import (
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// Module returns the domain. A delegation is delivered like a message; the rest never leaves an authority's own
// devices. A service of the runtime makes tokens, because that needs keys, and the index of tokens folds the facts: the
// domain has no state of its own in an agent.
func Module() domain.Module {
	return domain.Module{
		Name: "capability",
		Kinds: []fact.Kind{
			// Tokens have no column: a query must not give them away.
			{Name: KindToken, Check: checkAs(fold.Own, (*Token).check)},
			{
				Name: KindDelegated, Columns: []fact.Column{{Name: "to", Key: 1}},
				Check: checkAs(fold.Shared, (*Delegated).check),
			},
			{
				Name: KindRevoked, Columns: []fact.Column{{Name: "blocks", Key: 1}},
				Check: checkAs(fold.Own, (*Revoked).check),
			},
			{Name: KindPolicy, Columns: []fact.Column{
				{Name: "context", Key: 1}, {Name: "limit", Key: 2}, {Name: "epoch", Key: 3},
			}, Check: checkAs(fold.Own, (*Policy).check)},
		},
		Delivery:     fact.Retention{Min: retention, Max: 3 * retention, Tracked: []string{KindDelegated}},
		Capabilities: domain.OwnerCapabilities(CapDelegate, CapRevoke),
		Operations: []domain.Operation{
			{Name: IntentDelegate, Category: domain.CategoryOptimistic, Leaves: KindDelegated},
			{Name: IntentEquip, Category: domain.CategoryOptimistic, Leaves: KindToken},
			{Name: IntentRevoke, Category: domain.CategoryOptimistic, Leaves: KindRevoked, Plan: domain.Planned(
				func(s *domain.Snapshot, in Revoked) (domain.Plan, error) { return domain.Do(Revoke(s.Caller, in)) })},
		},
		Questions: []domain.Question{{Kind: QuestionExplain}, {Kind: QuestionTokens}},
	}
}
