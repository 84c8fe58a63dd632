package session

import (
	"crypto/ed25519"
	"slices"

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
	// Confirmed says what the other participants had confirmed.
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

// signedMove is what a signature of a Move is over, behind its label.
type signedMove struct {
	Of   Played `cbor:"1,keyasint"`
	Move Move   `cbor:"2,keyasint"`
}

// SigningBytes returns what the device that had a role signs in the commit that gives it away: a domain label, the role of the session, and
// the move without its signature.
func (m Move) SigningBytes(of Played) []byte { return m.labelled("aura session move 1\x00", of) }

// OfferBytes returns what the device signs that offers a role: the same behind another label. No participant takes it for a witness, so the
// other device cannot play a role that it was offered and not given.
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
// leaves has signed it. Key returns the signing key of a device that the authority lists.
func CheckMoves(of Played, moves []Move, key func(aura.DeviceID) ([32]byte, bool)) error {
	return checkMoves(of, moves, len(moves), key)
}

// CheckOffer is CheckMoves for a role that is offered: the last move has not come to be, and is signed as an offer.
func CheckOffer(of Played, moves []Move, key func(aura.DeviceID) ([32]byte, bool)) error {
	return checkMoves(of, moves, len(moves)-1, key)
}

// MakesRoom reports whether an import that waits for its commit may go because its session is offered again. The device that offered the
// import must have signed the same step of the new offer: it has not given the session away by the import then. Another device of the
// account cannot say so.
func MakesRoom(waiting, offered []Move) bool {
	n := len(waiting)
	if n == 0 || len(offered) < n || offered[n-1].From != waiting[n-1].From {
		return false
	}
	return slices.EqualFunc(waiting[:n-1], offered[:n-1], func(x, y Move) bool { return x.Signature == y.Signature })
}

// checkMoves checks moves, of which the first so many came to be.
func checkMoves(of Played, moves []Move, given int, key func(aura.DeviceID) ([32]byte, bool)) error {
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
		signed := m.OfferBytes
		if i < given {
			signed = m.SigningBytes
		}
		by, listed := key(m.From)
		if !listed || !ed25519.Verify(by[:], signed(of), m.Signature[:]) {
			return aura.Errorf(op, aura.Denied, "move %d of session %s is not signed by device %s", i+1, aura.Short(of.Session), aura.Short(m.From))
		}
	}
	return nil
}
