package delivery

import "github.com/aura-runtime/aura"

// Watermarks reads how far the deliveries of own facts are. It returns the value of a key of the journal's metadata,
// nil for none.
type Watermarks func(key string) ([]byte, error)

// Acked returns the number through which a peer has the own facts of a context. counted is false when the journal has not
// kept count: one of an earlier build has the facts alone.
func (w Watermarks) Acked(context aura.ContextID, peer aura.AuthorityID) (number uint64, counted bool, err error) {
	value, err := w(AckedKey(context, peer))
	if err != nil || value == nil {
		return 0, false, err
	}
	number, err = ParseNumber(value)
	return number, err == nil, err
}

// Settled returns the number through which a peer has the own facts of a context, or they were given up.
func (w Watermarks) Settled(context aura.ContextID, peer aura.AuthorityID) (uint64, error) {
	acked, _, err := w.Acked(context, peer)
	if err != nil {
		return 0, err
	}
	value, err := w(FailedKey(context, peer))
	if err != nil {
		return 0, err
	}
	failed, err := ParseNumber(value)
	return max(acked, failed), err
}
