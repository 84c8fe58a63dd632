package program

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/BurntSushi/toml"

	"github.com/aura-runtime/aura"
)

// accountFile is the name of the file in a home that says how its keys are protected. It holds no secret.
const accountFile = "account.toml"

// The values of account.Protector.
const (
	byKeyFile    = "key-file"
	byPassphrase = "passphrase"
	byOSKeyring  = "os-keyring"
)

// account holds the choices of `aura init` that a home keeps, so that later verbs need no flags.
type account struct {
	Protector string `toml:"protector"`
	// KeyFile is the absolute path of the key file.
	KeyFile string `toml:"key_file,omitempty"`
	// PassphraseFile is the absolute path of the file that the passphrase was read from. Empty: it was
	// typed, and is asked for again.
	PassphraseFile string `toml:"passphrase_file,omitempty"`
	// Entry names the secret in the operating system's keyring.
	Entry string `toml:"entry,omitempty"`
}

// readAccount reads the file of a home. It returns [aura.NotFound] when there is none and [aura.Invalid] for
// one that it does not understand in full.
func readAccount(home string) (account, error) {
	const op = "program.readAccount"
	path := filepath.Join(home, accountFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return account{}, aura.Errorf(op, aura.NotFound, "%s does not exist", path)
	}
	if err != nil {
		return account{}, aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	var a account
	known, err := toml.Decode(string(text), &a)
	if err != nil {
		return account{}, aura.Errorf(op, aura.Invalid, "%s: %w", path, err)
	}
	if unknown := known.Undecoded(); len(unknown) > 0 {
		return account{}, aura.Errorf(op, aura.Invalid, "%s: the key %q is not known", path, unknown[0].String())
	}
	switch {
	case a.Protector == byKeyFile && filepath.IsAbs(a.KeyFile):
	case a.Protector == byPassphrase && (a.PassphraseFile == "" || filepath.IsAbs(a.PassphraseFile)):
	case a.Protector == byOSKeyring && a.Entry != "":
	default:
		return account{}, aura.Errorf(op, aura.Invalid,
			"%s: protector must be %q with key_file (an absolute path), %q or %q with entry", path, byKeyFile, byPassphrase, byOSKeyring)
	}
	return a, nil
}

// write stores the file of a home, which exists. A crash leaves the whole file or none.
func (a account) write(home string) error {
	const op = "program.write"
	var b bytes.Buffer
	b.WriteString("# How the keys in this folder are protected. Written by aura init; it holds no secret.\n")
	if err := toml.NewEncoder(&b).Encode(a); err != nil {
		return aura.Errorf(op, aura.Internal, "%w", err)
	}
	f, err := os.CreateTemp(home, ".new-*") // mode 0600
	if err != nil {
		return aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b.Bytes())
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(home, accountFile))
	}
	if err != nil {
		return aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	return nil
}
