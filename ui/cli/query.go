package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/query"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

func queryCommand(s *Shell) *cobra.Command {
	var asOf uint64
	var follow, kinds bool
	c := &cobra.Command{
		Use:   "query TEXT | query --kinds",
		Short: "Ask your journal a question in Datalog",
		Long: `Ask your journal a question in Datalog. A fact of the kind chat.message is chat:message($id, …): its
identifier, then the columns of its kind: --kinds lists what there is. kind($id, $kind), author($id, $authority),
place($id, $context) and position($id, $n) tell the rest of any fact. {self} stands for yourself.

TEXT is the body of a rule, or a program whose last rule is the answer. --as-of asks the journal as it was when it
ended at a position, which "aura status" shows.

Only facts that the query can use are read: name kinds, and bound positions ($n > 1000) where the journal is long. What
the evaluation may cost is limited; an error names the limit and how to stay below it. Ctrl-C ends it.`,
		Example: "  aura query 'contact:added($id, $context, $authority, $name)'\n" +
			"  aura query 'answer($text) <- chat:message($id, $channel, $text, $at, $reply), author($id, {self})' --as-of 100",
		Args: func(c *cobra.Command, args []string) error {
			if kinds {
				return None(c, args)
			}
			return Exactly(1, "a query")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if kinds {
				return s.Connected("query", s.printPredicates)
			}
			if c.Flags().Changed("as-of") && asOf == 0 {
				return Usage(c, "--as-of must be 1 or more: the first fact has position 1")
			}
			if follow {
				if err := s.needsAgent(c, "--follow"); err != nil {
					return err
				}
				if asOf > 0 {
					return Usage(c, "--follow asks about now, --as-of about then: leave one out")
				}
			}
			return s.Connected("query", func(tc task.Context, core *app.Core) error {
				if follow {
					return interrupted(tc, s.followQuery(tc, core, args[0]))
				}
				r, err := core.Query(tc, args[0], fact.Position(asOf))
				if aura.KindOf(tc.Err()) == aura.Cancelled {
					return aura.Errorf("cli.queryCommand", aura.Cancelled, "interrupted: the agent has stopped looking, too")
				}
				if err != nil {
					return err
				}
				if s.JSON {
					return s.rows(&r)
				}
				return s.table(&r)
			})
		},
	}
	c.Flags().Uint64Var(&asOf, "as-of", 0, "position of the journal to ask about (default: now)")
	c.Flags().BoolVar(&kinds, "kinds", false, "list what can be asked for, and its columns")
	c.Flags().BoolVar(&follow, "follow", false, "print further rows as facts come, until interrupted")
	return c
}

// printPredicates prints what can be asked for, as it is written in a query.
func (s *Shell) printPredicates(tc task.Context, core *app.Core) error {
	all, err := core.Vocabulary(tc)
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := s.Print(p, "%s($%s)", p.Name, strings.Join(p.Terms, ", $")); err != nil {
			return err
		}
	}
	return nil
}

// followQuery prints the rows of an answer, and then each that is new.
func (s *Shell) followQuery(tc task.Context, core *app.Core, text string) error {
	shown := map[string]bool{}
	return core.FollowQuery(tc, text, func(r query.Result) error {
		fresh := query.Result{Position: r.Position, Columns: r.Columns}
		now := make(map[string]bool, len(r.Rows))
		for _, row := range r.Rows {
			key := fmt.Sprintf("%q", row)
			if now[key] = true; !shown[key] {
				fresh.Rows = append(fresh.Rows, row)
			}
		}
		shown = now
		if s.JSON {
			return s.rows(&fresh)
		}
		return s.table(&fresh)
	})
}

// columnNames returns a name for every column, its number for one without.
func columnNames(r *query.Result) []string {
	names := make([]string, len(r.Columns))
	for i, name := range r.Columns {
		if names[i] = name; name == "" {
			names[i] = strconv.Itoa(i + 1)
		}
	}
	return names
}

// rows prints each row as one object.
func (s *Shell) rows(r *query.Result) error {
	names := columnNames(r)
	for _, row := range r.Rows {
		line := map[string]query.Value{}
		for i := range row {
			line[names[i]] = row[i]
		}
		if err := s.Object(line); err != nil {
			return err
		}
	}
	return nil
}

// table prints the rows below their columns.
func (s *Shell) table(r *query.Result) error {
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	if len(r.Rows) > 0 {
		fmt.Fprintln(w, strings.Join(columnNames(r), "\t"))
	}
	for _, row := range r.Rows {
		cells := make([]string, len(row))
		for i := range row {
			cells[i] = cell(&row[i])
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return s.Print(nil, "%s, as of position %d", count(len(r.Rows), "row"), r.Position)
}

// cell returns a value in one line that cannot be taken for two columns, or for the end of the table.
func cell(v *query.Value) string {
	if v.Kind == query.KindString && strings.ContainsAny(v.Text, "\n\t") {
		quoted, err := json.Marshal(v.Text)
		if err == nil {
			return oneLine(string(quoted))
		}
	}
	return strings.ReplaceAll(oneLine(v.Text), "\t", " ")
}
