package transport

import (
	"crypto/cipher"
	"encoding/binary"

	"github.com/flynn/noise"
	"golang.org/x/crypto/chacha20poly1305"

	"github.com/aura-runtime/aura"
)

// maxLeap bounds how many generations a received cell may be ahead: a sender makes one step per epoch
// and is declared dead long before it could miss more than a few.
const maxLeap = 8

// sealKeys is one direction's key chain. Generation g's secret gives the key of g and the secret of
// g+1, and is then forgotten: a thief of today's keys cannot read yesterday's cells. It does not
// heal a theft in the other direction of time; a new handshake does.
type sealKeys struct {
	secret     [32]byte // of the next generation
	generation uint32
	aead       cipher.AEAD
}

func newSealKeys(cs *noise.CipherState) sealKeys {
	k := sealKeys{secret: cs.UnsafeKey()}
	k.derive()
	return k
}

// derive takes the current generation's key out of its secret and moves the secret on.
func (k *sealKeys) derive() {
	aead, err := chacha20poly1305.New(derive(k.secret, "aura/transport/cell key/1", chacha20poly1305.KeySize))
	if err != nil {
		panic(err) // only for a key of another length
	}
	k.aead = aead
	k.secret = [32]byte(derive(k.secret, "aura/transport/next generation/1", 32))
}

// step moves to the next generation.
func (k *sealKeys) step() {
	k.generation++
	k.derive()
}

func sealNonce(number uint64) (n [chacha20poly1305.NonceSize]byte) {
	binary.LittleEndian.PutUint64(n[4:], number)
	return n
}

// seal turns a cell whose body is in the clear into a data cell. A number must never be used twice,
// not even in another generation.
func (k *sealKeys) seal(cell []byte, number uint64) {
	putDataHeader(cell, k.generation, number)
	nonce := sealNonce(number)
	k.aead.Seal(cell[sealedAt:sealedAt], nonce[:], cell[sealedAt:sealedAt+bodySize], cell[:sealedAt])
}

// opener opens the cells of one direction. It follows the sender's generation, and keeps the one before
// for cells that were overtaken: only numbers below the first of the new generation, and only until no
// such number could pass the replay window.
type opener struct {
	keys     sealKeys
	first    uint64 // the smallest number seen in this generation
	previous *sealKeys
}

// open decrypts a data cell in place and returns its number and its body. It returns [aura.Denied] for
// a cell that the peer did not make, or made with keys that are gone.
func (o *opener) open(cell []byte) (number uint64, body []byte, err error) {
	generation, number := dataHeader(cell)
	switch {
	case generation == o.keys.generation:
		if body, err = openWith(&o.keys, cell, number); err != nil {
			return 0, nil, err
		}
		o.first = min(o.first, number)
	case o.previous != nil && generation == o.previous.generation && number < o.first:
		if body, err = openWith(o.previous, cell, number); err != nil {
			return 0, nil, err
		}
	case generation > o.keys.generation && generation-o.keys.generation <= maxLeap:
		next := o.keys
		for next.generation < generation {
			next.step()
		}
		if body, err = openWith(&next, cell, number); err != nil {
			return 0, nil, err
		}
		last := o.keys
		o.keys, o.first, o.previous = next, number, &last
	default:
		return 0, nil, aura.Errorf("transport.open", aura.Denied, "cell of generation %d, now is %d", generation, o.keys.generation)
	}
	if o.previous != nil && number >= o.first+windowSize {
		o.previous = nil
	}
	return number, body, nil
}

func openWith(k *sealKeys, cell []byte, number uint64) ([]byte, error) {
	nonce := sealNonce(number)
	body, err := k.aead.Open(cell[sealedAt:sealedAt], nonce[:], cell[sealedAt:], cell[:sealedAt])
	if err != nil {
		return nil, aura.Errorf("transport.openWith", aura.Denied, "cell fails its check")
	}
	return body, nil
}
