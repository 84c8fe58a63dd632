package choreo

import (
	"bytes"
	"os"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo/syntax"
	"github.com/aura-runtime/aura/ui/cli"
)

func fmtCommand(s *cli.Shell) *cobra.Command {
	var write, diff bool
	c := &cobra.Command{
		Use:   "fmt FILE…",
		Short: "Print protocols in their canonical form",
		Long: `Print protocols in their canonical form: two blanks a level, one statement a line, every comment in its place. With -w
the files are rewritten instead, with -d the differences are printed; both name nothing that has its form already. The
exit code is 1 for a file that cannot be read as a choreography, and with -d alone for one that would change. "-" is
standard input.`,
		Example: "  aura choreo fmt vote.tell\n  aura choreo fmt -w protocols/*/*.tell\n  aura choreo fmt -d vote.tell",
		Args:    cli.AtLeast(1, "FILE…"),
		RunE: func(c *cobra.Command, args []string) error {
			changed := 0
			for _, name := range args {
				if write && name == "-" {
					return cli.Usage(c, "-w cannot write to standard input")
				}
				f, err := formatFile(s, name)
				if err != nil {
					return err
				}
				if f.Changed {
					changed++
				}
				if err := f.show(s, write, diff); err != nil {
					return err
				}
			}
			if diff && !write && changed > 0 {
				return aura.Errorf("choreo.fmtCommand", aura.Invalid, "not in canonical form: %s", cli.Count(changed, "file"))
			}
			return nil
		},
	}
	c.Flags().BoolVarP(&write, "write", "w", false, "rewrite the files")
	c.Flags().BoolVarP(&diff, "diff", "d", false, "print the differences")
	return c
}

// formatted is a file and its canonical form; what `aura choreo fmt --json` prints.
type formatted struct {
	File    string `json:"file"`
	Changed bool   `json:"changed"`
	Text    string `json:"text,omitempty"`
	Diff    string `json:"diff,omitempty"`

	before string
}

func formatFile(s *cli.Shell, name string) (*formatted, error) {
	before, err := s.ReadFile(name, maxChoreography)
	if err != nil {
		return nil, err
	}
	after, problems := syntax.Format(name, string(before))
	if len(problems) > 0 {
		if err := printProblems(s, s.Err, problems); err != nil {
			return nil, err
		}
		return nil, aura.Errorf("choreo.formatFile", aura.Invalid, "%s has %s", name, cli.Count(len(problems), "problem"))
	}
	return &formatted{File: name, Changed: !bytes.Equal(before, []byte(after)), Text: after, before: string(before)}, nil
}

func (f *formatted) show(s *cli.Shell, write, diff bool) error {
	if write && f.Changed {
		// Written in place, so that the file keeps its owner, its permissions and the links to it.
		if err := os.WriteFile(f.File, []byte(f.Text), 0o644); err != nil {
			return aura.Errorf("choreo.show", aura.Unavailable, "%w", err)
		}
	}
	text := f.Text
	if diff {
		f.Diff = unifiedDiff(f.File, f.before, f.Text)
		text = f.Diff
	}
	if write || diff {
		f.Text = ""
	}
	if s.JSON {
		return s.Object(f)
	}
	if write && !diff {
		if !f.Changed {
			return nil
		}
		text = f.File + "\n"
	}
	if s.Terminal { // elsewhere the text keeps every byte
		text = cli.Clean(text)
	}
	_, err := s.Out.Write([]byte(text))
	return err
}
