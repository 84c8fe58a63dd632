package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// usageError is a mistake in the command line: exit code 2.
type usageError struct {
	text    string
	command string // the one whose help shows how it is done
}

// Error returns the text.
func (e *usageError) Error() string { return e.text }

// Usage returns a mistake in the command line: exit code 2.
func Usage(c *cobra.Command, format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...), command: c.CommandPath()}
}

// Exactly returns an argument check for n arguments, with an error that names the missing one.
func Exactly(n int, names string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return Usage(c, "%s needs %s, got %s", c.CommandPath(), names, count(len(args), "argument"))
		}
		return nil
	}
}

// AtLeast returns an argument check for n or more arguments.
func AtLeast(n int, names string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < n {
			return Usage(c, "%s needs %s, got %s", c.CommandPath(), names, count(len(args), "argument"))
		}
		return nil
	}
}

// AtMost takes up to n arguments, which names describes.
func AtMost(n int, names string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n {
			return Usage(c, "%s takes %s at most, got %s", c.CommandPath(), names, count(len(args), "argument"))
		}
		return nil
	}
}

// None refuses any argument.
func None(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return Usage(c, "%s takes no arguments, got %q", c.CommandPath(), args[0])
	}
	return nil
}

// flagText returns the problem with a flag in words for a person: the library passes on those of the parser of
// numbers, and takes a text that begins with a dash for flags.
func flagText(err error) string {
	text := err.Error()
	if number, ok := errors.AsType[*strconv.NumError](err); ok {
		why := "it takes a whole number"
		switch {
		case number.Func == "ParseBool":
			why = "it is true or false"
		case errors.Is(number, strconv.ErrRange):
			why = "the number is out of range"
		}
		return strings.Replace(text, number.Error(), why, 1)
	}
	if strings.HasPrefix(text, "unknown shorthand flag") {
		text += `; put "--" before a text that begins with a dash`
	}
	return text
}

// family makes c a command that only groups others.
func family(c *cobra.Command, verbs ...*cobra.Command) *cobra.Command {
	c.AddCommand(verbs...)
	c.RunE = unknown
	return c
}

// Execute runs the command line. It is cobra's, but for help on a verb that does not exist: that is a mistake,
// not a success.
func Execute(root *cobra.Command) error {
	var mistake error
	help := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		if words := c.Flags().Args(); c.HasSubCommands() && len(words) > 0 {
			mistake = unknown(c, words)
			return
		}
		help(c, args)
	})
	root.SetHelpCommand(&cobra.Command{
		Use: "help [VERB]", Short: "Show how a verb is used", Example: "  aura help send",
		RunE: func(c *cobra.Command, args []string) error {
			of, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 && of.HasSubCommands() {
				return unknown(of, rest)
			}
			return of.Help()
		},
	})
	if err := root.Execute(); err != nil {
		return err
	}
	return mistake
}

// unknown is the action of a command that only groups others, for a verb that it does not have, or for none.
func unknown(c *cobra.Command, args []string) error {
	var names []string
	for _, v := range c.Commands() {
		if v.IsAvailableCommand() {
			names = append(names, v.Name())
		}
	}
	if len(args) == 0 {
		return Usage(c, "%s needs a verb: %s", c.CommandPath(), strings.Join(names, ", "))
	}
	c.SuggestionsMinimumDistance = 2 // letters to change
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		names = near
	}
	return Usage(c, "%s has no verb %q: there is %s", c.CommandPath(), args[0], strings.Join(names, ", "))
}

// Report prints err as one line and returns the exit code.
func Report(s *Shell, err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, syscall.EPIPE):
		return 1 // the reader has gone, as head does: it knows
	}
	u := &usageError{}
	mistake := errors.As(err, &u)
	text, kind, code := aura.Reason(err), aura.KindOf(err).String(), 1
	if _, ended := errors.AsType[*task.Ended](err); ended && errors.Is(err, aura.Cancelled) {
		text = "interrupted"
	}
	if mistake {
		text, kind, code = u.text, "usage", 2
	}
	text = oneLine(text)
	if s.JSON {
		enc := json.NewEncoder(s.Err)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(map[string]string{"error": text, "kind": kind}) // an error of Err has no other reader
		return code
	}
	fmt.Fprintln(s.Err, s.name()+": "+s.Named(text))
	if mistake {
		fmt.Fprintf(s.Err, "try: %s --help\n", u.command)
	}
	return code
}
