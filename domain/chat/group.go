package chat

import (
	"crypto/sha256"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
)

// Role is the role of a member in a group. The numbers are in facts: append only.
type Role uint8

// The roles.
const (
	// RoleFounder made the group and invites the others.
	RoleFounder Role = 1
	// RoleOrdinary is any other member.
	RoleOrdinary Role = 2
)

// Group describes a group. It never changes: the members are fixed, and the context's identifier is the
// hash of the description, so two members cannot hold different groups under one identifier.
type Group struct {
	Name    string     `cbor:"1,keyasint"`
	Members []Member   `cbor:"2,keyasint"` // ascending by authority, the founder included
	Nonce   aura.Nonce `cbor:"3,keyasint"`
}

// Member is one member as the founder knew it.
type Member struct {
	Authority   aura.AuthorityID `cbor:"1,keyasint"`
	Certificate []byte           `cbor:"2,keyasint"`           // encoded [fact.Certificate]
	Name        string           `cbor:"3,keyasint"`           // as the member calls itself
	Addresses   []string         `cbor:"4,keyasint,omitempty"` // best first; [Create] writes at most [MaxPlaces]
	Role        Role             `cbor:"5,keyasint"`
}

// Context returns the identifier of the group's context. It fails only for a group that does not fit a fact.
func (g *Group) Context() (aura.ContextID, error) {
	b, err := fact.Marshal(g)
	if err != nil {
		return aura.ContextID{}, err
	}
	return sha256.Sum256(append([]byte("aura group v1\x00"), b...)), nil
}

// Founder returns the authority that made the group, zero when the description names none.
func (g *Group) Founder() aura.AuthorityID {
	for i := range g.Members {
		if g.Members[i].Role == RoleFounder {
			return g.Members[i].Authority
		}
	}
	return aura.AuthorityID{}
}

// Member returns the member with the authority.
func (g *Group) Member(authority aura.AuthorityID) (Member, bool) {
	for i := range g.Members {
		if g.Members[i].Authority == authority {
			return g.Members[i], true
		}
	}
	return Member{}, false
}

// Check returns [aura.Invalid] unless the group has a name that can be shown and 2 to [MaxMembers] distinct
// members with valid certificates, exactly one of them the founder.
func (g *Group) Check() error { return g.check(certified) }

// check asks owner for whom a certificate is.
func (g *Group) check(owner certificates) error {
	const op = "chat.Check"
	if err := contact.CheckName(g.Name); err != nil {
		return err
	}
	if n := len(g.Members); n < 2 || n > MaxMembers {
		return aura.Errorf(op, aura.Invalid, "a group has 2 to %d members, not %d", MaxMembers, n)
	}
	founders := 0
	for i := range g.Members {
		m := &g.Members[i]
		if i > 0 && g.Members[i-1].Authority.Compare(m.Authority) >= 0 {
			return aura.Errorf(op, aura.Invalid, "the members of the group are not distinct and in order")
		}
		if err := m.check(owner); err != nil {
			return err
		}
		if m.Role == RoleFounder {
			founders++
		}
	}
	if founders != 1 {
		return aura.Errorf(op, aura.Invalid, "a group has one founder, not %d", founders)
	}
	return nil
}

// checkBy also requires that the author founded the group: only a founder speaks for it.
func (g *Group) checkBy(author aura.AuthorityID, owner certificates) error {
	if err := g.check(owner); err != nil {
		return err
	}
	if g.Founder() != author {
		return aura.Errorf("chat.Check", aura.Invalid, "the group was not founded by the author of the fact")
	}
	return nil
}

func (m *Member) check(owner certificates) error {
	const op = "chat.Check"
	who, err := owner(m.Certificate)
	if err != nil {
		return err
	}
	if who != m.Authority {
		return aura.Errorf(op, aura.Invalid, "the certificate of %q belongs to another authority", m.Name)
	}
	if m.Role != RoleFounder && m.Role != RoleOrdinary {
		return aura.Errorf(op, aura.Invalid, "%q has the unknown role %d", m.Name, m.Role)
	}
	if err := contact.CheckName(m.Name); err != nil {
		return err
	}
	// Not [MaxPlaces]: earlier builds wrote more, and a check that gets narrower takes their groups away.
	return contact.CheckAddresses(m.Addresses)
}
