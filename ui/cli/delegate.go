package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/task"
)

// tokenRow is one line of `aura guard tokens --json`.
type tokenRow struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"` // of the contact
	capability.TokenLine
}

func guardTokensCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:   "tokens",
		Short: "List the tokens: your own, those that you handed out and those that you were handed",
		Long: `List the capability tokens: "own" are those by which you act yourself, "given" those that you handed to
contacts, "held" those that contacts handed to you. The names are the most that a token permits; it may be confined to a
conversation or a time, which --json shows in its code. The token itself is not shown: a person who has it could hand it
on.`,
		Example: "  aura guard tokens\n  aura guard tokens --json",
		Args:    None,
		RunE: func(*cobra.Command, []string) error {
			return s.Connected("guard tokens", func(tc task.Context, core *app.Core) error {
				tokens, err := core.Tokens(tc)
				if err != nil {
					return err
				}
				return s.printTokens(tc, core, tokens)
			})
		},
	}
}

func (s *Shell) printTokens(tc task.Context, core *app.Core, tokens []capability.TokenLine) error {
	contacts, err := core.Contacts(tc)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	for _, t := range tokens {
		row := tokenRow{ID: t.ID(), TokenLine: t}
		for _, c := range contacts {
			if c.Authority == t.Peer {
				row.Name = c.Name
			}
		}
		if s.JSON {
			if err := s.Object(&row); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", row.ID, tokenRole(&row), row.Name, tokenNames(&row))
	}
	return w.Flush()
}

func tokenRole(row *tokenRow) string {
	if row.Revoked {
		return row.Role.String() + ", revoked"
	}
	return row.Role.String()
}

// tokenNames returns the names in a few words: the thirty of an own token are too many to read.
func tokenNames(row *tokenRow) string {
	const most = 6
	if len(row.Names) > most {
		return oneLine(strings.Join(row.Names[:most], " ")) + fmt.Sprintf(" and %d more", len(row.Names)-most)
	}
	return oneLine(strings.Join(row.Names, " "))
}

func guardDelegateCommand(s *Shell) *cobra.Command {
	var life time.Duration
	var within, held string
	c := &cobra.Command{
		Use:   "delegate CONTACT OPERATION…",
		Short: "Hand capabilities to a contact, by a token that names it",
		Long: `Hand capabilities to a contact. The contact's agent gets a token that serves no other agent; what it then
asks of your agent is decided by it. OPERATION is the name of a capability, such as chat:send. --of hands on a token
that you were handed yourself, with less: name it as "aura guard tokens" does.`,
		Example: "  aura guard delegate Ben chat:send --for 24h\n  aura guard delegate Ben chat:send chat:read --in Friends\n" +
			"  aura guard delegate Cleo chat:read --of 1a2b3c4d",
		Args: AtLeast(2, "a contact and the names of operations"),
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("for") && (life < time.Second || life > capability.MaxLength) {
				return Usage(c, "--for must be between 1s and %s, got %s", span(capability.MaxLength), span(life))
			}
			return s.Resolved("guard delegate", args[0], func(tc task.Context, core *app.Core, to app.Ref) error {
				d, err := delegation(tc, core, args[1:], within, held)
				if err != nil {
					return err
				}
				if life > 0 {
					d.Until = tc.Now().At.Add(life)
				}
				t, err := core.Delegate(tc, to, d)
				if err != nil {
					return err
				}
				undo := ""
				if t.Issued {
					undo = fmt.Sprintf("; take it back with: aura guard revoke %s%s", t.ID(), s.HomeFlag())
				}
				return s.Print(&tokenRow{ID: t.ID(), Name: to.Name, TokenLine: t}, "%s may now ask for %s, by the token %s%s",
					to.Name, oneLine(strings.Join(t.Names, " ")), t.ID(), undo)
			})
		},
	}
	spanVar(c, &life, "for", 0, "how long it serves (default: until it is revoked)")
	c.Flags().StringVar(&within, "in", "", "the conversation that it is confined to (default: none)")
	c.Flags().StringVar(&held, "of", "", "the token to hand on with less (default: a new one)")
	return c
}

// delegation resolves the names in the flags.
func delegation(tc task.Context, core *app.Core, names []string, within, held string) (d app.Delegation, err error) {
	d.Names = names
	if within != "" {
		in, err := core.Resolve(tc, within)
		if err != nil {
			return d, err
		}
		d.Within = in.Ref
	}
	if held == "" {
		return d, nil
	}
	t, err := core.ResolveToken(tc, held)
	if err == nil && t.Role != capability.TokenHeld {
		err = aura.Errorf("cli.delegation", aura.Invalid, "the token %s was not handed to you: leave out --of to issue a new one", t.ID())
	}
	d.Held = t.Fact
	return d, err
}

func guardRevokeCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke TOKEN",
		Short: "Make a token void that you handed out, and all that was handed on from it",
		Long: `Make a token void that you handed out, and all that was handed on from it. It holds at once and for good;
your agent decides later requests without the token. TOKEN is its identifier, or the beginning of it, as "aura guard
tokens" shows it.`,
		Example: "  aura guard revoke 1a2b3c4d",
		Args:    Exactly(1, "a token"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Connected("guard revoke", func(tc task.Context, core *app.Core) error {
				t, err := core.ResolveToken(tc, args[0])
				if err != nil {
					return err
				}
				if err := core.Revoke(tc, t); err != nil {
					return err
				}
				return s.Print(map[string]string{"id": t.ID(), "done": "revoke"}, "the token %s is void", t.ID())
			})
		},
	}
}
