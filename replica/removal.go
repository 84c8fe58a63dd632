package replica

import (
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// A device that its account removed is not listened to any more and is told nothing, by any of those who know. One that is connected when
// they learn of it gets a last message: the entries that show it. So an honest device knows why its peers left, and writes nothing
// more. One that was away does not learn it, since no channel to it opens.

const (
	// partWithin is how long the last messages to a removed device may take, on all links to it together.
	partWithin = time.Second
	// shownEntries is how many of the newest entries the last message has. A device that lacks one before them does not learn from it.
	shownEntries = 8
)

// partWith shows the peer's device that its account removed it, and ends the session.
func (s *session) partWith(tc task.Context) error {
	if s.greeted.Opened() && s.introduced.Opened() {
		newest := s.env().Directory.Entries(s.peer.Authority, shownEntries)
		if err := s.postEvidence(tc, evidence{Removal: newest.Entries}); err != nil {
			return err
		}
	}
	return aura.Errorf("replica.partWith", aura.Cancelled, "its account removed the device")
}

// part lets the sessions of links with removed devices end by themselves, as far as they do so soon.
func (s *Replicator) part(tc task.Context, gone []*link) {
	var ends []*task.Latch
	for _, l := range gone {
		if end := l.sessionEnd(); end != nil && l.listed() != nil {
			ends = append(ends, end)
			l.arrivals.TrySend(nil)
		}
	}
	tc, done := tc.WithBudget("sync.part", partWithin)
	defer done()
	for _, end := range ends {
		if end.Wait(tc) != nil {
			return
		}
	}
}

// onRemoval takes entries that show that the own account removed this device.
func (s *session) onRemoval(tc task.Context, entries [][]byte) error {
	err := s.env().Removed(tc, roster.Announced{Entries: entries})
	if aura.KindOf(err) == aura.NotFound || isPassing(err) {
		tc.Emit(world.IngressDropped(syncName, "entries that remove this device", err))
		return nil
	}
	return err
}
