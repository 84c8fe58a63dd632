package roster

import "fmt"

// RootPlace says where the root key of an account lives, as a device knows it. Keyrings store the numbers.
type RootPlace uint8

// The places of a root key.
const (
	// RootPlaceHere: on this device, the default of an account with one device.
	RootPlaceHere RootPlace = 1
	// RootPlacePhrase: on paper, as 12 words; a person types them when an entry is to be signed.
	RootPlacePhrase RootPlace = 2
	// RootPlaceGuardians: nowhere; only the guardians together can sign an entry.
	RootPlaceGuardians RootPlace = 3
	// RootPlaceElsewhere: on another device of the account, the one that sponsored this one or its sponsor.
	RootPlaceElsewhere RootPlace = 4
)

// String returns the place in one word.
func (p RootPlace) String() string {
	switch p {
	case RootPlaceHere:
		return "here"
	case RootPlacePhrase:
		return "phrase"
	case RootPlaceGuardians:
		return "guardians"
	case RootPlaceElsewhere:
		return "elsewhere"
	}
	return fmt.Sprintf("place %d", uint8(p))
}

// Explain returns, for a person, what this device may do with the account and what a thief of it could.
func (p RootPlace) Explain() string {
	switch p {
	case RootPlaceHere:
		return "This device can add and remove devices. So can a thief who takes it unlocked: keep the 12 words on paper instead."
	case RootPlacePhrase:
		return "This device can add and remove devices when you type your 12 words. A thief of it cannot."
	case RootPlaceGuardians:
		return "Only your guardians together can add and remove devices. A thief of this device cannot."
	case RootPlaceElsewhere:
		return "This device cannot add or remove devices: do that on the device with which the account began. A thief of this one cannot either."
	}
	return p.String()
}
