package device

import (
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

// Trusted is the payload of [KindTrusted]: up to which facts the owner trusts a removed device. The fact is durable together with the
// entry that removes the device, and the bound in each conversation follows from it.
type Trusted struct {
	Device  aura.DeviceID   `cbor:"1,keyasint"`
	Entry   roster.Hash     `cbor:"2,keyasint"`
	Streams []TrustedStream `cbor:"3,keyasint,omitempty"` // ascending; in other contexts nothing of the device is trusted
}

// TrustedStream has the last facts in one context that the owner trusts.
type TrustedStream struct {
	Context aura.ContextID `cbor:"1,keyasint"`
	Heads   []fact.Place   `cbor:"2,keyasint"` // ascending, 1 to [fact.MaxHeads]
}

// maxTrusted is the most streams of one [Trusted]. An owner who shares more contexts with a device says several.
const maxTrusted = 256

// check returns aura.Invalid for a payload that names no device or no entry, and for streams or heads that are out of order.
func (t *Trusted) check() error {
	const op = "device.Trusted"
	if len(t.Streams) > maxTrusted {
		return aura.Errorf(op, aura.Invalid, "%d streams are trusted, at most %d are possible", len(t.Streams), maxTrusted)
	}
	before := aura.ContextID{}
	for i := range t.Streams {
		s := &t.Streams[i]
		c := roster.Closed{Device: t.Device, Entry: t.Entry, Heads: s.Heads}
		if err := c.Check(); err != nil {
			return err
		}
		if len(s.Heads) == 0 || s.Context.Compare(before) <= 0 {
			return aura.Errorf(op, aura.Invalid, "the trusted streams are out of order, or one has no fact")
		}
		before = s.Context
	}
	c := roster.Closed{Device: t.Device, Entry: t.Entry}
	return c.Check()
}

// Trust returns the facts with which the maker of an entry that removes a device says up to which facts he trusts it in each
// context.
func Trust(device aura.DeviceID, entry roster.Hash, streams map[aura.ContextID][]fact.Place) (all []Trusted) {
	contexts := slices.SortedFunc(maps.Keys(streams), aura.ContextID.Compare)
	for {
		t := Trusted{Device: device, Entry: entry}
		for ; len(contexts) > 0 && len(t.Streams) < maxTrusted; contexts = contexts[1:] {
			if heads := streams[contexts[0]]; len(heads) > 0 {
				t.Streams = append(t.Streams, TrustedStream{contexts[0], heads})
			}
		}
		if all = append(all, t); len(contexts) == 0 {
			return all
		}
	}
}

// Messages finds the last messages of a device in a stream that were written up to some time, by the device's clock, and behind which no
// message is later: the thief of a device writes any time, but changes nothing before his first message. [Messages.Add] takes all facts of the
// stream that are here, by their numbers.
type Messages struct {
	// Until is the time.
	Until aura.Instant
	// Written returns when a message was written, and false for other facts.
	Written func(*fact.Fact) (aura.Instant, bool)

	last  map[[fact.ShortID]byte][]fact.Place // of each fact that follows no later message: the last messages at or behind it
	heads []fact.Place
}

// Add takes the next fact.
func (m *Messages) Add(r *fact.Record) {
	if m.last == nil {
		m.last = map[[fact.ShortID]byte][]fact.Place{}
	}
	var last []fact.Place
	for _, p := range r.Predecessors() {
		of, counts := m.last[p.ID]
		if !counts {
			return
		}
		for _, head := range of {
			if !slices.Contains(last, head) {
				last = append(last, head)
			}
		}
	}
	if at, message := m.Written(&r.Fact); message {
		if at > m.Until {
			return
		}
		m.heads = slices.DeleteFunc(m.heads, func(head fact.Place) bool { return slices.Contains(last, head) })
		m.heads = append(m.heads, r.Row())
		last = []fact.Place{r.Row()}
	}
	m.last[r.Row().ID] = last
}

// Heads returns the last messages, ascending: one for each branch of the stream, at most [fact.MaxHeads].
func (m *Messages) Heads() []fact.Place {
	slices.SortFunc(m.heads, fact.Place.Compare)
	return slices.Clone(m.heads[max(len(m.heads)-fact.MaxHeads, 0):])
}
