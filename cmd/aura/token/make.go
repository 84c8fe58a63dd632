package token

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/ui/cli"
	"github.com/aura-runtime/aura/world"
)

func keyCommand(s *cli.Shell) *cobra.Command {
	var algorithm string
	c := &cobra.Command{
		Use:   "key FILE",
		Short: "Make a root key, write its private half into a new file and print its public half",
		Long: `Make a root key for tokens. The private half goes into a new file that only you can read; the public
half, which those who check your tokens need, is printed.`,
		Example: "  aura token key root.key\n  aura token key root.key --algorithm secp256r1 --json",
		Args:    cli.Exactly(1, "a file"),
		RunE: func(c *cobra.Command, args []string) error {
			kind := datalog.AlgorithmEd25519
			switch algorithm {
			case datalog.AlgorithmEd25519.String():
			case datalog.AlgorithmSecp256r1.String():
				kind = datalog.AlgorithmSecp256r1
			default:
				return cli.Usage(c, "--algorithm must be ed25519 or secp256r1")
			}
			var secret [32]byte
			_, _ = world.Random().Read(secret[:])
			key, err := biscuit.NewPrivateKey(kind, secret)
			if err != nil {
				return err
			}
			if err := writeKey(args[0], key); err != nil {
				return err
			}
			return s.Print(map[string]string{"public_key": key.Public().String(), "file": args[0]}, "%s", key.Public())
		},
	}
	c.Flags().StringVar(&algorithm, "algorithm", "ed25519", "ed25519 or secp256r1")
	return c
}

// writeKey stores a private key in a file that must not exist.
func writeKey(path string, key biscuit.PrivateKey) error {
	const op = "token.writeKey"
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return aura.Errorf(op, aura.Conflict, "%s exists already", path)
	}
	if err != nil {
		return aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	_, err = f.WriteString(key.Text() + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return aura.Errorf(op, aura.Unavailable, "%w", err)
	}
	return nil
}

func mintCommand(s *cli.Shell) *cobra.Command {
	var key, context string
	var id uint32
	c := &cobra.Command{
		Use:     "mint --private-key FILE TEXT",
		Short:   "Issue a token: TEXT is its first block",
		Example: "  aura token mint --private-key root.key 'right(\"chat:send\"); check if time($t), $t < 2030-01-01T00:00:00Z;'",
		Args:    cli.Exactly(1, "the text of the first block"),
		RunE: func(c *cobra.Command, args []string) error {
			in := &input{shell: s}
			root, err := in.privateKey(c, key)
			if err != nil {
				return err
			}
			program, err := in.program(args[0])
			if err != nil {
				return err
			}
			next, err := nextKey()
			if err != nil {
				return err
			}
			o := biscuit.MintOptions{Context: context}
			if c.Flags().Changed("root-key-id") {
				o.RootKeyID = &id
			}
			t, err := biscuit.Mint(root, program, next, o)
			if err != nil {
				return err
			}
			return printToken(s, t.Text())
		},
	}
	c.Flags().StringVar(&key, "private-key", "", "file of the private root key (default $AURA_TOKEN_KEY_FILE)")
	c.Flags().StringVar(&context, "context", "", "free text for people, which takes no part in decisions")
	c.Flags().Uint32Var(&id, "root-key-id", 0, "hint for verifiers at which root key to use (default none)")
	return c
}

func attenuateCommand(s *cli.Shell) *cobra.Command {
	return &cobra.Command{
		Use:     "attenuate TOKEN TEXT",
		Short:   "Append a block, which can only restrict the token",
		Example: "  aura token attenuate token 'check if operation(\"chat:read\");'\n  aura token attenuate - 'check if true;' < token",
		Args:    cli.Exactly(2, "a token and the text of a block"),
		RunE: func(_ *cobra.Command, args []string) error {
			in := &input{shell: s}
			u, err := in.token(args[0])
			if err != nil {
				return err
			}
			program, err := in.program(args[1])
			if err != nil {
				return err
			}
			next, err := nextKey()
			if err != nil {
				return err
			}
			longer, err := u.Attenuate(program, next)
			if err != nil {
				return err
			}
			return printToken(s, longer.Text())
		},
	}
}

func sealCommand(s *cli.Shell) *cobra.Command {
	return &cobra.Command{
		Use:     "seal TOKEN",
		Short:   "Make a token to which no block can be appended",
		Example: "  aura token seal token",
		Args:    cli.Exactly(1, "a token"),
		RunE: func(_ *cobra.Command, args []string) error {
			u, err := (&input{shell: s}).token(args[0])
			if err != nil {
				return err
			}
			sealed, err := u.Seal()
			if err != nil {
				return err
			}
			return printToken(s, sealed.Text())
		},
	}
}

func printToken(s *cli.Shell, text string) error {
	return s.Print(map[string]string{"token": text}, "%s", text)
}
