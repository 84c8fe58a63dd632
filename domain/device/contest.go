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

// ContestedAt returns the accounts that are contested at a time.
func ContestedAt(states *domain.States, self aura.AuthorityID, now aura.Instant) (c Contested) {
	known := map[aura.AuthorityID]fact.Certificate{self: {}}
	chats, contacts := domain.Get[*chat.State](states), domain.Get[*contact.State](states)
	for _, context := range chats.Groups() {
		group, _ := chats.Membership(context)
		for i := range group.Members {
			known[group.Members[i].Authority] = fact.Certificate{}
		}
	}
	for _, p := range contacts.Contacts() {
		known[p.Authority], _ = contacts.Certificate(p.Context)
	}
	state := domain.Get[*State](states)
	for who, first := range known {
		if state.Announces(who) && state.Chain(who, first, now).State(now).Contested {
			c.Authorities = append(c.Authorities, who)
		}
	}
	slices.SortFunc(c.Authorities, func(a, b aura.AuthorityID) int {
		switch {
		case a == self:
			return -1
		case b == self:
			return 1
		}
		return a.Compare(b)
	})
	return c
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
