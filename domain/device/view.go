package device

import (
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

// QuestionRoster is the kind of the question that carries a [Whose] and that a [Roster] answers.
const QuestionRoster = "device.list"

// Whose is the payload of [QuestionRoster]: an authority; zero: the owner.
type Whose struct {
	Authority aura.AuthorityID `cbor:"1,keyasint,omitzero"`
}

// Roster is what the entries of an authority say.
type Roster struct {
	Authority aura.AuthorityID `cbor:"1,keyasint" json:"authority"`
	Number    uint8            `cbor:"2,keyasint,omitempty" json:"number"` // of the newest entry
	// Contested says that the entries contradict each other: the owner of the account must be asked.
	Contested bool     `cbor:"3,keyasint,omitempty" json:"contested,omitempty"`
	Devices   []Device `cbor:"4,keyasint,omitempty" json:"devices"`
	// Waiting are devices that one side of a contest added.
	Waiting []Device `cbor:"5,keyasint,omitempty" json:"waiting,omitempty"`
}

// Device is one device as the entries list it.
type Device struct {
	Device aura.DeviceID `cbor:"1,keyasint" json:"device"`
	Speaks bool          `cbor:"2,keyasint,omitempty" json:"speaks"`
	// Governs says that it may change the membership of groups.
	Governs bool   `cbor:"3,keyasint,omitempty" json:"governs"`
	Share   uint32 `cbor:"4,keyasint,omitempty" json:"share"` // of every budget, of 65,536
}

// Chain returns the entries of an authority with the times at which this home first had them; one that has no time yet counts
// as seen now. First is a certificate by which the authority is known here, the zero value: none. Entry 0 follows from it,
// unless the entries list its device: it may be that of any device, such as the one that met this home or that founded a group.
func (s *State) Chain(who aura.AuthorityID, first fact.Certificate, now aura.Instant) *roster.Chain {
	return s.verified(who, first).Timed(func(number uint8, h roster.Hash) aura.Instant {
		at, known := s.seen[h]
		if !known && number > 0 {
			at = now
		}
		return at
	})
}

// Announcing returns the authorities that announced entries, ascending.
func (s *State) Announcing() []aura.AuthorityID {
	return slices.SortedFunc(maps.Keys(s.entries), aura.AuthorityID.Compare)
}

// Announces reports whether an authority announced entries.
func (s *State) Announces(who aura.AuthorityID) bool { return len(s.entries[who]) > 0 }

// Listed returns the devices that an authority's entries list or listed, ascending. It implements [moderation.Devices].
func (s *State) Listed(who aura.AuthorityID) (all []aura.DeviceID) {
	for _, e := range s.entries[who] {
		for i := range e.Devices {
			all = append(all, e.Devices[i].ID())
		}
	}
	slices.SortFunc(all, aura.DeviceID.Compare)
	return slices.Compact(all)
}

// Removed names the devices that the entries of an authority removed, ascending.
func (s *State) Removed(who aura.AuthorityID, now aura.Instant) []aura.DeviceID {
	if !s.Announces(who) {
		return nil
	}
	return s.Chain(who, fact.Certificate{}, now).State(now).Removed()
}

// Newest returns the newest entries of an authority, at most n, none for one that announced none. N is 1 to [roster.MaxAnnounced].
func (s *State) Newest(who aura.AuthorityID, n int) roster.Announced {
	all := s.entries[who]
	parts, err := roster.Announce(all[len(all)-min(len(all), n):])
	if err != nil || len(parts) == 0 {
		return roster.Announced{}
	}
	return parts[0]
}

// Bounds returns which facts of an authority's devices count in a context, by what its entries say.
func (s *State) Bounds(context aura.ContextID, says *roster.State, below roster.Below) *roster.Bounds {
	var all []roster.ClosedFact
	for at, bounds := range s.closed {
		if at.Context == context && at.Who == says.Authority {
			for _, item := range bounds.Items() {
				all = append(all, item.Value)
			}
		}
	}
	return says.Bounds(all, below)
}

// owed returns the bounds that a device of the owner still has to say in a context, without heads.
func (s *State) owed(context aura.ContextID, says *roster.State, maker aura.DeviceID) []roster.Closed {
	// Which bounds are missing does not follow from the facts below them.
	below := func(aura.DeviceID, fact.Place, fact.Place) (bool, bool) { return false, false }
	return s.Bounds(context, says, below).Unsaid(maker)
}

// unseen returns the entries of all authorities whose time was not kept yet, ascending. A time in the future was kept by a clock
// that was ahead, or that of another device: a share would not be usable before it comes, so the entry counts as seen now. The
// time of an entry that decides about a recovery key stays: it may not come earlier because a clock was turned back.
func (s *State) unseen(now aura.Instant) (list []roster.Hash) {
	for _, entries := range s.entries {
		keys := map[roster.Hash]roster.Recovery{}
		for i := range entries {
			e := &entries[i]
			h := e.Hash()
			keys[h] = e.Recovery
			decides := e.Rank != roster.RankRoot || slices.ContainsFunc(e.Previous, func(p roster.Hash) bool { return keys[p] != e.Recovery })
			if at, known := s.seen[h]; (!known || at > now && !decides) && e.Number > 0 {
				list = append(list, h)
			}
		}
	}
	slices.SortFunc(list, compareHashes)
	return slices.Compact(list)
}

// untold returns the entries that a device did not announce in a context, each after those before it; nil while the owner has one device and
// never had another.
func (s *State) untold(at telling, now aura.Instant) (list []roster.Entry) {
	if len(s.entries[s.self]) == 0 {
		return nil
	}
	for _, e := range s.Chain(s.self, fact.Certificate{}, now).Current(now) {
		if _, told := slices.BinarySearchFunc(s.told[at], e.Hash(), compareHashes); !told {
			list = append(list, e)
		}
	}
	return list
}

// answer answers a [QuestionRoster]. It returns aura.NotFound for an authority that is neither the owner nor a contact and
// that announced nothing.
func answer(s *domain.Snapshot, payload []byte) (any, error) {
	var of Whose
	if err := fact.Unmarshal(payload, &of); err != nil {
		return nil, err
	}
	var first fact.Certificate
	state, contacts := domain.Get[*State](s.States), domain.Get[*contact.State](s.States)
	if c, known := contacts.ByAuthority(of.Authority); known {
		first, _ = contacts.Certificate(c.Context)
	} else if of.Authority.IsZero() || of.Authority == s.Authority {
		of.Authority, first = s.Authority, s.Certificate
	}
	says := state.Chain(of.Authority, first, s.Now.At).State(s.Now.At)
	if len(says.Heads) == 0 {
		return nil, aura.Errorf("device.answer", aura.NotFound, "no devices of %s are known here", aura.Short(of.Authority))
	}
	return Roster{
		Authority: of.Authority, Number: says.Number, Contested: says.Contested,
		Devices: shown(says.Devices), Waiting: shown(says.Waiting),
	}, nil
}

func shown(devices []roster.Device) []Device {
	all := make([]Device, 0, len(devices))
	for i := range devices {
		d := &devices[i]
		all = append(all, Device{
			Device: d.ID(), Speaks: d.Rights.Has(roster.RightsSpeak), Governs: d.Rights.Has(roster.RightsGovern), Share: d.Share,
		})
	}
	return all
}
