package token

import (
	"bytes"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/frontier/token"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/ui/cli"
	"github.com/aura-runtime/aura/world"
)

// Command returns the family of verbs for Biscuit tokens of any origin. None needs an account.
func Command(s *cli.Shell) *cobra.Command {
	return cli.Family(&cobra.Command{
		Use:   "token",
		Short: "Make, look at and check capability tokens (Biscuit), with or without an account",
		Long: `Make, look at and check capability tokens in the Biscuit format, of any origin. No verb needs an account
or an agent.

TOKEN is a file with a token, in text or binary form, and TEXT is Datalog; "-" reads either from standard input. A
token is a secret: any person who has it can use it. Private keys are read from files only.`,
		Example: "  aura token key root.key\n  aura token mint --private-key root.key 'right(\"chat:send\");' > token",
	},
		keyCommand(s), mintCommand(s), attenuateCommand(s), sealCommand(s),
		inspectCommand(s), verifyCommand(s), authorizeCommand(s),
	)
}

// maxTokenFile is the most that is read of the file of a token, a key or a program: a token in text form, and more.
const maxTokenFile = 128 << 10

// input reads arguments of one command line that may stand for standard input.
type input struct {
	shell *cli.Shell
	taken bool // standard input was read: it has only one content
}

// file returns the content of a file, or of standard input for "-".
func (in *input) file(what, path string) ([]byte, error) {
	if path == "-" {
		return in.standard(what)
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, aura.Errorf("token.file", aura.NotFound, "%s: the file %s does not exist", what, path)
	}
	if err != nil {
		return nil, aura.Errorf("token.file", aura.Unavailable, "%s: %w", what, err)
	}
	defer f.Close()
	return bounded(what, f)
}

func (in *input) standard(what string) ([]byte, error) {
	if in.taken {
		return nil, aura.Errorf("token.standard", aura.Invalid, "%s: standard input was read already", what)
	}
	in.taken = true
	return bounded(what, in.shell.In)
}

func bounded(what string, r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxTokenFile+1))
	switch {
	case err != nil:
		return nil, aura.Errorf("token.bounded", aura.Unavailable, "%s: %w", what, err)
	case len(b) > maxTokenFile:
		return nil, aura.Errorf("token.bounded", aura.Invalid, "%s has more than %d bytes", what, maxTokenFile)
	}
	return b, nil
}

// token reads a token in text or in binary form.
func (in *input) token(path string) (*biscuit.Unverified, error) {
	b, err := in.file("the token", path)
	if err != nil {
		return nil, err
	}
	u, err := biscuit.Parse(string(b))
	if err == nil {
		return u, nil
	}
	if binary, binaryErr := biscuit.Decode(b); binaryErr == nil {
		return binary, nil
	}
	return nil, err
}

// program reads Datalog from an argument, or from standard input for "-".
func (in *input) program(text string) (*datalog.Program, error) {
	if text == "-" {
		b, err := in.standard("the text")
		if err != nil {
			return nil, err
		}
		text = string(b)
	}
	return datalog.Parse(text, nil)
}

// privateKey reads the key that a flag or $AURA_TOKEN_KEY_FILE names.
func (in *input) privateKey(c *cobra.Command, path string) (biscuit.PrivateKey, error) {
	if path == "" {
		path = os.Getenv("AURA_TOKEN_KEY_FILE")
	}
	if path == "" {
		return biscuit.PrivateKey{}, cli.Usage(c, "name the file of the key with --private-key FILE")
	}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		if err := keyring.CheckPrivate(info, "private key", path); err != nil {
			return biscuit.PrivateKey{}, err
		}
	}
	b, err := in.file("the private key", path)
	if err != nil {
		return biscuit.PrivateKey{}, err
	}
	defer clear(b)
	return biscuit.ParsePrivateKey(string(bytes.TrimSpace(b)))
}

// publicKey reads the text of a public key.
func publicKey(c *cobra.Command, text string) (biscuit.PublicKey, error) {
	if text == "" {
		return biscuit.PublicKey{}, cli.Usage(c, "name the root key that you trust with --public-key KEY")
	}
	k, err := datalog.ParseKey(text)
	if err != nil {
		return k, cli.Usage(c, "--public-key: %s", aura.Reason(err))
	}
	return k, nil
}

// nextKey returns a fresh key for the block after a new one.
func nextKey() (biscuit.PrivateKey, error) { return token.NextKey(world.Random()) }
