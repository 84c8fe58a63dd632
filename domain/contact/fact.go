package contact

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// The kinds of facts about contacts. All but [KindProfile] live in the owner's own namespace.
const (
	// KindSelf carries [Self]: the name that this authority gives itself.
	KindSelf = "contact.self"
	// KindAdded carries [Added]: an invitation exchange ended and a contact exists.
	KindAdded = "contact.added"
	// KindRenamed carries [Renamed]: the name under which the owner knows a contact or a group from then on. One
	// is written with the fact that begins the conversation, and one each time the owner changes it.
	KindRenamed = "contact.renamed"
	// KindAddresses carries [Addresses]: where a contact was last reached.
	KindAddresses = "contact.addresses"
	// KindRemoved carries [Removed]: the owner does not want the contact any more. It holds for the context for
	// ever: who becomes a contact again does so in another one.
	KindRemoved = "contact.removed"
	// KindProfile carries [Profile]: a member's own name and addresses, in a shared context.
	KindProfile = "contact.profile"
)

// The intents.
const (
	// IntentName carries [NameIntent].
	IntentName = "contact.name"
	// IntentRename carries [RenameIntent].
	IntentRename = "contact.rename"
	// IntentAddress carries [AddressIntent].
	IntentAddress = "contact.address"
	// IntentRemove carries [RemoveIntent].
	IntentRemove = "contact.remove"
)

// The bounds on addresses.
const (
	MaxAddresses   = 16
	MaxAddressSize = 256 // bytes of one multiaddress
)

// Self is the payload of [KindSelf].
type Self struct {
	Name string `cbor:"1,keyasint"`
}

// Added is the payload of [KindAdded].
type Added struct {
	Context     aura.ContextID   `cbor:"1,keyasint"`
	Authority   aura.AuthorityID `cbor:"2,keyasint"`
	Certificate []byte           `cbor:"3,keyasint"`           // encoded [fact.Certificate]
	Name        string           `cbor:"4,keyasint"`           // as the peer calls itself
	Transcript  [32]byte         `cbor:"5,keyasint"`           // hash of the exchange, see [Verification]
	Addresses   []string         `cbor:"6,keyasint,omitempty"` // multiaddresses, best first
}

// Renamed is the payload of [KindRenamed]. The empty name of earlier builds undoes the ones before.
type Renamed struct {
	Context aura.ContextID `cbor:"1,keyasint"`
	Name    string         `cbor:"2,keyasint,omitempty"`
}

// Addresses is the payload of [KindAddresses]. Best first.
type Addresses struct {
	Context   aura.ContextID `cbor:"1,keyasint"`
	Addresses []string       `cbor:"2,keyasint,omitempty"`
}

// Removed is the payload of [KindRemoved].
type Removed struct {
	Context aura.ContextID `cbor:"1,keyasint"`
}

// Profile is the payload of [KindProfile].
type Profile struct {
	Name      string   `cbor:"1,keyasint"`
	Addresses []string `cbor:"2,keyasint,omitempty"`
}

// NameIntent asks to change the name that this authority gives itself.
type NameIntent struct {
	Name string `cbor:"1,keyasint"`
}

// RenameIntent asks to call a contact or a group something else. An empty name asks for the name that it has
// for itself.
type RenameIntent struct {
	Contact Ref    `cbor:"1,keyasint"` // of a group: the context alone
	Name    string `cbor:"2,keyasint,omitempty"`
}

// AddressIntent asks to look for a contact at these addresses first, best first.
type AddressIntent struct {
	Contact   Ref      `cbor:"1,keyasint"`
	Addresses []string `cbor:"2,keyasint"`
}

// RemoveIntent asks to end the relation with a contact.
type RemoveIntent struct {
	Contact Ref `cbor:"1,keyasint"`
}

// retention is how long the record of a delivered profile is kept: a newer profile replaces it anyway.
const retention = 24 * time.Hour

// CheckAddresses returns nil for at most [MaxAddresses] multiaddresses of at most [MaxAddressSize] bytes.
func CheckAddresses(addresses []string) error {
	const op = "contact.CheckAddresses"
	if len(addresses) > MaxAddresses {
		return aura.Errorf(op, aura.Invalid, "%d addresses are more than %d", len(addresses), MaxAddresses)
	}
	for i, a := range addresses {
		if len(a) > MaxAddressSize || !strings.HasPrefix(a, "/") || !utf8.ValidString(a) {
			return aura.Errorf(op, aura.Invalid, "address %d is not a multiaddress of at most %d bytes", i+1, MaxAddressSize)
		}
	}
	return nil
}

// CheckCertificate decodes and verifies a device certificate. Anything else is [aura.Invalid].
func CheckCertificate(encoded []byte) (fact.Certificate, error) {
	const op = "contact.CheckCertificate"
	cert, err := fact.DecodeCertificate(encoded)
	if err == nil {
		err = cert.Verify()
	}
	if err != nil {
		return fact.Certificate{}, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	return cert, nil
}

func checkSelf(f *fact.Fact) error {
	var p Self
	if err := fold.Own(f, &p); err != nil {
		return err
	}
	return CheckName(p.Name)
}

func checkAdded(f *fact.Fact) error {
	const op = "contact.checkAdded"
	var p Added
	if err := fold.Own(f, &p); err != nil {
		return err
	}
	if p.Context.IsZero() {
		return aura.Errorf(op, aura.Invalid, "the contact has no context")
	}
	cert, err := CheckCertificate(p.Certificate)
	if err != nil {
		return err
	}
	if cert.Authority() != p.Authority {
		return aura.Errorf(op, aura.Invalid, "the certificate belongs to another authority")
	}
	if err := CheckName(p.Name); err != nil {
		return err
	}
	return CheckAddresses(p.Addresses)
}

func checkRenamed(f *fact.Fact) error {
	var p Renamed
	if err := fold.Own(f, &p); err != nil || p.Name == "" {
		return err
	}
	return CheckName(p.Name)
}

func checkAddresses(f *fact.Fact) error {
	var p Addresses
	if err := fold.Own(f, &p); err != nil {
		return err
	}
	return CheckAddresses(p.Addresses)
}

func checkRemoved(f *fact.Fact) error {
	var p Removed
	if err := fold.Own(f, &p); err != nil {
		return err
	}
	if p.Context.IsZero() {
		return aura.Errorf("contact.checkRemoved", aura.Invalid, "the fact names no context")
	}
	return nil
}

func checkProfile(f *fact.Fact) error {
	var p Profile
	if err := fold.Shared(f, &p); err != nil {
		return err
	}
	if err := CheckName(p.Name); err != nil {
		return err
	}
	return CheckAddresses(p.Addresses)
}
