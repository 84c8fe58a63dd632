package session

import (
	"testing"

	"github.com/aura-runtime/aura/internal/formats"
)

// TestFormats holds what docs/formats.md says of this package.
func TestFormats(t *testing.T) {
	formats.Map(t, "session.List", formats.Payload[List]())
	formats.Map(t, "session.Session", formats.Payload[Session]())
	formats.Map(t, "session.Participant", formats.Payload[Participant]())
	formats.Map(t, "session.Show", formats.Payload[Show]())
	formats.Map(t, "session.Execution", formats.Payload[Execution]())
	formats.Map(t, "session.Shown", formats.Payload[Shown]())
	formats.Map(t, "session.Step", formats.Payload[Step]())
	formats.Map(t, "session.Guarded", formats.Payload[Guarded]())
	formats.Map(t, "session.Leaked", formats.Payload[Leaked]())
	formats.Map(t, "session.Replayed", formats.Payload[Replayed]())
	formats.Map(t, "session.Departure", formats.Payload[Departure]())
	formats.Map(t, "session.End", formats.Payload[End]())
	formats.Map(t, "session.Witness", formats.Payload[Witness]())
	formats.Map(t, "session.Ended", formats.Payload[Ended]())
	formats.Map(t, "session.EndedList", formats.Payload[EndedList]())
	formats.Map(t, "session.Move", formats.Payload[Move]())
	formats.Map(t, "session.Confirmed", formats.Payload[Confirmed]())
	formats.Map(t, "session.Played", formats.Payload[Played]())
	formats.Map(t, "session.signedMove", formats.Payload[signedMove]())
	formats.Map(t, "session.Rule", formats.Payload[Rule]())
	formats.Map(t, "session.MoveIntent", formats.Payload[MoveIntent]())
	formats.Map(t, "session.Offer", formats.Payload[Offer]())
	formats.Map(t, "session.Piece", formats.Payload[Piece]())
	formats.Map(t, "session.Readiness", formats.Payload[Readiness]())
	formats.Map(t, "session.Delegated", formats.Payload[Delegated]())
	formats.Map(t, "session.Taken", formats.Payload[Taken]())
	formats.Map(t, "session.Size", formats.Payload[Size]())
	formats.Map(t, "session.Part", formats.Payload[Part]())
	formats.Map(t, "session.Subject", formats.Payload[Subject]())
	formats.Map(t, "session.Invite", formats.Payload[Invite]())
	formats.Map(t, "session.Refusal", formats.Payload[Refusal]())
	formats.Map(t, "session.Answer", formats.Payload[Answer]())
	formats.Map(t, "session.Made", formats.Payload[Made]())
	formats.Map(t, "session.Failure", formats.Payload[Failure]())
	formats.Map(t, "session.PartEnded", formats.Payload[PartEnded]())
	formats.Map(t, "session.Created", formats.Payload[Created]())
	formats.Map(t, "session.Failed", formats.Payload[Failed]())
}
