package agent

import (
	"errors"
	"path/filepath"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/builtin"
	seen "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// Archive is the journal of an account that no agent runs, open for reading. It is a [reactive.Reader].
type Archive struct {
	history
	set       *domain.Set
	authority aura.AuthorityID
	device    aura.DeviceID
}

// OpenArchive opens the journal of an account whose agent has more modules than every agent, and changes nothing in its folder.
// The archive must be closed. It returns [aura.Conflict] while an agent has the journal, and otherwise the errors of
// [OpenHome].
func OpenArchive(tc task.Context, dir string, p keyring.Protector, more ...domain.Module) (*Archive, error) {
	if _, err := HomeFormat(dir); err != nil {
		return nil, err
	}
	ring, err := keyring.Open(tc, filepath.Join(dir, keyringFolder), p)
	if err != nil {
		return nil, err
	}
	defer ring.Wipe()
	set, err := builtin.New(more...)
	if err != nil {
		return nil, err
	}
	j, err := openToRead(tc, dir, ring, set.Registry())
	if err != nil {
		return nil, err
	}
	return &Archive{history: history{j}, set: set, authority: ring.Authority(), device: ring.Device()}, nil
}

// openToRead opens the journal of a home and changes nothing in its folder.
func openToRead(tc task.Context, dir string, ring *keyring.Ring, registry *fact.Registry) (*journal.Journal, error) {
	store, err := journal.OpenPebble(filepath.Join(dir, journalFolder), journal.PebbleOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	j, err := journal.Open(tc, store, journal.Options{
		Key: ring.StoreKey(), Entropy: world.Random(), Registry: registry, Author: ring.Authority(), Device: ring.Device(),
	})
	if err != nil {
		return nil, errors.Join(err, store.Close(tc))
	}
	return j, nil
}

// Self returns whose journal it is, and of which of its devices.
func (a *Archive) Self() (aura.AuthorityID, aura.DeviceID) { return a.authority, a.device }

// Branches returns the devices whose facts have branches, as [Branches] does. It costs a start's look at people and groups.
func (a *Archive) Branches(tc task.Context) ([]status.Branches, error) {
	x := directory.New(a.set, a.authority, a.journal.Meta)
	if err := x.Load(tc, a.journal, a.device); err != nil {
		return nil, err
	}
	return Branches(a.journal, x, a.authority, a.device), nil
}

// Ask answers the questions for the sessions, from their recordings. To other questions it returns aura.Unavailable.
func (a *Archive) Ask(tc task.Context, q fact.Question) (fact.Answer, error) {
	programs, err := sessions(a.set, nil)
	if err != nil {
		return fact.Answer{}, err
	}
	switch q.Kind {
	case seen.QuestionList:
		all, err := programs.Recordings(a.journal)
		if err != nil {
			return fact.Answer{}, err
		}
		return encoded(seen.List{Sessions: all})
	case seen.QuestionShow:
		return answer(tc, q, func(_ task.Context, s seen.Show) (seen.Shown, error) { return programs.Recording(a.journal, s.Name) })
	}
	return fact.Answer{}, aura.Errorf("agent.Ask", aura.Unavailable, "only an agent answers this: start it with: aura up")
}

// Close ends the reading.
func (a *Archive) Close(tc task.Context) error { return a.journal.Close(tc) }
