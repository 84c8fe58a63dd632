package moderation

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "moderation.Target", formats.Payload[Target]())
	formats.Map(t, "moderation.ChangeIntent", formats.Payload[ChangeIntent]())
	formats.Map(t, "moderation.Unblocked", formats.Payload[Unblocked]())
	formats.Map(t, "moderation.Seen", formats.Payload[Seen]())
	formats.Map(t, "moderation.drop", formats.State[drop]())
	formats.Map(t, "moderation.savedState", formats.State[savedState]())
	formats.Map(t, "moderation.savedTarget", formats.State[savedTarget]())
}
