package contact

import (
	"testing"

	"github.com/aura-runtime/aura"
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

// TestDerivedNames holds what docs/formats.md says of addresses, tags and the code that people compare.
func TestDerivedNames(t *testing.T) {
	signed, err := formats.Sample[Card]().SigningBytes(aura.DeviceID{1})
	if err != nil {
		t.Fatal(err)
	}
	formats.Signed(t, `aura addresses v1\x00`, signed)
	tag := TagFor([32]byte{1}, aura.AuthorityID{3}, aura.AuthorityID{2}, aura.AuthorityID{4})
	formats.Derived(t, "aura mutual contact v1 ", tag[:])
	tag = Padding([32]byte{1}, aura.AuthorityID{4}, 5)
	formats.Derived(t, "aura padding v1 ", tag[:])
	formats.Derived(t, "aura verification code v1", []byte(Verification([32]byte{1})))
}
