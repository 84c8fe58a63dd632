package service

import (
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// keeper has folds of the journal, of which checkpoints are kept so that the next start need not read what
// they have read.
type keeper interface {
	Folds() []*journal.Fold
	// Due returns the checkpoints that it is time to append, and the first error of a state that cannot be
	// saved.
	Due() ([]journal.Checkpoint, error)
}

func (e *Env) keepers() []keeper { return []keeper{e.Directory, e.Frontier} }

// keep appends the checkpoints that are due. One that fails is due again after more facts.
func (s *Maintenance) keep(tc task.Context) {
	for _, k := range s.env.keepers() {
		due, err := k.Due()
		if err != nil {
			tc.Emit(world.ServiceTroubled(s.Name(), "checkpoint not kept", "", err))
		}
		for _, c := range due {
			// One by one: a state may be as large as an entry.
			if _, err := s.env.Journal.Append(tc, &journal.Entry{Checkpoints: []journal.Checkpoint{c}}); err != nil {
				tc.Emit(world.ServiceTroubled(s.Name(), "checkpoint not kept", "", err))
			}
		}
	}
}

// forget removes the checkpoints of folds that only another version of the program had.
func (s *Maintenance) forget(tc task.Context) {
	var names []string
	for _, k := range s.env.keepers() {
		for _, f := range k.Folds() {
			names = append(names, f.Name())
		}
	}
	if _, err := s.env.Journal.CollectCheckpoints(tc, names); err != nil {
		tc.Emit(world.ServiceTroubled(s.Name(), "old checkpoints not removed", "", err))
	}
}
