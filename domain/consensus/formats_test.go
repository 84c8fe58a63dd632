package consensus

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "consensus.Witness", formats.Payload[Witness]())
	formats.Map(t, "consensus.Operation", formats.Payload[Operation]())
	formats.Map(t, "consensus.Conflict", formats.Payload[Conflict]())
	formats.Map(t, "consensus.Commitment", formats.Payload[Commitment]())
	formats.Map(t, "consensus.SignRequest", formats.Payload[SignRequest]())
	formats.Map(t, "consensus.Share", formats.Payload[Share]())
	formats.Map(t, "consensus.Signed", formats.Payload[Signed]())
	formats.Map(t, "consensus.Commit", formats.Payload[Commit]())
	formats.Map(t, "consensus.Voted", formats.Payload[Voted]())
	formats.Map(t, "consensus.Committed", formats.Payload[Committed]())
}
