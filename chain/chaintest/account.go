package chaintest

import (
	"crypto/ed25519"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Account is an authority of tests with one device, by its number: one key, [Root], serves as root and as device. Number 0 is [Own].
type Account byte

func (a Account) key() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(append([]byte{byte(a)}, make([]byte, ed25519.SeedSize-1)...))
}

// Public returns the account's Ed25519 key.
func (a Account) Public() ed25519.PublicKey { return a.key().Public().(ed25519.PublicKey) }

// Own returns the account's authority.
func (a Account) Own() aura.AuthorityID { return aura.AuthorityOf(a.Public()) }

// Device returns the account's device.
func (a Account) Device() aura.DeviceID { return aura.DeviceOf(a.Public()) }

// Sign implements [interp.Signer].
func (a Account) Sign(msg []byte) [64]byte { return [64]byte(ed25519.Sign(a.key(), msg)) }

// Found opens a fresh home of the account with modules beside those of [Open]. The authority may use every capability
// that they have, under a policy of [Pair].
func (a Account) Found(t testing.TB, tc task.Context, store journal.Store, e world.Entropy, p guard.Policy, modules ...domain.Module) *Home {
	t.Helper()
	h := a.Open(t, tc, store, e, modules...)
	names := []string{CapSend, guard.CapCarry}
	for i := range modules {
		for _, c := range modules[i].Capabilities {
			if c.Profile != "" {
				names = append(names, c.Name)
			}
		}
	}
	public := a.Public()
	d, err := capability.Issue(a.Own(), Mint(t, Root(t, byte(a)), Grant(t, public, names...)).Encode())
	limit := fact.Draft{}
	if err == nil {
		limit, err = capability.Limit(a.Own(), Pair, p)
	}
	if err == nil {
		_, err = h.Chain.Found(tc, d, limit)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}
