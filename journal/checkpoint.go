package journal

import (
	"encoding/binary"

	"github.com/aura-runtime/aura/fact"
)

// Checkpoint is where a reducer stands: its state after every record up to Position. It is a cache: a
// reducer without one starts from the first record and gets the same state. Names are dotted nouns.
type Checkpoint struct {
	Name     string
	Position fact.Position
	State    []byte // at most 16 MiB
}

// Checkpoint returns the newest checkpoint of the name, and false when there is none that can be used:
// a damaged one is as good as none.
func (j *Journal) Checkpoint(name string) (Checkpoint, bool, error) {
	key := tagKey(tableCheckpoint, j.seal.tag(tableCheckpoint, []byte(name)))
	value, ok, err := j.store.Get(key)
	if err != nil || !ok {
		return Checkpoint{}, false, err
	}
	plain, ok := j.seal.open(key, value)
	if !ok || len(plain) < 8 {
		return Checkpoint{}, false, nil
	}
	c := Checkpoint{Name: name, Position: fact.Position(binary.BigEndian.Uint64(plain)), State: plain[8:]}
	// The store may already show a checkpoint that is not synced yet.
	return c, c.Position <= j.Head(), nil
}

func (j *Journal) writeCheckpoint(b *Batch, c *Checkpoint) {
	key := tagKey(tableCheckpoint, j.seal.tag(tableCheckpoint, []byte(c.Name)))
	j.writeSealed(b, key, append(positionValue(c.Position), c.State...))
}
