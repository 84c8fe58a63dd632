package directory

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/transport"
)

// known names a roster: an authority, and the certificate by which it is known where the roster is asked for.
type known struct {
	who   aura.AuthorityID
	first [32]byte // the signing key; zero: none
}

// Look sets the time at which rosters are read: a change of a recovery key is in force some time after it came.
func (x *Index) Look(now aura.Instant) {
	x.lock.Lock()
	defer x.lock.Unlock()
	x.state.now = now
	x.state.turn()
}

// turn forgets the results that rosters gave.
func (s *State) turn() {
	s.links++
	s.devices = nil
	clear(s.rosters)
}

// Roster returns what the entries of an authority say; first is the certificate by which it is known, the zero value for
// the owner. Nil: it announced none. The caller must not change it.
func (s *State) Roster(who aura.AuthorityID, first fact.Certificate) *roster.State {
	if !s.Devices.Announces(who) {
		return nil
	}
	key := known{who, first.Signing}
	says, here := s.rosters[key]
	if !here {
		says = s.Devices.Chain(who, first, s.now).State(s.now)
		s.rosters[key] = says
	}
	return says
}

// devicesOf appends a peer for each device that speaks for an authority: those of its roster, or the one of its
// certificate. The own device is left out.
func (s *State) devicesOf(peers []Peer, first fact.Certificate, p *Peer) []Peer {
	main := roster.Device{Signing: first.Signing, Agreement: first.Agreement, Link: first.Link, Rights: roster.RightsSpeak}
	says := s.Roster(p.Authority, first)
	if !p.Own {
		p.First = main.ID()
	}
	if says == nil {
		if p.Own {
			return peers
		}
		one := *p
		one.Device, one.Main = main, true
		return append(peers, one)
	}
	begin := len(peers)
	for _, d := range says.Devices {
		if !d.Rights.Has(roster.RightsSpeak) || p.Own && d.ID() == s.own {
			continue
		}
		one := *p
		one.Device = d
		if d.Signing == main.Signing {
			peers = slices.Insert(peers, begin, one)
			continue
		}
		// The facts about a contact have the addresses of its main device, which are worth a try: the network, not the device,
		// may have them in common.
		one.Addresses = append(s.addresses(d.ID()), p.Addresses...)
		peers = append(peers, one)
	}
	if len(peers) > begin {
		peers[begin].Main = true
	}
	return peers
}

// addresses returns where a device said to be that is not the main one.
func (s *State) addresses(id aura.DeviceID) []transport.Address {
	var where []string
	value, err := s.meta(device.AddressesKey(id))
	if err != nil || value == nil || fact.Unmarshal(value, &where) != nil || contact.CheckAddresses(where) != nil {
		return nil // it is dialled when it has called once
	}
	return Addresses(where)
}

// Turn counts the changes of the people, groups and devices with whom there are links.
func (x *Index) Turn() uint64 {
	x.lock.Lock()
	defer x.lock.Unlock()
	return x.state.links
}

// Unlisted reports whether the roster of a peer's authority no longer lists its device.
func (x *Index) Unlisted(p *Peer) (unlisted bool) {
	x.Read(func(s *State) {
		unlisted = s.Devices.Announces(p.Authority) && !slices.ContainsFunc(s.members(p.Context, x.self), func(m Peer) bool {
			return m.Authority == p.Authority && m.Device.Signing == p.Device.Signing
		})
	})
	return unlisted
}

// Removed reports whether an authority has removed a device from its account. While its entries contradict each other, and for an authority whose
// entries are not here, none is removed.
func (x *Index) Removed(who aura.AuthorityID, d aura.DeviceID) (removed bool) {
	x.Read(func(s *State) {
		first := fact.Certificate{}
		if c, known := s.Contacts.ByAuthority(who); known {
			first, _ = s.Contacts.Certificate(c.Context)
		} else if who != x.self {
			first = s.certificateOf(who, x.contexts())
		}
		removed = gone(s.Roster(who, first), d)
	})
	return removed
}

// Dismissed reports whether the owner's account removed this device. It then has no peers and answers no channel.
func (x *Index) Dismissed() (dismissed bool) {
	x.Read(func(s *State) { dismissed = s.dismissed(x.self) })
	return dismissed
}

func (s *State) dismissed(self aura.AuthorityID) bool {
	return gone(s.Roster(self, fact.Certificate{}), s.own)
}

// gone reports whether entries removed a device. While they contradict each other, none is.
func gone(says *roster.State, d aura.DeviceID) bool {
	if says == nil || says.Contested {
		return false
	}
	_, err := says.Device(d)
	return err != nil && slices.Contains(says.Removed(), d)
}

// Entries returns the newest entries of an authority, at most n.
func (x *Index) Entries(who aura.AuthorityID, n int) (newest roster.Announced) {
	x.Read(func(s *State) { newest = s.Devices.Newest(who, n) })
	return newest
}

// certificateOf returns the certificate by which a member of a group is known, zero for an authority that is in none.
func (s *State) certificateOf(who aura.AuthorityID, contexts []aura.ContextID) fact.Certificate {
	for _, context := range contexts {
		if group, ok := s.Chats.Membership(context); ok {
			for i, cert := range s.certificates(context, &group) {
				if group.Members[i].Authority == who {
					return cert
				}
			}
		}
	}
	return fact.Certificate{}
}
