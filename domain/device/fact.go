package device

import (
	"crypto/sha256"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

// The kinds of facts.
const (
	// Kinds is the pattern of all of them.
	Kinds = "device.*"

	// KindRoster carries [roster.Announced], entries of the author's authority: in the own namespace those that its
	// devices go by, in a shared context those that its members were told.
	KindRoster = "device.roster"
	// KindClosed carries [roster.Closed]: in a shared context, or in the own namespace for the own streams.
	KindClosed = "device.closed"
	// KindTrusted carries [Trusted]. It lies in the own namespace.
	KindTrusted = "device.trusted"
	// KindSeen carries [Seen]. It lies in the own namespace.
	KindSeen = "device.seen"
)

// maxSeen is the most entries of one [Seen].
const maxSeen = 2 * roster.MaxEntries

// Seen is the payload of [KindSeen]: when this home first had entries, by its own clock. A change of a recovery key is
// pending from then on.
type Seen struct {
	At      aura.Instant  `cbor:"1,keyasint"`
	Entries []roster.Hash `cbor:"2,keyasint"` // ascending
}

// OwnContext returns the context in which the devices of an authority meet: SHA-256 of a label and the authority.
func OwnContext(who aura.AuthorityID) aura.ContextID {
	return sha256.Sum256(append([]byte("aura own 1"), who[:]...))
}

// AddressesKey is where the metadata keeps where a device said to be that is not the main one of its authority: an
// encoded list of texts, best first.
func AddressesKey(id aura.DeviceID) string { return "device.addresses/" + string(id[:]) }

func checkRoster(f *fact.Fact) error {
	_, err := announced(f)
	return err
}

// announced returns the entries of a fact, none of them verified. A peer speaks of its own devices alone: entries of others
// would let it fill this home.
func announced(f *fact.Fact) ([]roster.Entry, error) {
	const op = "device.announced"
	if f.Namespace.Space != fact.SpaceContext && f.Namespace != fact.OwnNamespace(f.Author) {
		return nil, aura.Errorf(op, aura.Invalid, "%s lies in the namespace of another", f.Kind)
	}
	var p roster.Announced
	if err := fact.Unmarshal(f.Payload, &p); err != nil {
		return nil, err
	}
	entries, err := p.Decode()
	if err == nil && entries[0].Authority != f.Author {
		return nil, aura.Errorf(op, aura.Invalid, "%s announces devices of another authority", f.Kind)
	}
	return entries, err
}

func checkClosed(f *fact.Fact) error {
	_, err := closed(f)
	return err
}

func closed(f *fact.Fact) (p roster.Closed, err error) {
	if f.Namespace.Space != fact.SpaceContext && f.Namespace != fact.OwnNamespace(f.Author) {
		return p, aura.Errorf("device.closed", aura.Invalid, "%s lies in the namespace of another", f.Kind)
	}
	if err := fact.Unmarshal(f.Payload, &p); err != nil {
		return p, err
	}
	return p, p.Check()
}

func checkTrusted(f *fact.Fact) error {
	_, err := trusted(f)
	return err
}

func trusted(f *fact.Fact) (p Trusted, err error) {
	if err := fold.Own(f, &p); err != nil {
		return p, err
	}
	return p, p.check()
}

func checkSeen(f *fact.Fact) error {
	_, err := seen(f)
	return err
}

func seen(f *fact.Fact) (p Seen, err error) {
	const op = "device.seen"
	if err := fold.Own(f, &p); err != nil {
		return p, err
	}
	if len(p.Entries) == 0 || len(p.Entries) > maxSeen || p.At <= 0 {
		return p, aura.Errorf(op, aura.Invalid, "%d entries were seen at %d, 1 to %d are possible, at a time", len(p.Entries), p.At, maxSeen)
	}
	if !slices.IsSortedFunc(p.Entries, compareHashes) {
		return p, aura.Errorf(op, aura.Invalid, "the entries are not in order")
	}
	return p, nil
}
