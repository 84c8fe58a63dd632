package directory

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/transport"
)

// Peer is the strong reference to a member of a shared context: its authority, the certificate of its device,
// and its addresses. It is resolved once, from the index, and passed inward.
type Peer struct {
	Context     aura.ContextID
	Authority   aura.AuthorityID
	Certificate fact.Certificate
	Addresses   []transport.Address
	Secret      [32]byte    // the context's
	Direct      bool        // the context is this contact's own, not a group's
	Contact     contact.Ref // when Direct
	Refused     bool        // the owner blocked it
	Left        bool        // it left the group
	Leaving     bool        // the owner left the group
	Founder     bool        // it founded the group
	Founded     bool        // the owner did
}

// Target returns where and how to open a channel to the peer.
func (p *Peer) Target() transport.Target {
	return transport.Target{
		Context: p.Context, PSK: p.Secret, Static: p.Certificate.Agreement,
		Peer: p.Certificate.Link, Addresses: p.Addresses,
	}
}

// Peers returns the members of all shared contexts, ascending by context and authority, except the owner.
func (x *Index) Peers() []Peer {
	var peers []Peer
	x.Read(func(s *State) {
		x.look()
		peers = make([]Peer, 0, x.peers+1) // there may be one more than last time
		for _, context := range x.contexts() {
			secret, ok := s.secrets[context]
			if !ok {
				continue
			}
			for _, m := range s.members(context, x.self) {
				m.Secret = secret
				peers = append(peers, m)
			}
		}
		x.peers = len(peers)
	})
	slices.SortFunc(peers, func(x, y Peer) int {
		if c := x.Context.Compare(y.Context); c != 0 {
			return c
		}
		return x.Authority.Compare(y.Authority)
	})
	return peers
}

// members returns the members of a context but the owner, without its secret.
func (s *State) members(context aura.ContextID, self aura.AuthorityID) []Peer {
	if c, ok := s.Contacts.ByContext(context); ok {
		cert, _ := s.Contacts.Certificate(context)
		return []Peer{{
			Context: context, Authority: c.Authority, Certificate: cert, Direct: true, Contact: c.Ref,
			Addresses: Addresses(s.Contacts.Addresses(context)),
			Refused:   s.Moderation.Arrival(c.Authority) == moderation.ArrivalRefused,
		}}
	}
	group, ok := s.Chats.Membership(context)
	if !ok {
		return nil
	}
	founder := group.Founder()
	peers := make([]Peer, 0, len(group.Members))
	for i, cert := range s.certificates(context, &group) {
		m := &group.Members[i]
		if m.Authority == self || cert == (fact.Certificate{}) {
			continue
		}
		where := m.Addresses
		if known, ok := s.Contacts.ByAuthority(m.Authority); ok {
			where = s.Contacts.Addresses(known.Context)
		}
		peers = append(peers, Peer{
			Context: context, Authority: m.Authority, Certificate: cert, Addresses: Addresses(where),
			Refused: s.Moderation.Arrival(m.Authority) == moderation.ArrivalRefused,
			Left:    s.Chats.Gone(context, m.Authority), Leaving: s.Chats.Gone(context, self),
			Founder: m.Authority == founder, Founded: founder == self,
		})
	}
	return peers
}

// certificates returns the decoded certificates of a group's members, which never change.
func (s *State) certificates(context aura.ContextID, group *chat.Group) []fact.Certificate {
	keys, known := s.keys[context]
	if !known {
		keys = make([]fact.Certificate, len(group.Members))
		for i := range group.Members {
			if cert, err := fact.DecodeCertificate(group.Members[i].Certificate); err == nil {
				keys[i] = cert
			}
		}
		s.keys[context] = keys
	}
	return keys
}

// Addresses returns addresses as the transport takes them.
func Addresses(texts []string) []transport.Address {
	out := make([]transport.Address, 0, len(texts))
	for _, t := range texts {
		out = append(out, transport.Address(t))
	}
	return out
}

// Knows reports whether a device on the network belongs to a member of a shared context.
func (x *Index) Knows(device transport.PeerID) (known bool) {
	x.Read(func(s *State) {
		if s.devices == nil {
			s.devices = map[transport.PeerID]bool{}
			for _, context := range x.contexts() {
				for _, m := range s.members(context, x.self) {
					if !m.Refused {
						s.devices[m.Certificate.Link] = true
					}
				}
			}
		}
		known = s.devices[device]
	})
	return known
}
