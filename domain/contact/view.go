package contact

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Contact is one contact as a frontend shows it.
type Contact struct {
	Ref
	Name         string `json:"name"`         // unique among the contacts
	PeerName     string `json:"peer_name"`    // as the peer calls itself
	Verification string `json:"verification"` // see [Verification]
}

// Own returns the name that this authority gives itself, empty when it never did.
func (s *State) Own() string { return s.self.Value }

// Contacts returns all contacts by name.
func (s *State) Contacts() []Contact { return slices.Clone(s.look().byName) }

// ByContext returns the contact whose shared context is given.
func (s *State) ByContext(context aura.ContextID) (Contact, bool) {
	if !s.entries[context].is() {
		return Contact{}, false
	}
	return s.contact(context), true
}

// Former returns the contact whose context it was until the owner removed it.
func (s *State) Former(context aura.ContextID) (Contact, bool) {
	name, ok := s.former[context]
	if !ok {
		return Contact{}, false
	}
	c := s.contact(context)
	c.Name = name
	return c, true
}

// ByAuthority returns the contact that is the authority.
func (s *State) ByAuthority(authority aura.AuthorityID) (Contact, bool) {
	context, ok := s.look().authorities[authority]
	if !ok {
		return Contact{}, false
	}
	return s.contact(context), true
}

// ByDevice returns the contact that has the device.
func (s *State) ByDevice(device aura.DeviceID) (Contact, bool) {
	context, ok := s.look().devices[device]
	if !ok {
		return Contact{}, false
	}
	return s.contact(context), true
}

// Certificate returns the keys of the contact's device.
func (s *State) Certificate(context aura.ContextID) (fact.Certificate, bool) {
	e := s.entries[context]
	if !e.is() {
		return fact.Certificate{}, false
	}
	return e.added.Value.cert, true
}

// Addresses returns where the contact was last reached, best first; nil when nothing is known. Of what
// the contact said and what was observed, the later wins.
func (s *State) Addresses(context aura.ContextID) []string {
	e := s.entries[context]
	if !e.is() {
		return nil
	}
	latest, since := e.added.Value.Addresses, e.added.Stamp
	if p := e.profile(); p.Set && p.Stamp.Compare(since) > 0 {
		latest, since = p.Value.Addresses, p.Stamp
	}
	if e.addresses.Set && e.addresses.Stamp.Compare(since) > 0 {
		latest = e.addresses.Value
	}
	return slices.Clone(latest)
}

func (s *State) contact(context aura.ContextID) Contact {
	e := s.entries[context]
	return Contact{
		Ref:          Ref{Context: context, Authority: e.added.Value.Authority, Device: e.added.Value.device},
		Name:         s.names[context],
		PeerName:     e.chosen(),
		Verification: e.added.Value.code,
	}
}
