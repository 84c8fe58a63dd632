package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/task"
)

// Connected runs fn as the root task, with a Core at the agent of this home, or at what takes its place.
func (s *Shell) Connected(verb string, fn func(tc task.Context, core *app.Core) error) error {
	if s.Demo && s.Offline {
		return &usageError{text: "--offline and --demo exclude each other", command: "aura"}
	}
	if s.Demo {
		return s.Run(verb, func(tc task.Context) error {
			core, err := s.Imagine(tc)
			if err != nil {
				return err
			}
			return fn(tc, core)
		})
	}
	home, err := s.Folder()
	if err != nil {
		return err
	}
	if s.Offline {
		return s.archived(verb, home, fn)
	}
	return s.Run(verb, func(tc task.Context) error {
		core, err := s.Connect(tc, home)
		switch {
		case err == nil:
			return fn(tc, core)
		case aura.KindOf(err) != aura.Unavailable:
			return err
		}
		if err := s.Account(home); err != nil {
			return err
		}
		return aura.Errorf("cli.Connected", aura.Unavailable,
			"no agent is running for %s: start it in another terminal with: aura up%s", home, s.HomeFlag())
	})
}

// archived runs fn with a Core that reads the journal of a home.
func (s *Shell) archived(verb, home string, fn func(tc task.Context, core *app.Core) error) error {
	if err := s.Account(home); err != nil {
		return err
	}
	open, err := s.Archive(home)
	if err != nil {
		return err
	}
	return s.Run(verb, func(tc task.Context) error {
		core, done, err := open(tc)
		if errors.Is(err, aura.Conflict) {
			return aura.Errorf("cli.archived", aura.Conflict,
				"an agent runs for %s and has its journal: leave out --offline, or stop the agent first", home)
		}
		if err != nil {
			return err
		}
		return errors.Join(fn(tc, core), done(tc))
	})
}

// needsAgent returns a mistake in the command line when no agent is asked, for verbs that need one.
func (s *Shell) needsAgent(c *cobra.Command, what string) error {
	switch {
	case s.Offline:
		return Usage(c, "%s needs a running agent: leave out --offline", what)
	case s.Demo:
		return Usage(c, "%s needs a running agent: leave out --demo", what)
	}
	return nil
}
