package sim

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
)

// reduction is the fold of all facts of one journal, without any of the caches that a running frontend has.
type reduction struct {
	states   *domain.States
	contacts *contact.State
	chats    *chat.State
}

func newReduction(set *domain.Set, self aura.AuthorityID) *reduction {
	states := set.NewStates(self)
	return &reduction{states: states, contacts: domain.Get[*contact.State](states), chats: domain.Get[*chat.State](states)}
}

func (r *reduction) apply(record *fact.Record) { r.states.Apply(record) }

func (r *reduction) setting() chat.Setting { return chat.SettingOf(r.states) }
