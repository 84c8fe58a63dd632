package builtin

import (
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/consensus"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/upgrade"
)

// New returns the set of the modules that every agent has, with more behind them. It returns the errors of
// [domain.NewSet].
func New(more ...domain.Module) (*domain.Set, error) {
	for _, m := range more {
		for _, v := range m.Views {
			if strings.HasPrefix(v.Signal, "app:") {
				return nil, aura.Errorf("builtin.New", aura.Invalid, "module %s: the signal %s is of those that begin with app:, which are Aura's own", m.Name, v.Signal)
			}
		}
	}
	return domain.NewSet(append([]domain.Module{
		capability.Module(), contact.Module(), invite.Module(), chat.Module(), moderation.Module(), delivery.Module(), device.Module(), enrol.Module(),
		session.Module(), session.Delegations(), consensus.Module(), upgrade.Module(),
	}, more...)...)
}
