package device

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "device.Seen", formats.Payload[Seen]())
	formats.Map(t, "device.RemoveIntent", formats.Payload[RemoveIntent]())
	formats.Map(t, "device.RemoveResult", formats.Payload[RemoveResult]())
	formats.Map(t, "device.Trusted", formats.Payload[Trusted]())
	formats.Map(t, "device.TrustedStream", formats.Payload[TrustedStream]())
	formats.Map(t, "device.savedTelling", formats.State[savedTelling]())
	formats.Map(t, "device.telling", formats.State[telling]())
	formats.Map(t, "device.savedTrusting", formats.State[savedTrusting]())
	formats.Map(t, "device.trusting", formats.State[trusting]())
	formats.Map(t, "device.CloseIntent", formats.Payload[CloseIntent]())
	formats.Map(t, "device.closing", formats.State[closing]())
	formats.Map(t, "device.savedState", formats.State[savedState]())
	formats.Map(t, "device.savedClosing", formats.State[savedClosing]())
	formats.Map(t, "device.savedClosed", formats.State[savedClosed]())
	formats.Map(t, "device.Whose", formats.Payload[Whose]())
	formats.Map(t, "device.Roster", formats.Payload[Roster]())
	formats.Map(t, "device.Device", formats.Payload[Device]())
	formats.Map(t, "device.Contested", formats.Payload[Contested]())
	formats.Map(t, "device.Streams", formats.Payload[Streams]())
	formats.Map(t, "device.Stream", formats.Payload[Stream]())
	formats.Map(t, "device.Cursor", formats.Payload[Cursor]())
	formats.Map(t, "device.Copy", formats.Payload[Copy]())
	formats.Map(t, "device.Batch", formats.Payload[Batch]())
	formats.Map(t, "device.Stored", formats.Payload[Stored]())
	formats.Map(t, "device.Agreed", formats.Payload[Agreed]())
	formats.Map(t, "device.SyncList", formats.Payload[SyncList]())
	formats.Map(t, "device.Sync", formats.Payload[Sync]())
}

// TestDerivedNames holds what docs/formats.md says of the context of an authority's devices.
func TestDerivedNames(t *testing.T) {
	own := OwnContext(aura.AuthorityID{1, 2, 3})
	formats.Derived(t, "aura own 1", own[:])
}
