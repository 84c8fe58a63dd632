package app

import (
	"slices"
	"testing"

	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
)

// TestEveryActionLeavesAFactThatSaysSo: an action whose answer did not come is found again by the fact that it
// left, or it would be shown as failed although it was done.
func TestEveryActionLeavesAFactThatSaysSo(t *testing.T) {
	looked := fact.Selection{Kinds: outcomeKinds()}
	for _, d := range []fact.Domain{capability.Domain(), chat.Domain(), contact.Domain(), invite.Domain(), moderation.Domain()} {
		for _, intent := range d.Intents {
			// Nothing submits it yet, and frontends read no tokens of one's own.
			if intent == capability.IntentEquip {
				continue
			}
			if !slices.ContainsFunc(d.Kinds, func(k fact.Kind) bool {
				return intentOf(k.Name) == intent && looked.Selects(&fact.Record{Position: 1, Fact: fact.Fact{Kind: k.Name}})
			}) {
				t.Errorf("no fact says that %s was done", intent)
			}
		}
	}
}
