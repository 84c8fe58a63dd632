package fact

import (
	"crypto/ed25519"

	"github.com/aura-runtime/aura"
)

const certificateDomain = "aura certificate 1\x00"

// maxCertificate bounds an encoded certificate.
const maxCertificate = 4*32 + 64 + 64

// Certificate binds a device's public keys to its authority: the authority's root key signs them. It
// holds no secret.
type Certificate struct {
	Root      [32]byte // Ed25519: the authority's root key
	Signing   [32]byte // Ed25519: proves facts and receipts
	Agreement [32]byte // X25519: the static key of secure channels
	Link      [32]byte // Ed25519: the device's identity on the network
	Signature [64]byte // by Root over [Certificate.SigningBytes]
}

type wireCertificate struct {
	Root      [32]byte `cbor:"1,keyasint,omitzero"`
	Signing   [32]byte `cbor:"2,keyasint,omitzero"`
	Agreement [32]byte `cbor:"3,keyasint,omitzero"`
	Link      [32]byte `cbor:"4,keyasint,omitzero"`
	Signature [64]byte `cbor:"5,keyasint,omitzero"`
}

// Authority returns the authority that the root key names.
func (c *Certificate) Authority() aura.AuthorityID { return aura.AuthorityOf(c.Root[:]) }

// Device returns the device that the signing key names.
func (c *Certificate) Device() aura.DeviceID { return aura.DeviceOf(c.Signing[:]) }

// SigningBytes returns the bytes that the root key signs: a domain label and the four keys.
func (c *Certificate) SigningBytes() []byte {
	b := make([]byte, 0, len(certificateDomain)+4*32)
	b = append(b, certificateDomain...)
	b = append(b, c.Root[:]...)
	b = append(b, c.Signing[:]...)
	b = append(b, c.Agreement[:]...)
	return append(b, c.Link[:]...)
}

// Verify checks the root key's signature and that no key is missing. It returns aura.Denied otherwise.
func (c *Certificate) Verify() error {
	const op = "fact.Verify"
	var none [32]byte
	if c.Root == none || c.Signing == none || c.Agreement == none || c.Link == none {
		return aura.Errorf(op, aura.Denied, "certificate lacks a key")
	}
	if !ed25519.Verify(c.Root[:], c.SigningBytes(), c.Signature[:]) {
		return aura.Errorf(op, aura.Denied, "certificate of %s is not signed by its root key", aura.Short(c.Authority()))
	}
	return nil
}

// Encode returns the canonical encoding of the certificate.
func (c *Certificate) Encode() []byte { return mustMarshal(wireCertificate(*c)) }

// DecodeCertificate reads what [Certificate.Encode] wrote. It returns aura.Corrupt for anything else. It
// does not verify: see [Certificate.Verify].
func DecodeCertificate(b []byte) (Certificate, error) {
	const op = "fact.DecodeCertificate"
	if len(b) > maxCertificate {
		return Certificate{}, aura.Errorf(op, aura.Corrupt, "certificate has %d bytes, the most is %d", len(b), maxCertificate)
	}
	var w wireCertificate
	if err := decodeStrict(b, &w); err != nil {
		return Certificate{}, aura.Errorf(op, aura.Corrupt, "certificate: %w", err)
	}
	return Certificate(w), nil
}
