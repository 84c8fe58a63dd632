package contact

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Card says where a device can be reached, in its own name: others can pass it on, and neither change it nor
// pass an older one as newer.
type Card struct {
	Version   uint64   `cbor:"1,keyasint"` // grows with every change
	Addresses []string `cbor:"2,keyasint"` // best first
	Signature [64]byte `cbor:"3,keyasint"` // by the device over [Card.SigningBytes]
}

// SigningBytes returns the bytes that the device signs. It fails for a card that does not fit a message.
func (c Card) SigningBytes(device aura.DeviceID) ([]byte, error) {
	c.Signature = [64]byte{}
	body, err := fact.Marshal(c)
	if err != nil {
		return nil, err
	}
	return append(append([]byte("aura addresses v1\x00"), device[:]...), body...), nil
}

// Encode returns the card's bytes.
func (c Card) Encode() ([]byte, error) { return fact.Marshal(c) }

// DecodeCard reads a card and checks that it is of the device with a signing key (Ed25519). Anything else is
// [aura.Corrupt].
func DecodeCard(b []byte, signing [32]byte) (Card, error) {
	const op = "contact.DecodeCard"
	var c Card
	if err := fact.Unmarshal(b, &c); err != nil {
		return Card{}, err
	}
	if err := CheckAddresses(c.Addresses); err != nil {
		return Card{}, &aura.Error{Op: op, Kind: aura.Corrupt, Err: err}
	}
	signed, err := c.SigningBytes(aura.DeviceOf(signing[:]))
	if err != nil || !ed25519.Verify(signing[:], signed, c.Signature[:]) {
		return Card{}, aura.Errorf(op, aura.Corrupt, "the addresses are not signed by the device that they are of")
	}
	return c, nil
}

// Tag is how two people who share a context name each other towards a third one: the two have the same tag, and
// without the context's secret a peer cannot tell whose it is. Every third one sees another tag of the
// same two.
type Tag [16]byte

// TagFor returns the tag of two members of the context that has a secret, towards an authority.
func TagFor(secret [32]byte, one, other, towards aura.AuthorityID) Tag {
	if one.Compare(other) > 0 {
		one, other = other, one
	}
	return tag(secret[:], towards, "aura mutual contact v1 "+string(one[:])+string(other[:]))
}

// Padding returns the n-th tag that stands for no contact, from a secret that only this side has. It is the same every
// time, so that a list that grows does not give away which of its tags are padding.
func Padding(own [32]byte, towards aura.AuthorityID, n int) Tag {
	return tag(own[:], towards, "aura padding v1 "+string(rune('0'+n)))
}

func tag(secret []byte, towards aura.AuthorityID, label string) Tag {
	key, err := hkdf.Key(sha256.New, secret, towards[:], label, len(Tag{}))
	if err != nil {
		panic(err) // Only an absurd length or hash fails, and both are constants here.
	}
	return Tag(key)
}
