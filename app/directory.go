package app

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/device"
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
	era     uint64 // of the records; zero: there are none

	others bool          // the account has, or had, several devices
	asked  fact.Position // up to which facts were looked at for that
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
	err := renewed(func() error {
		err := watch(tc, b, fact.Selection{Kinds: d.set.Names(), After: d.after, Era: d.era}, func(up fact.Update) error {
			d.fold.apply(&up)
			d.records = append(d.records, up.Records...)
			d.after, d.era = up.Position, up.Era
			return nil
		})
		if aura.KindOf(err) == aura.Stale {
			d.fold.reset()
			d.records, d.after, d.era = nil, 0, 0
		}
		return err
	})
	if err != nil {
		return err
	}
	fn(d.fold)
	return nil
}

// several reports whether the account has, or had, several devices. A peer's mark, or a fact of another device of the owner, may have come before the
// message that it is about then, and no observation says how far a message of another device is.
func (d *directory) several(tc task.Context, b Bridge) (bool, error) {
	if err := d.gate.Acquire(tc); err != nil {
		return false, err
	}
	defer d.gate.Release()
	if d.others {
		return true, nil
	}
	sel := fact.Selection{Namespaces: []fact.Namespace{fact.OwnNamespace(d.self)}, Kinds: []string{device.KindRoster}, After: d.asked, Last: 1}
	err := watch(tc, b, sel, func(up fact.Update) error {
		d.others = d.others || len(up.Records) > 0
		d.asked = max(d.asked, up.Position)
		return nil
	})
	return d.others, err
}

// since says up to where facts are known, and of which era they are: where a watch can go on.
type since struct {
	position fact.Position
	era      uint64
}

// conversation returns a fold for one conversation, with the names of all its members, and no messages yet, and up to
// where the names are known.
func (d *directory) conversation(tc task.Context, b Bridge, keep chat.Keep) (*fold, since, error) {
	f, known := newFold(d.set, d.self, keep), since{}
	err := d.read(tc, b, func(*fold) {
		take(d.records, f.states.Apply)
		known = since{d.after, d.era}
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
