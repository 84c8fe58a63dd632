package machine

import (
	"encoding/binary"

	"github.com/aura-runtime/aura/machine/own"
)

// Reopen takes a session in that was exported under the capability for all of it, and whose machine is gone: a restart goes on from a
// checkpoint. [Machine.Import] leaves a session without an owner, because another one had it elsewhere. This one goes on at once, under
// the same owner and in the same generation, so that its export is the one that was taken in, to the byte.
//
// It returns the errors of Import, and aura.Denied for a session that the owner did not hold whole, or of which a transfer
// was under way.
func (m *Machine) Reopen(image *Image, a Admission, state []byte, owner own.Owner) (own.Capability, error) {
	const op = "machine.Reopen"
	var c own.Capability
	s, err := m.takeIn(op, image, a, state, func(s *session) (err error) {
		c, err = s.owners.Sole(op, owner)
		return err
	})
	if err != nil {
		return own.Capability{}, err
	}
	m.log.imported(m.tick, EffectReopen, s, state, owner)
	m.changed()
	m.emit(Event{Session: s.id, Kind: EventImported, Seq: s.steps, Sum: binary.BigEndian.Uint64(image.digest[:8]), Code: uint8(a.integrity),
		Role: NoRole, Peer: NoRole, Label: NoLabel})
	m.settleIn(s)
	m.holdFragments(s)
	return c, nil
}
