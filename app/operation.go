package app

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
)

// Operation is one action of the user.
type Operation struct {
	ID     aura.OperationID `json:"id"`
	Kind   string           `json:"kind"` // of the intent: "chat.send"
	Phase  domain.Phase     `json:"phase"`
	Reason string           `json:"reason,omitempty"` // why it failed, or waits
}
