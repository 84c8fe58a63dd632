package directory

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

// Share returns the part of every budget, of [roster.Whole], that a device of the owner may spend now in an epoch that
// began at an instant: the whole while the owner announced no other device.
func (x *Index) Share(id aura.DeviceID, began, now aura.Instant) uint32 {
	share := uint32(roster.Whole)
	x.Read(func(s *State) {
		if s.Devices.Announces(x.self) {
			share = s.Devices.Chain(x.self, fact.Certificate{}, now).Share(id, began, now)
		}
	})
	return share
}
