package contact

import "github.com/aura-runtime/aura"

// Ref is the strong reference to a contact. It is made once, where a name enters, and passed inward;
// nothing inside looks the contact up again.
type Ref struct {
	Context   aura.ContextID   `cbor:"1,keyasint" json:"context"`
	Authority aura.AuthorityID `cbor:"2,keyasint" json:"authority"`
	Device    aura.DeviceID    `cbor:"3,keyasint" json:"device"`
}
