package cli

import "github.com/spf13/cobra"

// Family makes c a command that only groups others: without a verb it names those it has.
func Family(c *cobra.Command, verbs ...*cobra.Command) *cobra.Command { return family(c, verbs...) }

// Clean makes text of others safe to print: what would steer a terminal or reorder the text around it is
// replaced. Line breaks and tabs stay.
func Clean(text string) string { return clean(text) }

// Count returns a number with its noun: "1 fact", "2 facts".
func Count(n int, noun string) string { return count(n, noun) }
