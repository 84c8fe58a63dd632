package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/task"
)

// Shell is the environment of every verb: where it reads and prints, where the account lies and how an
// agent is reached.
type Shell struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// Terminal says that Out is a person's terminal.
	Terminal bool

	// Home is the folder of the account, set by --home. Empty means $AURA_HOME, else the XDG data folder.
	Home string
	// JSON makes every verb print one JSON object a line.
	JSON bool

	// Name is that of the binary, where a text tells a person what to run. Default: "aura".
	Name string
	// Modules are the domains of an application, beside those of every agent.
	Modules []domain.Module

	// Run executes fn as the root task of the process and blocks until it and all it started ended.
	Run func(name string, fn func(task.Context) error) error
	// FindAccount returns [aura.NotFound] when a folder holds no account, and other errors for one that is not whole.
	FindAccount func(home string) error
	// Connect reaches the agent of a home. It returns [aura.Unavailable] if none runs.
	Connect func(tc task.Context, home string) (*app.Core, error)

	// Offline makes every verb work on the journal of an account whose agent does not run, for reading alone, and
	// Demo on a made-up account in memory.
	Offline, Demo bool
	// Archive prepares the reading of a home's journal: it may ask for a passphrase, so it is called outside of any
	// task. open lives as long as its context's task; done ends it. open returns [aura.Conflict] while an agent runs.
	Archive func(home string) (Opener, error)
	// Draw makes a sequence diagram of what happened in a session, as lines of text or as an SVG document.
	Draw func(s *session.Shown, svg bool) ([]byte, error)
	// Imagine returns the made-up account.
	Imagine func(tc task.Context) (*app.Core, error)

	root *cobra.Command
}

// Opener opens the account that a verb reads without an agent. done closes it.
type Opener func(tc task.Context) (core *app.Core, done func(task.Context) error, err error)

// New returns the root command with every verb that needs a running agent.
func New(s *Shell) *cobra.Command {
	root := &cobra.Command{
		Use:   "aura",
		Short: "Private communication with no server in the middle",
		Long: `Aura is private communication between people and their devices with no server in the middle.

  first time    aura init --name Ada && aura up
  meet          aura invite create          (the other side: aura invite accept CODE)
  talk          aura send Ben "hello"       aura read Ben --follow
  look around   aura demo                   two agents meet and talk, in a temporary folder`,
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return unknown(c, args)
		},
	}
	root.PersistentFlags().StringVar(&s.Home, "home", "", "folder of the account (default $AURA_HOME, else the XDG data folder)")
	root.PersistentFlags().BoolVar(&s.JSON, "json", false, "print JSON, one object a line")
	root.PersistentFlags().BoolVar(&s.Offline, "offline", false, "read the account's journal without its agent, which must not run")
	root.PersistentFlags().BoolVar(&s.Demo, "demo", false, "work on a made-up account in memory, which is forgotten")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		if words := c.Flags().Args(); c == root && len(words) > 0 {
			return unknown(c, words) // the flag belongs to a verb that does not exist
		}
		return Usage(c, "%s", flagText(err))
	})
	s.root = root
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.AddCommand(
		statusCommand(s), inviteCommand(s), contactsCommand(s), renameCommand(s), nameCommand(s),
		chatsCommand(s), sendCommand(s), readCommand(s), groupCommand(s), watchCommand(s), queryCommand(s), guardCommand(s),
		sessionCommand(s), deviceCommand(s),
	)
	root.AddCommand(moderationCommands(s)...)
	return root
}

// Folder returns the home of this call, as an absolute path.
func (s *Shell) Folder() (string, error) {
	if s.Home != "" {
		return filepath.Abs(s.Home)
	}
	if h := os.Getenv("AURA_HOME"); h != "" {
		return filepath.Abs(h)
	}
	if x := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(x) {
		return filepath.Join(x, "aura"), nil
	}
	h, err := os.UserHomeDir()
	if err != nil {
		return "", aura.Errorf("cli.Folder", aura.Invalid, "no home folder is known: set --home or $AURA_HOME")
	}
	return filepath.Join(h, ".local", "share", "aura"), nil
}

// ReadFile reads the input of a verb, a file or "-" for standard input, of at most limit bytes.
func (s *Shell) ReadFile(name string, limit int64) ([]byte, error) {
	const op = "cli.ReadFile"
	in := s.In
	if name != "-" {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, aura.Errorf(op, aura.NotFound, "there is no file %s", name)
		} else if err != nil {
			return nil, aura.Errorf(op, aura.Unavailable, "%w", err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, aura.Errorf(op, aura.Unavailable, "%s: %w", name, err)
	}
	if int64(len(data)) > limit {
		return nil, aura.Errorf(op, aura.Exhausted, "%s has more than %d MiB", name, limit>>20)
	}
	return data, nil
}

// Print writes v as one line of JSON with --json, else the text with a line break.
func (s *Shell) Print(v any, format string, args ...any) error {
	if s.JSON {
		return s.Object(v)
	}
	_, err := fmt.Fprintf(s.Out, s.Named(format)+"\n", args...)
	return err
}

// Object writes v as one line of JSON.
func (s *Shell) Object(v any) error {
	enc := json.NewEncoder(s.Out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// HomeFlag returns the flag that names the same home in another command line: "" for the default.
func (s *Shell) HomeFlag() string {
	if s.Home == "" {
		return ""
	}
	return " --home " + quoted(s.Home)
}

// quoted returns a word as a shell takes it.
func quoted(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,+@%="
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Account returns nil for a home that holds an account, otherwise the problem and how to go on.
func (s *Shell) Account(home string) error {
	err := s.FindAccount(home)
	if errors.Is(err, aura.NotFound) {
		return aura.Errorf("cli.Account", aura.Unavailable,
			"there is no account in %s: create one with: aura init --name NAME%s", home, s.HomeFlag())
	}
	return err
}

// Resolved is [Shell.Connected] with a name that is turned into a reference first.
func (s *Shell) Resolved(verb, name string, fn func(tc task.Context, core *app.Core, to app.Ref) error) error {
	return s.Connected(verb, func(tc task.Context, core *app.Core) error {
		ref, err := core.Resolve(tc, name)
		if err != nil {
			return err
		}
		return fn(tc, core, ref)
	})
}
