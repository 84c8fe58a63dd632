package journal

import (
	"encoding/binary"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Checkpoint is where a reducer stands: its state after every record up to Position. It is a cache: a
// reducer without one starts from the first record and gets the same state. Names are dotted nouns.
type Checkpoint struct {
	Name     string
	Form     string // which reducer saved the state, and how, see [Fold]; at most 16 KiB
	Position fact.Position
	State    []byte // at most 16 MiB
}

// Checkpoint returns the newest checkpoint of the name, and false when there is none that can be used:
// a damaged one is as good as none.
func (j *Journal) Checkpoint(name string) (Checkpoint, bool, error) {
	key := j.checkpointKey(name)
	value, ok, err := j.store.Get(key)
	if aura.KindOf(err) == aura.Corrupt {
		return Checkpoint{}, false, nil
	}
	if err != nil || !ok {
		return Checkpoint{}, false, err
	}
	plain, ok := j.seal.open(key, value)
	if !ok {
		return Checkpoint{}, false, nil
	}
	c, ok := decodeCheckpoint(plain)
	c.Name = name
	// The store may already show a checkpoint that is not synced yet.
	return c, ok && c.Position <= j.Head(), nil
}

// CollectCheckpoints removes the checkpoints of all names but the given ones and returns how many there
// were: those of folds that this program does not have any more.
func (j *Journal) CollectCheckpoints(tc task.Context, names []string) (removed int, err error) {
	wanted := make(map[string]bool, len(names))
	for _, name := range names {
		wanted[string(j.checkpointKey(name))] = true
	}
	var keys [][]byte
	err = j.store.Iterate([]byte{tableCheckpoint}, []byte{tableCheckpoint + 1}, func(key, _ []byte) error {
		if !wanted[string(key)] {
			keys = append(keys, append([]byte(nil), key...))
		}
		return nil
	})
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	_, err = j.Append(tc, &Entry{collect: &collection{keys: keys}})
	if err != nil {
		return 0, err
	}
	return len(keys), nil
}

func (j *Journal) writeCheckpoint(b *Batch, c *Checkpoint) {
	j.writeSealed(b, j.checkpointKey(c.Name), c.encode())
}

// encode returns the stored form: position, form behind its size, state.
func (c *Checkpoint) encode() []byte {
	plain := make([]byte, 0, 8+binary.MaxVarintLen32+len(c.Form)+len(c.State))
	plain = binary.BigEndian.AppendUint64(plain, uint64(c.Position))
	plain = binary.AppendUvarint(plain, uint64(len(c.Form)))
	return append(append(plain, c.Form...), c.State...)
}

func decodeCheckpoint(plain []byte) (c Checkpoint, ok bool) {
	if len(plain) < 8 {
		return c, false
	}
	c.Position = fact.Position(binary.BigEndian.Uint64(plain))
	form, n := binary.Uvarint(plain[8:])
	rest := plain[8+max(n, 0):]
	if n <= 0 || form > uint64(len(rest)) {
		return c, false
	}
	c.Form, c.State = string(rest[:form]), rest[form:]
	return c, true
}

func (j *Journal) checkpointKey(name string) []byte {
	return tagKey(tableCheckpoint, j.seal.tag(tableCheckpoint, []byte(name)))
}
