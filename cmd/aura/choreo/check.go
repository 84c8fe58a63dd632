package choreo

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/ui/cli"
)

func checkCommand(s *cli.Shell) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE…",
		Short: "Find what could go wrong in protocols",
		Long: `Find what could go wrong in protocols: mistakes of the language, roles that cannot know what to do, values used twice.
Every problem is printed with its line and a caret. The exit code is 1 if there was one in any file. "-" is standard
input.`,
		Example: "  aura choreo check vote.tell\n  aura choreo check protocols/*/*.tell --json",
		Args:    cli.AtLeast(1, "FILE…"),
		RunE: func(_ *cobra.Command, args []string) error {
			bad := 0
			for _, name := range args {
				ok, err := checkFile(s, name)
				if err != nil {
					return err
				}
				if !ok {
					bad++
				}
			}
			switch {
			case bad == 0:
				return nil
			case len(args) == 1:
				return aura.Errorf("choreo.checkCommand", aura.Invalid, "%s is refused", args[0])
			}
			return aura.Errorf("choreo.checkCommand", aura.Invalid, "%d of %d files are refused", bad, len(args))
		},
	}
}

// checkedFile is what `aura choreo check --json` prints for each file.
type checkedFile struct {
	File        string        `json:"file"`
	OK          bool          `json:"ok"`
	Protocol    string        `json:"protocol,omitempty"`
	Tier        string        `json:"tier,omitempty"`
	Convertible bool          `json:"theory_convertible"`
	Reasons     []problemLine `json:"reasons,omitempty"`
	Problems    []problemLine `json:"problems,omitempty"`
}

func checkFile(s *cli.Shell, name string) (ok bool, err error) {
	text, err := s.ReadFile(name, maxChoreography)
	if err != nil {
		return false, err
	}
	p, problems := choreo.Load(name, string(text))
	ok = len(problems) == 0
	line := checkedFile{File: name, OK: ok, Problems: problemLines(problems)}
	if ok {
		a := p.Assessment()
		line.Protocol, line.Tier, line.Convertible = p.QualifiedName(), a.Tier.String(), a.TheoryConvertible
		line.Reasons = problemLines(a.Reasons)
	}
	if s.JSON {
		return ok, s.Object(line)
	}
	if !ok {
		return false, printProblems(s, s.Out, problems)
	}
	summary := fmt.Sprintf("%s: ok, %s (%s)", name, line.Protocol, line.Tier)
	for _, r := range line.Reasons {
		summary += fmt.Sprintf("\n  line %d: %s", r.Line, r.Message)
	}
	return true, s.Print(line, "%s", cli.Clean(summary))
}
