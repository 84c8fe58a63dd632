package program

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
)

func doctorCommand(s *cli.Shell) *cobra.Command {
	operations, services := false, false
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check this account and this machine, and say how to mend each problem",
		Long: `Check this account and this machine, and say how to mend each problem: the account's files, their format
and who may read them, whether the keys open and every fact of the journal is intact, the socket, the network ports, the
clock and the space on the disk. It changes nothing of the account. The exit code is 1 when something is wrong.

--operations lists instead what each domain does: the operation, its category (A optimistic, B deferred, C ceremony), who
begins it, the kind of fact that it leaves, and the choreography of a ceremony.

--services prints instead what each service of the running agent declares: the group that owns it, its category of
ownership, the bound of its mailbox, what state it owns and by what (its loop, its mailbox or a lock), and the families of
events that it reports. With both, the operations come first.`,
		Example: "  aura doctor\n  aura doctor --json\n  aura doctor --services\n  aura doctor --operations",
		Args:    cli.None,
		RunE: func(c *cobra.Command, _ []string) error {
			if operations || services {
				return list(s, operations, services)
			}
			var flags protectFlags
			named, err := flags.named(c)
			if err != nil {
				return err
			}
			home, err := s.Folder()
			if err != nil {
				return err
			}
			var findings []finding
			err = s.Run("doctor", func(tc task.Context) error {
				findings = examine(tc, s, home, named)
				return nil
			})
			if err != nil {
				return err
			}
			return reportFindings(s, findings)
		},
	}
	c.Flags().BoolVar(&operations, "operations", false, "list the operations of every domain, with their category")
	c.Flags().BoolVar(&services, "services", false, "print the declarations of the running agent's services")
	return c
}

// list prints the operations, the services or both, and nothing when the agent cannot say its services.
func list(s *cli.Shell, operations, services bool) error {
	var declared []status.Declared
	if services {
		home, err := s.Folder()
		if err != nil {
			return err
		}
		err = s.Run("doctor", func(tc task.Context) (err error) {
			declared, err = askServices(tc, home)
			return err
		})
		if err != nil {
			return err
		}
	}
	if operations {
		if err := printOperations(s); err != nil || !services {
			return err
		}
		if !s.JSON {
			if err := s.Print(nil, ""); err != nil {
				return err
			}
		}
	}
	return printServices(s, declared)
}

// finding is the outcome of one check.
type finding struct {
	Check  string `json:"check"`
	State  string `json:"state"` // "ok", "problem" or "unknown"
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

// The states of a finding.
const (
	stateOK      = "ok"
	stateProblem = "problem"
	stateUnknown = "unknown"
)

func well(check, format string, args ...any) finding {
	return finding{Check: check, State: stateOK, OK: true, Detail: fmt.Sprintf(format, args...)}
}

func ill(check, fix, format string, args ...any) finding {
	return finding{Check: check, State: stateProblem, Detail: fmt.Sprintf(format, args...), Fix: fix}
}

// unseen is the finding of a check that could not look: nothing is known to be wrong, nor to be right.
func unseen(check, fix, format string, args ...any) finding {
	return finding{Check: check, State: stateUnknown, Detail: "not looked at: " + fmt.Sprintf(format, args...), Fix: fix}
}

func reportFindings(s *cli.Shell, findings []finding) error {
	count := map[string]int{}
	for _, f := range findings {
		count[f.State]++
		fix := ""
		if f.Fix != "" {
			fix = "\n                      fix: " + f.Fix
		}
		if err := s.Print(f, "%-7s  %-11s  %s%s", f.State, f.Check, f.Detail, fix); err != nil {
			return err
		}
	}
	switch problems := count[stateProblem]; {
	case problems == 1:
		return aura.Errorf("program.reportFindings", aura.Unavailable, "one problem was found")
	case problems > 1:
		return aura.Errorf("program.reportFindings", aura.Unavailable, "%d problems were found", problems)
	case count[stateUnknown] > 0 && !s.JSON:
		return s.Print(nil, "no problem was found where doctor could look")
	}
	return nil
}

// examine runs every check that makes sense for the home.
func examine(tc task.Context, s *cli.Shell, home string, named protectFlags) []finding {
	findings := []finding{checkSpace(home), checkPorts()}
	switch err := agent.FindHome(home); {
	case errors.Is(err, aura.NotFound):
		return append(findings, ill("account", "aura init --name NAME"+s.HomeFlag(), "%s", aura.Reason(err)))
	case err != nil:
		return append(findings, ill("account", "", "%s", aura.Reason(err)))
	}
	findings = append(findings, checkAccount(home), checkFormat(home), checkModes(home, named), checkClock(tc, home))
	running, err := askAgent(tc, home)
	switch {
	case errors.Is(err, aura.Timeout):
		return append(findings, ill("agent", "let its process go on, or end it and run aura up", "it runs and does not answer"),
			unseen("keys", "", "the agent has them"), unseen("journal", "", "the agent has it"))
	case err == nil:
		findings = append(findings, checkServices(&running), well("journal", "in use by the running agent, %d facts", running.Facts), countLogs(running.Logs))
		findings = append(append(findings, checkFolds(running.Quarantined)...), checkRecordings(&running)...)
		return append(findings, checkPeers(tc, home, &running)...)
	}
	findings = append(findings, well("agent", "not running; aura up starts it"), checkSocket(home))
	return append(findings, checkKeysAndJournal(tc, s, home, named)...)
}
