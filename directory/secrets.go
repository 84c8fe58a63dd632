package directory

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/enrol"
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

// offer learns which own invitations may be answered, and by which lines a new device may join. A code is checked when it is new:
// it does not change.
func (x *Index) offer() {
	known := make(map[aura.ContextID]transport.Tag, len(x.state.codes))
	for tag, secret := range x.state.codes {
		known[secret.Context] = tag
	}
	before := x.state.codes
	x.state.codes = make(map[transport.Tag]transport.Secret, len(before))
	add := func(context aura.ContextID, key string, parse func(string) ([32]byte, error)) {
		value, err := x.meta(key)
		x.blind = x.blind || err != nil
		if len(value) == 0 {
			return // forgotten
		}
		if tag, ok := known[context]; ok {
			x.state.codes[tag] = before[tag]
			return
		}
		if psk, err := parse(string(value)); err == nil {
			x.state.codes[transport.TagOf(psk)] = transport.Secret{Context: context, PSK: psk, Anyone: true}
		}
	}
	// An answer asks whether the time of the code has passed.
	for _, id := range x.state.Invites.Listening(x.state.own, aura.Physical{}) {
		add(aura.ContextID(id), invite.CodeKey(id), func(text string) ([32]byte, error) {
			code, err := invite.Parse(text)
			return code.PSK(), err
		})
	}
	for _, id := range x.state.Enrolments.Listening(x.state.own, aura.Physical{}) {
		add(aura.ContextID(id), enrol.CodeKey(id), func(text string) ([32]byte, error) {
			code, err := enrol.Parse(text)
			return code.PSK(), err
		})
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
		if s.dismissed(x.self) {
			return
		}
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

// Awaits reports whether an own code may still be answered, an invitation or the line for a new device, or an answer told why it
// is too late.
func (x *Index) Awaits(now aura.Physical) (awaits bool) {
	x.Read(func(s *State) {
		awaits = len(s.codes) > 0 && !s.dismissed(x.self) && (len(s.Invites.Listening(s.own, now)) > 0 || len(s.Enrolments.Listening(s.own, now)) > 0)
	})
	return awaits
}
