package app

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// directory is the fold of the few facts that names resolve against. It is brought up to date when it is
// asked, from where it was, so a program that runs once reads no conversation to find a contact.
type directory struct {
	set     *domain.Set
	self    aura.AuthorityID
	gate    *task.Semaphore // one task at a time reads or catches up
	fold    *fold
	records []fact.Record // the folded records, for folds of a single conversation
	after   fact.Position
}

func newDirectory(set *domain.Set, self aura.AuthorityID) *directory {
	return &directory{set: set, self: self, gate: task.NewSemaphore(1), fold: newFold(set, self, chat.Keep{Messages: 1})}
}

// read catches up and calls fn with the fold, which fn must not keep.
func (d *directory) read(tc task.Context, b Bridge, fn func(*fold)) error {
	if err := d.gate.Acquire(tc); err != nil {
		return err
	}
	defer d.gate.Release()
	err := watch(tc, b, fact.Selection{Kinds: d.set.Names(), After: d.after}, func(up fact.Update) error {
		d.fold.apply(&up)
		d.records = append(d.records, up.Records...)
		d.after = up.Position
		return nil
	})
	if err != nil {
		return err
	}
	fn(d.fold)
	return nil
}

// conversation returns a fold for one conversation, with the names of all its members, and no messages yet, and the
// position up to which the names are known.
func (d *directory) conversation(tc task.Context, b Bridge, keep chat.Keep) (*fold, fact.Position, error) {
	f, known := newFold(d.set, d.self, keep), fact.Position(0)
	err := d.read(tc, b, func(*fold) {
		take(d.records, f.states.Apply)
		known = d.after
	})
	return f, known, err
}

// people returns the facts that names resolve against.
func (d *directory) people(tc task.Context, b Bridge) (records []fact.Record, err error) {
	err = d.read(tc, b, func(*fold) { records = slices.Clone(d.records) })
	return records, err
}

// position returns how far the directory has read: a fact that is committed later comes after it.
func (d *directory) position(tc task.Context) (fact.Position, error) {
	if err := d.gate.Acquire(tc); err != nil {
		return 0, err
	}
	defer d.gate.Release()
	return d.after, nil
}
