package reconfig

import (
	"crypto/ed25519"

	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/session"
)

// keys returns the key of a device, false for one that the account does not list.
type keys func(aura.DeviceID) ([32]byte, bool)

// giving is what a device knows of a session that it gives to another one: the messages of their delegation. Its next step follows from these alone,
// so a restart goes on where they end.
//
//	stand ─▶ offer ─▶ await ─▶ Next ──▶ piece ─▶ await ...
//	                       ├─▶ Next ──▶ withdraw             the session cannot move
//	                       ├─▶ Ready ─▶ withdraw             the same
//	                       ├─▶ Ready ─▶ commit ─▶ last ─▶ Activated
//	                       └─▶ Refused
type giving struct {
	to      aura.DeviceID
	offer   *view.Offer // that was made; nil: none yet
	sent    uint64      // bytes of the recording
	pending string      // the label that came last and was not answered
	ready   view.Readiness
	refusal *view.Refusal
	decided string // the label with which this side decided
}

// give is a step of the source.
type give uint8

const (
	giveStand    give = 1 // has the session stand still
	giveOffer    give = 2
	giveAwait    give = 3 // waits for an answer, for a bounded time
	givePiece    give = 4
	giveWithdraw give = 5 // takes the session back, and says so
	giveCommit   give = 6
	giveLast     give = 7 // waits for the word that the other device acts, whenever it comes
	giveEnd      give = 8
)

// next returns the next step. Stood says that the session was told to stand still, and cannot why it does not, or does not move for another
// reason. With giveWithdraw and giveEnd comes why the session stays here; giveEnd without a reason means that the other device acts.
func (g *giving) next(stood bool, cannot error, listed keys) (give, error) {
	const op = "reconfig.Move"
	switch {
	case g.decided == "Committed" && g.pending == "Activated":
		return giveEnd, nil
	case g.decided == "Committed":
		return giveLast, nil
	case g.decided != "":
		return giveEnd, aura.Errorf(op, aura.Cancelled, "the delegation to device %s was taken back", aura.Short(g.to))
	case g.refusal != nil:
		return giveEnd, g.refused()
	case !stood:
		return giveStand, nil
	case g.offer == nil && cannot != nil:
		return giveEnd, cannot
	case g.offer == nil:
		return giveOffer, nil
	case g.pending == "":
		return giveAwait, nil
	case cannot != nil:
		return giveWithdraw, cannot
	case g.pending == "Next" && g.sent >= g.offer.Bytes:
		return giveWithdraw, aura.Errorf(op, aura.Denied, "device %s asks for more than the recording has", aura.Short(g.to))
	case g.pending == "Next":
		return givePiece, nil
	}
	if err := g.mayCommit(listed); err != nil {
		return giveWithdraw, err
	}
	return giveCommit, nil
}

// mayCommit returns aura.Denied unless the other device is one of the account and has signed that it has the recording of the offer.
func (g *giving) mayCommit(listed keys) error {
	by, is := listed(g.to)
	last := &g.offer.Moves[len(g.offer.Moves)-1]
	if !is || g.ready.Digest != g.offer.Digest || !ed25519.Verify(by[:], g.ready.SigningBytes(last), g.ready.Signature[:]) {
		return aura.Errorf("reconfig.Move", aura.Denied, "device %s is none of the account or has not signed that it took session %s in", aura.Short(g.to), aura.Short(g.offer.Session))
	}
	return nil
}

// saw notes a message that the role sent or received.
func (g *giving) saw(m *session.Message) (err error) {
	if m.Sent {
		switch g.pending = ""; m.Label {
		case "Offer":
			g.offer = new(view.Offer)
			err = fact.Unmarshal(m.Payload, g.offer)
			g.sent = uint64(len(g.offer.Piece))
		case "Piece":
			var piece view.Piece
			err = fact.Unmarshal(m.Payload, &piece)
			g.sent += uint64(len(piece.Bytes))
		default:
			g.decided = m.Label
		}
		return err
	}
	switch g.pending = m.Label; m.Label {
	case "Refused":
		g.refusal = new(view.Refusal)
		err = fact.Unmarshal(m.Payload, g.refusal)
	case "Ready":
		err = fact.Unmarshal(m.Payload, &g.ready)
	}
	return err
}

// withdrawal returns the label with which the source takes the session back.
func (g *giving) withdrawal() string {
	if g.pending == "Ready" {
		return "RolledBack"
	}
	return "Withdrawn"
}

// refused is the error of a delegation that the other device refuses.
func (g *giving) refused() error {
	return aura.Errorf("reconfig.Move", kindOf(g.refusal), "device %s does not take the session, which goes on here: %s", aura.Short(g.to), textOf(g.refusal))
}

// kindOf returns the kind of the error of a delegation that is refused.
func kindOf(no *view.Refusal) aura.Kind {
	switch no.Reason {
	case view.ReasonUnknown, view.ReasonVersion:
		return aura.NotFound
	case view.ReasonExhausted:
		return aura.Exhausted
	case view.ReasonEnded:
		return aura.Stale
	}
	return aura.Denied
}

// textOf says why a delegation is refused.
func textOf(no *view.Refusal) string {
	if no.Text == "" {
		return no.Reason.String()
	}
	return no.Reason.String() + ": " + short(no.Text)
}
