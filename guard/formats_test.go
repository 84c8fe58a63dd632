//go:build !wasip1

package guard_test

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of chains of receipts. It needs the folder of the module, which a program of
// wasip1 does not see.
func TestFormats(t *testing.T) {
	formats.Map(t, "guard.ReceiptChain", formats.Payload[guard.ReceiptChain]())
	formats.Map(t, "guard.Spending", formats.Payload[guard.Spending]())
	formats.Map(t, "guard.Run", formats.Payload[guard.Run]())
}

// TestDerivedNames holds what docs/formats.md says of the contexts of budgets.
func TestDerivedNames(t *testing.T) {
	for label, of := range map[string]func(aura.ContextID) aura.ContextID{
		`aura control budget v1\x00`: guard.ControlContext, `aura message budget v1\x00`: guard.MessageContext,
		`aura carry budget v1\x00`: guard.CarryContext,
	} {
		made := of(aura.ContextID{1, 2, 3})
		formats.Derived(t, label, made[:])
	}
}
