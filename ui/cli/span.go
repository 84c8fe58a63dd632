package cli

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
)

// spanValue is a flag that takes a duration as [span] prints it: Go's form, and days in front: "7d", "1d12h".
type spanValue struct{ to *time.Duration }

// spanVar adds such a flag.
func spanVar(c *cobra.Command, to *time.Duration, name string, value time.Duration, usage string) {
	*to = value
	c.Flags().Var(spanValue{to}, name, usage)
}

// Set implements cobra's flag value.
func (v spanValue) Set(text string) error {
	d, err := parseSpan(text)
	if err != nil {
		return errors.New(aura.Reason(err)) // cobra prints all of it
	}
	*v.to = d
	return nil
}

// String implements cobra's flag value.
func (v spanValue) String() string {
	if v.to == nil || *v.to == 0 {
		return "" // the usage explains the absence
	}
	return span(*v.to)
}

// Type implements cobra's flag value.
func (v spanValue) Type() string { return "duration" }

// parseSpan reads a duration. It returns [aura.Invalid] for anything else.
func parseSpan(text string) (time.Duration, error) {
	const day = 24 * time.Hour
	const mostDays = 36_500
	invalid := aura.Errorf("cli.parseSpan", aura.Invalid, "%q is no duration: write such as 30s, 12h, 7d or 1d12h", text)
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "", text
	}
	var sum time.Duration
	if found {
		n, err := strconv.ParseUint(days, 10, 32)
		if err != nil || n > mostDays {
			return 0, invalid
		}
		sum = time.Duration(n) * day
	}
	if rest == "" && found {
		return sum, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || found && (d < 0 || d >= day) {
		return 0, invalid
	}
	return sum + d, nil
}
