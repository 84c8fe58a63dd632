package guard_test

import (
	"testing"

	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of chains of receipts.
func TestFormats(t *testing.T) {
	formats.Map(t, "guard.ReceiptChain", formats.Payload[guard.ReceiptChain]())
	formats.Map(t, "guard.Spending", formats.Payload[guard.Spending]())
	formats.Map(t, "guard.Run", formats.Payload[guard.Run]())
}
