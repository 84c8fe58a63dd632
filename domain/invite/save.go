package invite

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// savedState is the form of a saved [State]: the events of each invitation. They are played again.
type savedState struct {
	Entries map[ID][]fold.Item[savedEvent] `cbor:"1,keyasint,omitempty"`
}

type savedEvent struct {
	Kind      string           `cbor:"1,keyasint"`
	Expires   aura.Instant     `cbor:"2,keyasint,omitempty"`
	Device    aura.DeviceID    `cbor:"3,keyasint,omitzero"`
	Authority aura.AuthorityID `cbor:"4,keyasint,omitzero"`
	Context   aura.ContextID   `cbor:"5,keyasint,omitzero"`
	Hello     [32]byte         `cbor:"6,keyasint,omitzero"`
	Reason    string           `cbor:"7,keyasint,omitempty"`
	By        aura.DeviceID    `cbor:"8,keyasint"`
}

// Version is that of the saved form and of what Apply makes of a fact: a change of either raises it.
func (s *State) Version() int { return 2 }

// Save returns the state for [State.Restore]. Equal states have equal bytes.
func (s *State) Save() ([]byte, error) {
	saved := savedState{Entries: make(map[ID][]fold.Item[savedEvent], len(s.entries))}
	for id, e := range s.entries {
		events := make([]fold.Item[savedEvent], len(e.events))
		for i := range e.events {
			v := &e.events[i].Value
			events[i] = fold.Item[savedEvent]{Stamp: e.events[i].Stamp, Value: savedEvent{
				Kind: v.kind, Expires: v.expires, Device: v.device, Authority: v.authority, Context: v.context,
				Hello: v.hello, Reason: v.reason, By: v.by,
			}}
		}
		saved.Entries[id] = events
	}
	return fact.MarshalState(saved)
}

// Restore replaces the state with a saved one. It returns aura.Corrupt for anything else, and leaves the
// state as it was.
func (s *State) Restore(state []byte) error {
	var saved savedState
	if err := fact.UnmarshalState(state, &saved); err != nil {
		return err
	}
	restored := State{entries: make(map[ID]*entry, len(saved.Entries))}
	for id, events := range saved.Entries {
		e := &entry{}
		for i := range events {
			v := &events[i].Value
			e.put(events[i].Stamp, event{
				kind: v.Kind, expires: v.Expires, device: v.Device, authority: v.Authority, context: v.Context,
				hello: v.Hello, reason: v.Reason, by: v.By,
			})
		}
		e.play()
		restored.entries[id] = e
	}
	*s = restored
	return nil
}
