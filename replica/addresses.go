package replica

import (
	"bytes"
	"slices"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

const (
	// addressSoon and addressPause pace how often a session looks whether this agent can be reached elsewhere:
	// more often at first, when relays answer and routers open ports.
	addressSoon  = time.Second
	addressPause = 30 * time.Second
	// reserveMost is the longest pause before a contact that did not relay is asked again.
	reserveMost = 10 * time.Minute
)

// Relays asks contacts to relay to this agent when its own addresses fail. A network may offer it.
type Relays interface {
	// Reserve asks a contact to relay and returns how long it will.
	Reserve(tc task.Context, contact transport.PeerID, addrs []transport.Address) (aura.Duration, error)
	// Through returns the address at which a peer that a contact relays to is reached through the contact.
	Through(contact transport.PeerID) transport.Address
}

// addressLoop is the session's task that keeps the peer informed of where this agent can be reached, and has a
// contact relay to it: members of a shared context who lost each other meet through a mutual contact.
func (s *session) addressLoop(tc task.Context) error {
	if err := s.greeted.Wait(tc); err != nil {
		return err
	}
	if s.peer.Direct {
		// The peer speaks in the context, so it has the contact.
		s.link.sync.env.Met(tc, contact.Ref{
			Context: s.peer.Context, Authority: s.peer.Authority, Device: s.device,
		})
	}
	s.lock.Lock()
	said := s.sentAddresses
	s.lock.Unlock()
	// No jitter: these looks follow no failure that others share.
	pause := task.Backoff{Base: addressSoon, Max: addressPause, Jitter: -1}
	reserve, declined := tc.Elapsed(), task.Backoff{Base: addressPause, Max: reserveMost}
	last := lastSeek{seeks: limiter{burst: introBurst}}
	var told []sibling
	for {
		s.link.compareClocks(tc) // this one may have jumped
		if tc.Elapsed() >= reserve {
			reserve = s.reserve(tc, &declined)
		}
		here, siblings := s.env().Addresses(), s.link.sync.siblings()
		if !slices.Equal(here, said) || !equalSiblings(siblings, told) {
			message, err := encodeMessage(egress.NumberAddresses, addresses{Addresses: here, Siblings: siblings})
			if err != nil {
				return err
			}
			pass, err := s.env().Decider.Charge(tc, s.party(), egress.Message{Kind: egress.KindAddresses, Bytes: len(message)})
			switch {
			case err == nil:
				if err := s.say(tc, pass, egress.KindAddresses, message); err != nil {
					return err
				}
				said, told = here, siblings
			case !isPassing(err) && aura.KindOf(err) != aura.Denied:
				return err
			} // else the conversation goes on, and the peer learns of it when it is permitted
		}
		if err := s.seekSiblings(tc); err != nil {
			return err
		}
		if s.peer.Direct {
			if err := s.seek(tc, &last); err != nil {
				return err
			}
			if err := s.introduce(tc); err != nil {
				return err
			}
		}
		if _, err := s.link.changed.WaitUntil(tc, tc.Elapsed()+pause.Next(s.env().Entropy)); err != nil {
			return err
		}
	}
}

// reserve asks the peer to relay, if it is a contact, and returns at which point of Elapsed to ask again: after
// declined, when it does not.
func (s *session) reserve(tc task.Context, declined *task.Backoff) aura.Duration {
	relays, now := s.env().Relays, tc.Elapsed()
	if relays == nil || !s.peer.Direct {
		return task.Forever
	}
	ask, done := tc.WithBudget("reserve", addressPause)
	defer done()
	pass, err := s.env().Decider.Charge(ask, s.party(), egress.Message{Kind: egress.KindRelay})
	if err == nil {
		err = pass.Use(egress.KindRelay, 0)
	}
	if err != nil {
		return now + declined.Next(s.env().Entropy)
	}
	d, err := relays.Reserve(ask, s.peer.Device.Link, s.link.member().Addresses)
	if err != nil {
		return now + declined.Next(s.env().Entropy)
	}
	declined.Reset()
	return now + max(d/2, addressPause)
}

// onAddresses keeps the addresses that the peer gave, if they are new.
func (s *session) onAddresses(tc task.Context, addresses []string) error {
	if err := contact.CheckAddresses(addresses); err != nil {
		return aura.Errorf("replica.onAddresses", aura.Corrupt, "addresses: %w", err)
	}
	if len(addresses) == 0 {
		return nil
	}
	// A member that is no contact is dialled at the addresses that it gave last, or that the group has of it.
	s.link.path.setAddresses(addresses)
	if !s.link.member().Main {
		return s.keepAddresses(tc, s.device, addresses)
	}
	if !s.peer.Direct {
		return nil
	}
	env, news := s.env(), false
	request, err := env.Directory.Plan(func(p *directory.State) (r guard.Request, err error) {
		r, news, err = contact.Refresh(p.Contacts, env.caller(tc), s.peer.Contact, addresses)
		return r, err
	})
	if err == nil && news && s.link.mayJournal(tc) {
		_, err = env.Decider.Decide(tc, &request)
	}
	if isPassing(err) {
		return nil // the peer says it again in the next session
	}
	return err
}

// keepAddresses keeps the addresses of a device that is not the main one of its authority, if they are new: the facts about a
// contact have those of the main one.
func (s *session) keepAddresses(tc task.Context, of aura.DeviceID, addresses []string) error {
	if !s.peer.Direct && !s.peer.Own {
		return nil
	}
	key := device.AddressesKey(of)
	value, err := fact.Marshal(addresses)
	if err != nil {
		return err
	}
	before, err := s.env().Journal.Meta(key)
	if err == nil && !bytes.Equal(before, value) && s.link.mayJournal(tc) {
		_, err = s.env().Journal.Append(tc, &journal.Entry{Meta: []journal.KV{{Key: key, Value: value}}})
	}
	if isPassing(err) {
		return nil // the peer says it again in the next session
	}
	return err
}

// isPassing reports whether an error is of a kind that must not end a conversation: a full or failing
// disk, too many at once.
func isPassing(err error) bool {
	switch aura.KindOf(err) {
	case aura.Exhausted, aura.Unavailable, aura.Conflict:
		return true
	}
	return false
}
