package choreo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/syntax"
	"github.com/aura-runtime/aura/ui/cli"
)

// maxChoreography bounds a file that a verb reads, in bytes.
const maxChoreography = 4 << 20

// Command returns the family of verbs for choreographies. None needs an account or an agent.
func Command(s *cli.Shell) *cobra.Command {
	c := &cobra.Command{
		Use:   "choreo",
		Short: "Check, picture and compile protocols",
		Long: `Check, picture and compile protocols. A choreography (a .tell file) describes a conversation once, for
all roles; these verbs find what could go wrong in it and derive what each role must do. They need no account and no
agent.`,
		Example: "  aura choreo check vote.tell\n  aura choreo project vote.tell --role 'Voter[0]' --bind N=3",
	}
	return cli.Family(c, checkCommand(s), fmtCommand(s), projectCommand(s), manifestCommand(s),
		graphCommand(s), genCommand(s), compatCommand(s), runCommand(s), replayCommand(s),
		exploreCommand(s))
}

// loadFile reads and checks a choreography. Its problems are printed to Err, one by one, and the error counts
// them.
func loadFile(s *cli.Shell, name string) (*choreo.Protocol, error) {
	text, err := s.ReadFile(name, maxChoreography)
	if err != nil {
		return nil, err
	}
	p, problems := choreo.Load(name, string(text))
	if len(problems) == 0 {
		return p, nil
	}
	if err := printProblems(s, s.Err, problems); err != nil {
		return nil, err
	}
	return nil, aura.Errorf("choreo.loadFile", aura.Invalid, "%s has %s", name, cli.Count(len(problems), "problem"))
}

// problemLine is one problem as --json prints it.
type problemLine struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func problemLines(problems syntax.Diagnostics) []problemLine {
	lines := make([]problemLine, len(problems))
	for i, d := range problems {
		line, column := d.Source.Position(d.Span.Start)
		lines[i] = problemLine{File: d.Source.Name, Line: line, Column: column, Code: d.Code, Message: d.Message, Hint: d.Hint}
	}
	return lines
}

// printProblems writes each problem with its line and a caret, or as a line of JSON.
func printProblems(s *cli.Shell, to io.Writer, problems syntax.Diagnostics) error {
	if !s.JSON {
		_, err := fmt.Fprintln(to, cli.Clean(problems.Error()))
		return err
	}
	enc := json.NewEncoder(to)
	enc.SetEscapeHTML(false)
	for _, line := range problemLines(problems) {
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

// sizes is the flag --bind: the sizes of families by the names of their parameters.
type sizes map[string]int

func bindFlag(c *cobra.Command) *sizes {
	given := sizes{}
	c.Flags().Var(given, "bind", "sizes of families, such as N=3 (default: the least that makes sense)")
	return &given
}

// Set implements pflag.Value. Given twice, a name has the later size.
func (z sizes) Set(text string) error {
	for item := range strings.SplitSeq(text, ",") {
		name, number, _ := strings.Cut(item, "=")
		n, err := strconv.Atoi(number)
		if name == "" || err != nil {
			return fmt.Errorf("%q is not of the form N=3", item)
		}
		z[name] = n
	}
	return nil
}

// Type implements pflag.Value: the name of the flag's value in help texts.
func (sizes) Type() string { return "N=3,…" }

// String implements pflag.Value.
func (z sizes) String() string {
	var items []string
	for _, name := range slices.Sorted(maps.Keys(z)) {
		items = append(items, fmt.Sprintf("%s=%d", name, z[name]))
	}
	return strings.Join(items, ",")
}

// instantiate gives the families of a protocol their members. A number that is not given is the least that makes
// sense of the protocol; one that the protocol has no use for is a mistake.
func instantiate(c *cobra.Command, p *choreo.Protocol, given *sizes) (*choreo.Instance, error) {
	binding := p.ProbeBinding()
	for _, name := range slices.Sorted(maps.Keys(*given)) {
		if _, ok := binding[name]; !ok {
			return nil, cli.Usage(c, "--bind: protocol %s has no parameter %s", p.Name, name)
		}
		binding[name] = (*given)[name]
	}
	return p.Instantiate(binding)
}

// loadInstance is loadFile and instantiate. Problems of the sizes are printed to Err, as other problems are.
func loadInstance(s *cli.Shell, c *cobra.Command, name string, given *sizes) (*choreo.Instance, error) {
	p, err := loadFile(s, name)
	if err != nil {
		return nil, err
	}
	inst, err := instantiate(c, p, given)
	if problems, ok := errors.AsType[syntax.Diagnostics](err); ok {
		if err := printProblems(s, s.Err, problems); err != nil {
			return nil, err
		}
		return nil, aura.Errorf("choreo.loadInstance", aura.Invalid, "%s has %s with these sizes", name, cli.Count(len(problems), "problem"))
	}
	return inst, err
}
