package program

import (
	"errors"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
	"github.com/aura-runtime/aura/world"
)

// archiveGrace is how long the journal of an account may take to close after it was read.
const archiveGrace = 5 * time.Second

// archive prepares the reading of a home's journal without an agent.
func archive(home string, modules []domain.Module) (cli.Opener, error) {
	named := namedByEnvironment()
	if named.keyFile != "" && named.passphraseFile != "" {
		return nil, aura.Errorf("program.archive", aura.Invalid, "unset $AURA_KEY_FILE or $AURA_PASSPHRASE_FILE: the keys have one protection")
	}
	p, err := openProtector(home, named, true)
	if err != nil {
		return nil, err
	}
	return func(tc task.Context) (*app.Core, func(task.Context) error, error) {
		a, err := agent.OpenArchive(tc, home, p, modules...)
		if err != nil {
			return nil, nil, err
		}
		done := func(tc task.Context) error {
			tc, end := tc.Grace("archive", archiveGrace) // a person's interrupt has cancelled the rest
			defer end()
			return a.Close(tc)
		}
		self, device := a.Self()
		core, err := app.NewOffline(tc, self, device, world.Random(), app.OfflineOptions{
			Options: app.Options{Modules: modules}, Journal: a, Ask: a.Ask, Branches: a.Branches,
		})
		if err != nil {
			return nil, nil, errors.Join(err, done(tc))
		}
		return core, done, nil
	}, nil
}
