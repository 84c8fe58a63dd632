package contact

import "github.com/aura-runtime/aura"

// Ref is the strong reference to a contact. It is made once, where a name enters, and passed inward;
// nothing inside looks the contact up again. A caller that acts on one asks [State.Current] whether it still holds.
type Ref struct {
	Context   aura.ContextID   `cbor:"1,keyasint" json:"context"`
	Authority aura.AuthorityID `cbor:"2,keyasint" json:"authority"`
	Device    aura.DeviceID    `cbor:"3,keyasint" json:"device"`
	// Epoch is the logical time at which the contact was made: another epoch is another relation.
	Epoch aura.Logical `cbor:"4,keyasint,omitempty" json:"epoch"`
}

// Current returns the contact that a reference is about, as long as the reference holds. It returns
// [aura.Invalid] for one without an epoch, which nothing repairs, [aura.NotFound] for an authority that is not a
// contact, and [aura.Stale] when the relation is another one by now.
func (s *State) Current(op aura.Op, ref Ref) (Contact, error) {
	if ref.Epoch == 0 {
		return Contact{}, aura.Errorf(op, aura.Invalid, "the reference to a contact carries no epoch")
	}
	c, ok := s.ByContext(ref.Context)
	if !ok {
		return Contact{}, aura.Errorf(op, aura.NotFound, "there is no such contact")
	}
	if c.Ref != ref {
		return Contact{}, aura.Errorf(op, aura.Stale, "the reference to %s is out of date: name the contact again", c.Name)
	}
	return c, nil
}
