package delivery

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "delivery.Acked", formats.Payload[Acked]())
	formats.Map(t, "delivery.Failed", formats.Payload[Failed]())
	formats.Map(t, "delivery.Outbox", formats.Payload[Outbox]())
	formats.Map(t, "delivery.failure", formats.State[failure]())
	formats.Map(t, "delivery.saved", formats.State[saved]())
	formats.Map(t, "delivery.savedHop", formats.State[savedHop]())
}
