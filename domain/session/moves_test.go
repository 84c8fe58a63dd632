package session_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/internal/formats"
)

// TestDerivedNamesOfMoves holds what docs/formats.md says of the bytes that devices sign.
func TestDerivedNamesOfMoves(t *testing.T) {
	m := session.Move{From: aura.DeviceID{1}, To: aura.DeviceID{2}, Generation: 1}
	sum := sha256.Sum256(m.SigningBytes(session.Played{Session: aura.SessionID{3}, Authority: aura.AuthorityID{4}, Role: "Host"}))
	formats.Derived(t, `aura session move 1\x00`, sum[:])
	sum = sha256.Sum256(m.OfferBytes(session.Played{Session: aura.SessionID{3}, Authority: aura.AuthorityID{4}, Role: "Host"}))
	formats.Derived(t, `aura session offer 1\x00`, sum[:])
	r := session.Readiness{Digest: [32]byte{5}}
	sum = sha256.Sum256(r.SigningBytes(&m))
	formats.Derived(t, `aura session readiness 1\x00`, sum[:])
}

// chain returns witnesses of a role that goes through devices, each signed by the one that it leaves, and their keys.
func chain(of session.Played, devices ...byte) (moves []session.Move, keys map[aura.DeviceID][32]byte, sign func(aura.DeviceID, []byte) [64]byte) {
	keys, secret := map[aura.DeviceID][32]byte{}, map[aura.DeviceID]ed25519.PrivateKey{}
	id := func(d byte) aura.DeviceID {
		key := ed25519.NewKeyFromSeed(append(make([]byte, 31), d))
		public := [32]byte(key.Public().(ed25519.PublicKey))
		name := aura.DeviceOf(public[:])
		keys[name], secret[name] = public, key
		return name
	}
	sign = func(by aura.DeviceID, b []byte) [64]byte { return [64]byte(ed25519.Sign(secret[by], b)) }
	for i := range len(devices) - 1 {
		m := session.Move{From: id(devices[i]), To: id(devices[i+1]), Generation: uint64(i + 1)}
		m.Signature = sign(m.From, m.SigningBytes(of))
		moves = append(moves, m)
	}
	return moves, keys, sign
}

// TestWitnessesThatDoNotHoldAreRefused (runtime document, "Delegate Boundary"): each follows the one before it, from the first one on, is signed
// by the device that it leaves, and speaks of this role of this session.
func TestWitnessesThatDoNotHoldAreRefused(t *testing.T) {
	of := session.Played{Session: aura.SessionID{1}, Authority: aura.AuthorityID{2}, Role: "Host"}
	good, keys, sign := chain(of, 1, 2, 3, 1)
	key := func(d aura.DeviceID) ([32]byte, bool) { k, listed := keys[d]; return k, listed }
	if err := session.CheckMoves(of, nil, good, key); err != nil {
		t.Errorf("witnesses that hold: %v", err)
	}
	resigned := func(change func(m *session.Move)) []session.Move {
		all := append([]session.Move(nil), good...)
		m := &all[len(all)-1]
		change(m)
		m.Signature = sign(m.From, m.SigningBytes(of))
		return all
	}
	long := make([]byte, session.MaxMoves+2)
	for i := range long {
		long[i] = byte(1 + i%2)
	}
	tooMany, _, _ := chain(of, long...)
	forged := append([]session.Move(nil), good...)
	forged[1].To = good[0].From
	for what, moves := range map[string][]session.Move{
		"that are forged":           forged,
		"without the first":         good[1:],
		"with one twice":            append(good[:1:1], good...),
		"that go round":             append(good[:3:3], good[0]),
		"that lead to where it was": resigned(func(m *session.Move) { m.To = m.From }),
		"with another number":       resigned(func(m *session.Move) { m.Generation = 9 }),
		"with a gap":                resigned(func(m *session.Move) { m.From = good[0].From; m.To = good[1].To }),
		"that are too many":         tooMany,
	} {
		if err := session.CheckMoves(of, nil, moves, key); aura.KindOf(err) != aura.Denied {
			t.Errorf("witnesses %s: %v", what, err)
		}
	}
	for what, other := range map[string]session.Played{
		"session": {Session: aura.SessionID{9}, Authority: of.Authority, Role: of.Role}, "authority": {Session: of.Session, Authority: aura.AuthorityID{9}, Role: of.Role},
		"role": {Session: of.Session, Authority: of.Authority, Role: "Guest"},
	} {
		if err := session.CheckMoves(other, nil, good, key); aura.KindOf(err) != aura.Denied {
			t.Errorf("witnesses of another %s: %v", what, err)
		}
	}
	offered := resigned(func(*session.Move) {})
	last := &offered[len(offered)-1]
	last.Signature = sign(last.From, last.OfferBytes(of))
	if err := session.CheckOffer(of, offered, key); err != nil {
		t.Errorf("an offer that holds: %v", err)
	}
	if session.CheckMoves(of, nil, offered, key) == nil || session.CheckOffer(of, good, key) == nil || session.CheckMoves(of, nil, offered[:2], key) != nil {
		t.Error("an offer is taken for a witness")
	}
	delete(keys, good[1].From)
	if err := session.CheckMoves(of, good[:1], good, key); aura.KindOf(err) != aura.Denied {
		t.Errorf("a witness by a device that is not listed: %v", err)
	}
	if err := session.CheckMoves(of, good[:2], good, key); err != nil {
		t.Errorf("a witness behind one that was checked when its device was listed: %v", err)
	}
	other := append([]session.Move(nil), good[:2]...)
	other[1].Confirmed = []session.Confirmed{{Edge: 1}}
	if err := session.CheckMoves(of, other, good, key); aura.KindOf(err) != aura.Denied {
		t.Errorf("a witness that is not the one that was checked: %v", err)
	}
	if err := session.CheckOffer(of, offered, key); err != nil {
		t.Errorf("an offer of a session that a removed device had: %v", err)
	}
	delete(keys, last.From)
	if err := session.CheckOffer(of, offered, key); aura.KindOf(err) != aura.Denied {
		t.Errorf("an offer by a device that is not listed: %v", err)
	}
}
