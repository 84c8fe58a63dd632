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
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
)

func initCommand(s *cli.Shell) *cobra.Command {
	var name, line, called string
	var flags protectFlags
	c := &cobra.Command{
		Use:   "init --name NAME | --join LINE",
		Short: "Create an account, or make this device one of your account",
		Long: `Create an account: your name, your keys, your journal, in one folder on this device. The keys are
protected by a secret in a key file (created when absent), by a passphrase, or, when neither is named, by the operating
system's keyring; where there is none, the passphrase is asked for. A person who loses that secret loses the account.

With --join this device joins an account that another device has: run aura device add there, and give its line here. Both show six
digits, and you say there that they are the same. If it is interrupted, the same command goes on.`,
		Example: "  aura init --name Ada\n  aura init --join auradev1…\n  aura init --name Ada --key-file ~/ada.key\n  aura init --name Ada --passphrase-file pass.txt --home ~/ada",
		Args:    cli.None,
		RunE: func(c *cobra.Command, _ []string) error {
			if line != "" {
				return joinCommand(c, s, line, name, called, flags)
			}
			if called != "" {
				return cli.Usage(c, "--device-name goes with --join")
			}
			if name == "" {
				return cli.Usage(c, "aura init needs --name NAME, or --join LINE for another device of an account")
			}
			if _, err := contact.ParseName(name); err != nil {
				return cli.Usage(c, "--name: %s", aura.Reason(err))
			}
			named, err := flags.named(c)
			if err != nil {
				return err
			}
			return createAccount(s, name, named)
		},
	}
	c.Flags().StringVar(&name, "name", "", "the name that your contacts see first")
	c.Flags().StringVar(&line, "join", "", "the line that aura device add printed on another device of your account")
	c.Flags().StringVar(&called, "device-name", "", "what you call this device, with --join (default the machine's name)")
	flags.add(c)
	return c
}

func createAccount(s *cli.Shell, name string, named protectFlags) error {
	home, err := s.Folder()
	if err != nil {
		return err
	}
	switch err := agent.FindHome(home); {
	case err == nil:
		return aura.Errorf("program.createAccount", aura.Conflict, "%s holds an account already: choose another folder with --home", home)
	case errors.Is(err, aura.Invalid):
		return err
	case !errors.Is(err, aura.NotFound):
		return aura.Errorf("program.createAccount", aura.Conflict, "%s, or choose another folder with --home", aura.Reason(err))
	}
	p, err := newProtection(named, home)
	if err != nil {
		return err
	}
	ring, err := found(s, home, name, p)
	if p.account.Protector == byOSKeyring && errors.Is(err, aura.Unavailable) && errors.Is(agent.FindHome(home), aura.NotFound) {
		if p, err = typedProtection(); errors.Is(err, aura.Unavailable) {
			err = aura.Errorf("program.createAccount", aura.Unavailable,
				"there is no system keyring here and no terminal to ask at: use --key-file FILE or --passphrase-file FILE")
		}
		if err != nil {
			return err
		}
		ring, err = found(s, home, name, p)
	}
	if err != nil {
		return err
	}
	return s.Print(map[string]any{
		"name": name, "authority": ring.Authority(), "device": ring.Device(), "home": home, "protector": p.account.Protector,
	}, "the account of %s is in %s, protected by %s\nstart it with: aura up%s", name, home, p.Name(), s.HomeFlag())
}

// found creates the account and remembers how it is protected. When it fails it removes
// the folders that it made, and no others, unless another process has created an account here meanwhile.
func found(s *cli.Shell, home, name string, p protection) (ring *keyring.Ring, err error) {
	var made []string
	for _, folder := range []string{keyringFolder, journalFolder} {
		if _, err := os.Lstat(filepath.Join(home, folder)); errors.Is(err, fs.ErrNotExist) {
			made = append(made, filepath.Join(home, folder))
		}
	}
	err = s.Run("init", func(tc task.Context) (err error) {
		ring, err = agent.CreateHome(tc, home, name, p.Protector, s.Modules...)
		return err
	})
	if err == nil {
		err = p.account.write(home)
	}
	if err != nil && !errors.Is(err, aura.Conflict) {
		for _, folder := range made {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}
	return ring, err
}
