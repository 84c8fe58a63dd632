package status

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "status.Branches", formats.Payload[Branches]())
	formats.Map(t, "status.Services", formats.Payload[Services]())
	formats.Map(t, "status.Declared", formats.Payload[Declared]())
	formats.Map(t, "status.Owned", formats.Payload[Owned]())
	formats.Map(t, "status.Status", formats.Payload[Status]())
	formats.Map(t, "status.Logs", formats.Payload[Logs]())
	formats.Map(t, "status.Quarantined", formats.Payload[Quarantined]())
	formats.Map(t, "status.Service", formats.Payload[Service]())
	formats.Map(t, "status.Withdraw", formats.Payload[Withdraw]())
	formats.Map(t, "status.Withdrawn", formats.Payload[Withdrawn]())
	formats.Map(t, "status.Connection", formats.Payload[Connection]())
}
