package journal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Folder is a reducer whose state can be kept and restored.
type Folder interface {
	fact.Reducer
	// Version changes with the form of the state, and with the effect of a fact on it. A state of
	// another version is never restored.
	Version() int
	// Save returns the state. Equal states have equal bytes.
	Save() ([]byte, error)
	// Restore replaces the state with a saved one. It returns aura.Corrupt for anything else, and leaves
	// the state as it was.
	Restore(state []byte) error
}

// When the next checkpoint is due. Between two of them a start folds the rest from the journal, so they
// bound its cost; and each costs as much as its state is large, so a large state is written less often:
// the cost of writing follows the change.
const (
	// checkpointFacts is the least number of folded facts between two checkpoints.
	checkpointFacts = 64
	// checkpointBytes is how many bytes of a state one folded fact may cost.
	checkpointBytes = 256
	// checkpointSpan is the number of facts of any kind after which a checkpoint is due in any case: what
	// lies between it and the head may have to be looked through.
	checkpointSpan = 1 << 16
)

// Fold is a reducer that follows the journal and starts from its checkpoint. The owner of the state holds
// its leaf when it calls [Fold.Committed], [Fold.Quarantined] or [Fold.Due]; Load takes it by itself.
type Fold struct {
	name      string
	selection fact.Selection
	folder    Folder
	mu        *task.Mutex
	form      string

	through fact.Position // everything selected up to here was folded
	kept    fact.Position // the position of the last checkpoint, or of the last attempt at one
	changes int           // facts folded since
	size    int           // of the last checkpoint's state

	quarantine *fact.Quarantine
	base       []byte        // a state that was whole
	since      []fact.Record // the facts folded since, for a reducer that panics half-way; nil with no base
}

// NewFold returns a fold of the facts that sel selects by namespace and kind; its folder is empty, and leaf
// guards it. The name is that of its checkpoints, unique in the journal. Without a name it has none.
func NewFold(name string, sel fact.Selection, f Folder, leaf *task.Mutex) *Fold {
	fold := &Fold{
		name: name, selection: fact.Selection{Namespaces: sel.Namespaces, Kinds: sel.Kinds}, folder: f, mu: leaf,
		quarantine: fact.NewQuarantine(task.Contain),
	}
	fold.rebase()
	return fold
}

// rebase notes the state as whole. One that cannot be saved is not mended after a panic.
func (f *Fold) rebase() {
	state, err := f.folder.Save()
	if err != nil {
		state = nil
	}
	f.base, f.since = state, nil
}

// Name returns the name of the fold's checkpoints.
func (f *Fold) Name() string { return f.name }

// Load brings an empty fold up to date. It starts from its checkpoint if there is one, else from the latest
// snapshot if it selects a whole namespace, else from nothing; the state is the same in each case. A
// checkpoint that is damaged, that another version saved, that is of another era, or that this one cannot read, is not used.
func (f *Fold) Load(tc task.Context, j *Journal) error {
	f.form = f.formOf(j)
	after, err := f.restore(tc, j)
	if err != nil {
		return err
	}
	sel := f.selection
	sel.After = after
	through, err := j.Read(tc, sel, func(r fact.Record) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.apply(&r)
		return nil
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.through = max(f.through, through)
	return err
}

// formOf names the inputs of a checkpoint beside the facts: the reducer's version, its selection, which of the kinds are
// known, since a kind that is new to a program may be on the disk already, and the era, since other facts counted before.
func (f *Fold) formOf(j *Journal) string {
	var known []string
	for kind := range j.kinds {
		if len(f.selection.Kinds) == 0 || slices.ContainsFunc(f.selection.Kinds, func(p string) bool { return fact.MatchKind(p, kind) }) {
			known = append(known, kind)
		}
	}
	slices.Sort(known)
	form := fmt.Sprint(f.folder.Version(), f.selection.Namespaces, f.selection.Kinds, " ", strings.Join(known, " "))
	if era := j.Era(); era > 1 {
		form += fmt.Sprint(" era ", era)
	}
	return form
}

// restore takes a saved state and returns the position up to which it is everything.
func (f *Fold) restore(tc task.Context, j *Journal) (fact.Position, error) {
	if f.name != "" {
		c, ok, err := j.Checkpoint(f.name)
		if err != nil {
			return 0, err
		}
		if ok && c.Form == f.form {
			if f.take(&c) {
				return c.Position, nil
			}
			tc.Emit(world.ServiceTroubled("journal", "checkpoint refused", "", aura.Corrupt))
		}
	}
	if len(f.selection.Namespaces) != 1 || len(f.selection.Kinds) > 0 {
		return 0, nil
	}
	s, ok, err := j.LatestSnapshot(tc, f.selection.Namespaces[0])
	if err != nil || !ok {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.folder.Restore(s.State); err != nil {
		return 0, err
	}
	f.base, f.since = s.State, nil
	return 0, nil
}

// take restores a checkpoint and reports whether the reducer could read it.
func (f *Fold) take(c *Checkpoint) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.folder.Restore(c.State) != nil {
		return false
	}
	f.through, f.kept, f.size = max(f.through, c.Position), c.Position, len(c.State)
	f.base, f.since = c.State, nil
	return true
}

// Committed folds the facts committed after Load, or while it ran. It is the method of a [Sink].
func (f *Fold) Committed(records []fact.Record) {
	for i := range records {
		if f.selection.Selects(&records[i]) {
			f.apply(&records[i])
		}
	}
	if n := len(records); n > 0 {
		f.through = max(f.through, records[n-1].Position)
	}
}

func (f *Fold) apply(r *fact.Record) {
	f.changes++
	if !f.quarantine.Take(f.name, r, f.folder.Apply) {
		f.mend()
		return
	}
	if f.base == nil {
		return
	}
	// The cost of a new base follows the change, as that of a checkpoint does.
	if f.since = append(f.since, *r); len(f.since) >= max(checkpointFacts, len(f.base)/checkpointBytes) {
		f.rebase()
	}
}

// mend undoes the changes of a reducer before its panic: it goes back to a whole state and folds the facts since
// then again.
func (f *Fold) mend() {
	if f.base == nil || f.folder.Restore(f.base) != nil {
		return
	}
	for i := range f.since {
		f.quarantine.Take(f.name, &f.since[i], f.folder.Apply)
	}
}

// Quarantined returns the facts that the reducer panicked on. The rest was folded, and a start tries them
// again.
func (f *Fold) Quarantined() []fact.Quarantined { return f.quarantine.Held() }

// Due returns the checkpoint that it is time to append, and false when there is none. Only after Load, and
// when [Fold.Committed] got all records since. An attempt counts, so that a state that is too large or a
// disk that fails is not tried again at once. While a fact is in quarantine none is due: a state without the
// fact would hide it from a program that can take it.
func (f *Fold) Due() (Checkpoint, bool, error) {
	enough := f.changes >= max(checkpointFacts, f.size/checkpointBytes)
	if f.name == "" || len(f.quarantine.Held()) > 0 || !enough && f.through-f.kept < checkpointSpan {
		return Checkpoint{}, false, nil
	}
	f.kept, f.changes = f.through, 0
	state, err := f.folder.Save()
	if err != nil {
		return Checkpoint{}, false, err
	}
	f.size = len(state)
	return Checkpoint{Name: f.name, Form: f.form, Position: f.through, State: state}, true, nil
}

// Due returns the checkpoints of several folds that it is time to append. It goes on after a fold whose state
// cannot be saved and returns the first such error.
func Due(folds ...*Fold) (due []Checkpoint, first error) {
	for _, f := range folds {
		c, ok, err := f.Due()
		if ok {
			due = append(due, c)
		}
		if first == nil {
			first = err
		}
	}
	return due, first
}
