package contact

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Contact is one contact as a frontend shows it.
type Contact struct {
	Ref
	Name         string `json:"name"`         // the owner's label, unique among contacts and groups
	PeerName     string `json:"peer_name"`    // as the peer calls itself
	Verification string `json:"verification"` // see [Verification]
}

// Own returns the name that this authority gives itself, empty when it never did.
func (s *State) Own() string { return s.self.Value }

// Contacts returns all contacts by name.
func (s *State) Contacts() []Contact { return slices.Clone(s.look().byName) }

// Former returns the contact whose context it was until the owner removed it.
func (s *State) Former(context aura.ContextID) (Contact, bool) {
	if e := s.entries[context]; e == nil || !e.added.Set || !e.removed {
		return Contact{}, false
	}
	return s.contact(context), true
}

// Formers returns those who were contacts, ascending by context.
func (s *State) Formers() []Contact {
	var all []Contact
	for context := range s.entries {
		if c, ok := s.Former(context); ok {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b Contact) int { return a.Context.Compare(b.Context) })
	return all
}

// Label returns the name under which the owner is shown a context. It is false for a group that has none yet.
func (s *State) Label(context aura.ContextID) (string, bool) {
	l, ok := s.labels[context]
	return l.name, ok
}

// Kept reports whether a fact keeps the label of a context as it is shown. Otherwise it could move with those
// of others: an earlier build wrote no such fact, or two were written at once.
func (s *State) Kept(context aura.ContextID) bool {
	e := s.entries[context]
	return e != nil && e.removed || e != nil && e.renamed.Set && e.renamed.Value != "" && e.renamed.Value == s.labels[context].name
}

// Labelled returns the key ([Folded]) of every label but that of one context.
func (s *State) Labelled(except aura.ContextID) map[string]bool {
	used := make(map[string]bool, len(s.labels))
	for context, l := range s.labels {
		if context != except {
			used[l.key] = true
		}
	}
	return used
}

// Identified reports whether a text begins the identifier of a contact, as one may type it.
func (s *State) Identified(text string) bool {
	for _, e := range s.entries {
		if e.is() && begins(e.added.Value.Authority.String(), strings.ToLower(text)) {
			return true
		}
	}
	return false
}

// ByContext returns the contact whose shared context is given.
func (s *State) ByContext(context aura.ContextID) (Contact, bool) {
	if !s.entries[context].is() {
		return Contact{}, false
	}
	return s.contact(context), true
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

// Addresses returns where the contact's device was last reached, best first; nil when nothing is known. Of what it said and
// the observed addresses, the later wins. Another device of the contact may say its name, and is elsewhere.
func (s *State) Addresses(context aura.ContextID) []string {
	e := s.entries[context]
	if !e.is() {
		return nil
	}
	latest, since := e.added.Value.Addresses, e.added.Stamp
	if p := e.profile(); p.Profile.Set && p.By == e.added.Value.device && p.Profile.Stamp.Compare(since) > 0 {
		latest, since = p.Profile.Value.Addresses, p.Profile.Stamp
	}
	if e.addresses.Set && e.addresses.Stamp.Compare(since) > 0 {
		latest = e.addresses.Value
	}
	return slices.Clone(latest)
}

func (s *State) contact(context aura.ContextID) Contact {
	e := s.entries[context]
	return Contact{
		Ref: Ref{
			Context: context, Authority: e.added.Value.Authority, Device: e.added.Value.device,
			Epoch: e.added.Stamp.Logical,
		},
		Name:         s.labels[context].name,
		PeerName:     e.chosen(),
		Verification: e.added.Value.code,
	}
}
