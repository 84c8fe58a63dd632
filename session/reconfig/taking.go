package reconfig

import (
	"bytes"
	"slices"

	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/session"
)

// taking is what a device knows of a session that another one offers to it: the messages of their delegation. Its next step follows from these alone.
//
//	await ─▶ Offer, Piece ─▶ consider ─▶ Next ─▶ await
//	                                ├──▶ Refused
//	                                └──▶ Ready ─▶ await ─▶ Committed ─▶ activate
//	                                                  └──▶ RolledBack ─▶ drop
type taking struct {
	name      aura.SessionID // of the delegation
	own       aura.AuthorityID
	from, to  aura.DeviceID
	offer     *view.Offer
	bytes     []byte // of the recording, as far as it came
	misfit    bool   // a piece was not as long as it must be
	said      string // the label that this side sent last
	delegated *view.Delegated
	over      bool          // the source keeps the session
	refusal   *view.Refusal // that this side sent
	active    bool
}

// take is a step of the target.
type take uint8

const (
	takeAwait    take = 1
	takeConsider take = 2 // decides about the offer, as far as it came, and answers it
	takeActivate take = 3
	takeDrop     take = 4 // forgets what came, and ends
	takeEnd      take = 5
)

// next returns the next step.
func (t *taking) next() take {
	switch {
	case t.active:
		return takeEnd
	case t.over:
		return takeDrop
	case t.offer == nil || t.said != "":
		return takeAwait
	case t.delegated != nil:
		return takeActivate
	}
	return takeConsider
}

// saw notes a message that the role sent or received.
func (t *taking) saw(m *session.Message) (err error) {
	if m.Sent {
		if t.said = m.Label; m.Label == "Refused" {
			t.refusal = new(view.Refusal)
			err = fact.Unmarshal(m.Payload, t.refusal)
		}
		t.over, t.active = t.over || m.Label == "Refused", m.Label == "Activated"
		return err
	}
	switch t.said = ""; m.Label {
	case "Offer":
		t.offer = new(view.Offer)
		if fact.Unmarshal(m.Payload, t.offer) != nil {
			*t.offer = view.Offer{}
		}
		t.bytes = append(t.bytes, t.offer.Piece...)
	case "Piece":
		var piece view.Piece
		err = fact.Unmarshal(m.Payload, &piece)
		t.misfit = t.misfit || uint64(len(piece.Bytes)) != min(t.offer.Bytes-uint64(len(t.bytes)), view.MaxPiece)
		t.bytes = append(t.bytes, piece.Bytes...)
	case "Committed":
		t.delegated = new(view.Delegated)
		err = fact.Unmarshal(m.Payload, t.delegated)
	default:
		t.over = true
	}
	return err
}

// played is the role that is offered.
func (t *taking) played() view.Played {
	return view.Played{Session: t.offer.Session, Authority: t.own, Role: t.offer.Role}
}

// fits returns why an offer is none of this delegation, nil when it is.
func (t *taking) fits(listed keys) *view.Refusal {
	o := t.offer
	if err := o.Check(); err != nil {
		return refusal(view.ReasonInvalid, aura.Reason(err))
	}
	last := &o.Moves[len(o.Moves)-1]
	if last.To != t.to || last.From != t.from || o.To != uint64(len(o.Moves)) || o.From+1 != o.To {
		return refusal(view.ReasonInvalid, "the witness is not one of this delegation")
	}
	if err := view.CheckOffer(t.played(), o.Moves, listed); err != nil {
		return refusal(view.ReasonInvalid, aura.Reason(err))
	}
	if t.misfit {
		return refusal(view.ReasonInvalid, "a piece of the recording has another length than that of the offer")
	}
	return nil
}

// here is what a device has of a session that it is offered.
type here struct {
	lives, ended bool
	imported     bool           // it lives, and waits for the commit of a handover
	by           aura.SessionID // the delegation that brought the import
	waits        bool           // that delegation has not ended here, so its commit may come
}

// brought reports whether an import came by this delegation.
func (t *taking) brought(h *here) bool { return h.imported && h.by == t.name }

// room decides whether the session may come here: it neither acts nor ended here, and no import of it waits for a commit that may still
// come. Drop says that an import for which none can come has to go first.
func (t *taking) room(h *here) (no *view.Refusal, drop bool) {
	switch {
	case h.ended:
		return refusal(view.ReasonEnded, ""), false
	case !h.lives, t.brought(h): // a restart came between
		return nil, false
	case h.imported && !h.waits:
		return nil, true
	case h.imported:
		return refusal(view.ReasonDenied, "another delegation of the session has not ended there: try again when it has"), false
	}
	return refusal(view.ReasonDenied, "the session is on this device"), false
}

// mayActivate returns aura.Denied unless the commit of the source is the one of this delegation.
func (t *taking) mayActivate(listed keys) error {
	o, d, of := t.offer, t.delegated, t.played()
	last := &o.Moves[len(o.Moves)-1]
	if d == nil || d.Session != o.Session || !bytes.Equal(d.Move.SigningBytes(of), last.SigningBytes(of)) || d.Ready.Digest != o.Digest {
		return aura.Errorf("reconfig.activate", aura.Denied, "the commit is not one of the delegation of session %s", aura.Short(o.Session))
	}
	before := o.Moves[:len(o.Moves)-1]
	return view.CheckMoves(of, before, append(slices.Clone(before), d.Move), listed)
}

// refused is the error of a delegation that this device refuses.
func (t *taking) refused() error {
	return aura.Errorf("reconfig.refused", kindOf(t.refusal), "this device does not take the session, which stays on device %s: %s", aura.Short(t.from), textOf(t.refusal))
}

// refusal returns why this device does not take a session.
func refusal(why view.Reason, text string) *view.Refusal {
	return &view.Refusal{Reason: why, Text: short(text)}
}
