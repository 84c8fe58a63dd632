package session

import (
	"bytes"
	"crypto/ed25519"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// MaxMoves is how often a session may go from one device to another.
const MaxMoves = 16

// Move is the witness that a role of a session went from one device of its authority to another one. The device that had it signs, so the
// participants of the session need not ask which of the two plays.
type Move struct {
	From aura.DeviceID `cbor:"1,keyasint,omitzero"`
	To   aura.DeviceID `cbor:"2,keyasint,omitzero"`
	// Generation counts the moves of the role in this session, from 1.
	Generation uint64 `cbor:"3,keyasint,omitempty"`
	// Confirmed counts, by edge, the messages that the other participants had confirmed.
	Confirmed []Confirmed `cbor:"4,keyasint,omitempty"`
	// Signature is Ed25519, by From: over [Move.SigningBytes] once it has given the role away, and over [Move.OfferBytes] before.
	Signature [64]byte `cbor:"5,keyasint,omitzero"`
}

// Confirmed says which messages of a role another one had confirmed.
type Confirmed struct {
	Edge   uint32   `cbor:"1,keyasint,omitempty"` // as in a session's messages
	Count  uint64   `cbor:"2,keyasint,omitempty"`
	Digest [32]byte `cbor:"3,keyasint,omitzero"` // SHA-256 of their parcels, one behind the other
}

// Played is a role of a session, and whose it is.
type Played struct {
	Session   aura.SessionID   `cbor:"1,keyasint,omitzero"`
	Authority aura.AuthorityID `cbor:"2,keyasint,omitzero"`
	Role      string           `cbor:"3,keyasint,omitempty"`
}

// signedMove has the fields of a Move that its signature covers; a label goes before them.
type signedMove struct {
	Of   Played `cbor:"1,keyasint"`
	Move Move   `cbor:"2,keyasint"`
}

// SigningBytes returns the bytes that the source signs in the commit that gives a role away: a domain label, the role of the session, and
// the move without its signature.
func (m Move) SigningBytes(of Played) []byte { return m.labelled("aura session move 1\x00", of) }

// OfferBytes returns the bytes that the source signs when it offers a role: the same behind another label. No participant takes it for a
// witness, so the other device cannot play a role that it was offered and not given.
func (m Move) OfferBytes(of Played) []byte { return m.labelled("aura session offer 1\x00", of) }

func (m Move) labelled(label string, of Played) []byte {
	m.Signature = [64]byte{}
	b, err := fact.Marshal(signedMove{of, m})
	if err != nil {
		panic("session: a move of bounded parts always encodes: " + err.Error())
	}
	return append([]byte(label), b...)
}

// CheckMoves returns aura.Denied unless each move of a role follows the one before it, from the first one on, and the device that it
// leaves has signed it. Key returns the signing key of a device that the authority lists. Known are moves that were checked before: the authority may
// have removed their devices since.
func CheckMoves(of Played, known, moves []Move, key func(aura.DeviceID) ([32]byte, bool)) error {
	if err := follows(of, moves); err != nil {
		return err
	}
	for i := range moves {
		if i < len(known) && known[i].Signature == moves[i].Signature && bytes.Equal(known[i].SigningBytes(of), moves[i].SigningBytes(of)) {
			continue
		}
		if err := signed(of, &moves[i], moves[i].SigningBytes, key); err != nil {
			return err
		}
	}
	return nil
}

// CheckOffer is CheckMoves for a role that is offered: the last move has not come to be, and is signed as an offer. An earlier one may be by
// a device that the authority has removed since: the participants who followed it know that it came to be.
func CheckOffer(of Played, moves []Move, key func(aura.DeviceID) ([32]byte, bool)) error {
	if err := follows(of, moves); err != nil {
		return err
	}
	for i := range moves {
		m := &moves[i]
		by := m.OfferBytes
		if i < len(moves)-1 {
			if _, listed := key(m.From); !listed {
				continue
			}
			by = m.SigningBytes
		}
		if err := signed(of, m, by, key); err != nil {
			return err
		}
	}
	return nil
}

// follows returns aura.Denied unless each move follows the one before it.
func follows(of Played, moves []Move) error {
	const op = "session.CheckMoves"
	if len(moves) > MaxMoves {
		return aura.Errorf(op, aura.Denied, "session %s has %d moves, the most is %d", aura.Short(of.Session), len(moves), MaxMoves)
	}
	for i := range moves {
		m := &moves[i]
		switch {
		case m.From == m.To || m.To == (aura.DeviceID{}) || len(m.Confirmed) > MaxParts:
			return aura.Errorf(op, aura.Denied, "move %d of session %s leads nowhere", i+1, aura.Short(of.Session))
		case m.Generation != uint64(i+1) || i > 0 && moves[i-1].To != m.From:
			return aura.Errorf(op, aura.Denied, "move %d of session %s does not follow the one before it", i+1, aura.Short(of.Session))
		}
	}
	return nil
}

// signed returns aura.Denied unless the device that a move leaves is listed and has signed it.
func signed(of Played, m *Move, bytes func(Played) []byte, key func(aura.DeviceID) ([32]byte, bool)) error {
	by, listed := key(m.From)
	if !listed || !ed25519.Verify(by[:], bytes(of), m.Signature[:]) {
		return aura.Errorf("session.CheckMoves", aura.Denied, "move %d of session %s is not signed by device %s of the account", m.Generation, aura.Short(of.Session),
			aura.Short(m.From))
	}
	return nil
}

// News reports whether moves of a role, which hold, say more to a participant than those that it knows; it follows them then to the device to
// which the last one leads. Has is the device that plays the role for it, zero while none has played. News returns aura.Denied for moves that
// contradict those that it knows, and aura.Stale for fewer.
func News(of Played, known, moves []Move, has aura.DeviceID) (bool, error) {
	const op = "session.News"
	for i := range min(len(known), len(moves)) {
		if known[i].Signature != moves[i].Signature {
			return false, aura.Errorf(op, aura.Denied, "device %s gave %s of session %s to two devices", aura.Short(known[i].From), of.Role, aura.Short(of.Session))
		}
	}
	switch {
	case len(moves) < len(known):
		return false, aura.Errorf(op, aura.Stale, "role %s of session %s has moved %d times, and the witnesses are those of %d", of.Role, aura.Short(of.Session),
			len(known), len(moves))
	case len(moves) == len(known):
		return false, nil
	case has != (aura.DeviceID{}) && moves[len(known)].From != has:
		return false, aura.Errorf(op, aura.Denied, "role %s of session %s moves from device %s, and device %s plays it", of.Role, aura.Short(of.Session),
			aura.Short(moves[len(known)].From), aura.Short(has))
	}
	return true, nil
}
