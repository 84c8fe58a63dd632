package replica

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// Two members of a context who both moved find each other through a mutual contact who is connected. Each tells the
// mutual contact the tags of those for whom it looks, and its own card. Where both gave the same tag, the mutual contact
// passes each the other's card. It learns that these two know each other, and nothing about the other tags.
//
//	Ada                          Cleo                          Ben
//	 │── seek: tags, card ────────▶│                             │
//	 │                             │◀──────── seek: tags, card ──│
//	 │◀─────────── card of Ben ────│──── card of Ada ───────────▶│
//	 │◀─────────── dial, directly or through Cleo ──────────────▶│

const (
	// maxTags bounds how many contacts one side looks for through another.
	maxTags = 256
	// tagsStep: the number of tags is rounded up to a multiple of it, with padding.
	tagsStep = 8
	// introBurst bounds what one contact can make this agent send at once: cards to one other contact, or seeks.
	introBurst = 4
	// maxVia is how many mutual contacts a link remembers who know the way to its device.
	maxVia = 8
)

// cardKey is where the metadata keeps the last card of this device, so that its version grows for ever.
const cardKey = "addresses.card"

// lastSeek is what this side told a contact last.
type lastSeek struct {
	seeks limiter
	tags  []contact.Tag
	here  []string
}

// seek tells the peer, a contact, for whom this side looks, if that or the own addresses have changed.
func (s *session) seek(tc task.Context, last *lastSeek) error {
	sought := s.link.sync.missing(s.peer.Authority)
	if len(sought) == 0 && len(last.tags) == 0 {
		return nil // no peer is missing, and none was: there is nothing to say
	}
	tags, here := s.padded(sought), s.env().Addresses()
	if slices.Equal(tags, last.tags) && slices.Equal(here, last.here) || !last.seeks.admit(tc.Elapsed()) {
		return nil
	}
	card, err := s.link.sync.card(tc, here)
	if err != nil {
		return unlessEnding(err) // this side seeks again when the disk takes the version
	}
	message, err := encodeMessage(egress.NumberSeek, seek{Tags: tags, Card: card})
	if err != nil {
		return err
	}
	pass, err := s.env().Decider.Charge(tc, s.party(), egress.Message{Kind: egress.KindSeek, Bytes: len(message)})
	if err != nil {
		return unlessEnding(err)
	}
	last.tags, last.here = tags, here
	s.lock.Lock()
	s.sought = sought
	s.lock.Unlock()
	return s.say(tc, pass, egress.KindSeek, message)
}

// padded returns tags in an order that says nothing, with some that stand for no contact.
func (s *session) padded(sought map[contact.Tag]linkKey) []contact.Tag {
	tags := make([]contact.Tag, 0, len(sought)+tagsStep)
	for t := range sought {
		tags = append(tags, t)
	}
	private, _ := s.env().Ring.Agreement()
	for n := 0; len(tags)%tagsStep != 0; n++ {
		tags = append(tags, contact.Padding(private, s.peer.Authority, n))
	}
	slices.SortFunc(tags, func(a, b contact.Tag) int { return slices.Compare(a[:], b[:]) })
	return tags
}

// introduce passes on to the peer the cards of contacts who look for it and for whom it looks.
func (s *session) introduce(tc task.Context) error {
	sync := s.link.sync
	for _, card := range sync.offers.next(s.peer.Authority, tc.Elapsed(), sync.introducible) {
		message, err := encodeMessage(egress.NumberIntroduction, card)
		if err != nil {
			return err
		}
		pass, err := s.env().Decider.Charge(tc, s.party(), egress.Message{Kind: egress.KindIntroduction, Bytes: len(message)})
		if err != nil {
			return unlessEnding(err)
		}
		if err := s.say(tc, pass, egress.KindIntroduction, message); err != nil {
			return err
		}
	}
	return nil
}

// unlessEnding drops the error of a message without which the session goes on.
func unlessEnding(err error) error {
	if isPassing(err) || aura.KindOf(err) == aura.Denied {
		return nil
	}
	return err
}

// onSeek keeps for whom the peer looks. It checks the card, which is passed on as it is.
func (s *session) onSeek(tc task.Context, m *seek) error {
	if !s.peer.Direct {
		return aura.Errorf("replica.onSeek", aura.Denied, "a peer that is no contact asks for introductions")
	}
	if len(m.Tags) > maxTags+tagsStep {
		return aura.Errorf("replica.onSeek", aura.Corrupt, "%d tags of contacts in one message", len(m.Tags))
	}
	if _, err := contact.DecodeCard(m.Card, s.peer.Device.Signing); err != nil {
		return err
	}
	sync := s.link.sync
	for _, who := range sync.offers.put(s.peer.Authority, m.Tags, m.Card, tc.Elapsed()) {
		if l := sync.direct(who); l != nil {
			l.changed.Notify()
		}
	}
	s.link.changed.Notify()
	return nil
}

// onIntroduction takes the card of a peer for whom this side looks, from a mutual contact. The journal keeps the
// addresses of a contact; those of another member of a group hold until the agent ends.
func (s *session) onIntroduction(tc task.Context, m *introduction) error {
	s.lock.Lock()
	key, asked := s.sought[m.Tag]
	s.lock.Unlock()
	sync := s.link.sync
	links := sync.linksTo(key.context, key.peer)
	if !asked || len(links) == 0 {
		return nil // it came too late, or this side did not ask
	}
	var l *link
	var peer directory.Peer
	var card contact.Card
	var err error
	for _, l = range links { // the tag names the peer, and one of its devices signed the card
		peer = l.member()
		if card, err = contact.DecodeCard(m.Card, peer.Device.Signing); err == nil {
			break
		}
	}
	if err != nil {
		return err
	}
	if peer.Refused || !l.introduced(tc, card.Version, s.peer.Device.Link) {
		return nil
	}
	l.path.setAddresses(card.Addresses)
	env, news := s.env(), false
	request, err := env.Directory.Plan(func(p *directory.State) (r guard.Request, err error) {
		c, ok := p.Contacts.ByContext(peer.Context)
		if !ok || !peer.Main {
			return r, nil // a group, or a device of which the facts about the contact do not speak
		}
		by := env.caller(tc)
		draft, found, err := contact.Found(p.Contacts, by, c.Ref, card.Addresses)
		news = found
		return by.Local(contact.CapRefresh, draft), err
	})
	if err == nil && news && l.mayJournal(tc) {
		_, err = env.Decider.Decide(tc, &request)
	}
	l.path.signOfLife(nil)
	return unlessEnding(err)
}

// introduced notes that a mutual contact knows where the peer is, and reports whether that is a reason to dial: a
// newer card, or the same one within the limit for hints.
func (l *link) introduced(tc task.Context, version uint64, via transport.PeerID) bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	if version < l.version || version == l.version && !l.hints.admit(tc.Elapsed()) {
		return false
	}
	l.version = version
	if !slices.Contains(l.via, via) {
		l.via = append(l.via[max(0, len(l.via)+1-maxVia):], via)
	}
	return true
}

// missing returns the absent peers for whom this side looks, contacts and other members of groups, by their tags
// towards a mutual contact.
func (s *Replicator) missing(towards aura.AuthorityID) map[contact.Tag]linkKey {
	sought := map[contact.Tag]linkKey{}
	for _, l := range s.allLinks() {
		if len(sought) == maxTags {
			break
		}
		if !l.path.absent() {
			continue
		}
		peer := l.member()
		if peer.Refused || peer.Left || peer.Authority == towards || !peer.Direct && s.direct(peer.Authority) != nil {
			continue
		}
		sought[contact.TagFor(peer.Secret, s.env.Ring.Authority(), peer.Authority, towards)] = l.key
	}
	return sought
}

// direct returns the link in a contact's own context to one of its devices: one that is there, or else the first. Nil: there
// is none.
func (s *Replicator) direct(who aura.AuthorityID) *link {
	var context aura.ContextID
	s.env.Directory.Read(func(p *directory.State) {
		if c, ok := p.Contacts.ByAuthority(who); ok {
			context = c.Context
		}
	})
	links := s.linksTo(context, who)
	if i := slices.IndexFunc(links, func(l *link) bool { return l.path.present() }); i > 0 {
		return links[i]
	}
	if len(links) == 0 {
		return nil
	}
	return links[0]
}

// circuits returns the addresses through mutual contacts who are connected now.
func (s *Replicator) circuits(via []transport.PeerID) (all []transport.Address) {
	if s.env.Relays == nil {
		return nil
	}
	for _, device := range via {
		s.lock.Lock()
		p := s.paths[device]
		s.lock.Unlock()
		if p != nil && p.present() {
			all = append(all, s.env.Relays.Through(device))
		}
	}
	return all
}

// introducible reports whether a contact's card may be passed on.
func (s *Replicator) introducible(who aura.AuthorityID) bool {
	l := s.direct(who)
	return l != nil && !l.member().Refused
}

// card returns this device's card, with a version that grows whenever the addresses change.
func (s *Replicator) card(tc task.Context, here []string) ([]byte, error) {
	value, err := s.env.Journal.Meta(cardKey)
	if err != nil {
		return nil, err
	}
	own := s.env.Ring.Certificate()
	last, err := contact.DecodeCard(value, own.Signing)
	if err == nil && slices.Equal(last.Addresses, here) {
		return value, nil
	}
	card := contact.Card{Version: max(last.Version+1, uint64(max(0, tc.Now().At))), Addresses: here}
	signed, err := card.SigningBytes(own.Device())
	if err != nil {
		return nil, err
	}
	card.Signature = s.env.Ring.Sign(signed)
	if value, err = card.Encode(); err != nil {
		return nil, err
	}
	_, err = s.env.Journal.Append(tc, &journal.Entry{Meta: []journal.KV{{Key: cardKey, Value: value}}})
	return value, err
}
