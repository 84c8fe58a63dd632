package program

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/ui/cli"
)

// keyringService is the name under which secrets lie in the operating system's keyring.
const keyringService = "aura"

// protectFlags are the ways to name what protects the keys.
type protectFlags struct{ keyFile, passphraseFile string }

func (f *protectFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.keyFile, "key-file", "", "protect the keys by the secret in this file, created when absent (default $AURA_KEY_FILE)")
	c.Flags().StringVar(&f.passphraseFile, "passphrase-file", "", "protect the keys by the passphrase in this file (default $AURA_PASSPHRASE_FILE)")
}

// named returns the flags, or the environment for what no flag names, and refuses both at once.
func (f *protectFlags) named(c *cobra.Command) (protectFlags, error) {
	n := *f
	if n == (protectFlags{}) {
		n = namedByEnvironment()
	}
	if n.keyFile != "" && n.passphraseFile != "" {
		return n, cli.Usage(c, "name a key file or a passphrase file, not both")
	}
	return n, nil
}

func namedByEnvironment() protectFlags {
	return protectFlags{os.Getenv("AURA_KEY_FILE"), os.Getenv("AURA_PASSPHRASE_FILE")}
}

// protection is a protector, and how a home remembers it.
type protection struct {
	keyring.Protector
	account account
}

// newProtection returns the protection of new keys by `aura init`: the named one, else the operating system's
// keyring. home names the secret there.
func newProtection(n protectFlags, home string) (protection, error) {
	switch {
	case n.keyFile != "":
		path, err := filepath.Abs(n.keyFile)
		return protection{keyring.KeyFile(path), account{Protector: byKeyFile, KeyFile: path}}, err
	case n.passphraseFile != "":
		path, err := filepath.Abs(n.passphraseFile)
		if err != nil {
			return protection{}, err
		}
		text, err := readPassphrase(path)
		if err == nil {
			err = keyring.CheckPassphrase(text)
		}
		a := account{Protector: byPassphrase}
		if info, statErr := os.Stat(path); statErr == nil && info.Mode().IsRegular() {
			a.PassphraseFile = path // a pipe is not there the next time
		}
		return protection{keyring.Passphrase(text), a}, err
	}
	return protection{keyring.OSKeyring(keyringService, home), account{Protector: byOSKeyring, Entry: home}}, nil
}

// typedProtection asks for a new passphrase at the terminal, twice.
func typedProtection() (protection, error) {
	const op = "program.typedProtection"
	first, err := askSecret("New passphrase for your keys: ")
	if err != nil {
		return protection{}, err
	}
	if err := keyring.CheckPassphrase(first); err != nil {
		return protection{}, err
	}
	second, err := askSecret("The same again: ")
	if err != nil {
		return protection{}, err
	}
	if !bytes.Equal(first, second) {
		return protection{}, aura.Errorf(op, aura.Invalid, "the two passphrases differ: nothing was created")
	}
	clear(second)
	return protection{keyring.Passphrase(first), account{Protector: byPassphrase}}, nil
}

// openProtector returns what opens the keys of a home: what its account remembers, unless a flag or the
// environment names another place for the same kind of secret. ask allows a question at the terminal.
func openProtector(home string, n protectFlags, ask bool) (keyring.Protector, error) {
	const op = "program.openProtector"
	a, err := readAccount(home)
	if errors.Is(err, aura.NotFound) {
		a, err = n.account(), nil // a home that was copied without the file
	}
	if err != nil {
		return nil, err
	}
	switch a.Protector {
	case byKeyFile:
		if n.keyFile != "" {
			a.KeyFile, err = filepath.Abs(n.keyFile)
		}
		return keyring.KeyFile(a.KeyFile), err
	case byOSKeyring:
		return keyring.OSKeyring(keyringService, a.Entry), nil
	case byPassphrase:
		path := a.PassphraseFile
		if n.passphraseFile != "" {
			path = n.passphraseFile
		}
		text, err := readPassphrase(path)
		if errors.Is(err, aura.NotFound) && n.passphraseFile == "" && ask {
			text, err = askSecret("Passphrase: ")
			if errors.Is(err, aura.Unavailable) {
				err = aura.Errorf(op, aura.Invalid, "the keys need their passphrase: name its file with $AURA_PASSPHRASE_FILE")
			}
		}
		return keyring.Passphrase(text), err
	}
	return nil, aura.Errorf(op, aura.NotFound, "%s is missing: say what protects the keys with $AURA_KEY_FILE or $AURA_PASSPHRASE_FILE",
		filepath.Join(home, accountFile))
}

// account returns the kind of protection that the named files record.
func (f protectFlags) account() account {
	switch {
	case f.keyFile != "":
		return account{Protector: byKeyFile}
	case f.passphraseFile != "":
		return account{Protector: byPassphrase}
	}
	return account{}
}

// readPassphrase returns the text of a file without the line break at its end.
func readPassphrase(path string) ([]byte, error) {
	const op, most = "program.readPassphrase", 4 << 10
	if path == "" {
		return nil, aura.Errorf(op, aura.NotFound, "no passphrase file is named")
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, aura.Errorf(op, aura.NotFound, "the passphrase file %s does not exist", path)
	}
	if err != nil {
		return nil, aura.Errorf(op, aura.Unavailable, "passphrase file: %w", err)
	}
	defer f.Close()
	// A pipe has no mode that says who reads it.
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		if err := keyring.CheckPrivate(info, "passphrase file", path); err != nil {
			return nil, err
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, aura.Errorf(op, aura.Unavailable, "passphrase file: %w", err)
	case len(text) > most:
		return nil, aura.Errorf(op, aura.Invalid, "the passphrase file %s has more than %d bytes", path, most)
	}
	text = bytes.TrimRight(text, "\r\n")
	if len(text) == 0 {
		return nil, aura.Errorf(op, aura.Invalid, "the passphrase file %s is empty", path)
	}
	return text, nil
}
