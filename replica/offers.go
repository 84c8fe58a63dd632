package replica

import (
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/task"
)

// offerLife is how long this agent keeps whom a contact looks for.
const offerLife = 24 * time.Hour

// offers holds whom contacts look for, and their cards. It is in memory alone, and an offer ends with the contact's
// link.
type offers struct {
	lock task.Mutex
	of   map[aura.AuthorityID]*offer
}

// offer is the last seek of a contact.
type offer struct {
	tags  map[contact.Tag]bool             // of those for whom it looks
	card  []byte                           // its own
	at    aura.Duration                    // when it came
	count uint64                           // of seeks of this contact
	sent  map[aura.AuthorityID]uint64      // the counts of others, when their cards were passed on to this one
	cards map[aura.AuthorityID]*limiter    // by whose card it is
	pairs map[aura.AuthorityID]contact.Tag // the first tag in common, in the order of the later seek
}

// put keeps a seek of a contact and returns the contacts who look for it and for whom it looks, ascending.
func (o *offers) put(from aura.AuthorityID, tags []contact.Tag, card []byte, now aura.Duration) (mutual []aura.AuthorityID) {
	o.lock.Lock()
	defer o.lock.Unlock()
	mine := o.of[from]
	if mine == nil {
		mine = &offer{sent: map[aura.AuthorityID]uint64{}, cards: map[aura.AuthorityID]*limiter{}}
		o.of[from] = mine
	}
	mine.tags, mine.card, mine.at = make(map[contact.Tag]bool, len(tags)), card, now
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
		// Two who miss each other in several groups have several tags in common.
		if i := slices.IndexFunc(tags, func(t contact.Tag) bool { return other.tags[t] }); i >= 0 {
			mine.pairs[who], other.pairs[from] = tags[i], tags[i]
			mutual = append(mutual, who)
		}
	}
	slices.SortFunc(mutual, aura.AuthorityID.Compare)
	return mutual
}

// drop forgets the seek of a contact.
func (o *offers) drop(who aura.AuthorityID) {
	o.lock.Lock()
	defer o.lock.Unlock()
	delete(o.of, who)
	for _, other := range o.of {
		// Its next seek counts as one again.
		delete(other.pairs, who)
		delete(other.sent, who)
	}
}

// next returns the cards to pass on to a contact now, and counts them as passed on.
func (o *offers) next(to aura.AuthorityID, now aura.Duration, allowed func(aura.AuthorityID) bool) (cards []introduction) {
	o.lock.Lock()
	defer o.lock.Unlock()
	mine := o.of[to]
	if mine == nil || now-mine.at > offerLife {
		return nil
	}
	var whose []aura.AuthorityID
	for who := range mine.pairs {
		whose = append(whose, who)
	}
	slices.SortFunc(whose, aura.AuthorityID.Compare)
	for _, who := range whose {
		other := o.of[who]
		if other.count == mine.sent[who] || now-other.at > offerLife || !allowed(who) {
			continue
		}
		if mine.cards[who] == nil {
			mine.cards[who] = &limiter{burst: introBurst}
		}
		if mine.cards[who].admit(now) {
			mine.sent[who] = other.count
			cards = append(cards, introduction{Tag: mine.pairs[who], Card: other.card})
		}
	}
	return cards
}
