package contact

import (
	"cmp"
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
func (s *State) Contacts() []Contact {
	contacts := make([]Contact, 0, len(s.entries))
	for context, e := range s.entries {
		if e.added.Set {
			contacts = append(contacts, s.contact(context))
		}
	}
	slices.SortFunc(contacts, func(a, b Contact) int {
		return cmp.Or(strings.Compare(s.labels[a.Context].key, s.labels[b.Context].key), a.Context.Compare(b.Context))
	})
	return contacts
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
	return e != nil && e.renamed.Set && e.renamed.Value != "" && e.renamed.Value == s.labels[context].name
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
		if e.added.Set && begins(e.added.Value.Authority.String(), strings.ToLower(text)) {
			return true
		}
	}
	return false
}

// ByContext returns the contact whose shared context is given.
func (s *State) ByContext(context aura.ContextID) (Contact, bool) {
	if e := s.entries[context]; e == nil || !e.added.Set {
		return Contact{}, false
	}
	return s.contact(context), true
}

// ByAuthority returns the contact that is the authority.
func (s *State) ByAuthority(authority aura.AuthorityID) (Contact, bool) {
	return s.find(func(p *person) bool { return p.Authority == authority })
}

// ByDevice returns the contact that has the device.
func (s *State) ByDevice(device aura.DeviceID) (Contact, bool) {
	return s.find(func(p *person) bool { return p.device == device })
}

// Certificate returns the keys of the contact's device.
func (s *State) Certificate(context aura.ContextID) (fact.Certificate, bool) {
	e := s.entries[context]
	if e == nil || !e.added.Set {
		return fact.Certificate{}, false
	}
	return e.added.Value.cert, true
}

// Addresses returns where the contact was last reached, best first; nil when nothing is known. Of what
// the contact said and what was observed, the later wins.
func (s *State) Addresses(context aura.ContextID) []string {
	e := s.entries[context]
	if e == nil || !e.added.Set {
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

// find returns the matching contact of the smallest context, so that the answer is the same everywhere.
func (s *State) find(match func(*person) bool) (found Contact, ok bool) {
	for context, e := range s.entries {
		if p := &e.added.Value; e.added.Set && match(p) && (!ok || context.Compare(found.Context) < 0) {
			found, ok = s.contact(context), true
		}
	}
	return found, ok
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
