package demo

import (
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
	"github.com/aura-runtime/aura/world"
)

// demoBudget is the most that the demonstration may take. A stage that is not over then has failed.
const demoBudget = time.Minute

// Options are the demonstration's inputs from the process.
type Options struct {
	// Run executes fn as the root task of the process with this event log, and blocks until it and all it started
	// ended. An interrupt cancels it. Required.
	Run func(name string, log world.Log, fn func(task.Context) error) error
	// Version is the version that the agents report.
	Version string
}

// Command returns the verb demo.
func Command(s *cli.Shell, o Options) *cobra.Command {
	var agents int
	c := &cobra.Command{
		Use:   "demo",
		Short: "Watch two agents meet and talk, in a temporary folder",
		Long: `Watch two agents, Ada and Ben, meet and talk in this process: each with its own account, its own journal
on disk and its own encrypted links over the loopback network. Every line is one stage of the road of a message and
begins with whose agent it is. With --agents 3 Cleo joins, and a group. Nothing remains on the disk.`,
		Example: "  aura demo\n  aura demo --agents 3\n  aura demo --json",
		Args:    cli.None,
		RunE: func(c *cobra.Command, _ []string) error {
			if agents != 2 && agents != 3 {
				return cli.Usage(c, "--agents must be 2 or 3, got %d", agents)
			}
			return run(s, o, agents)
		},
	}
	c.Flags().IntVar(&agents, "agents", 2, "how many agents: 2 or 3")
	return c
}

// run plays the demonstration in a temporary folder, which it removes.
func run(s *cli.Shell, o Options, agents int) (err error) {
	dir, err := os.MkdirTemp("", "aura-demo-")
	if err != nil {
		return aura.Errorf("demo.run", aura.Unavailable, "temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	decisions := &decisionCount{}
	return o.Run("demo", decisions, func(tc task.Context) error {
		d := newDemo(s, dir, o.Version, agents, decisions)
		printer := task.NewGroup(tc, "road")
		printer.Go("print", d.road.print)
		err := d.play(tc)
		// All reports are printed before the demonstration ends, also those before a failure.
		d.road.lines.Close()
		return errors.Join(err, printer.Wait(tc), d.conclude(err))
	})
}

// demo is one demonstration: its people, and its counters.
type demo struct {
	shell     *cli.Shell
	road      *road
	cast      []*actor
	decisions *decisionCount
	sum       summary
}

// summary is the last line.
type summary struct {
	Stage     string  `json:"stage"`
	Agents    int     `json:"agents"`
	Messages  int     `json:"messages"`
	Facts     uint64  `json:"facts"`
	Decisions uint64  `json:"decisions"`
	Denied    uint64  `json:"denied"`
	Seconds   float64 `json:"seconds"`
}

func newDemo(s *cli.Shell, dir, version string, agents int, decisions *decisionCount) *demo {
	d := &demo{shell: s, road: newRoad(s), decisions: decisions, sum: summary{Stage: "summary", Agents: agents}}
	for _, name := range []string{"Ada", "Ben", "Cleo"}[:agents] {
		d.cast = append(d.cast, &actor{name: name, home: filepath.Join(dir, name), version: version, road: d.road})
	}
	return d
}

// play goes through the stages and counts. The agents are stopped in any case.
func (d *demo) play(tc task.Context) (err error) {
	tc, done := tc.WithBudget("demo", demoBudget)
	defer done()
	began := tc.Elapsed()
	for _, a := range d.cast {
		if err := a.found(tc); err != nil {
			return stageError(a.name+"'s account", err)
		}
	}
	group := task.NewGroup(tc, "agents")
	defer func() {
		for _, a := range d.cast {
			if stopped := a.rest(tc); err == nil && stopped != nil {
				err = stageError(a.name+"'s agent stops", stopped)
			}
		}
	}()
	for _, a := range d.cast {
		if err := a.rise(tc, group); err != nil {
			return stageError(a.name+"'s agent starts", err)
		}
	}
	if err := d.story(tc); err != nil {
		return err
	}
	for _, a := range d.cast {
		now, err := a.core.Status(tc)
		if err != nil {
			return stageError(a.name+"'s status", err)
		}
		d.sum.Facts += uint64(now.Facts)
	}
	d.sum.Decisions, d.sum.Denied = d.decisions.allowed.Load()+d.decisions.denied.Load(), d.decisions.denied.Load()
	d.sum.Seconds = float64((tc.Elapsed()-began)/time.Millisecond) / 1000
	return nil
}

// conclude prints the summary of a play that went well.
func (d *demo) conclude(failed error) error {
	if failed != nil {
		return nil
	}
	n := &d.sum
	return d.shell.Print(n, `
%d agents, %d messages delivered, %d facts, %d guard decisions (%d denied), %.1f s`,
		n.Agents, n.Messages, n.Facts, n.Decisions, n.Denied, n.Seconds)
}

// stageError says which stage of the demonstration failed, and why.
func stageError(stage string, err error) error {
	return aura.Errorf("demo.run", aura.KindOf(err), "%s: %s", stage, aura.Reason(err))
}

// decisionCount is an event log that counts the decisions of the guards.
type decisionCount struct{ allowed, denied atomic.Uint64 }

// Emit implements [world.Log].
func (c *decisionCount) Emit(e world.Event) {
	switch {
	case e.Family() != world.FamilyGuard:
	case e.ErrorKind() == 0:
		c.allowed.Add(1)
	default:
		c.denied.Add(1)
	}
}
