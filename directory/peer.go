package directory

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/transport"
)

// Peer is the strong reference to one device of a member of a shared context: the authority, the keys of the device, and
// its addresses. It is resolved once, from the index, and passed inward.
type Peer struct {
	Context   aura.ContextID
	Authority aura.AuthorityID
	Device    roster.Device
	First     aura.DeviceID // of the authority's devices: the one that its certificate names; zero for the owner's
	Main      bool          // of the authority's devices: the one of its certificate or, when that was removed, the first
	Own       bool          // it is another device of the owner
	Addresses []transport.Address
	Secret    [32]byte    // the context's
	Direct    bool        // the context is this contact's own, not a group's
	Contact   contact.Ref // when Direct
	Refused   bool        // the owner blocked it
	Left      bool        // it left the group
	Leaving   bool        // the owner left the group
	Founder   bool        // it founded the group
	Founded   bool        // the owner did
}

// Target returns where and how to open a channel to the peer.
func (p *Peer) Target() transport.Target {
	return transport.Target{
		Context: p.Context, PSK: p.Secret, Static: p.Device.Agreement,
		Peer: p.Device.Link, Addresses: p.Addresses,
	}
}

// Peers returns the devices of the members of all shared contexts, ascending by context and authority, except the owner's, and
// the owner's other devices in the own context. Of an authority's devices in a context the main one is the first. A device that its
// account removed has no peers.
func (x *Index) Peers() []Peer {
	var peers []Peer
	x.Read(func(s *State) {
		x.look()
		if s.dismissed(x.self) {
			return
		}
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
	slices.SortStableFunc(peers, func(x, y Peer) int {
		if c := x.Context.Compare(y.Context); c != 0 {
			return c
		}
		return x.Authority.Compare(y.Authority) // and the devices of one stay as they are
	})
	return peers
}

// Members returns one peer, the main device, for each member of all shared contexts.
func (x *Index) Members() []Peer {
	return slices.DeleteFunc(x.Peers(), func(p Peer) bool { return p.Own || !p.Main })
}

// members returns the devices of the other members of a context, and in the own context the other devices of the owner. The
// devices of one authority follow each other, the main one first.
func (s *State) members(context aura.ContextID, self aura.AuthorityID) []Peer {
	if c, ok := s.Contacts.ByContext(context); ok {
		cert, _ := s.Contacts.Certificate(context)
		return s.devicesOf(nil, cert, &Peer{
			Context: context, Authority: c.Authority, Direct: true, Contact: c.Ref,
			Addresses: Addresses(s.Contacts.Addresses(context)),
			Refused:   s.Moderation.Arrival(c.Authority) == moderation.ArrivalRefused,
		})
	}
	if context == device.OwnContext(self) {
		return s.devicesOf(nil, fact.Certificate{}, &Peer{Context: context, Authority: self, Own: true})
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
		peers = s.devicesOf(peers, cert, &Peer{
			Context: context, Authority: m.Authority, Addresses: Addresses(where),
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
						s.devices[m.Device.Link] = true
					}
				}
			}
		}
		known = s.devices[device]
	})
	return known
}
