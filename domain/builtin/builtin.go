package builtin

import (
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
)

// New returns the set of the modules that every agent has, with more behind them. It returns the errors of
// [domain.NewSet].
func New(more ...domain.Module) (*domain.Set, error) {
	return domain.NewSet(append([]domain.Module{
		capability.Module(), contact.Module(), invite.Module(), chat.Module(), moderation.Module(), delivery.Module(),
	}, more...)...)
}
