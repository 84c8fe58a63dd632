package contact

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "contact.Card", formats.Payload[Card]())
	formats.Map(t, "contact.Self", formats.Payload[Self]())
	formats.Map(t, "contact.Added", formats.Payload[Added]())
	formats.Map(t, "contact.Renamed", formats.Payload[Renamed]())
	formats.Map(t, "contact.Addresses", formats.Payload[Addresses]())
	formats.Map(t, "contact.Removed", formats.Payload[Removed]())
	formats.Map(t, "contact.Profile", formats.Payload[Profile]())
	formats.Map(t, "contact.NameIntent", formats.Payload[NameIntent]())
	formats.Map(t, "contact.RenameIntent", formats.Payload[RenameIntent]())
	formats.Map(t, "contact.AddressIntent", formats.Payload[AddressIntent]())
	formats.Map(t, "contact.RemoveIntent", formats.Payload[RemoveIntent]())
	formats.Map(t, "contact.said", formats.State[said]())
	formats.Map(t, "contact.Ref", formats.Payload[Ref]())
	formats.Map(t, "contact.savedState", formats.State[savedState]())
	formats.Map(t, "contact.savedEntry", formats.State[savedEntry]())
}
