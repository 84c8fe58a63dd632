package port

import "github.com/aura-runtime/aura"

// Money is a payload with a type of its own: a number of coins, at most 255.
type Money struct{ Coins int }

// MarshalBinary implements encoding.BinaryMarshaler. It returns aura.Invalid for a number of coins below 0 or above 255.
func (m Money) MarshalBinary() ([]byte, error) {
	if m.Coins < 0 || m.Coins > 255 {
		return nil, aura.Errorf("port.MarshalBinary", aura.Invalid, "%d coins", m.Coins)
	}
	return []byte{byte(m.Coins)}, nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler. It returns aura.Corrupt for anything but one byte.
func (m *Money) UnmarshalBinary(b []byte) error {
	if len(b) != 1 {
		return aura.Errorf("port.UnmarshalBinary", aura.Corrupt, "%d bytes are no money", len(b))
	}
	m.Coins = int(b[0])
	return nil
}
