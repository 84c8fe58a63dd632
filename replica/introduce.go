package replica

import (
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// Two who share a context and both moved find each other through a third one, whom both have as a contact and who
// is there. Each of the two tells it the tags of those for whom it looks, and its own card. Where the third one has the same
// tag of both, it passes each the other's card: it learns that those two know each other, and nothing about
// the rest.
//
//	Ada                          Cleo                          Ben
//	 │── seek: tags, card ────────▶│                             │
//	 │                             │◀──────── seek: tags, card ──│
//	 │◀─────────── card of Ben ────│──── card of Ada ───────────▶│
//	 │◀─────────── dial, directly or through Cleo ──────────────▶│

const (
	// maxTags bounds how many contacts one side looks for through another.
	maxTags = 256
	// tagsStep is what the number of tags is rounded up to, with padding.
	tagsStep = 8
	// offerFor is how long a third one keeps what a contact said, since when it said it.
	offerFor = 24 * time.Hour
	// introAtOnce and introPause bound what one contact can make this agent send: so many cards to one other
	// contact, or seeks, at once, and one more after each pause.
	introAtOnce = 4
	introPause  = 10 * time.Minute
	// maxVia is how many contacts are remembered who know the way to one device.
	maxVia = 8
)

// cardKey is where the metadata keeps the last card of this device, so that its version grows for ever.
const cardKey = "addresses.card"

// allowance admits a number of events at once, and one more after each pause. Its owner guards it.
type allowance struct {
	spent int
	since aura.Duration
}

func (a *allowance) take(now aura.Duration) bool {
	if grown := int((now - a.since) / introPause); grown > 0 {
		a.spent, a.since = max(0, a.spent-grown), now
	}
	if a.spent >= introAtOnce {
		return false
	}
	a.spent++
	return true
}

// offers is what contacts said whom they look for. It is in memory alone, and never outlives their links.
type offers struct {
	lock task.Mutex
	of   map[aura.AuthorityID]*offer
}

type offer struct {
	tags  map[contact.Tag]bool
	card  []byte
	said  aura.Duration
	count uint64                           // of what this contact said
	told  map[aura.AuthorityID]uint64      // the counts of others, as far as they were passed on to this one
	spent map[aura.AuthorityID]*allowance  // by whose card it is
	pairs map[aura.AuthorityID]contact.Tag // the first tag in common, as the later one said them
}

// put keeps what a contact said and returns whom it concerns, ascending.
func (o *offers) put(from aura.AuthorityID, tags []contact.Tag, card []byte, now aura.Duration) (concerned []aura.AuthorityID) {
	o.lock.Lock()
	defer o.lock.Unlock()
	mine := o.of[from]
	if mine == nil {
		mine = &offer{told: map[aura.AuthorityID]uint64{}, spent: map[aura.AuthorityID]*allowance{}}
		o.of[from] = mine
	}
	mine.tags, mine.card, mine.said = make(map[contact.Tag]bool, len(tags)), card, now
	mine.count++
	for _, t := range tags {
		mine.tags[t] = true
	}
	mine.pairs = map[aura.AuthorityID]contact.Tag{}
	for who, other := range o.of {
		if who == from {
			continue
		}
		delete(other.pairs, from)
		// Who is missed in several groups has several tags.
		if i := slices.IndexFunc(tags, func(t contact.Tag) bool { return other.tags[t] }); i >= 0 {
			mine.pairs[who], other.pairs[from] = tags[i], tags[i]
			concerned = append(concerned, who)
		}
	}
	slices.SortFunc(concerned, aura.AuthorityID.Compare)
	return concerned
}

// drop forgets what a contact said.
func (o *offers) drop(who aura.AuthorityID) {
	o.lock.Lock()
	defer o.lock.Unlock()
	delete(o.of, who)
	for _, other := range o.of {
		// What it says next counts from one again.
		delete(other.pairs, who)
		delete(other.told, who)
	}
}

// next returns the cards that a contact is to be given now, and notes that it was.
func (o *offers) next(to aura.AuthorityID, now aura.Duration, allowed func(aura.AuthorityID) bool) (cards []introduction) {
	o.lock.Lock()
	defer o.lock.Unlock()
	mine := o.of[to]
	if mine == nil || now-mine.said > offerFor {
		return nil
	}
	var whose []aura.AuthorityID
	for who := range mine.pairs {
		whose = append(whose, who)
	}
	slices.SortFunc(whose, aura.AuthorityID.Compare)
	for _, who := range whose {
		other := o.of[who]
		if other.count == mine.told[who] || now-other.said > offerFor || !allowed(who) {
			continue
		}
		if mine.spent[who] == nil {
			mine.spent[who] = &allowance{}
		}
		if mine.spent[who].take(now) {
			mine.told[who] = other.count
			cards = append(cards, introduction{Tag: mine.pairs[who], Card: other.card})
		}
	}
	return cards
}

// sought is what this side last told a contact.
type sought struct {
	spent allowance
	tags  []contact.Tag
	here  []string
}

// seek tells the peer, a contact, whom this side looks for, if that or the own addresses have changed.
func (s *session) seek(tc task.Context, last *sought) error {
	whom := s.link.sync.absent(s.peer.Authority)
	if len(whom) == 0 && len(last.tags) == 0 {
		return nil // nobody is missing: nothing is said
	}
	tags, here := s.padded(whom), s.env().Addresses()
	if slices.Equal(tags, last.tags) && slices.Equal(here, last.here) || !last.spent.take(tc.Elapsed()) {
		return nil
	}
	card, err := s.link.sync.card(tc, here)
	if err != nil {
		return quiet(err) // it is said when the disk takes the version
	}
	message, err := encodeMessage(egress.NumberSeek, seek{Tags: tags, Card: card})
	if err != nil {
		return err
	}
	pass, err := s.env().Decider.Charge(tc, s.party(), egress.Message{Kind: egress.KindSeek, Bytes: len(message)})
	if err != nil {
		return quiet(err)
	}
	last.tags, last.here = tags, here
	s.lock.Lock()
	s.whom = whom
	s.lock.Unlock()
	return egress.Post(tc, s.channel, pass, egress.KindSeek, message)
}

// padded returns tags in an order that says nothing, with some that stand for nobody.
func (s *session) padded(whom map[contact.Tag]linkKey) []contact.Tag {
	tags := make([]contact.Tag, 0, len(whom)+tagsStep)
	for t := range whom {
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
			return quiet(err)
		}
		if err := egress.Post(tc, s.channel, pass, egress.KindIntroduction, message); err != nil {
			return err
		}
	}
	return nil
}

// quiet drops the error of a message that the conversation goes on without.
func quiet(err error) error {
	if isPassing(err) || aura.KindOf(err) == aura.Denied {
		return nil
	}
	return err
}

// onSeek keeps whom the peer looks for. What it says must hold up: a card is passed on as it is.
func (s *session) onSeek(tc task.Context, m *seek) error {
	if !s.peer.Direct {
		return aura.Errorf("replica.Sync", aura.Denied, "somebody who is no contact asks for introductions")
	}
	if len(m.Tags) > maxTags+tagsStep {
		return aura.Errorf("replica.Sync", aura.Corrupt, "%d tags of contacts in one message", len(m.Tags))
	}
	if _, err := contact.DecodeCard(m.Card, &s.peer.Certificate); err != nil {
		return err
	}
	sync := s.link.sync
	for _, who := range sync.offers.put(s.peer.Authority, m.Tags, m.Card, tc.Elapsed()) {
		if l := sync.direct(who); l != nil {
			l.news.Notify()
		}
	}
	s.link.news.Notify()
	return nil
}

// onIntroduction takes the card of somebody for whom this side looks, from a mutual contact. What it says of a
// contact is written down; of a member of a group, who is none, it holds for this life of the agent.
func (s *session) onIntroduction(tc task.Context, m *introduction) error {
	s.lock.Lock()
	key, asked := s.whom[m.Tag]
	s.lock.Unlock()
	sync := s.link.sync
	sync.lock.Lock()
	l := sync.links[key]
	sync.lock.Unlock()
	if !asked || l == nil {
		return nil // it came too late, or nobody asked
	}
	peer := l.who()
	card, err := contact.DecodeCard(m.Card, &peer.Certificate)
	if err != nil {
		return err
	}
	if peer.Refused || !l.introduced(tc, card.Version, s.peer.Certificate.Link) {
		return nil
	}
	l.path.hear(card.Addresses)
	env, news := s.env(), false
	request, err := env.Directory.Plan(func(p *directory.State) (r guard.Request, err error) {
		c, ok := p.Contacts.ByContext(peer.Context)
		if !ok {
			return r, nil // a group
		}
		by := env.caller(tc)
		draft, found, err := contact.Found(p.Contacts, by, c.Ref, card.Addresses)
		news = found
		return by.Local(contact.CapRefresh, draft), err
	})
	if err == nil && news && l.page(tc) {
		_, err = env.Decider.Decide(tc, &request)
	}
	l.path.alive(nil)
	return quiet(err)
}

// introduced notes that a mutual contact knows where the peer is, and reports whether it is a reason to dial: a
// newer card, or the same one now and then.
func (l *link) introduced(tc task.Context, version uint64, via transport.PeerID) bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	if version < l.version || version == l.version && !l.hints.take(tc.Elapsed()) {
		return false
	}
	l.version = version
	if !slices.Contains(l.via, via) {
		l.via = append(l.via[max(0, len(l.via)+1-maxVia):], via)
	}
	return true
}

// absent returns for whom this side looks, by their tags towards a third one: contacts, and members of groups who
// are none.
func (s *Replicator) absent(towards aura.AuthorityID) map[contact.Tag]linkKey {
	whom := map[contact.Tag]linkKey{}
	for _, l := range s.every() {
		if len(whom) == maxTags {
			break
		}
		if !l.path.missing() {
			continue
		}
		peer := l.who()
		if peer.Refused || peer.Left || peer.Authority == towards || !peer.Direct && s.direct(peer.Authority) != nil {
			continue
		}
		whom[contact.TagFor(peer.Secret, s.env.Ring.Authority(), peer.Authority, towards)] = l.key
	}
	return whom
}

// direct returns the link in a contact's own context, nil when there is none.
func (s *Replicator) direct(who aura.AuthorityID) *link {
	var context aura.ContextID
	s.env.Directory.Read(func(p *directory.State) {
		if c, ok := p.Contacts.ByAuthority(who); ok {
			context = c.Context
		}
	})
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.links[linkKey{context, who}]
}

// circuits returns the ways through mutual contacts who are there now.
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
	return l != nil && !l.who().Refused
}

// card returns this device's card, with a version that grows whenever the addresses change.
func (s *Replicator) card(tc task.Context, here []string) ([]byte, error) {
	value, err := s.env.Journal.Meta(cardKey)
	if err != nil {
		return nil, err
	}
	own := s.env.Ring.Certificate()
	last, err := contact.DecodeCard(value, &own)
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
