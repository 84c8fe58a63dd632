package program

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/service"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
)

// joinCommand makes this device one of the account that a line leads to.
func joinCommand(c *cobra.Command, s *cli.Shell, line, name, called string, flags protectFlags) error {
	if name != "" {
		return cli.Usage(c, "--name and --join exclude each other: the account that a device joins has a name")
	}
	code, err := enrol.Parse(line)
	if err != nil {
		return err
	}
	if called == "" {
		called = machineName()
	}
	if called, err = contact.ParseName(called); err != nil {
		return cli.Usage(c, "--device-name: %s", aura.Reason(err))
	}
	named, err := flags.named(c)
	if err != nil {
		return err
	}
	home, err := s.Folder()
	if err != nil {
		return err
	}
	p, resumed, err := joinProtection(s, home, named)
	if err != nil {
		return err
	}
	return join(s, home, called, code, p, resumed)
}

// machineName returns the name of the machine, without its domain.
func machineName() string {
	name, err := os.Hostname()
	for i := range name {
		if name[i] == '.' {
			return name[:max(i, 1)]
		}
	}
	if err != nil || name == "" {
		return "another device"
	}
	return name
}

// joinProtection returns what protects the keys of a home that joins an account, and whether the home is that of an earlier attempt.
// It returns [aura.Conflict] for a home of an account.
func joinProtection(s *cli.Shell, home string, named protectFlags) (p protection, resumed bool, err error) {
	const op = "program.joinProtection"
	switch err := agent.FindHome(home); {
	case err == nil:
		opener, err := openProtector(home, named, true)
		if err != nil {
			return p, false, err
		}
		var joining bool
		err = s.Run("init", func(tc task.Context) error {
			ring, err := keyring.Open(tc, filepath.Join(home, keyringFolder), opener)
			if err == nil {
				joining = ring.Joining()
				ring.Wipe()
			}
			return err
		})
		if err == nil && !joining {
			err = aura.Errorf(op, aura.Conflict, "%s holds an account already: choose another folder with --home", home)
		}
		return protection{Protector: opener}, true, err
	case errors.Is(err, aura.Invalid):
		return p, false, err
	case !errors.Is(err, aura.NotFound):
		return p, false, aura.Errorf(op, aura.Conflict, "%s, or choose another folder with --home", aura.Reason(err))
	}
	p, err = newProtection(named, home)
	return p, false, err
}

// join makes the keys of this device, unless an earlier attempt has, and lets it join. A refusal removes what it made; what time may
// mend leaves all as it is, so that the same command goes on.
func join(s *cli.Shell, home, called string, code enrol.Code, p protection, resumed bool) error {
	if !resumed {
		err := createJoining(s, home, code, p)
		if p.account.Protector == byOSKeyring && errors.Is(err, aura.Unavailable) && errors.Is(agent.FindHome(home), aura.NotFound) {
			if p, err = typedProtection(); err == nil {
				err = createJoining(s, home, code, p)
			} else if errors.Is(err, aura.Unavailable) {
				err = aura.Errorf("program.join", aura.Unavailable,
					"there is no system keyring here and no terminal to ask at: use --key-file FILE or --passphrase-file FILE")
			}
		}
		if err != nil {
			return err
		}
	}
	of := "your account"
	var cert fact.Certificate
	err := s.Run("init", func(tc task.Context) (err error) {
		cert, err = agent.JoinHome(tc, home, code, p.Protector, agent.JoinerOptions{
			Name: called, Modules: s.Modules,
			Offered: func(o enrol.Offer) {
				of = o.Name
				_ = s.Print(map[string]any{"event": "offered", "name": o.Name}, "this is the account of %s", o.Name)
			},
			Compare: func(digits string) {
				_ = s.Print(map[string]any{"event": "claimed", "digits": digits}, "digits: %s\nCompare them with those on the other device, and answer there.", digits)
			},
		})
		return err
	})
	if _, ended := errors.AsType[*service.JoinerError](err); ended {
		return errors.Join(err, discard(home))
	}
	switch {
	case aura.KindOf(err) == aura.Conflict && resumed:
		return aura.Errorf("program.join", aura.Conflict, "%s: give the line with which it began, or choose another folder with --home", aura.Reason(err))
	case err != nil:
		return aura.Errorf("program.join", aura.KindOf(err), "%s; the same command goes on", aura.Reason(err))
	}
	return s.Print(map[string]any{
		"event": "joined", "name": of, "authority": cert.Authority(), "device": cert.Device(), "device_name": called, "home": home,
	}, `this device has joined the account of %s
start it with: aura up%s
It knows the contacts and groups of the account; earlier messages come while both devices run.`, of, s.HomeFlag())
}

// createJoining makes the keys of a device that is to join an account, and remembers how they are protected.
func createJoining(s *cli.Shell, home string, code enrol.Code, p protection) error {
	err := s.Run("init", func(tc task.Context) error {
		return agent.CreateJoining(tc, home, code, p.Protector)
	})
	if err == nil {
		err = p.account.write(home)
	}
	if err != nil && !errors.Is(err, aura.Conflict) {
		err = errors.Join(err, discard(home))
	}
	return err
}

// discard removes what a device has that did not join: its keys serve no more.
func discard(home string) error {
	var errs []error
	for _, part := range []string{journalFolder, keyringFolder, accountFile} { // a crash in between leaves a home that joins, or none
		if err := os.RemoveAll(filepath.Join(home, part)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, aura.Errorf("program.discard", aura.Unavailable, "%w", err))
		}
	}
	return errors.Join(errs...)
}
