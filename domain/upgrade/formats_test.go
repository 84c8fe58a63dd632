package upgrade

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "upgrade.Request", formats.Payload[Request]())
	formats.Map(t, "upgrade.Readiness", formats.Payload[Readiness]())
	formats.Map(t, "upgrade.Cutover", formats.Payload[Cutover]())
	formats.Map(t, "upgrade.Execution", formats.Payload[Execution]())
	formats.Map(t, "upgrade.Refusal", formats.Payload[Refusal]())
	formats.Map(t, "upgrade.Requested", formats.Payload[Requested]())
	formats.Map(t, "upgrade.Executed", formats.Payload[Executed]())
}
