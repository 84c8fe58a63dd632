package task

import (
	"fmt"

	"github.com/aura-runtime/aura/world"
)

// Declaration says what a service is. A service returns the same one at every call.
type Declaration struct {
	// Name is the service's, and Owner the path of the group that starts and stops it: [Handle.Declaration] fills
	// both in.
	Name, Owner string
	// Category says who changes the state that the service holds.
	Category Category
	// Mailbox is how many messages may wait in a mailbox of the service. Zero: it has none.
	Mailbox int
	// Owns is the mutable state of the service, each with what keeps changes apart. No two services own the same.
	Owns []Owned
	// Events are the families that the service reports, beside its own lifecycle and its tasks.
	Events []world.Family
}

// Owned is a piece of mutable state.
type Owned struct {
	// Type is the type that holds the state, with its package: "directory.Index".
	Type string
	By   Exclusion
}

// Category is one of the ownership categories of the runtime document. The numbers cross the wire.
type Category uint8

// The categories.
const (
	CategoryPure       Category = 1 // no state: values enter, values leave
	CategoryMoveOwned  Category = 2 // the holder of the handle changes the state, and may hand it on
	CategoryActorOwned Category = 3 // one service changes the state
	CategoryObserved   Category = 4 // the state follows from what others own, for reading
)

// String returns the category as the runtime document writes it.
func (c Category) String() string {
	switch c {
	case CategoryPure:
		return "Pure"
	case CategoryMoveOwned:
		return "MoveOwned"
	case CategoryActorOwned:
		return "ActorOwned"
	case CategoryObserved:
		return "Observed"
	}
	return fmt.Sprintf("category %d", uint8(c))
}

// Exclusion is what keeps changes of a piece of state apart. The numbers cross the wire.
type Exclusion uint8

// The exclusions.
const (
	ExclusionLoop    Exclusion = 1 // one task of the service alone touches it
	ExclusionMailbox Exclusion = 2 // changes come through the mailbox
	ExclusionLock    Exclusion = 3 // a leaf lock: its holder waits for nothing
)

// String returns the exclusion in a word.
func (e Exclusion) String() string {
	switch e {
	case ExclusionLoop:
		return "loop"
	case ExclusionMailbox:
		return "mailbox"
	case ExclusionLock:
		return "lock"
	}
	return fmt.Sprintf("exclusion %d", uint8(e))
}

// Locked returns types that are owned behind a leaf lock.
func Locked(types ...string) []Owned {
	owned := make([]Owned, len(types))
	for i, t := range types {
		owned[i] = Owned{Type: t, By: ExclusionLock}
	}
	return owned
}
