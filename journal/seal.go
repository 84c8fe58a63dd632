package journal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"

	"golang.org/x/crypto/chacha20"
	"golang.org/x/crypto/chacha20poly1305"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// formatVersion is the layout of the store. A program refuses a newer one. It goes on in one of an older
// format, whose content stays as it is and is read beside that of the present one: in format 1 the indexes had an entry
// for each record, up to format 2 facts did not sign their places, up to format 3 each record had a proof of its own.
const (
	formatVersion   = 4
	formatOneByFact = 1
)

const formatMagic = "aura journal"

// sealer encrypts and authenticates the content of the store: values with XChaCha20-Poly1305, bound to their
// store key so that they cannot be swapped; names in keys with a keyed hash.
type sealer struct {
	aead    cipher.AEAD
	sealing [32]byte
	tagging [32]byte
	check   [32]byte // proves the key without showing it
	entropy world.Entropy

	// Only the writer seals. A group of values shares a random prefix and counts in the last four bytes; so
	// its values share the key that XChaCha20 derives from the first sixteen, too.
	nonce   [chacha20poly1305.NonceSizeX]byte
	counter uint32
	group   cipher.AEAD
}

func newSealer(key [32]byte, entropy world.Entropy) (*sealer, error) {
	derive := func(label string) (k [32]byte) {
		b, err := hkdf.Key(sha256.New, key[:], nil, formatMagic+" "+label, len(k))
		if err != nil {
			panic("journal: " + err.Error()) // only for lengths that are not constants
		}
		return [32]byte(b)
	}
	sealing := derive("seal")
	aead, err := chacha20poly1305.NewX(sealing[:])
	if err != nil {
		return nil, &aura.Error{Op: "journal.Open", Kind: aura.Internal, Err: err}
	}
	s := &sealer{aead: aead, sealing: sealing, tagging: derive("tag"), check: derive("check"), entropy: entropy}
	s.refresh()
	return s, nil
}

// refresh draws the nonces of the next group of values.
func (s *sealer) refresh() {
	_, _ = s.entropy.Read(s.nonce[:])
	s.counter = 0
	derived, err := chacha20.HChaCha20(s.sealing[:], s.nonce[:subkeyNonce])
	if err == nil {
		s.group, err = chacha20poly1305.New(derived)
	}
	if err != nil {
		panic("journal: " + err.Error()) // only for lengths that are not constants
	}
}

// subkeyNonce is how much of an XChaCha20 nonce goes into its key. The rest is the end of the nonce of the
// ChaCha20-Poly1305 below it.
const subkeyNonce = 16

// seal returns the nonce and the sealed plain text, bound to the store key.
func (s *sealer) seal(key, plain []byte) []byte {
	return s.sealInPlace(key, append(s.buffer(len(plain)), plain...))
}

// buffer returns a buffer for a plain text of at most so many bytes, for [sealer.sealInPlace]: large
// values are sealed in the buffer in which they were encoded.
func (s *sealer) buffer(size int) []byte {
	return make([]byte, len(s.nonce), len(s.nonce)+size+s.aead.Overhead())
}

// sealInPlace seals the plain text of such a buffer in place.
func (s *sealer) sealInPlace(key, room []byte) []byte {
	binary.BigEndian.PutUint32(s.nonce[len(s.nonce)-4:], s.counter)
	s.counter++
	copy(room, s.nonce[:])
	var nonce [chacha20poly1305.NonceSize]byte
	copy(nonce[len(nonce)-(len(s.nonce)-subkeyNonce):], s.nonce[subkeyNonce:])
	return s.group.Seal(room[:len(s.nonce)], nonce[:], room[len(s.nonce):], key)
}

// open reverses seal; ok is false when the value was damaged or belongs to another key.
func (s *sealer) open(key, value []byte) (plain []byte, ok bool) { return s.openInto(nil, key, value) }

// openInPlace is open for a value that the caller owns: the plain text takes its place.
func (s *sealer) openInPlace(key, value []byte) (plain []byte, ok bool) {
	n := min(s.aead.NonceSize(), len(value))
	return s.openInto(value[n:n], key, value)
}

func (s *sealer) openInto(room, key, value []byte) (plain []byte, ok bool) {
	n := s.aead.NonceSize()
	if len(value) < n+s.aead.Overhead() {
		return nil, false
	}
	plain, err := s.aead.Open(room, value[:n], value[n:], key)
	return plain, err == nil
}

// tag returns the keyed hash of a name. Parts of one label have fixed lengths, except the last.
func (s *sealer) tag(label byte, parts ...[]byte) tag {
	// The key comes first and the hash is cut to half: no message can be extended.
	b := make([]byte, 0, 160)
	b = append(append(b, s.tagging[:]...), label)
	for _, p := range parts {
		b = append(b, p...)
	}
	sum := sha256.Sum256(b)
	return tag(sum[:len(tag{})])
}

// header is the value that identifies the store's format and its key: magic, version, key check,
// and a plain checksum that tells damage from a wrong key.
func (s *sealer) header() []byte { return s.headerOf(formatVersion) }

func (s *sealer) headerOf(version byte) []byte {
	b := append([]byte(formatMagic), version)
	b = append(b, s.check[:]...)
	sum := sha256.Sum256(b)
	return append(b, sum[:8]...)
}

func (s *sealer) checkHeader(b []byte) error {
	const op = "journal.Open"
	want := s.header()
	body := len(want) - 8
	if len(b) != len(want) || string(b[:len(formatMagic)]) != formatMagic {
		return aura.Errorf(op, aura.Corrupt, "the journal's header is damaged")
	}
	if sum := sha256.Sum256(b[:body]); string(sum[:8]) != string(b[body:]) {
		return aura.Errorf(op, aura.Corrupt, "the journal's header is damaged")
	}
	v := b[len(formatMagic)]
	if v < formatOneByFact || v > formatVersion {
		return aura.Errorf(op, aura.Invalid, "the journal has format %d, this program knows %d: upgrade the program", v, formatVersion)
	}
	if subtle.ConstantTimeCompare(b, s.headerOf(v)) != 1 {
		return aura.Errorf(op, aura.Denied, "the journal was sealed with another key")
	}
	return nil
}
