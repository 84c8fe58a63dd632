package sim

import (
	"bytes"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// hasty is a disk that answers before it writes: batches become durable several at a time, and a crash
// loses those that wait.
type hasty struct {
	*journal.Faulty // what readers see: everything that was applied
	disk            *journal.Faulty
	waiting         []*journal.Batch
}

// lateness is how many batches wait before they are written.
const lateness = 16

func newHasty(disk *journal.Faulty) journal.Store {
	h := &hasty{Faulty: journal.NewFaulty(nil, journal.Faults{}), disk: disk}
	_ = copyStore(h.Faulty, disk) // the disk is sound while a process starts, or the start fails by itself
	return h
}

func copyStore(to, from *journal.Faulty) error {
	all := &journal.Batch{}
	err := from.Iterate(nil, nil, func(key, value []byte) error {
		all.Set(bytes.Clone(key), bytes.Clone(value))
		return nil
	})
	if err != nil {
		return err
	}
	return to.Apply(task.Context{}, all)
}

// Apply implements [journal.Store].
func (h *hasty) Apply(tc task.Context, b *journal.Batch) error {
	if err := h.Faulty.Apply(tc, b); err != nil {
		return err
	}
	h.waiting = append(h.waiting, b)
	if len(h.waiting) < lateness {
		return nil
	}
	return h.flush(tc)
}

func (h *hasty) flush(tc task.Context) error {
	for len(h.waiting) > 0 {
		if err := h.disk.Apply(tc, h.waiting[0]); err != nil {
			return err
		}
		h.waiting = h.waiting[1:]
	}
	return nil
}

// Close implements [journal.Store].
func (h *hasty) Close(tc task.Context) error {
	if err := h.flush(tc); err != nil {
		return err
	}
	return h.disk.Close(tc)
}

// The tables of a journal that a forgetful disk looks at: the first byte of a key on every disk.
const (
	tableFact   byte = 0x06 // facts by identity
	tableStream byte = 0x07 // how far each device's facts in a namespace have come
	tableCharge byte = 0x08
	tableMeta   byte = 0x0a
)

// forgetful is a disk that, when it is opened again, has the index of received facts as it was a few commits
// ago, while the facts themselves are there. The contents of a batch are sealed, but the tables that it touches are
// not: received facts come with metadata, the state of their receipts, and without charges.
type forgetful struct {
	*journal.Faulty
	index *streams
}

// streams is the part of each stream's index that a forgetful disk remembers; it outlives the process.
type streams struct {
	order  []string
	recent map[string][][]byte // the newest values, oldest first
	own    map[string]bool     // written by decisions of the owner
}

// forgets is how many commits a forgetful disk goes back.
const forgets = 3

func newForgetful(disk *journal.Faulty, index *streams) journal.Store {
	b := &journal.Batch{}
	for _, key := range index.order {
		if old := index.recent[key]; !index.own[key] && len(old) > forgets {
			b.Set([]byte(key), old[0])
			index.recent[key] = nil
		}
	}
	if b.Len() > 0 {
		_ = disk.Iterate([]byte{tableFact}, []byte{tableFact + 1}, func(key, _ []byte) error {
			b.Delete(bytes.Clone(key))
			return nil
		})
		_ = disk.Apply(task.Context{}, b) // the disk is sound while a process starts, or the start fails by itself
	}
	return &forgetful{Faulty: disk, index: index}
}

// Apply implements [journal.Store].
func (f *forgetful) Apply(tc task.Context, b *journal.Batch) error {
	if err := f.Faulty.Apply(tc, b); err != nil {
		return err
	}
	var touched [256]int
	b.Each(func(c journal.Change) { touched[c.Key[0]]++ })
	b.Each(func(c journal.Change) {
		if c.Key[0] == tableStream {
			f.index.note(string(c.Key), c.Value, touched[tableMeta] == 0 || touched[tableCharge] > 0)
		}
	})
	return nil
}

func (s *streams) note(key string, value []byte, own bool) {
	if _, known := s.recent[key]; !known {
		s.order = append(s.order, key)
	}
	s.own[key] = s.own[key] || own
	s.recent[key] = append(s.recent[key], bytes.Clone(value))
	if n := len(s.recent[key]); n > forgets+1 {
		s.recent[key] = s.recent[key][n-forgets-1:]
	}
}

// yielding is a disk that confirms a batch that it cannot write now, and writes it later. Waiting batches are in its
// memory, which a crash or a stop loses.
type yielding struct {
	*journal.Faulty // what readers see: everything that was applied
	disk            *journal.Faulty
	waiting         []*journal.Batch
	unable          func() bool
	pretends        aura.Kind // the error that it keeps to itself
}

func newYielding(disk *journal.Faulty, unable func() bool, pretends aura.Kind) journal.Store {
	y := &yielding{Faulty: journal.NewFaulty(nil, journal.Faults{}), disk: disk, unable: unable, pretends: pretends}
	_ = copyStore(y.Faulty, disk) // the disk is sound while a process starts, or the start fails by itself
	return y
}

// Apply implements [journal.Store].
func (y *yielding) Apply(tc task.Context, b *journal.Batch) error {
	y.waiting = append(y.waiting, b)
	for len(y.waiting) > 0 && !y.unable() {
		err := y.disk.Apply(tc, y.waiting[0])
		if err != nil && aura.KindOf(err) == y.pretends {
			break
		}
		if err != nil {
			y.waiting = y.waiting[:len(y.waiting)-1]
			return err
		}
		y.waiting = y.waiting[1:]
	}
	return y.Faulty.Apply(tc, b)
}

// Close implements [journal.Store].
func (y *yielding) Close(tc task.Context) error { return y.disk.Close(tc) }

// turnBack puts the ledger back to where it was when the clock went wrong, if the clock is right again.
func (p *person) turnBack() {
	if p.wrong != p.usual || p.ledger == nil {
		return
	}
	b := p.ledger
	p.ledger = nil
	_ = p.disk.Apply(task.Context{}, b) // the disk is sound while a process starts, or the start fails by itself
}

// keepLedger keeps the ledger as it is on a person's disk.
func (p *person) keepLedger() {
	b := &journal.Batch{}
	_ = p.disk.Iterate([]byte{tableCharge}, []byte{tableCharge + 1}, func(key, value []byte) error {
		b.Set(bytes.Clone(key), bytes.Clone(value))
		return nil
	})
	p.ledger = b
}
