package delivery

import (
	"encoding/binary"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/guard"
)

// Watermarks reads how far the deliveries of own facts are. It returns the value of a key of the journal's metadata,
// nil for none.
type Watermarks func(key string) ([]byte, error)

// Receiver is a device of a peer in a context.
type Receiver struct {
	Context aura.ContextID
	Peer    aura.AuthorityID
	Device  aura.DeviceID
	// First is the device of the peer's certificate. While it was the only one, the mark of the peer was its mark.
	First aura.DeviceID
}

// Acked returns the number through which a device of a peer has the own facts of a context: the one that has most. counted
// is false when the journal has not kept count: one of an earlier build has the facts alone.
func (w Watermarks) Acked(context aura.ContextID, peer aura.AuthorityID) (number uint64, counted bool, err error) {
	return w.read(AckedKey(context, peer))
}

// AckedBy is [Watermarks.Acked] for one device. A device of which nothing is known has none.
func (w Watermarks) AckedBy(r Receiver) (number uint64, counted bool, err error) {
	number, counted, err = w.read(DeviceAckedKey(r.Context, r.Peer, r.Device))
	if err != nil || counted {
		return number, counted, err
	}
	if r.Device == r.First {
		return w.Acked(r.Context, r.Peer)
	}
	return 0, true, nil
}

func (w Watermarks) read(key string) (number uint64, counted bool, err error) {
	value, err := w(key)
	if err != nil || value == nil {
		return 0, false, err
	}
	number, err = ParseNumber(value)
	return number, err == nil, err
}

// Settled returns the number through which a device of a peer has the own facts of a context, or they were given up.
func (w Watermarks) Settled(context aura.ContextID, peer aura.AuthorityID) (uint64, error) {
	acked, _, err := w.Acked(context, peer)
	return w.orFailed(acked, err, context, peer)
}

// SettledBy is [Watermarks.Settled] for one device: giving up gives up all devices of the peer.
func (w Watermarks) SettledBy(r Receiver) (uint64, error) {
	acked, _, err := w.AckedBy(r)
	return w.orFailed(acked, err, r.Context, r.Peer)
}

func (w Watermarks) orFailed(acked uint64, err error, context aura.ContextID, peer aura.AuthorityID) (uint64, error) {
	if err != nil {
		return 0, err
	}
	failed, _, err := w.read(FailedKey(context, peer))
	return max(acked, failed), err
}

// Advance returns the metadata that says that a device has the own facts up to a number: the mark of the peer, unless
// another device has more, and a mark of the device's own as soon as the two can differ. So does that of the first device,
// which the mark of the peer was until then.
func (w Watermarks) Advance(r Receiver, number uint64) (all []guard.Meta, err error) {
	peer, counted, err := w.Acked(r.Context, r.Peer)
	if err != nil {
		return nil, err
	}
	mark := func(key string, number uint64) {
		all = append(all, guard.Meta{Key: key, Value: binary.BigEndian.AppendUint64(nil, number)})
	}
	key := func(d aura.DeviceID) string { return DeviceAckedKey(r.Context, r.Peer, d) }
	_, own, err := w.read(key(r.Device))
	if err == nil && (own || r.Device != r.First) {
		mark(key(r.Device), number)
		var first bool
		if _, first, err = w.read(key(r.First)); err == nil && !first && r.Device != r.First {
			mark(key(r.First), peer)
		}
	}
	if number > peer || !counted {
		mark(AckedKey(r.Context, r.Peer), number)
	}
	return all, err
}
