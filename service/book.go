package service

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// bookKeep bounds the messages that the book holds of each conversation. Services need them only to mark
// a conversation as read; frontends fold their own views.
var bookKeep = chat.Keep{Messages: 64, Bytes: 16 << 10}

// Peer is the strong reference to a member of a shared context: who it is, what its device proves, and
// where it was last reached. It is resolved once, from the book, and passed inward.
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

// Pages is what the journal says about people and contexts, folded by the reducers of the domains. It is
// seen only inside [Book.Read].
type Pages struct {
	Contacts   contact.State
	Moderation moderation.State
	Invites    invite.State
	Chats      *chat.State

	secrets map[aura.ContextID][32]byte
	tags    map[transport.Tag]aura.ContextID
	codes   map[transport.Tag]transport.Secret // of own invitations that wait

	keys    map[aura.ContextID][]fact.Certificate // of the members of groups, in their order; a zero one does not decode
	devices map[transport.PeerID]bool             // of those who may connect; nil: computed when it is asked for
}

// Setting returns what the chat handlers need to know beside the chat facts.
func (p *Pages) Setting() chat.Setting {
	return chat.Setting{Contacts: &p.Contacts, Moderation: &p.Moderation}
}

// begin adds to a request that begins a conversation the fact that keeps its name, so that both are there or
// neither.
func (p *Pages) begin(by domain.Caller, n chat.Newcomer, r guard.Request, err error) (guard.Request, error) {
	if err != nil {
		return r, err
	}
	label, err := p.Chats.Label(p.Setting(), by, n)
	r.Entries = append(r.Entries, label)
	return r, err
}

// Book is the index of people and contexts that all services share. The journal writes it, as a sink, in
// position order and before the writer of a fact learns that it is durable; so a service that has a result
// sees its effect.
type Book struct {
	self aura.AuthorityID
	meta func(key string) ([]byte, error)

	lock    task.Mutex
	pages   Pages
	folds   []*journal.Fold  // of pages, except the conversations
	talk    *fact.Quarantine // of the conversations
	blind   bool             // a secret could not be read
	peers   int              // that there were when somebody asked last
	changed []*task.Wake
}

// NewBook returns an empty book for an authority. meta reads the journal's metadata, nil for none.
func NewBook(self aura.AuthorityID, meta func(key string) ([]byte, error)) *Book {
	b := &Book{self: self, meta: meta, talk: fact.NewQuarantine(task.Contain), pages: Pages{
		Chats:   chat.NewState(self, bookKeep),
		secrets: map[aura.ContextID][32]byte{}, tags: map[transport.Tag]aura.ContextID{},
		codes: map[transport.Tag]transport.Secret{}, keys: map[aura.ContextID][]fact.Certificate{},
	}}
	for _, f := range []struct {
		name, kinds string
		folder      journal.Folder
	}{
		{"fold.contact", "contact.*", &b.pages.Contacts},
		{"fold.moderation", "moderation.*", &b.pages.Moderation},
		{"fold.invite", "invite.*", &b.pages.Invites},
		{"fold.group", "group.*", chat.Groups{State: b.pages.Chats}},
	} {
		b.folds = append(b.folds, journal.NewFold(f.name, fact.Selection{Kinds: []string{f.kinds}}, f.folder, &b.lock))
	}
	return b
}

// Load brings an empty book up to date: people, permissions, invitations and groups from their checkpoints
// on, and of the conversations the newest facts of each member, see [Book.Tails]. An agent must not start
// slower for having talked much.
func (b *Book) Load(tc task.Context, j *journal.Journal, own aura.DeviceID) error {
	for _, f := range b.folds {
		if err := f.Load(tc, j); err != nil {
			return err
		}
	}
	b.Read(func(*Pages) {
		b.open()
		b.offer()
	})
	for _, tail := range b.Tails(own) {
		ns := fact.ContextNamespace(tail.Context)
		count := j.Count(ns, tail.Device)
		records, err := j.ByAuthor(ns, tail.Device, count-min(count, BookTail)+1, BookTail)
		if err != nil && aura.KindOf(err) != aura.NotFound { // the oldest may have been collected
			return err
		}
		for i := range records {
			b.talk.Take("chat", &records[i], b.pages.Chats.Apply)
		}
	}
	return nil
}

// Quarantined returns the facts that a fold could not take, see [fact.Quarantine].
func (b *Book) Quarantined() []fact.Quarantined {
	b.lock.Lock()
	defer b.lock.Unlock()
	held := b.talk.Held()
	for _, f := range b.folds {
		held = append(held, f.Quarantined()...)
	}
	return held
}

// Folds implements [keeper].
func (b *Book) Folds() []*journal.Fold { return b.folds }

// Due implements [keeper].
func (b *Book) Due() ([]journal.Checkpoint, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	return journal.Due(b.folds...)
}

// BookTail is how many of a member's newest facts a book needs.
const BookTail = 64

// Tail names a device that speaks in a shared context.
type Tail struct {
	Context aura.ContextID
	Device  aura.DeviceID
}

// Tails returns the devices that speak in the shared contexts, in a fixed order; own is this one.
func (b *Book) Tails(own aura.DeviceID) []Tail {
	var tails []Tail
	b.Read(func(p *Pages) {
		for _, context := range b.contexts() {
			tails = append(tails, Tail{context, own})
			for _, m := range p.members(context, b.self) {
				tails = append(tails, Tail{context, m.Certificate.Device()})
			}
		}
	})
	return tails
}

// Committed implements [journal.Sink].
func (b *Book) Committed(records []fact.Record) {
	if bells, structural := b.take(records); structural {
		for _, bell := range bells {
			bell.Notify()
		}
	}
}

// take folds records and reports whether they may have changed who is linked to whom.
func (b *Book) take(records []fact.Record) (bells []*task.Wake, structural bool) {
	b.lock.Lock()
	defer b.lock.Unlock()
	met, invited, removed := false, false, false
	for _, f := range b.folds {
		f.Committed(records)
	}
	for i := range records {
		r := &records[i]
		switch r.Fact.Kind {
		case chat.KindMessage, chat.KindRead, delivery.KindAcked, delivery.KindFailed:
			b.talk.Take("chat", r, b.pages.Chats.Apply)
			continue // they change nothing about who is linked to whom
		case contact.KindAdded, chat.KindCreated, chat.KindJoined:
			met = true
		case contact.KindRemoved:
			removed = true
		case invite.KindCreated, invite.KindCancelled, invite.KindAccepted, invite.KindCompleted, invite.KindExpired:
			invited = true
		}
		structural = true
	}
	if structural {
		b.pages.devices = nil
	}
	if removed {
		b.forget()
	}
	if met {
		b.open()
	}
	if invited {
		b.offer()
	}
	return b.changed, structural
}

// open learns the secrets of contexts.
func (b *Book) open() {
	for _, context := range b.contexts() {
		if _, known := b.pages.secrets[context]; known {
			continue
		}
		value, err := b.meta(domain.SecretKey(context))
		b.blind = b.blind || err != nil
		if len(value) == 32 {
			secret := [32]byte(value)
			b.pages.secrets[context] = secret
			b.pages.tags[transport.TagOf(secret)] = context
		}
	}
}

// forget drops the secrets of contexts that ended.
func (b *Book) forget() {
	for context, secret := range b.pages.secrets {
		if _, removed := b.pages.Contacts.Former(context); removed {
			delete(b.pages.secrets, context)
			delete(b.pages.tags, transport.TagOf(secret))
		}
	}
}

// offer learns which own invitations may be answered. A code is checked when it is new: it does not change.
func (b *Book) offer() {
	known := make(map[aura.ContextID]transport.Tag, len(b.pages.codes))
	for tag, secret := range b.pages.codes {
		known[secret.Context] = tag
	}
	before := b.pages.codes
	b.pages.codes = make(map[transport.Tag]transport.Secret, len(before))
	// Whether its time has passed is asked when somebody answers.
	for _, id := range b.pages.Invites.Listening(aura.Physical{}) {
		value, err := b.meta(invite.CodeKey(id))
		b.blind = b.blind || err != nil
		if len(value) == 0 {
			continue // forgotten
		}
		if tag, ok := known[aura.ContextID(id)]; ok {
			b.pages.codes[tag] = before[tag]
			continue
		}
		code, err := invite.Parse(string(value))
		if err != nil {
			continue
		}
		psk := code.PSK()
		b.pages.codes[transport.TagOf(psk)] = transport.Secret{Context: aura.ContextID(id), PSK: psk, Anyone: true}
	}
}

// Blind reports whether a failing disk hides the secret of a context or of an invitation.
func (b *Book) Blind() bool {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.blind
}

// look reads again what a failing disk may have hidden.
func (b *Book) look() {
	if b.blind {
		b.blind = false
		b.open()
		b.offer()
	}
}

// contexts returns every shared context of the owner.
func (b *Book) contexts() []aura.ContextID {
	var all []aura.ContextID
	for _, c := range b.pages.Contacts.Contacts() {
		all = append(all, c.Context)
	}
	return append(all, b.pages.Chats.Groups()...)
}

// OnChange rings the bell whenever people, contexts or permissions may have changed.
func (b *Book) OnChange(bell *task.Wake) {
	b.lock.Lock()
	defer b.lock.Unlock()
	b.changed = append(b.changed, bell)
}

// Read lets fn look at the pages. It must not wait and must not keep a reference to them.
func (b *Book) Read(fn func(*Pages)) {
	b.lock.Lock()
	defer b.lock.Unlock()
	fn(&b.pages)
}

// Plan runs a pure handler over the pages.
func (b *Book) Plan(handler func(*Pages) (guard.Request, error)) (request guard.Request, err error) {
	b.Read(func(p *Pages) { request, err = handler(p) })
	return request, err
}

// Peers returns the members of all shared contexts, ascending by context and authority, except the owner.
func (b *Book) Peers() []Peer {
	var peers []Peer
	b.Read(func(p *Pages) {
		b.look()
		peers = make([]Peer, 0, b.peers+1) // there may be one more than last time
		for _, context := range b.contexts() {
			secret, ok := p.secrets[context]
			if !ok {
				continue
			}
			for _, m := range p.members(context, b.self) {
				m.Secret = secret
				peers = append(peers, m)
			}
		}
		b.peers = len(peers)
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
func (p *Pages) members(context aura.ContextID, self aura.AuthorityID) []Peer {
	if c, ok := p.Contacts.ByContext(context); ok {
		cert, _ := p.Contacts.Certificate(context)
		return []Peer{{
			Context: context, Authority: c.Authority, Certificate: cert, Direct: true, Contact: c.Ref,
			Addresses: addresses(p.Contacts.Addresses(context)),
			Refused:   p.Moderation.Arrival(c.Authority) == moderation.Refuse,
		}}
	}
	group, ok := p.Chats.Membership(context)
	if !ok {
		return nil
	}
	founder := group.Founder()
	peers := make([]Peer, 0, len(group.Members))
	for i, cert := range p.certificates(context, &group) {
		m := &group.Members[i]
		if m.Authority == self || cert == (fact.Certificate{}) {
			continue
		}
		where := m.Addresses
		if known, ok := p.Contacts.ByAuthority(m.Authority); ok {
			where = p.Contacts.Addresses(known.Context)
		}
		peers = append(peers, Peer{
			Context: context, Authority: m.Authority, Certificate: cert, Addresses: addresses(where),
			Refused: p.Moderation.Arrival(m.Authority) == moderation.Refuse,
			Left:    p.Chats.Gone(context, m.Authority), Leaving: p.Chats.Gone(context, self),
			Founder: m.Authority == founder, Founded: founder == self,
		})
	}
	return peers
}

// certificates returns the decoded certificates of a group's members, which never change.
func (p *Pages) certificates(context aura.ContextID, group *chat.Group) []fact.Certificate {
	keys, known := p.keys[context]
	if !known {
		keys = make([]fact.Certificate, len(group.Members))
		for i := range group.Members {
			if cert, err := fact.DecodeCertificate(group.Members[i].Certificate); err == nil {
				keys[i] = cert
			}
		}
		p.keys[context] = keys
	}
	return keys
}

// Shares reports whether a context is shared with somebody: a contact's or a group's.
func (b *Book) Shares(context aura.ContextID) (shares bool) {
	b.Read(func(p *Pages) { _, shares = p.secrets[context] })
	return shares
}

// ByTag implements [transport.Directory]: the contexts of contacts and groups, and open invitations.
func (b *Book) ByTag(tag transport.Tag) (secret transport.Secret, ok bool) {
	b.Read(func(p *Pages) {
		context, known := p.tags[tag]
		if !known {
			secret, ok = p.codes[tag]
			return
		}
		secret = transport.Secret{Context: context, PSK: p.secrets[context]}
		for _, m := range p.members(context, b.self) {
			if !m.Refused {
				secret.Peers = append(secret.Peers, m.Certificate.Agreement)
			}
		}
		ok = len(secret.Peers) > 0
	})
	return secret, ok
}

func addresses(texts []string) []transport.Address {
	out := make([]transport.Address, 0, len(texts))
	for _, t := range texts {
		out = append(out, transport.Address(t))
	}
	return out
}

// Knows reports whether a device on the network belongs to a member of a shared context.
func (b *Book) Knows(device transport.PeerID) (known bool) {
	b.Read(func(p *Pages) {
		if p.devices == nil {
			p.devices = map[transport.PeerID]bool{}
			for _, context := range b.contexts() {
				for _, m := range p.members(context, b.self) {
					if !m.Refused {
						p.devices[m.Certificate.Link] = true
					}
				}
			}
		}
		known = p.devices[device]
	})
	return known
}

// Awaits reports whether somebody may still answer an own invitation, or be told why it is too late.
func (b *Book) Awaits(now aura.Physical) (awaits bool) {
	b.Read(func(p *Pages) { awaits = len(p.codes) > 0 && len(p.Invites.Listening(now)) > 0 })
	return awaits
}
