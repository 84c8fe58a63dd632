package enrol

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

// Offer is the sponsor's first message.
type Offer struct {
	Name   string      `cbor:"1,keyasint"`           // of the account's person
	Number uint8       `cbor:"2,keyasint,omitempty"` // of the newest entry of the roster
	Head   roster.Hash `cbor:"3,keyasint"`           // which entry that is
}

// Keys is what the new device shows: the public halves of keys that it made itself.
type Keys struct {
	Signing          [32]byte `cbor:"1,keyasint"`
	Agreement        [32]byte `cbor:"2,keyasint"`
	Link             [32]byte `cbor:"3,keyasint"`
	Countersignature [64]byte `cbor:"4,keyasint"` // by Signing over [roster.Device.SigningBytes]
	// Proof is by Signing over [Keys.ProofBytes]: the keys are shown by who holds them, for this code and on no other channel.
	Proof     [64]byte `cbor:"5,keyasint"`
	Name      string   `cbor:"6,keyasint"` // of the device, for the person
	Addresses []string `cbor:"7,keyasint,omitempty"`
}

// Compare says that the sponsor is bound to the device's keys. Both screens show [Keys.Digits] from then on.
type Compare struct {
	Salt [16]byte `cbor:"1,keyasint"` // drawn after the keys came, so that no device can search for keys with certain digits
}

// Listing makes the device one of the account.
type Listing struct {
	Certificate []byte   `cbor:"1,keyasint"` // encoded [fact.Certificate] of the device
	Entry       []byte   `cbor:"2,keyasint"` // encoded [roster.Entry] that lists it
	Secret      [32]byte `cbor:"3,keyasint"` // of the context in which the account's devices meet
	Addresses   []string `cbor:"4,keyasint,omitempty"`
	Device      [32]byte `cbor:"5,keyasint"` // the signing key of the sponsor, whose addresses these are
}

// Refusal says to the other side, in words for its person, why a device does not join.
type Refusal struct {
	Reason string `cbor:"1,keyasint"`
}

// Cursor says up to where the device has what the account knows. The zero value is the beginning.
type Cursor struct {
	Entries uint16         `cbor:"1,keyasint,omitempty"` // of the roster
	After   fact.Position  `cbor:"2,keyasint,omitempty"` // the sponsor's position of the last fact
	Context aura.ContextID `cbor:"3,keyasint,omitzero"`  // of the last secret
	Bytes   uint32         `cbor:"4,keyasint,omitempty"` // of a fact that comes in parts, so many are here
}

// Piece is a part of what the account knows: entries of the roster, then facts of its own namespace, then the secrets of contexts.
// Next is the cursor behind it.
type Piece struct {
	Entries [][]byte `cbor:"1,keyasint,omitempty"` // encoded [roster.Entry]
	Facts   [][]byte `cbor:"2,keyasint,omitempty"` // encoded [fact.Record], with proofs
	Part    []byte   `cbor:"3,keyasint,omitempty"` // of a fact that is too large for a message
	Secrets []Secret `cbor:"4,keyasint,omitempty"`
	Next    Cursor   `cbor:"5,keyasint"`
	Last    bool     `cbor:"6,keyasint,omitempty"` // of the part, or of everything when there is none
}

// Secret is that of a context.
type Secret struct {
	Context aura.ContextID `cbor:"1,keyasint"`
	Secret  [32]byte       `cbor:"2,keyasint"`
}

// maxReason bounds the text that says why a device does not join.
const maxReason = 256

// Device returns the device as an entry of a roster lists it, with every right and without a share.
func (k *Keys) Device() roster.Device {
	return roster.Device{
		Signing: k.Signing, Agreement: k.Agreement, Link: k.Link, Rights: roster.RightsSpeak | roster.RightsGovern,
		Countersignature: k.Countersignature,
	}
}

// ProofBytes returns the bytes that the device signs to show keys for a code.
func (k *Keys) ProofBytes(id ID) []byte {
	b := append([]byte("aura enrolment proof v1\x00"), id[:]...)
	b = append(b, k.Signing[:]...)
	b = append(b, k.Agreement[:]...)
	return append(b, k.Link[:]...)
}

// Check returns why keys do not hold up: static and link are those that the channel proved. A device that shows keys must hold them
// all, and join this account. The kinds are aura.Invalid and aura.Denied.
func (k *Keys) Check(id ID, who aura.AuthorityID, static, link [32]byte) error {
	const op = "enrol.Check"
	if err := contact.CheckName(k.Name); err != nil {
		return err
	}
	if err := contact.CheckAddresses(k.Addresses); err != nil {
		return err
	}
	d := k.Device()
	switch {
	case k.Agreement != static || k.Link != link:
		return aura.Errorf(op, aura.Denied, "the device shows other keys than its channel has")
	case !ed25519.Verify(k.Signing[:], k.ProofBytes(id), k.Proof[:]):
		return aura.Errorf(op, aura.Denied, "the device does not prove that it holds its keys for this line")
	case !ed25519.Verify(k.Signing[:], d.SigningBytes(who), k.Countersignature[:]):
		return aura.Errorf(op, aura.Denied, "the device did not sign its keys for this account")
	}
	return nil
}

// Digits returns the code that both screens show: six digits that follow from the code, the keys and the salt.
func (k *Keys) Digits(id ID, salt [16]byte) uint32 {
	b := append([]byte("aura enrolment digits v1\x00"), k.ProofBytes(id)...)
	sum := sha256.Sum256(append(b, salt[:]...))
	return uint32(binary.BigEndian.Uint64(sum[:]) % 1_000_000) // 2^64 is large enough for an even distribution
}

// ShowDigits returns six digits as screens show them: "123 456".
func ShowDigits(digits uint32) string { return fmt.Sprintf("%03d %03d", digits/1000%1000, digits%1000) }

// Check returns why a new device does not take a listing, aura.Denied: it must list this very device in this account, with the keys
// that it made itself, and the root key that the code pins must have signed it.
func (l *Listing) Check(own *roster.Device, root [32]byte) (fact.Certificate, roster.Entry, error) {
	const op = "enrol.Check"
	no := func(what string) error { return aura.Errorf(op, aura.Denied, "the sponsor's listing %s", what) }
	cert, err := fact.DecodeCertificate(l.Certificate)
	if err != nil {
		return cert, roster.Entry{}, err
	}
	entry, err := roster.Decode(l.Entry)
	if err != nil {
		return cert, entry, err
	}
	if err := contact.CheckAddresses(l.Addresses); err != nil {
		return cert, entry, err
	}
	switch {
	case cert.Root != root || cert.Verify() != nil:
		return cert, entry, no("is not signed by the account of the line")
	case cert.Signing != own.Signing || cert.Agreement != own.Agreement || cert.Link != own.Link:
		return cert, entry, no("vouches for other keys than this device made")
	case entry.Authority != aura.AuthorityOf(root[:]):
		return cert, entry, no("is of another account")
	}
	return cert, entry, Lists(entry.Devices, own)
}

// Lists returns aura.Denied unless one of the devices is this one, with the same keys.
func Lists(devices []roster.Device, own *roster.Device) error {
	for i := range devices {
		d := &devices[i]
		if d.Signing == own.Signing && d.Agreement == own.Agreement && d.Link == own.Link {
			return nil
		}
	}
	return aura.Errorf("enrol.Lists", aura.Denied, "the account does not list this device with the keys that it made")
}

// NewRefusal returns a refusal for the other side's person. A long reason is cut.
func NewRefusal(reason string) Refusal { return Refusal{Reason: clip(reason)} }

// Text returns the reason as a terminal may show it: without line breaks and control characters.
func (r Refusal) Text() string {
	return clip(strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, r.Reason))
}

func clip(reason string) string {
	return strings.ToValidUTF8(reason[:min(len(reason), maxReason)], "")
}
