package directory

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/transport"
)

// open learns the secrets of contexts.
func (x *Index) open() {
	for _, context := range x.contexts() {
		if _, known := x.state.secrets[context]; known {
			continue
		}
		value, err := x.meta(domain.SecretKey(context))
		x.blind = x.blind || err != nil
		if len(value) == 32 {
			secret := [32]byte(value)
			x.state.secrets[context] = secret
			x.state.tags[transport.TagOf(secret)] = context
		}
	}
}

// forget drops the secrets of contexts that ended.
func (x *Index) forget() {
	for context, secret := range x.state.secrets {
		if _, removed := x.state.Contacts.Former(context); removed {
			delete(x.state.secrets, context)
			delete(x.state.tags, transport.TagOf(secret))
		}
	}
}

// offer learns which own invitations may be answered. A code is checked when it is new: it does not change.
func (x *Index) offer() {
	known := make(map[aura.ContextID]transport.Tag, len(x.state.codes))
	for tag, secret := range x.state.codes {
		known[secret.Context] = tag
	}
	before := x.state.codes
	x.state.codes = make(map[transport.Tag]transport.Secret, len(before))
	// An answer asks whether the time of the invitation has passed.
	for _, id := range x.state.Invites.Listening(x.state.own, aura.Physical{}) {
		value, err := x.meta(invite.CodeKey(id))
		x.blind = x.blind || err != nil
		if len(value) == 0 {
			continue // forgotten
		}
		if tag, ok := known[aura.ContextID(id)]; ok {
			x.state.codes[tag] = before[tag]
			continue
		}
		code, err := invite.Parse(string(value))
		if err != nil {
			continue
		}
		psk := code.PSK()
		x.state.codes[transport.TagOf(psk)] = transport.Secret{Context: aura.ContextID(id), PSK: psk, Anyone: true}
	}
}

// Blind reports whether a failing disk hides the secret of a context or of an invitation.
func (x *Index) Blind() bool {
	x.lock.Lock()
	defer x.lock.Unlock()
	return x.blind
}

// look reads again what a failing disk may have hidden.
func (x *Index) look() {
	if x.blind {
		x.blind = false
		x.open()
		x.offer()
	}
}

// contexts returns every shared context of the owner.
func (x *Index) contexts() []aura.ContextID {
	var all []aura.ContextID
	for _, c := range x.state.Contacts.Contacts() {
		all = append(all, c.Context)
	}
	all = append(all, x.state.Chats.Groups()...)
	if x.state.Devices.Announces(x.self) {
		all = append(all, device.OwnContext(x.self))
	}
	return all
}

// Shares reports whether a context is one of a contact or a group.
func (x *Index) Shares(context aura.ContextID) (shares bool) {
	x.Read(func(s *State) { _, shares = s.secrets[context] })
	return shares
}

// ByTag implements [transport.Directory]: the contexts of contacts and groups, and open invitations.
func (x *Index) ByTag(tag transport.Tag) (secret transport.Secret, ok bool) {
	x.Read(func(s *State) {
		context, known := s.tags[tag]
		if !known {
			secret, ok = s.codes[tag]
			return
		}
		secret = transport.Secret{Context: context, PSK: s.secrets[context]}
		for _, m := range s.members(context, x.self) {
			if !m.Refused {
				secret.Peers = append(secret.Peers, m.Device.Agreement)
			}
		}
		ok = len(secret.Peers) > 0
	})
	return secret, ok
}

// Awaits reports whether an own invitation may still be answered, or an answer told why it is too late.
func (x *Index) Awaits(now aura.Physical) (awaits bool) {
	x.Read(func(s *State) { awaits = len(s.codes) > 0 && len(s.Invites.Listening(s.own, now)) > 0 })
	return awaits
}
