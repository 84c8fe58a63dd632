package invite

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
)

// maxKEM bounds an encapsulation key or ciphertext: X25519 and ML-KEM-768 need 1,216 and 1,120 bytes. Their
// exact form is for the keyring to check.
const maxKEM = 2048

// Message is what travels over the first channel: exactly one of its fields is set.
type Message struct {
	Hello   *Hello   `cbor:"1,keyasint,omitempty"`
	Answer  *Answer  `cbor:"2,keyasint,omitempty"`
	Done    *Done    `cbor:"3,keyasint,omitempty"`
	Refused *Refused `cbor:"4,keyasint,omitempty"`
	Renewed *Renewed `cbor:"5,keyasint,omitempty"`
}

// Hello is the accepter's first message. The accepter sends the same bytes again after a crash.
type Hello struct {
	Certificate []byte   `cbor:"1,keyasint"` // encoded [fact.Certificate]
	Name        string   `cbor:"2,keyasint"`
	Addresses   []string `cbor:"3,keyasint,omitempty"`
	Key         []byte   `cbor:"4,keyasint"` // fresh encapsulation key
	// Known is the context in which the accepter has the inviter as a contact already, zero for none. Then the
	// exchange makes nothing new when the inviter has the same: see [Renewed].
	Known aura.ContextID `cbor:"5,keyasint,omitzero"`
}

// Answer is the inviter's reply. It is durable before it is sent, and the same for the same Hello.
type Answer struct {
	Certificate []byte   `cbor:"1,keyasint"`
	Name        string   `cbor:"2,keyasint"`
	Addresses   []string `cbor:"3,keyasint,omitempty"`
	Ciphertext  []byte   `cbor:"4,keyasint"`          // encapsulated to the key of the Hello
	Confirm     [32]byte `cbor:"5,keyasint,omitzero"` // [Keys.Inviter]
}

// Renewed is the inviter's reply to a contact who has it as a contact, too: nothing but where it can be reached.
// Keys, context and verification code stay. Its content is as good as the channel, which proved the inviter's
// key.
type Renewed struct {
	Addresses []string `cbor:"1,keyasint,omitempty"`
}

// Done tells the inviter that the accepter has the contact too.
type Done struct {
	Confirm [32]byte `cbor:"1,keyasint"` // [Keys.Accepter]
}

// Refusal says why an inviter does not answer a Hello. The numbers cross the wire: append only.
type Refusal uint8

// The refusals.
const (
	RefusalUsed      Refusal = 1 // another person accepted the invitation first
	RefusalCancelled Refusal = 2
	RefusalExpired   Refusal = 3
	RefusalKnown     Refusal = 4 // the two are contacts already
	RefusalInvalid   Refusal = 5 // the Hello does not hold up
)

// Refused ends the exchange.
type Refused struct {
	Reason Refusal `cbor:"1,keyasint"`
}

// String returns the refusal for the person who accepted.
func (r Refusal) String() string {
	switch r {
	case RefusalUsed:
		return "somebody else accepted the invitation first"
	case RefusalCancelled:
		return "the inviter cancelled the invitation"
	case RefusalExpired:
		return "the invitation had expired"
	case RefusalKnown:
		return "you are contacts already"
	}
	return "the inviter refused the answer"
}

// Encode returns the message's bytes.
func (m Message) Encode() ([]byte, error) { return fact.Marshal(m) }

// DecodeMessage reads and checks a message. It returns [aura.Corrupt] for bytes that are none and
// [aura.Invalid] for one that does not hold up: a bad certificate, name or address, a missing key.
func DecodeMessage(b []byte) (Message, error) {
	const op = "invite.DecodeMessage"
	var m Message
	if err := fact.Unmarshal(b, &m); err != nil {
		return Message{}, err
	}
	set := 0
	for _, here := range []bool{m.Hello != nil, m.Answer != nil, m.Done != nil, m.Refused != nil, m.Renewed != nil} {
		if here {
			set++
		}
	}
	if set != 1 {
		return Message{}, aura.Errorf(op, aura.Corrupt, "a message of an invitation says %d things, not one", set)
	}
	var err error
	switch {
	case m.Hello != nil:
		err = check(m.Hello.Certificate, m.Hello.Name, m.Hello.Addresses, m.Hello.Key)
	case m.Answer != nil:
		err = check(m.Answer.Certificate, m.Answer.Name, m.Answer.Addresses, m.Answer.Ciphertext)
	case m.Renewed != nil:
		err = contact.CheckAddresses(m.Renewed.Addresses)
	}
	if err != nil {
		return Message{}, err
	}
	return m, nil
}

func check(certificate []byte, name string, addresses []string, kem []byte) error {
	if _, err := contact.CheckCertificate(certificate); err != nil {
		return err
	}
	if err := contact.CheckName(name); err != nil {
		return err
	}
	if len(kem) == 0 || len(kem) > maxKEM {
		return aura.Errorf("invite.check", aura.Invalid, "a key or ciphertext has %d bytes, not 1 to %d", len(kem), maxKEM)
	}
	return contact.CheckAddresses(addresses)
}

// Transcript returns the hash that binds everything said: the code, the Hello and the Answer, the latter
// without its confirmation, which rests on the transcript. It fails only for messages that do not fit a fact.
func Transcript(id ID, h Hello, a Answer) ([32]byte, error) {
	a.Confirm = [32]byte{}
	hello, err := fact.Marshal(h)
	if err != nil {
		return [32]byte{}, err
	}
	answer, err := fact.Marshal(a)
	if err != nil {
		return [32]byte{}, err
	}
	b := append([]byte("aura invitation transcript v1\x00"), id[:]...)
	b = framed(b, hello)
	return sha256.Sum256(framed(b, answer)), nil
}

// Keys is what both sides derive from one exchange.
type Keys struct {
	Context  aura.ContextID
	Secret   [32]byte // of the context; seals its channels
	Inviter  [32]byte // proves to the accepter that the inviter derived the same
	Accepter [32]byte // proves it to the inviter
}

// Derive returns the keys of an exchange. Agreement is the X25519 secret of the two devices' static keys, kem
// the secret that was encapsulated: the result stays secret as long as one of the two does.
func Derive(agreement [32]byte, kem []byte, transcript [32]byte) Keys {
	both := framed(framed(nil, agreement[:]), kem)
	return Keys{
		Context:  sha256.Sum256(append([]byte("aura context v1\x00"), transcript[:]...)),
		Secret:   derive(both, transcript[:], "aura context secret v1"),
		Inviter:  derive(both, transcript[:], "aura inviter confirms v1"),
		Accepter: derive(both, transcript[:], "aura accepter confirms v1"),
	}
}

// SessionOf names the session in which a device, by the X25519 key that its channels prove, accepts an invitation: a device
// accepts each in one session alone.
func SessionOf(id ID, accepter [32]byte) (name aura.SessionID) {
	sum := sha256.Sum256(framed(framed([]byte("aura invitation session v1\x00"), id[:]), accepter[:]))
	copy(name[:], sum[:])
	return name
}

// Confirmed compares a confirmation with the one expected, in constant time.
func Confirmed(want, got [32]byte) bool { return subtle.ConstantTimeCompare(want[:], got[:]) == 1 }

// framed appends a part with its length, so that two different lists of parts never have the same bytes.
func framed(b, part []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(part))), part...)
}

// derive returns 32 bytes for one named use of a secret.
func derive(secret, salt []byte, label string) [32]byte {
	key, err := hkdf.Key(sha256.New, secret, salt, label, 32)
	if err != nil {
		panic(err) // Only an absurd length or hash fails, and both are constants here.
	}
	return [32]byte(key)
}
