package session

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "session.Greeting", formats.Payload[Greeting]())
	formats.Map(t, "session.current", formats.Payload[current]())
	formats.Map(t, "session.message", formats.Payload[message]())
	formats.Map(t, "session.confirmation", formats.Payload[confirmation]())
	formats.Map(t, "session.refused", formats.Payload[refused]())
	formats.Map(t, "session.parcel", formats.Payload[parcel]())
	formats.Map(t, "session.record", formats.Payload[record]())
	formats.Map(t, "session.saved", formats.Payload[saved]())
	formats.Map(t, "session.edgeCount", formats.Payload[edgeCount]())
	formats.Map(t, "session.opening", formats.Payload[opening]())
	formats.Map(t, "session.party", formats.Payload[party]())
	formats.Map(t, "session.rolesMoves", formats.Payload[rolesMoves]())
	formats.Map(t, "session.departed", formats.Payload[departed]())
}
