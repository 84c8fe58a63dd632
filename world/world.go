package world

import (
	"io"

	"github.com/aura-runtime/aura"
)

// Clock tells the time. The executors of package task implement it.
type Clock interface {
	// Now returns the wall clock with its uncertainty. It may jump when the machine's clock is set.
	Now() aura.Physical
	// Elapsed returns the time since an arbitrary fixed start. It never goes back.
	Elapsed() aura.Duration
}

// Entropy is a source of randomness fit for keys. Read always fills p and never returns an error, so
// callers may ignore both results. All key generation draws from it.
type Entropy interface {
	io.Reader
}

// Log receives events. Emit must not block, must not keep the event's memory, and is safe for
// concurrent use.
type Log interface {
	Emit(Event)
}
