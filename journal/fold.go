package journal

import (
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Folder is a reducer whose state can be kept and restored.
type Folder interface {
	fact.Reducer
	// Save returns the state. Equal states have equal bytes.
	Save() []byte
	// Restore replaces the state with a saved one. It returns aura.Corrupt for anything else.
	Restore(state []byte) error
}

// Fold brings f, which is empty, up to date with one namespace and returns the position that it reached. It
// starts from the checkpoint of the given name if there is one, else from the latest snapshot, else from
// nothing; the state is the same in each case. An empty name asks for no checkpoint.
func (j *Journal) Fold(tc task.Context, name string, ns fact.Namespace, f Folder) (fact.Position, error) {
	sel := fact.Selection{Namespaces: []fact.Namespace{ns}}
	restored := false
	if name != "" {
		c, ok, err := j.Checkpoint(name)
		if err != nil {
			return 0, err
		}
		// A checkpoint that cannot be restored, of an older program for example, is as good as none.
		if ok && f.Restore(c.State) == nil {
			restored, sel.After = true, c.Position
		}
	}
	if !restored {
		s, ok, err := j.LatestSnapshot(tc, ns)
		if err != nil {
			return 0, err
		}
		if ok {
			if err := f.Restore(s.State); err != nil {
				return 0, err
			}
		}
	}
	return j.Read(tc, sel, func(r fact.Record) error {
		f.Apply(&r)
		return nil
	})
}
