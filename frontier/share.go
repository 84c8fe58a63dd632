package frontier

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// Shares says which part of every budget each device of the own authority has. A roster.Chain is one.
type Shares interface {
	// Share returns the part, of 65,536, that a device may spend now in an epoch that began at an instant.
	Share(device aura.DeviceID, began, now aura.Instant) uint32
}

// shareKept is how long an answer of [Shares] is used again. Without a new entry a roster changes only when one of its
// delays ends, and those are days.
const shareKept = time.Minute

// knownShare is the last answer of [Shares]: for epochs that began at an instant, from one time to another.
type knownShare struct {
	began, since, until aura.Instant
	share               guard.Share
}

// SetShares tells the index the roster of the own authority, at the start and whenever an entry was added; nil: the own
// device is the only one. The index keeps it and asks it from any task, one at a time, so it must not change afterwards.
func (x *Index) SetShares(s Shares) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.shares, x.share = s, knownShare{}
}

// Share implements chain.Frontiers.
func (x *Index) Share(tc task.Context, began aura.Instant) guard.Share {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.shares == nil {
		return guard.WholeShare
	}
	now := tc.Now().At
	if k := &x.share; k.began != began || now < k.since || now >= k.until {
		share := guard.Share(x.shares.Share(x.device, began, now))
		*k = knownShare{began: began, since: now, until: now.Add(shareKept), share: share}
	}
	return x.share.share
}
