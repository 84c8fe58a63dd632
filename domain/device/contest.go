package device

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
)

// QuestionContested is the kind of the question, without a payload, that a [Contested] answers.
const QuestionContested = "device.contested"

// Contested names the accounts whose entries contradict each other: the owner's first, then those of contacts and of members of
// groups, ascending.
type Contested struct {
	Authorities []aura.AuthorityID `cbor:"1,keyasint,omitempty"`
}

// ContestedAt returns the accounts that are contested at a time. An account can be known by another certificate in each context, and
// is contested if it contradicts one of them: there its devices do not count.
func ContestedAt(states *domain.States, self aura.AuthorityID, now aura.Instant) (c Contested) {
	state, chats, contacts := domain.Get[*State](states), domain.Get[*chat.State](states), domain.Get[*contact.State](states)
	asked := map[known]bool{}
	ask := func(who aura.AuthorityID, first fact.Certificate) {
		if of := (known{who, first}); !asked[of] {
			asked[of] = true
			if state.Chain(who, first, now).State(now).Contested {
				c.Authorities = append(c.Authorities, who)
			}
		}
	}
	if state.Announces(self) {
		ask(self, fact.Certificate{})
	}
	for _, p := range contacts.Contacts() {
		if state.Announces(p.Authority) {
			first, _ := contacts.Certificate(p.Context)
			ask(p.Authority, first)
		}
	}
	for _, context := range chats.Groups() {
		group, _ := chats.Membership(context)
		for i := range group.Members {
			m := &group.Members[i]
			if m.Authority == self || !state.Announces(m.Authority) {
				continue
			}
			if first, err := fact.DecodeCertificate(m.Certificate); err == nil {
				ask(m.Authority, first)
			}
		}
	}
	slices.SortFunc(c.Authorities, func(a, b aura.AuthorityID) int {
		switch {
		case a == b:
			return 0
		case a == self:
			return -1
		case b == self:
			return 1
		}
		return a.Compare(b)
	})
	c.Authorities = slices.Compact(c.Authorities)
	return c
}

// known names a roster: an authority, and the certificate by which it is known.
type known struct {
	who   aura.AuthorityID
	first fact.Certificate
}

// Notices tells a person of contested accounts, of which name gives the names.
func (c *Contested) Notices(self aura.AuthorityID, name func(aura.AuthorityID) string) (all []status.Notice) {
	for _, a := range c.Authorities {
		if a == self {
			all = append(all, status.Notice{
				Text: "this account says two things about its devices: a device that only one of the two lists does not count at contacts",
				Fix: "find out which of your devices changed the list; if none did, somebody else has the root key of the account: " +
					"tell your contacts by voice or in person",
				Problem: true,
			})
			continue
		}
		all = append(all, status.Notice{
			Text: ContestOf(name(a)) + ": a device that only one of the two lists does not count",
			Fix:  "ask " + name(a) + " by voice or in person, and believe nothing that comes from that account until then", Problem: true,
		})
	}
	return all
}

// ContestOf says in plain words that the account of a person is contested.
func ContestOf(name string) string { return name + "'s account says two things about its devices" }

func answerContested(s *domain.Snapshot, _ []byte) (any, error) {
	return ContestedAt(s.States, s.Authority, s.Now.At), nil
}
