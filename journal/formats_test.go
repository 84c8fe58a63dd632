package journal

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "journal.Snapshot", formats.Payload[Snapshot]())
	formats.Map(t, "journal.Cover", formats.Payload[Cover]())
	formats.Map(t, "journal.stretch", formats.Payload[stretch]())
	formats.Map(t, "journal.storedStream", formats.Payload[storedStream]())
	formats.Map(t, "journal.storedHead", formats.Payload[storedHead]())
}
