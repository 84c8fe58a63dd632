package own

import "strconv"

// Artifact is the subject of an entry of the log. The numbers are append-only.
type Artifact uint8

// The artifacts.
const (
	ArtifactCapability Artifact = 1
	ArtifactReceipt    Artifact = 2
	ArtifactReadiness  Artifact = 3
	ArtifactTimeout    Artifact = 4
)

// Event is the fate of an artifact. The numbers are append-only.
type Event uint8

// The events.
const (
	EventIssued      Event = 1
	EventConsumed    Event = 2
	EventInvalidated Event = 3
	EventCommitted   Event = 4
	EventRolledBack  Event = 5
	EventRejected    Event = 6
	EventExpired     Event = 7
)

func (a Artifact) String() string {
	return word([]string{ArtifactCapability: "capability", ArtifactReceipt: "receipt", ArtifactReadiness: "readiness",
		ArtifactTimeout: "timeout"}, uint8(a))
}

func (e Event) String() string {
	return word([]string{EventIssued: "issued", EventConsumed: "consumed", EventInvalidated: "invalidated", EventCommitted: "committed",
		EventRolledBack: "rolled_back", EventRejected: "rejected", EventExpired: "expired"}, uint8(e))
}

func word(words []string, i uint8) string {
	if int(i) < len(words) && words[i] != "" {
		return words[i]
	}
	return "unknown " + strconv.Itoa(int(i))
}

// Entry is one line of the audit.
type Entry struct {
	Tick     uint64
	Session  uint64
	Artifact Artifact
	ID       uint64 // of the receipt, witness or generation
	Event    Event
	Owner    Owner
	Reason   string // in fixed words; "" where the event says it all
}

// Log keeps the last entries. The zero Log keeps 1,024 of them.
type Log struct {
	// Limit is the number of entries kept; default 1,024.
	Limit   int
	entries []Entry
	next    int
}

// Add writes an entry; the oldest makes room.
func (l *Log) Add(e Entry) {
	limit := l.Limit
	if limit <= 0 {
		limit = 1024
	}
	if len(l.entries) < limit {
		l.entries = append(l.entries, e)
		return
	}
	l.entries[l.next] = e
	l.next = (l.next + 1) % len(l.entries)
}

// Entries returns a copy, oldest first.
func (l *Log) Entries() []Entry {
	out := make([]Entry, 0, len(l.entries))
	out = append(out, l.entries[l.next:]...)
	return append(out, l.entries[:l.next]...)
}
