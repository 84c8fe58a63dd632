package frontier

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/guard"
)

// Shares says which part of every budget each device of the own authority has: its roster does. The methods may be called
// by any task.
type Shares interface {
	// Share returns the part, of 65,536, that a device may spend now in an epoch that began at an instant.
	Share(device aura.DeviceID, began, now aura.Instant) uint32
	// Turn counts the changes of the roster.
	Turn() uint64
}

// shareKept is how long an answer of [Shares] is used again. Without a new entry a roster changes only when one of its
// delays ends, and those are days.
const shareKept = time.Minute

// knownShare is the last answer of [Shares]: for epochs that began at an instant, from one time to another.
type knownShare struct {
	began, since, until aura.Instant
	turn                uint64
	share               guard.Share
}

// SetShares tells the index who knows the shares, before anything is decided. Without it the own device is the only one.
func (x *Index) SetShares(s Shares) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.shares, x.share = s, knownShare{}
}

// Share implements chain.Frontiers.
func (x *Index) Share(began, now aura.Instant) guard.Share {
	x.mu.Lock()
	shares, known := x.shares, x.share
	x.mu.Unlock()
	if shares == nil {
		return guard.WholeShare
	}
	// The lock of the index is a leaf, so it is not held while another part of the agent is asked.
	turn := shares.Turn()
	if known.began == began && known.turn == turn && known.since <= now && now < known.until {
		return known.share
	}
	known = knownShare{
		began: began, since: now, until: now.Add(shareKept), turn: turn,
		share: guard.Share(shares.Share(x.device, began, now)),
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.share = known
	return known.share
}
