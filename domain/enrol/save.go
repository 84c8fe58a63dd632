package enrol

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/fold"
	"github.com/aura-runtime/aura/fact"
)

// savedState is the form of a saved [State]: the events of each enrolment. They are played again.
type savedState struct {
	Entries map[ID][]fold.Item[savedEvent] `cbor:"1,keyasint,omitempty"`
}

type savedEvent struct {
	Kind    string        `cbor:"1,keyasint"`
	By      aura.DeviceID `cbor:"2,keyasint"`
	Expires aura.Instant  `cbor:"3,keyasint,omitempty"`
	Device  aura.DeviceID `cbor:"4,keyasint,omitzero"`
	Name    string        `cbor:"5,keyasint,omitempty"`
	Digits  uint32        `cbor:"6,keyasint,omitempty"`
	Salt    [16]byte      `cbor:"7,keyasint,omitzero"`
	Reason  string        `cbor:"8,keyasint,omitempty"`
}

// Version is that of the saved form and of what Apply makes of a fact: a change of either raises it.
func (s *State) Version() int { return 1 }

// Save returns the state for [State.Restore]. Equal states have equal bytes.
func (s *State) Save() ([]byte, error) {
	saved := savedState{Entries: make(map[ID][]fold.Item[savedEvent], len(s.entries))}
	for id, e := range s.entries {
		events := make([]fold.Item[savedEvent], len(e.events))
		for i := range e.events {
			v := &e.events[i].Value
			events[i] = fold.Item[savedEvent]{Stamp: e.events[i].Stamp, Value: savedEvent{
				Kind: v.kind, By: v.by, Expires: v.expires, Device: v.device, Name: v.name, Digits: v.digits, Salt: v.salt, Reason: v.reason,
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
				kind: v.Kind, by: v.By, expires: v.Expires, device: v.Device, name: v.Name, digits: v.Digits, salt: v.Salt, reason: v.Reason,
			})
		}
		e.play()
		restored.entries[id] = e
	}
	*s = restored
	return nil
}
