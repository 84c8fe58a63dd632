package device

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

// savedState is the form of a saved [State].
type savedState struct {
	Entries map[aura.AuthorityID][][]byte `cbor:"1,keyasint,omitempty"` // encoded
	Seen    map[roster.Hash]aura.Instant  `cbor:"2,keyasint,omitempty"`
	Closed  []savedClosing                `cbor:"3,keyasint,omitempty"` // ascending
	Told    []savedTelling                `cbor:"4,keyasint,omitempty"` // ascending
	Trusted []savedTrusting               `cbor:"5,keyasint,omitempty"` // ascending
}

type savedTelling struct {
	At      telling       `cbor:"1,keyasint"`
	Entries []roster.Hash `cbor:"2,keyasint,omitempty"` // ascending
}

type savedTrusting struct {
	At      trusting        `cbor:"1,keyasint"`
	Streams []TrustedStream `cbor:"2,keyasint,omitempty"`
}

type savedClosing struct {
	At     closing       `cbor:"1,keyasint"`
	Bounds []savedClosed `cbor:"2,keyasint"`
}

type savedClosed struct {
	Stamp  fold.Stamp    `cbor:"1,keyasint"`
	Closed roster.Closed `cbor:"2,keyasint"`
	At     fact.Place    `cbor:"3,keyasint"`
}

// Version implements [domain.State]: a change of the saved form, or of what Apply makes of a fact, raises it.
func (s *State) Version() int { return 3 }

// Save implements [domain.State].
func (s *State) Save() ([]byte, error) {
	saved := savedState{Entries: map[aura.AuthorityID][][]byte{}, Seen: s.seen}
	for who, entries := range s.entries {
		for i := range entries {
			b, err := entries[i].Encode()
			if err != nil {
				return nil, err
			}
			saved.Entries[who] = append(saved.Entries[who], b)
		}
	}
	for at, bounds := range s.closed {
		c := savedClosing{At: at}
		for _, item := range bounds.Items() {
			c.Bounds = append(c.Bounds, savedClosed{item.Stamp, item.Value.Closed, item.Value.At})
		}
		saved.Closed = append(saved.Closed, c)
	}
	slices.SortFunc(saved.Closed, func(a, b savedClosing) int { return a.At.compare(b.At) })
	for at, streams := range s.trusted {
		t := savedTrusting{At: at}
		for _, context := range slices.SortedFunc(maps.Keys(streams), aura.ContextID.Compare) {
			t.Streams = append(t.Streams, TrustedStream{context, streams[context]})
		}
		saved.Trusted = append(saved.Trusted, t)
	}
	slices.SortFunc(saved.Trusted, func(a, b savedTrusting) int { return a.At.compare(b.At) })
	for at, entries := range s.told {
		saved.Told = append(saved.Told, savedTelling{at, entries})
	}
	slices.SortFunc(saved.Told, func(a, b savedTelling) int {
		return cmp.Or(a.At.Context.Compare(b.At.Context), a.At.By.Compare(b.At.By))
	})
	return fact.MarshalState(saved)
}

func (t trusting) compare(o trusting) int {
	return cmp.Or(t.By.Compare(o.By), t.Device.Compare(o.Device), compareHashes(t.Entry, o.Entry))
}

func (c closing) compare(o closing) int {
	return cmp.Or(c.Context.Compare(o.Context), c.Who.Compare(o.Who), c.By.Compare(o.By))
}

// Restore implements [domain.State].
func (s *State) Restore(state []byte) error {
	var saved savedState
	if err := fact.UnmarshalState(state, &saved); err != nil {
		return err
	}
	restored := NewState(s.self)
	for who, entries := range saved.Entries {
		for _, b := range entries {
			e, err := roster.Decode(b)
			if err != nil {
				return &aura.Error{Op: "device.Restore", Kind: aura.Corrupt, Err: err}
			}
			restored.entries[who] = append(restored.entries[who], e)
		}
	}
	for _, c := range saved.Closed {
		var items []fold.Item[roster.ClosedFact]
		for _, b := range c.Bounds {
			items = append(items, fold.Item[roster.ClosedFact]{
				Stamp: b.Stamp, Value: roster.ClosedFact{Closed: b.Closed, By: c.At.By, At: b.At},
			})
		}
		restored.closed[c.At] = fold.RestoreFirst(items)
	}
	for i := range saved.Trusted {
		restored.trust(saved.Trusted[i].At, saved.Trusted[i].Streams)
	}
	if saved.Seen != nil {
		restored.seen = saved.Seen
	}
	for _, t := range saved.Told {
		restored.told[t.At] = t.Entries
	}
	*s = *restored
	return nil
}
