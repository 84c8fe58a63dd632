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

// RemoveIntent asks to list a device of the account no more, and to tell the contacts. With one of Last, Until and Nothing, later facts of
// the device are void.
type RemoveIntent struct {
	Device aura.DeviceID `cbor:"1,keyasint"`
	// Last is the last message of the device that the owner trusts. In other conversations it is the last one that is not younger.
	Last aura.FactID `cbor:"2,keyasint,omitzero"`
	// Until is the time of the last message that the owner trusts, by the device's clock.
	Until aura.Instant `cbor:"3,keyasint,omitempty"`
	// Nothing says that the owner trusts no message of the device.
	Nothing bool `cbor:"4,keyasint,omitempty"`
}

// RemoveResult answers a [RemoveIntent] with Last, Until or Nothing.
type RemoveResult struct {
	Conversations uint64 `cbor:"1,keyasint,omitempty"`
	Trusted       uint64 `cbor:"2,keyasint,omitempty"` // conversations in which some messages of the device still count
}

// CloseIntent asks to say in a conversation up to which facts a removed device counts there.
type CloseIntent struct {
	To     chat.Ref      `cbor:"1,keyasint"`
	Closed roster.Closed `cbor:"2,keyasint"`
}

// Adopt plans to take signed entries of the own roster: the devices of the owner go by them from then on, and each shared
// context is told. Trusted says up to where the owner trusts devices that the entries remove. It returns the errors of
// [roster.Announced.Decode] and [roster.Chain.Add], aura.Invalid for entries of another authority, and aura.NotFound for one whose
// predecessor is not here.
func Adopt(s *State, by domain.Caller, a roster.Announced, trusted ...Trusted) (guard.Request, error) {
	if _, err := s.with(by, &a); err != nil {
		return guard.Request{}, err
	}
	var err error
	drafts := make([]fact.Draft, 1+len(trusted))
	drafts[0], err = by.Draft(KindRoster, a)
	for i := 0; i < len(trusted) && err == nil; i++ {
		drafts[1+i], err = by.Draft(KindTrusted, trusted[i])
	}
	return by.Local(CapRoster, drafts...), err
}

// Leave plans to keep entries of the own roster by which the account removes this device. There is nothing to plan when it does not, and
// when the device knows. It returns the errors of [Adopt].
func Leave(s *State, by domain.Caller, a roster.Announced) (guard.Request, error) {
	says, err := s.with(by, &a)
	before := s.Chain(by.Authority, fact.Certificate{}, by.Now.At).State(by.Now.At)
	if err != nil || says.Contested || !slices.Contains(says.Removed(), by.Device) || slices.Contains(before.Removed(), by.Device) {
		return guard.Request{}, err
	}
	draft, err := by.Draft(KindRoster, a)
	return by.Local(CapRoster, draft), err
}

// with returns what the own roster says with signed entries, see [Adopt].
func (s *State) with(by domain.Caller, a *roster.Announced) (*roster.State, error) {
	const op = "device.Adopt"
	entries, err := a.Decode()
	if err != nil {
		return nil, err
	}
	if entries[0].Authority != by.Authority {
		return nil, aura.Errorf(op, aura.Invalid, "the entries are of %s, not of this account", aura.Short(entries[0].Authority))
	}
	chain := s.Chain(by.Authority, fact.Certificate{}, by.Now.At)
	for i := range entries {
		if err := chain.Add(entries[i], by.Now.At); err != nil {
			return nil, err
		}
	}
	says := chain.State(by.Now.At)
	if missing := says.Missing; len(missing) > 0 {
		return nil, aura.Errorf(op, aura.NotFound, "%d entries that these build on are not here: give the whole chain", len(missing))
	}
	return says, nil
}

// Close plans to say a bound to the members of a conversation. It returns the errors of [roster.Closed.Check], and
// aura.Denied for one that this device has not to say: it did not make the entry, or said it before.
func Close(s *State, by domain.Caller, to chat.Ref, peers []aura.AuthorityID, c roster.Closed) (guard.Request, error) {
	const op = "device.Close"
	if err := c.Check(); err != nil {
		return guard.Request{}, err
	}
	says := s.Chain(by.Authority, fact.Certificate{}, by.Now.At).State(by.Now.At)
	for _, owed := range s.owed(to.Context, says, by.Device) {
		if owed.Device == c.Device && owed.Entry == c.Entry {
			draft, err := by.Shared(to.Context, KindClosed, c)
			return by.Send(CapRoster, to.Context, peers, draft), err
		}
	}
	return guard.Request{}, aura.Errorf(op, aura.Denied, "this device has no bound of device %s to say there", aura.Short(c.Device))
}

// closings returns the bounds that this device says in a namespace, a shared one or its own. In a conversation a device counts up to
// the facts up to which the owner trusts it, if he said so, and otherwise as far as this device holds its facts. Where it holds none, it says
// nothing, because others may hold some: theirs count, and they take no more.
func closings(s *domain.Snapshot, state *State, says *roster.State, ns fact.Namespace) (all []fact.Draft, err error) {
	context, shared := ns.Context()
	for _, c := range state.owed(context, says, s.Device) {
		trusted, is := state.trusted[trusting{s.Device, c.Device, c.Entry}]
		if is && shared {
			c.Heads = trusted[context]
		} else if c.Heads, err = s.Heads(ns, c.Device); err != nil {
			return all, err
		} else if len(c.Heads) == 0 {
			continue
		}
		b, err := fact.Marshal(c)
		if err != nil {
			return all, err
		}
		all = append(all, fact.Draft{Namespace: ns, Kind: KindClosed, Payload: b})
	}
	return all, nil
}

// see plans to keep when this home first had entries.
func see(s *State, by domain.Caller) (guard.Request, error) {
	list := s.unseen(max(by.Now.At, 1))
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
