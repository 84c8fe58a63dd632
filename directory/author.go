package directory

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
)

// Spaces returns the namespaces whose facts all devices of the owner have: the own one and those of the shared contexts.
func (x *Index) Spaces() (all map[fact.Namespace]bool) {
	x.Read(func(s *State) {
		all = map[fact.Namespace]bool{fact.OwnNamespace(x.self): true}
		for _, context := range x.contexts() {
			all[fact.ContextNamespace(context)] = true
		}
	})
	return all
}

// Secrets returns the shared contexts, but for the one of the owner's devices, and whether their secrets are here, ascending.
func (x *Index) Secrets() (here, missing []aura.ContextID) {
	x.Read(func(s *State) {
		x.look()
		for _, context := range x.contexts() {
			if context == device.OwnContext(x.self) {
				continue
			}
			if _, known := s.secrets[context]; known {
				here = append(here, context)
			} else {
				missing = append(missing, context)
			}
		}
	})
	slices.SortFunc(here, aura.ContextID.Compare)
	slices.SortFunc(missing, aura.ContextID.Compare)
	return slices.Compact(here), slices.Compact(missing)
}

// Learn reads the secrets of contexts that were made durable after the facts about them.
func (x *Index) Learn() {
	x.Read(func(s *State) {
		x.open()
		s.turn()
	})
	x.lock.Lock()
	changed := slices.Clone(x.changed)
	x.lock.Unlock()
	for _, c := range changed {
		c.wake.Notify()
	}
}

// Author returns the key with which a device signs facts in a namespace that the owner shares, false when its authority takes no part there or never
// listed the device. A device that was removed is known: which of its facts count follows from its bounds.
func (x *Index) Author(ns fact.Namespace, who aura.AuthorityID, id aura.DeviceID) (key [32]byte, known bool) {
	x.Read(func(s *State) {
		first := fact.Certificate{}
		if context, shared := ns.Context(); shared {
			if !slices.Contains(x.contexts(), context) {
				return
			}
			if first = s.first(context, who, x.self); who != x.self && first == (fact.Certificate{}) {
				return
			}
			if first != (fact.Certificate{}) && first.Device() == id {
				key, known = first.Signing, true
				return
			}
		} else if ns != fact.OwnNamespace(x.self) || who != x.self {
			return
		}
		chain := s.Devices.Chain(who, first, s.now)
		for _, e := range chain.Entries()[:chain.Len()] { // the others are not verified
			for i := range e.Entry.Devices {
				if d := &e.Entry.Devices[i]; d.ID() == id {
					key, known = d.Signing, true
					return
				}
			}
		}
	})
	return key, known
}
