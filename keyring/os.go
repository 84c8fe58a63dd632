package keyring

import (
	"encoding/hex"
	"errors"

	"github.com/zalando/go-keyring"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// This is the package's bridging file: the operating system's keyring waits for a service outside.

// osKeyring protects by a secret in the user's login keyring.
type osKeyring struct{ service, account string }

// OSKeyring protects by a secret in the operating system's keyring (Keychain, Credential Manager, Secret
// Service) under service and account. Sealing creates the secret when it is absent. Its calls return
// [aura.Unavailable] where there is no such keyring, as on most servers: use [KeyFile] there.
func OSKeyring(service, account string) Protector { return osKeyring{service, account} }

// Name implements [Protector].
func (osKeyring) Name() string { return "os keyring" }

// Seal implements [Protector].
func (k osKeyring) Seal(key [32]byte, e world.Entropy) ([]byte, error) {
	secret, err := k.read()
	if errors.Is(err, aura.NotFound) {
		_, _ = e.Read(secret[:])
		err = k.unavailable(keyring.Set(k.service, k.account, hex.EncodeToString(secret[:])))
	}
	if err != nil {
		return nil, err
	}
	return sealInto(nil, secret, wrapPurpose, key[:], e), nil
}

// Open implements [Protector].
func (k osKeyring) Open(sealed []byte) ([32]byte, error) {
	secret, err := k.read()
	if err != nil {
		return [32]byte{}, err
	}
	return unwrap(nil, sealed, secret, "the secret in the system's keyring does not belong to this keyring")
}

func (k osKeyring) read() (secret [32]byte, err error) {
	text, err := keyring.Get(k.service, k.account)
	if errors.Is(err, keyring.ErrNotFound) {
		return secret, aura.Errorf("", aura.NotFound, "the system's keyring has no secret for %s", k.account)
	}
	if err != nil {
		return secret, k.unavailable(err)
	}
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(secret) {
		return secret, aura.Errorf("", aura.Corrupt, "the secret in the system's keyring is damaged")
	}
	return [32]byte(b), nil
}

func (osKeyring) unavailable(err error) error {
	if err == nil {
		return nil
	}
	return aura.Errorf("", aura.Unavailable, "the system's keyring does not answer (%w); a key file works everywhere", err)
}
