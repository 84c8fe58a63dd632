package token

import (
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/world"
)

// rootSigner is an authority's root key, which stays in its keyring.
type rootSigner struct{ ring *keyring.Ring }

// SignerOf returns the authority of a keyring as a signer that mints and delegates tokens.
func SignerOf(r *keyring.Ring) biscuit.Signer { return rootSigner{r} }

// Public implements [biscuit.Signer].
func (s rootSigner) Public() biscuit.PublicKey { return keyOf(s.ring.Certificate().Root) }

// Sign implements [biscuit.Signer]. It returns aura.Denied when the key is not on this device.
func (s rootSigner) Sign(message []byte) ([]byte, error) {
	sign, err := s.ring.Root()
	if err != nil {
		return nil, err
	}
	sig := sign(message)
	return sig[:], nil
}

// NextKey returns a fresh key for the block after a new one.
func NextKey(e world.Entropy) (biscuit.PrivateKey, error) {
	var seed [32]byte
	_, _ = e.Read(seed[:])
	return biscuit.NewPrivateKey(datalog.AlgorithmEd25519, seed)
}
