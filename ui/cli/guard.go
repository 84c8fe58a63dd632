package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/task"
)

func guardCommand(s *Shell) *cobra.Command {
	return family(&cobra.Command{
		Use:     "guard",
		Short:   "Look into the decisions of the guard, and change its capabilities",
		Example: "  aura guard explain Ben chat:send\n  aura guard delegate Ben chat:send --for 24h",
	}, guardExplainCommand(s), guardTokensCommand(s), guardDelegateCommand(s), guardRevokeCommand(s))
}

func guardExplainCommand(s *Shell) *cobra.Command {
	return &cobra.Command{
		Use:   "explain CONTACT|GROUP OPERATION",
		Short: "Say whether an operation would be allowed now, and why",
		Long: `Show the guard's decision, now, about a small message to a contact or a group: which stage would deny it,
the answer of each of your tokens, by which block and which check, and the rest of each budget. OPERATION is the name of
a capability, such as chat:send. Nothing is sent and nothing is charged. The exit code is 1 when it would be denied.`,
		Example: "  aura guard explain Ben chat:send\n  aura guard explain Friends group:leave --json",
		Args:    Exactly(2, "a name and an operation"),
		RunE: func(_ *cobra.Command, args []string) error {
			return s.Resolved("guard explain", args[0], func(tc task.Context, core *app.Core, in app.Ref) error {
				e, err := core.Explain(tc, in, args[1])
				if err != nil {
					return err
				}
				if s.JSON {
					err = s.Object(e)
				} else {
					err = s.explain(&e, in, tc.Now().At)
				}
				if err == nil && !e.Allowed {
					err = aura.Errorf("cli.guardExplainCommand", aura.Denied, "%s would be denied", e.Capability)
				}
				return err
			})
		},
	}
}

// explain prints an explanation for a person, in the order of the guard's stages.
func (s *Shell) explain(e *capability.Explanation, in app.Ref, now aura.Instant) error {
	var b strings.Builder
	if e.Allowed {
		fmt.Fprintf(&b, "%s would be allowed\n", e.Capability)
	} else {
		fmt.Fprintf(&b, "%s would be denied by the stage %s: %s\n", e.Capability, e.Stage, e.Reason)
	}
	if len(e.Tokens) == 0 {
		b.WriteString("token      there is none\n")
	}
	for i := range e.Tokens {
		tokenText(&b, &e.Tokens[i])
	}
	for i := range e.Budgets {
		who := in.Name
		if in.Group {
			who = aura.Short(e.Budgets[i].Peer)
		}
		budgetText(&b, &e.Budgets[i], who, now)
	}
	for _, l := range e.Leaks {
		if !l.Defined {
			fmt.Fprintf(&b, "leakage    to %s: no budget, so nothing may be told\n", l.Name)
			continue
		}
		fmt.Fprintf(&b, "leakage    to %s: %s of %d left\n", l.Name, count(int(l.Limit-min(l.Limit, l.Spent)), "bit"), l.Limit)
	}
	_, err := fmt.Fprint(s.Out, b.String())
	return err
}

func tokenText(b *strings.Builder, t *capability.TokenAnswer) {
	id := "unreadable"
	if len(t.Block) >= 4 {
		id = fmt.Sprintf("%x, %s", t.Block[:4], count(t.Blocks, "block"))
	}
	if t.Reason == "" {
		fmt.Fprintf(b, "token      %s: permits it\n", id)
		return
	}
	fmt.Fprintf(b, "token      %s: %s\n", id, t.Reason)
	for _, f := range t.Failed {
		fmt.Fprintf(b, "           block %d, check %d does not hold: %s\n", f.Block, f.Check, oneLine(f.Text))
	}
}

func budgetText(b *strings.Builder, budget *capability.Budget, who string, now aura.Instant) {
	fmt.Fprintf(b, "budget     %s left of %d for %s, full again in %s", count(int(budget.Limit-min(budget.Limit, budget.Spent)), "unit"),
		budget.Limit, who, span(max(time.Duration(budget.Turns.Sub(now)), 0)))
	if budget.Waits != "" {
		fmt.Fprintf(b, "; the message would wait: %s", budget.Waits)
	}
	b.WriteString("\n")
}
