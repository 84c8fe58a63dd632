package keyring

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/roster/phrase"
	"github.com/aura-runtime/aura/world"
)

// secrets is the content of the file.
type secrets struct {
	phrase    [phrase.Size]byte // the root seed is derived from it; zero in a keyring from before phrases
	root      [32]byte          // Ed25519 seed: signs certificates, tokens and entries of the roster
	away      away              // zero: the root key is here
	signing   [32]byte          // Ed25519 seed: signs facts and receipts
	agreement [32]byte          // X25519 private key: opens channels
	link      [32]byte          // Ed25519 seed: the identity on the network
	store     [32]byte          // seals the journal
}

// away stands in a keyring for a root key that is not on the device.
type away struct {
	place     roster.RootPlace
	root      [32]byte // public
	signature [64]byte // of the device's certificate
}

// deviceFields lists the secrets of the device in the order of the file.
func (s *secrets) deviceFields() [4]*[32]byte {
	return [4]*[32]byte{&s.signing, &s.agreement, &s.link, &s.store}
}

// deriveRoot sets the root seed to that of the phrase.
func (s *secrets) deriveRoot() {
	seed, err := phrase.RootSeed(s.phrase[:])
	if err != nil {
		panic(err) // only for a phrase of another length
	}
	s.root = seed
}

// Ring is one device's keys, in memory. It is safe for concurrent use until [Ring.Wipe]. Printing it in
// any way shows the device's name alone.
type Ring struct {
	secrets     secrets
	signing     ed25519.PrivateKey
	agreement   [32]byte // public
	certificate fact.Certificate
	authority   aura.AuthorityID // that the certificate names
	device      aura.DeviceID    // that it names
}

// Ephemeral makes keys that are never stored: for the simulation and tests. The same entropy gives the
// same keys.
func Ephemeral(e world.Entropy) *Ring {
	var s secrets
	_, _ = e.Read(s.phrase[:])
	s.deriveRoot()
	for _, f := range s.deviceFields() {
		_, _ = e.Read(f[:])
	}
	return newRing(s)
}

// Sibling makes the keys of another device of the same account, whose root key is here. It is there too when its place is
// [roster.RootPlaceHere]. Like those of [Ephemeral] the keys are never stored.
func (r *Ring) Sibling(e world.Entropy, place roster.RootPlace) *Ring {
	s := secrets{phrase: r.secrets.phrase, root: r.secrets.root}
	for _, f := range s.deviceFields() {
		_, _ = e.Read(f[:])
	}
	sibling := newRing(s)
	if place == roster.RootPlaceHere {
		return sibling
	}
	s.phrase, s.root = [phrase.Size]byte{}, [32]byte{}
	s.away = away{place, sibling.certificate.Root, sibling.certificate.Signature}
	sibling.secrets = s
	return sibling
}

// newDevice makes the keys of a device that asks to join the account of a root key. Nothing vouches for them yet.
func newDevice(e world.Entropy, root [32]byte) *Ring {
	s := secrets{away: away{place: roster.RootPlaceElsewhere, root: root}}
	for _, f := range s.deviceFields() {
		_, _ = e.Read(f[:])
	}
	return newRing(s)
}

// Joining reports whether no account vouches for the keys yet: the device asks to join one, see [CreateDevice].
func (r *Ring) Joining() bool {
	return r.secrets.away.place != 0 && r.secrets.away.signature == [64]byte{}
}

// Vouch returns the certificate of another device of the account, signed with the root key. It returns aura.Denied when
// that is not on this device.
func (r *Ring) Vouch(d *roster.Device) (fact.Certificate, error) {
	sign, err := r.Root()
	if err != nil {
		return fact.Certificate{}, err
	}
	c := fact.Certificate{Root: r.certificate.Root, Signing: d.Signing, Agreement: d.Agreement, Link: d.Link}
	c.Signature = sign(c.SigningBytes())
	return c, nil
}

func newRing(s secrets) *Ring {
	r := &Ring{secrets: s, signing: ed25519.NewKeyFromSeed(s.signing[:])}
	agreement, err := ecdh.X25519().NewPrivateKey(s.agreement[:])
	if err != nil {
		panic(err) // only for a key of another length
	}
	r.agreement = [32]byte(agreement.PublicKey().Bytes())
	r.certificate = fact.Certificate{
		Root:      s.away.root,
		Signing:   [32]byte(r.signing.Public().(ed25519.PublicKey)),
		Agreement: r.agreement,
		Link:      [32]byte(ed25519.NewKeyFromSeed(s.link[:]).Public().(ed25519.PublicKey)),
		Signature: s.away.signature,
	}
	if r.RootPlace() == roster.RootPlaceHere {
		root := ed25519.NewKeyFromSeed(s.root[:])
		r.certificate.Root = [32]byte(root.Public().(ed25519.PublicKey))
		r.certificate.Signature = [64]byte(ed25519.Sign(root, r.certificate.SigningBytes()))
		clear(root)
	}
	r.authority, r.device = r.certificate.Authority(), r.certificate.Device()
	return r
}

// RootPlace returns where the authority's root key lives.
func (r *Ring) RootPlace() roster.RootPlace {
	if r.secrets.away.place == 0 {
		return roster.RootPlaceHere
	}
	return r.secrets.away.place
}

// Authority returns the owner of the keys.
func (r *Ring) Authority() aura.AuthorityID { return r.authority }

// Device returns which of the authority's devices this is.
func (r *Ring) Device() aura.DeviceID { return r.device }

// Certificate returns the device's public keys, signed by the authority's root key. It is not secret.
func (r *Ring) Certificate() fact.Certificate { return r.certificate }

// Listed returns the device as an entry of a roster lists it: its public keys, every right, and its own signature over
// them. The share is for the entry to say.
func (r *Ring) Listed() roster.Device {
	d := roster.Device{
		Signing: r.certificate.Signing, Agreement: r.certificate.Agreement, Link: r.certificate.Link,
		Rights: roster.RightsSpeak | roster.RightsGovern,
	}
	d.Countersignature = r.Sign(d.SigningBytes(r.authority))
	return d
}

// Sign signs msg with the device's signing key (Ed25519). Callers put a domain label into msg.
func (r *Ring) Sign(msg []byte) [64]byte { return [64]byte(ed25519.Sign(r.signing, msg)) }

// Root returns the function that signs with the authority's root key (Ed25519): a capability token, or an entry of the
// roster. Callers put a domain label into the message that no certificate begins with. It returns aura.Denied when the key
// is not on this device.
func (r *Ring) Root() (sign func(message []byte) [64]byte, err error) {
	if err := r.needRoot("keyring.Root"); err != nil {
		return nil, err
	}
	return func(message []byte) [64]byte {
		root := ed25519.NewKeyFromSeed(r.secrets.root[:])
		defer clear(root)
		return [64]byte(ed25519.Sign(root, message))
	}, nil
}

func (r *Ring) needRoot(op aura.Op) error {
	if place := r.RootPlace(); place != roster.RootPlaceHere {
		return aura.Errorf(op, aura.Denied, "the root key of the account is not on this device. %s", place.Explain())
	}
	return nil
}

// Phrase returns the words that hold the authority's root key: 12, or 24 for a keyring of an early version. They are as
// secret as the key itself; see package phrase. It returns aura.Denied when the key is not on this device.
func (r *Ring) Phrase() ([]string, error) {
	if err := r.needRoot("keyring.Phrase"); err != nil {
		return nil, err
	}
	entropy := r.secrets.phrase[:]
	if r.secrets.phrase == [phrase.Size]byte{} {
		entropy = r.secrets.root[:]
	}
	return phrase.Words(entropy)
}

// Agreement returns the device's agreement key pair (X25519).
func (r *Ring) Agreement() (private, public [32]byte) { return r.secrets.agreement, r.agreement }

// LinkSeed returns the seed of the device's link key (Ed25519).
func (r *Ring) LinkSeed() [32]byte { return r.secrets.link }

// StoreKey returns the key that seals the journal.
func (r *Ring) StoreKey() [32]byte { return r.secrets.store }

// Wipe overwrites the private keys. Call it last: a signature made later is worthless. Copies that
// methods returned are not reached.
func (r *Ring) Wipe() {
	r.secrets = secrets{}
	clear(r.signing)
}

// Format implements [fmt.Formatter], so that no verb prints a key.
func (r *Ring) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "keyring(%s)", aura.Short(r.Device()))
}
