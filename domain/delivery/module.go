package delivery

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/fact"
)

// Module returns the domain. Its facts never leave an authority's own devices. The agent itself folds none of them: it
// keeps count in the metadata, see [AckedKey].
func Module() domain.Module {
	return domain.Module{
		Name: "delivery",
		Kinds: []fact.Kind{
			{Name: KindAcked, Columns: []fact.Column{
				{Name: "context", Key: 1}, {Name: "peer", Key: 2}, {Name: "through", Key: 4},
			}, Check: checkAcked},
			{Name: KindFailed, Columns: []fact.Column{
				{Name: "context", Key: 1}, {Name: "peer", Key: 2}, {Name: "through", Key: 3}, {Name: "reason", Key: 4},
			}, Check: checkFailed},
		},
		Capabilities: domain.OwnerCapabilities(CapRecord, CapResend, CapLink, CapHello, CapAddresses, CapRecall, CapReturn, CapEvidence, CapRelay, CapSeek, CapIntroduce, CapSession),
		Operations: []domain.Operation{
			{Name: "delivery.acknowledge", Category: domain.CategoryOptimistic, Internal: true, Leaves: KindAcked},
			{Name: "delivery.giveup", Category: domain.CategoryOptimistic, Internal: true, Leaves: KindFailed},
		},
		NewState: func(self aura.AuthorityID) domain.State { return NewState(self) },
	}
}
