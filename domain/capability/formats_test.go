package capability

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "capability.Explain", formats.Payload[Explain]())
	formats.Map(t, "capability.Explanation", formats.Payload[Explanation]())
	formats.Map(t, "capability.TokenAnswer", formats.Payload[TokenAnswer]())
	formats.Map(t, "capability.FailedCheck", formats.Payload[FailedCheck]())
	formats.Map(t, "capability.Budget", formats.Payload[Budget]())
	formats.Map(t, "capability.LeakBudget", formats.Payload[LeakBudget]())
	formats.Map(t, "capability.Token", formats.Payload[Token]())
	formats.Map(t, "capability.Delegated", formats.Payload[Delegated]())
	formats.Map(t, "capability.Revoked", formats.Payload[Revoked]())
	formats.Map(t, "capability.Policy", formats.Payload[Policy]())
	formats.Map(t, "capability.LeakLimit", formats.Payload[LeakLimit]())
	formats.Map(t, "capability.DelegateIntent", formats.Payload[DelegateIntent]())
	formats.Map(t, "capability.EquipIntent", formats.Payload[EquipIntent]())
	formats.Map(t, "capability.savedState", formats.State[savedState]())
	formats.Map(t, "capability.savedHeld", formats.State[savedHeld]())
	formats.Map(t, "capability.TokenList", formats.Payload[TokenList]())
	formats.Map(t, "capability.TokenLine", formats.Payload[TokenLine]())
}
