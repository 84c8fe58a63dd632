package device

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/roster"
)

// CapRoster is what keeping and announcing entries and bounds requires.
const CapRoster = "device:roster"

// The intents.
const (
	// IntentClose carries [CloseIntent].
	IntentClose = "device.close"
	// IntentRemove carries [RemoveIntent]. The root key must be on the device.
	IntentRemove = "device.remove"
)

// RemoveIntent asks to list a device of the account no more, and to tell the contacts.
type RemoveIntent struct {
	Device aura.DeviceID `cbor:"1,keyasint"`
}

// CloseIntent asks to say in a conversation up to which facts a removed device counts there.
type CloseIntent struct {
	To     chat.Ref      `cbor:"1,keyasint"`
	Closed roster.Closed `cbor:"2,keyasint"`
}

// Adopt plans to take signed entries of the own roster: the devices of the owner go by them from then on, and each shared
// context is told. It returns the errors of [roster.Announced.Decode] and [roster.Chain.Add], aura.Invalid for entries of
// another authority, and aura.NotFound for one whose predecessor is not here.
func Adopt(s *State, by domain.Caller, a roster.Announced) (guard.Request, error) {
	const op = "device.Adopt"
	entries, err := a.Decode()
	if err != nil {
		return guard.Request{}, err
	}
	if entries[0].Authority != by.Authority {
		return guard.Request{}, aura.Errorf(op, aura.Invalid, "the entries are of %s, not of this account", aura.Short(entries[0].Authority))
	}
	chain := s.Chain(by.Authority, fact.Certificate{}, by.Now.At)
	for i := range entries {
		if err := chain.Add(entries[i], by.Now.At); err != nil {
			return guard.Request{}, err
		}
	}
	if missing := chain.State(by.Now.At).Missing; len(missing) > 0 {
		return guard.Request{}, aura.Errorf(op, aura.NotFound, "%d entries that these build on are not here: give the whole chain", len(missing))
	}
	draft, err := by.Draft(KindRoster, a)
	return by.Local(CapRoster, draft), err
}

// Close plans to say a bound to the members of a conversation. It returns the errors of [roster.Closed.Check], and
// aura.Denied for one that this device has not to say: it did not make the entry, or said it before.
func Close(s *State, by domain.Caller, to chat.Ref, peers []aura.AuthorityID, c roster.Closed) (guard.Request, error) {
	const op = "device.Close"
	if err := c.Check(); err != nil {
		return guard.Request{}, err
	}
	says := s.Chain(by.Authority, fact.Certificate{}, by.Now.At).State(by.Now.At)
	// Which bounds are missing does not follow from the facts below them.
	below := func(aura.DeviceID, fact.Place, fact.Place) (bool, bool) { return false, false }
	for _, owed := range s.Bounds(to.Context, says, below).Unsaid(by.Device) {
		if owed.Device == c.Device && owed.Entry == c.Entry {
			draft, err := by.Shared(to.Context, KindClosed, c)
			return by.Send(CapRoster, to.Context, peers, draft), err
		}
	}
	return guard.Request{}, aura.Errorf(op, aura.Denied, "this device has no bound of device %s to say there", aura.Short(c.Device))
}

// see plans to keep when this home first had entries.
func see(s *State, by domain.Caller) (guard.Request, error) {
	list := s.unseen(by.Device, max(by.Now.At, 1))
	if len(list) == 0 {
		return guard.Request{}, nil
	}
	draft, err := by.Draft(KindSeen, Seen{At: max(by.Now.At, 1), Entries: list[:min(len(list), maxSeen)]})
	return by.Local(CapRoster, draft), err
}

// announce plans to tell the members of a context entries of the own roster, the newest part first: its entries wait at a member
// that has none before them, and until those come the certificate counts by which the member knows the account. The oldest part
// alone would contradict the certificate of a device that only a newer entry lists.
func announce(by domain.Caller, context aura.ContextID, peers []aura.AuthorityID, entries []roster.Entry) (all []guard.Request, err error) {
	list, err := roster.Announce(entries)
	for _, part := range slices.Backward(list) {
		draft, err := by.Shared(context, KindRoster, part)
		if err != nil {
			return nil, err
		}
		all = append(all, by.Send(CapRoster, context, peers, draft))
	}
	return all, err
}
