package cli

import (
	"regexp"

	"github.com/spf13/cobra"
)

// usual is the name of the command in every text of this package.
const usual = "aura"

var inText = regexp.MustCompile(`\b` + usual + ` ([a-z]+)`)

// Named returns a text in which a person is told to run a verb of this command, as "aura up", with the name of the binary
// that runs.
func (s *Shell) Named(text string) string {
	if s.name() == usual {
		return text
	}
	return inText.ReplaceAllStringFunc(text, func(told string) string {
		verb := told[len(usual)+1:]
		for _, c := range s.root.Commands() {
			if c.Name() == verb {
				return s.name() + " " + verb
			}
		}
		return told
	})
}

// name returns the name of the binary.
func (s *Shell) name() string {
	if s.Name == "" || s.root == nil {
		return usual
	}
	return s.Name
}

// NameVerbs gives all verbs of the command, in their help, the name of the binary. It is called when all are there.
func (s *Shell) NameVerbs() {
	s.root.Use = s.name()
	var each func(*cobra.Command)
	each = func(c *cobra.Command) {
		c.Long, c.Example = s.Named(c.Long), s.Named(c.Example)
		for _, sub := range c.Commands() {
			each(sub)
		}
	}
	each(s.root)
}
