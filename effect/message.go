package effect

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/aura-runtime/aura"
)

// MaxParcel is the most bytes of a parcel. With its place and a receipt it fits the largest message of a channel.
const MaxParcel = 240 << 10

const parcelDomain = "aura parcel 1\x00"

// Message is a message of a session on its way to a peer: its place, and the encoded parcel.
type Message struct {
	Session aura.SessionID
	Edge    uint32 // the directed pair of roles, by its number in the session's image
	Seq     uint64 // place on the edge, from 0
	Parcel  []byte // at most [MaxParcel] bytes; shared, never changed
	// Receipt is the encoded [Receipt] with which the message came or leaves; nil: none, or it is not known. It is no part of the digest.
	Receipt []byte
}

// Digest returns the SHA-256 of the message: a domain label, the place and the parcel. A receipt names a message by it.
func (m *Message) Digest() [32]byte {
	h := sha256.New()
	h.Write([]byte(parcelDomain))
	h.Write(m.Session[:])
	var place [12]byte
	binary.BigEndian.PutUint32(place[:4], m.Edge)
	binary.BigEndian.PutUint64(place[4:], m.Seq)
	h.Write(place[:])
	h.Write(m.Parcel)
	return [32]byte(h.Sum(nil))
}
