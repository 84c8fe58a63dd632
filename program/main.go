package program

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/cmd/aura/choreo"
	"github.com/aura-runtime/aura/cmd/aura/demo"
	"github.com/aura-runtime/aura/cmd/aura/token"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/localapi"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
	"github.com/aura-runtime/aura/world"
)

// Options are the additions of an application to the command. The zero value adds nothing.
type Options struct {
	// Name is that of the binary, in its help and where a text tells a person what to run. Default: "aura".
	Name string
	// Modules are the domains of the application: every agent, client and simulated world that the command makes has
	// them. Default: none.
	Modules []domain.Module
	// Verbs returns the verbs of the application. They get the same shell as every other verb: [cli.Shell.Connected]
	// reaches the agent. Default: none.
	Verbs func(*cli.Shell) []*cobra.Command
}

// Main runs the command line of this process and ends the process: with 0 if all was done, 1 if it was refused or
// failed, 2 for a wrong usage.
func Main(o Options) {
	keepThroughBrokenPipes()
	os.Exit(run(o, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and returns its exit code.
func run(o Options, args []string, in io.Reader, out, errs io.Writer) int {
	s := &cli.Shell{
		Name: o.Name, In: in, Out: out, Err: errs, Terminal: isTerminal(out),
		Run: func(name string, fn func(task.Context) error) error {
			return runTasks(name, world.Discard(), fn)
		},
		FindAccount: agent.FindHome,
		Modules:     o.Modules,
		Archive:     func(home string) (cli.Opener, error) { return archive(home, o.Modules) },
		Draw:        drawSession,
		Imagine: func(tc task.Context) (*app.Core, error) {
			return app.NewDemo(tc, world.Random(), app.Options{Modules: o.Modules})
		},
	}
	root := commands(s, o)
	s.Connect = func(tc task.Context, home string) (*app.Core, error) {
		return connectWith(tc, home, app.Options{Modules: o.Modules, Lost: func(reason string) {
			if !s.JSON {
				fmt.Fprintf(errs, "%s: %s; this goes on when it is back\n", root.Name(), reason)
			}
		}})
	}
	root.SetArgs(args)
	err := cli.Execute(root)
	if !s.JSON { // a mistake before --json leaves the flag unread
		s.JSON = err != nil && slices.Contains(args, "--json")
	}
	return cli.Report(s, err)
}

// commands returns the root command with every verb.
func commands(s *cli.Shell, o Options) *cobra.Command {
	root := cli.New(s)
	root.AddCommand(
		initCommand(s), upCommand(s), demo.Command(s, demo.Options{Run: runTasks, Version: buildVersion()}), simCommand(s),
		choreo.Command(s), token.Command(s), doctorCommand(s), versionCommand(s),
	)
	if o.Verbs != nil {
		root.AddCommand(o.Verbs(s)...)
	}
	s.NameVerbs()
	return root
}

// connect reaches the agent that runs for a home.
func connect(tc task.Context, home string) (*app.Core, error) {
	return connectWith(tc, home, app.Options{})
}

func connectWith(tc task.Context, home string, o app.Options) (*app.Core, error) {
	client, err := localapi.Open(tc, localapi.SocketPath(home))
	if err != nil {
		return nil, err
	}
	return app.New(tc, client, world.Random(), o)
}

// isTerminal reports whether a stream of this process is a person's terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
