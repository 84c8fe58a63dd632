package chat

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "chat.Ref", formats.Payload[Ref]())
	formats.Map(t, "chat.Text", formats.Payload[Text]())
	formats.Map(t, "chat.Read", formats.Payload[Read]())
	formats.Map(t, "chat.Mark", formats.Payload[Mark]())
	formats.Map(t, "chat.Invited", formats.Payload[Invited]())
	formats.Map(t, "chat.Joined", formats.Payload[Joined]())
	formats.Map(t, "chat.SendIntent", formats.Payload[SendIntent]())
	formats.Map(t, "chat.ReadIntent", formats.Payload[ReadIntent]())
	formats.Map(t, "chat.CreateIntent", formats.Payload[CreateIntent]())
	formats.Map(t, "chat.Created", formats.Payload[Created]())
	formats.Map(t, "chat.LeaveIntent", formats.Payload[LeaveIntent]())
	formats.Map(t, "chat.Group", formats.Payload[Group]())
	formats.Map(t, "chat.Member", formats.Payload[Member]())
	formats.Map(t, "chat.savedGroups", formats.State[savedGroups]())
	formats.Map(t, "chat.savedThread", formats.State[savedThread]())
	formats.Map(t, "chat.savedInvitation", formats.State[savedInvitation]())
}

// TestDerivedNames holds what docs/formats.md says of the context of a group.
func TestDerivedNames(t *testing.T) {
	group := formats.Sample[Group]()
	context, err := group.Context()
	if err != nil {
		t.Fatal(err)
	}
	formats.Derived(t, `aura group v1\x00`, context[:])
}
