package token

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/ui/cli"
)

// tokenLine is what `aura token inspect --json` prints.
type tokenLine struct {
	Verified  bool        `json:"verified"` // against --public-key
	Sealed    bool        `json:"sealed"`
	RootKeyID *uint32     `json:"root_key_id,omitempty"`
	Blocks    []blockLine `json:"blocks"`
}

type blockLine struct {
	Version    uint32 `json:"version"`
	Revocation string `json:"revocation_id"`
	SignedBy   string `json:"signed_by,omitempty"` // the third party's key
	Context    string `json:"context,omitempty"`
	Code       string `json:"code"`
}

func inspectCommand(s *cli.Shell) *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:   "inspect TOKEN",
		Short: "Show the blocks of a token",
		Long: `Show the blocks of a token. Without --public-key the token is not verified: any program may have written
the blocks. With it the signatures are checked first, and a token that fails is an error.`,
		Example: "  aura token inspect token\n  aura token inspect - --json < token",
		Args:    cli.Exactly(1, "a token"),
		RunE: func(c *cobra.Command, args []string) error {
			u, err := (&input{shell: s}).token(args[0])
			if err != nil {
				return err
			}
			if key != "" {
				if _, err := verified(c, u, key); err != nil {
					return err
				}
			}
			line, err := lineOf(u)
			if err != nil {
				return err
			}
			line.Verified = key != ""
			return s.Print(line, "%s", tokenText(&line))
		},
	}
	addPublicKey(c, &key)
	return c
}

func addPublicKey(c *cobra.Command, key *string) {
	c.Flags().StringVar(key, "public-key", "", "the root key that you trust, such as ed25519/0a1b…")
}

func verified(c *cobra.Command, u *biscuit.Unverified, key string) (*biscuit.Token, error) {
	root, err := publicKey(c, key)
	if err != nil {
		return nil, err
	}
	return u.Verify(root)
}

func lineOf(u *biscuit.Unverified) (tokenLine, error) {
	line := tokenLine{Sealed: u.Sealed()}
	blocks, err := u.Blocks()
	if err != nil {
		return line, err
	}
	if id, ok := u.RootKeyID(); ok {
		line.RootKeyID = &id
	}
	ids := u.RevocationIDs()
	for i, b := range blocks {
		l := blockLine{Version: b.Version, Revocation: hex.EncodeToString(ids[i]), Context: b.Context, Code: b.Code()}
		if b.External != nil {
			l.SignedBy = b.External.String()
		}
		line.Blocks = append(line.Blocks, l)
	}
	return line, nil
}

// tokenText shows a token to a person. Its text may come from any program.
func tokenText(line *tokenLine) string {
	var b strings.Builder
	state := "open: blocks can be appended"
	if line.Sealed {
		state = "sealed"
	}
	vouched := "not verified: the issuer of these blocks is not known"
	if line.Verified {
		vouched = "verified"
	}
	fmt.Fprintf(&b, "%s; %s", state, vouched)
	if line.RootKeyID != nil {
		fmt.Fprintf(&b, "; root key %d", *line.RootKeyID)
	}
	for i, l := range line.Blocks {
		fmt.Fprintf(&b, "\nblock %d, version %d, revoked by %s", i, l.Version, l.Revocation)
		if l.SignedBy != "" {
			fmt.Fprintf(&b, "\n  signed by %s", l.SignedBy)
		}
		for _, text := range append(lines("context: ", l.Context), lines("", l.Code)...) {
			fmt.Fprintf(&b, "\n  %s", cli.Clean(text))
		}
	}
	return b.String()
}

// lines returns the lines of a text, the first with a label; none for an empty text.
func lines(label, text string) []string {
	if text = strings.TrimRight(text, "\n"); text == "" {
		return nil
	}
	return strings.Split(label+text, "\n")
}

func verifyCommand(s *cli.Shell) *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:     "verify TOKEN --public-key KEY",
		Short:   "Check every signature of a token",
		Example: "  aura token verify token --public-key ed25519/acdd6d5b53bfee478bf689f8e012fe7988bf755e3d7c5152947abc149bc20189",
		Args:    cli.Exactly(1, "a token"),
		RunE: func(c *cobra.Command, args []string) error {
			u, err := (&input{shell: s}).token(args[0])
			if err != nil {
				return err
			}
			t, err := verified(c, u, key)
			if err != nil {
				return err
			}
			n := len(t.Blocks())
			return s.Print(map[string]any{"verified": true, "blocks": n}, "verified: issued by %s, blocks: %d", t.Root(), n)
		},
	}
	addPublicKey(c, &key)
	return c
}

// decisionLine is what `aura token authorize --json` prints.
type decisionLine struct {
	Allowed bool        `json:"allowed"`
	Policy  *int        `json:"policy,omitempty"` // the one that matched, from 0
	Text    string      `json:"text,omitempty"`   // of that policy
	Failed  []checkLine `json:"failed,omitempty"`
}

type checkLine struct {
	Block int    `json:"block"` // -1: the text's own
	Check int    `json:"check"`
	Text  string `json:"text"`
}

func authorizeCommand(s *cli.Shell) *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:   "authorize TOKEN TEXT --public-key KEY",
		Short: "Decide about a request: TEXT holds its facts and policies",
		Long: `Decide about a request. TEXT holds the facts of the request and ends with policies, the first of which
that matches decides. The exit code is 1 when the request is denied, and the reason names the block and the check.`,
		Example: "  aura token authorize token 'operation(\"chat:send\"); allow if right(\"chat:send\");' --public-key ed25519/0a1b…",
		Args:    cli.Exactly(2, "a token and a text"),
		RunE: func(c *cobra.Command, args []string) error {
			in := &input{shell: s}
			u, err := in.token(args[0])
			if err != nil {
				return err
			}
			program, err := in.program(args[1])
			if err != nil {
				return err
			}
			t, err := verified(c, u, key)
			if err != nil {
				return err
			}
			a, err := biscuit.NewAuthorizer(t, program, biscuit.Options{})
			if err != nil {
				return err
			}
			policy, err := a.Authorize()
			if err == nil {
				text := program.Policies[policy].String()
				return s.Print(decisionLine{Allowed: true, Policy: &policy, Text: text}, "allowed by policy %d: %s", policy, text)
			}
			return denied(s, err)
		},
	}
	addPublicKey(c, &key)
	return c
}

// denied prints why a request was denied for a program, and returns the error that says it to a person.
func denied(s *cli.Shell, err error) error {
	var d *biscuit.Denial
	if !errors.As(err, &d) || !s.JSON {
		return err
	}
	line := decisionLine{}
	if d.Decided {
		line.Policy = &d.Policy
	}
	for _, f := range d.Checks {
		line.Failed = append(line.Failed, checkLine(f))
	}
	return errors.Join(err, s.Object(line))
}
