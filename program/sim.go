package program

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/sim"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
)

// simFlags are the flags that describe worlds.
type simFlags struct {
	sim.Options
	seeds  string
	trace  string
	script string
	jobs   int
}

func simCommand(s *cli.Shell) *cobra.Command {
	var f simFlags
	c := &cobra.Command{
		Use:   "sim",
		Short: "Run simulated worlds and check their invariants",
		Long: `Live through a simulated world of real agents: people meet, talk, read, rename and block, and with
--faults the network is cut, people move, processes are killed, services panic, disks fail, fill up or hang, clocks
differ and jump, people take the names of others, and some are away for weeks. With --copies a home is copied at any
instant and the copy started beside it, or the home restored from an earlier copy; in few minutes there may be no copy, and
the report says so. With --devices people enrol further devices of their accounts and remove them, and a removed one tries
to go on; devices give parts of their budgets away, and two change the list of devices at once. With --sessions devices begin
sessions with contacts, groups and each other, whose programs are slow, wait and fail, and present capabilities that are
spent or forged; with --devices 2 or more, sessions move between the devices of a person. The invariants are checked
throughout. A seed decides everything: the same seed gives the same world, step for
step, and so the same digest.

With --script people act only by the commands of a file, one a line: peer, submit, view, facts, link, cut, crash,
advance. "-" reads it from standard input; their output is printed.

With --seeds many worlds are lived through, and the first that fails is shown with the command that replays it. To see
that the checks bite, --plant puts a bug into every agent:
` + plants(),
		Example: `  aura sim --seed 42
  aura sim --seed 42 --agents 4 --minutes 10 --faults --json
  aura sim --seeds 1..200 --agents 4 --minutes 10 --faults
  aura sim --seed 1 --agents 4 --minutes 10 --faults --copies
  aura sim --script story.txt
  aura sim --seed 1 --faults --minutes 10 --plant ` + sim.PlantForgetDedup,
		Args: cli.None,
		RunE: func(c *cobra.Command, _ []string) error {
			f.Modules = s.Modules
			if f.Agents < sim.MinAgents || f.Agents > sim.MaxAgents {
				return cli.Usage(c, "--agents must be %d to %d, got %d", sim.MinAgents, sim.MaxAgents, f.Agents)
			}
			if f.Devices < 1 || f.Devices > sim.MaxDevices {
				return cli.Usage(c, "--devices must be 1 to %d, got %d", sim.MaxDevices, f.Devices)
			}
			if f.Sessions < 0 || f.Sessions > sim.MaxSessions || f.Sessions > 0 && f.Copies {
				return cli.Usage(c, "--sessions must be 0 to %d, and goes not with --copies, got %d", sim.MaxSessions, f.Sessions)
			}
			if f.Minutes < 1 || f.Minutes > sim.MaxMinutes {
				return cli.Usage(c, "--minutes must be 1 to %d, got %d", sim.MaxMinutes, f.Minutes)
			}
			if f.jobs < 1 {
				return cli.Usage(c, "--jobs must be 1 or more, got %d", f.jobs)
			}
			// A slow host is said, in whole lines, and changes no verdict.
			f.Slow = func(slow task.Slow) { fmt.Fprintln(os.Stderr, "aura sim:", slow) }
			if f.script != "" {
				if f.seeds != "" || f.trace != "" || f.Faults || f.Copies || f.Devices != 1 || f.Sessions != 0 || f.Plant != "" {
					return cli.Usage(c, "--script goes with --seed alone")
				}
				return simScript(s, &f)
			}
			if f.seeds == "" {
				return simOne(s, c, &f)
			}
			if c.Flags().Changed("seed") || f.trace != "" {
				return cli.Usage(c, "--seeds goes with neither --seed nor --trace")
			}
			first, last, ok := parseSeeds(f.seeds)
			if !ok {
				return cli.Usage(c, "--seeds must be a range such as 1..200, got %q", f.seeds)
			}
			return simMany(s, c, &f, first, last)
		},
	}
	flags := c.Flags()
	flags.Uint64Var(&f.Seed, "seed", 1, "what decides everything that happens by chance")
	flags.StringVar(&f.seeds, "seeds", "", "a range of seeds, such as 1..200: one world for each")
	flags.IntVar(&f.Agents, "agents", 3, fmt.Sprintf("how many people, %d to %d", sim.MinAgents, sim.MaxAgents))
	flags.IntVar(&f.Minutes, "minutes", 10, fmt.Sprintf("simulated minutes in which they are busy, 1 to %d", sim.MaxMinutes))
	flags.BoolVar(&f.Faults, "faults", false, "let all that go wrong which can")
	flags.BoolVar(&f.Copies, "copies", false, "let homes be copied and run twice, and be restored from old copies")
	flags.IntVar(&f.Devices, "devices", 1, fmt.Sprintf("how many devices an account may have, 1 to %d: above 1 people enrol and remove some", sim.MaxDevices))
	flags.IntVar(&f.Sessions, "sessions", 0, fmt.Sprintf("how many sessions each device begins at most, 0 to %d, without --copies", sim.MaxSessions))
	flags.StringVar(&f.Plant, "plant", "", "a bug to put into every agent, one of those above")
	flags.StringVar(&f.script, "script", "", "run only the commands of this file")
	flags.StringVar(&f.trace, "trace", "", "write every event to this file, one a line")
	flags.IntVar(&f.jobs, "jobs", runtime.GOMAXPROCS(0), "worlds at once, 1 or more, with --seeds")
	return c
}

// plants lists the bugs that --plant knows, in lines of a few.
func plants() string {
	var lines []string
	for few := range slices.Chunk(sim.Plants(), 6) {
		lines = append(lines, "  "+strings.Join(few, ", "))
	}
	return strings.Join(lines, ",\n") + "."
}

// parseSeeds reads "A..B".
func parseSeeds(text string) (first, last uint64, ok bool) {
	a, b, found := strings.Cut(text, "..")
	first, errFirst := strconv.ParseUint(a, 10, 64)
	last, errLast := strconv.ParseUint(b, 10, 64)
	return first, last, found && errFirst == nil && errLast == nil && first <= last
}

// simVerdict is the answer to one seed.
type simVerdict struct {
	sim.Report
	Real    aura.Duration `json:"real_ns"`
	Ratio   float64       `json:"ratio"` // simulated time by real time
	Verdict string        `json:"verdict"`
	Note    string        `json:"note,omitempty"`   // what the world was asked for and did not have
	Replay  string        `json:"replay,omitempty"` // the command that shows a failure again
}

const (
	verdictHeld     = "held"
	verdictViolated = "violated"
)

func (f *simFlags) verdict(r sim.Report, real aura.Duration) simVerdict {
	v := simVerdict{Report: r, Real: real, Ratio: float64(r.Simulated) / float64(max(real, 1)), Verdict: verdictHeld}
	v.Note = f.note(&r.Troubles, &r.Sessions)
	if len(r.Violations) > 0 {
		v.Verdict, v.Replay = verdictViolated, f.replay(r.Seed)
	}
	return v
}

// note says that chance made no copy, or moved no session, where that was asked for.
func (f *simFlags) note(t *sim.Troubles, s *sim.Sessions) string {
	if f.Sessions > 0 && f.Devices > 1 && s.Moved == 0 {
		return "no session moved to another device: give it more --minutes"
	}
	if f.Copies && t.Copies == 0 {
		return "no copy of a home was started beside it: give it more --minutes"
	}
	return ""
}

// replay returns the command that runs the world of a seed again.
func (f *simFlags) replay(seed uint64) string {
	command := fmt.Sprintf("aura sim --seed %d --agents %d --minutes %d", seed, f.Agents, f.Minutes)
	if f.Faults {
		command += " --faults"
	}
	if f.Copies {
		command += " --copies"
	}
	if f.Devices > 1 {
		command += fmt.Sprintf(" --devices %d", f.Devices)
	}
	if f.Sessions > 0 {
		command += fmt.Sprintf(" --sessions %d", f.Sessions)
	}
	if f.Plant != "" {
		command += " --plant " + f.Plant
	}
	return command
}

// simOne runs one world and prints its report.
func simOne(s *cli.Shell, c *cobra.Command, f *simFlags) (err error) {
	if f.trace != "" {
		file, err := os.Create(f.trace)
		if err != nil {
			return aura.Errorf("program.simOne", aura.Unavailable, "trace: %w", err)
		}
		lines := bufio.NewWriter(file)
		f.Trace = lines
		defer func() { err = errors.Join(err, lines.Flush(), file.Close()) }()
	}
	var v simVerdict
	runWorlds(seedsOf(f.Seed, f.Seed), 1, f.run, func(w lived) bool {
		v, err = f.verdict(w.report, w.real), w.err
		return false
	})
	if err != nil {
		return usageOf(c, err)
	}
	if s.JSON {
		err = s.Object(v)
	} else {
		err = v.print(s.Out)
	}
	return errors.Join(err, v.failure())
}

func (f *simFlags) run(seed uint64) (sim.Report, error) {
	o := f.Options
	o.Seed = seed
	return sim.Run(o)
}

// usageOf turns options that no world takes into a mistake in the command line.
func usageOf(c *cobra.Command, err error) error {
	if errors.Is(err, aura.Invalid) {
		return cli.Usage(c, "%s", aura.Reason(err))
	}
	return err
}

// failure returns the error of a world in which something did not hold.
func (v *simVerdict) failure() error {
	if v.Verdict == verdictHeld {
		return nil
	}
	return aura.Errorf("program.simOne", aura.Internal, "seed %d: %d violation(s); replay: %s", v.Seed, len(v.Violations), v.Replay)
}

func (v *simVerdict) print(to io.Writer) error {
	_, err := fmt.Fprintf(to, `seed         %d
digest       %s
time         %v simulated in %v, %.0f times as fast
people       %d pairs met, %d groups, %d actions
messages     %d sent, %d delivered, %d facts in all journals
%strouble      %s
`,
		v.Seed, v.Digest, v.Simulated.Round(time.Second), v.Real.Round(time.Millisecond), v.Ratio,
		v.Contacts, v.Groups, v.Operations, v.Messages, v.Deliveries, v.Facts, sessions("sessions     ", &v.Sessions),
		troubles(&v.Troubles))
	for _, violation := range v.Violations {
		if err == nil {
			_, err = fmt.Fprintln(to, "violation   ", violation)
		}
	}
	if err == nil && v.Note != "" {
		_, err = fmt.Fprintln(to, "note        ", v.Note)
	}
	if err == nil && v.Verdict == verdictHeld {
		_, err = fmt.Fprintln(to, "verdict      every invariant held")
	}
	return err
}

// sessions says how sessions ended, in lines with a beginning; nothing when there was none.
func sessions(begin string, s *sim.Sessions) string {
	if s.Opened == 0 {
		return ""
	}
	var words []string
	for _, one := range []struct {
		count int
		what  string
	}{
		{s.Refused, "refused"}, {s.Agreed, "agreements"}, {s.Changed, "changes of version"}, {s.Outlasted, "outlasted"}, {s.Moves, "moves"},
		{s.Moved, "made"}, {s.Attenuated, "attenuated"}, {s.Back, "back"}, {s.Carried, "with a version"}, {s.Struck, "struck"}, {s.Forbidden, "forbidden"},
		{s.Stale, "stale capabilities"}, {s.Beyond, "beyond a scope"}, {s.Forged, "forged"}, {s.Routed, "routed across bundles"}, {s.Astray, "astray"},
	} {
		words = append(words, fmt.Sprintf("%d %s", one.count, one.what))
	}
	return fmt.Sprintf("%s%d opened, at participants %d completed, %d failed, %d cancelled, %d expired,\n%s%s\n",
		begin, s.Opened, s.Completed, s.Failed, s.Cancelled, s.Expired, troubleIndent, inLines(words, troubleIndent))
}

// troubles lists the faults of one world.
func troubles(t *sim.Troubles) string {
	var words []string
	for _, one := range t.All() {
		words = append(words, fmt.Sprintf("%d %s", one.Count, one.Kind))
	}
	return inLines(words, troubleIndent)
}

// troublesIn lists the faults of many worlds, and in how many of them each happened.
func troublesIn(t, worlds *sim.Troubles) string {
	var words []string
	in := worlds.All()
	for i, one := range t.All() {
		words = append(words, fmt.Sprintf("%d %s in %d", one.Count, one.Kind, in[i].Count))
	}
	return inLines(words, troubleIndent)
}

// troubleIndent is where the values of a report begin.
const troubleIndent = "             "

// inLines joins words by commas, in lines that fit a terminal with an indent.
func inLines(words []string, indent string) string {
	const widest = 100
	var b strings.Builder
	width := len(indent)
	for i, word := range words {
		switch {
		case i == 0:
		case width+len(", ")+len(word) > widest:
			b.WriteString(",\n" + indent)
			width = len(indent)
		default:
			b.WriteString(", ")
			width += len(", ")
		}
		b.WriteString(word)
		width += len(word)
	}
	return b.String()
}

// simSum is the answer to many seeds.
type simSum struct {
	First     uint64        `json:"first_seed"`
	Last      uint64        `json:"last_seed"`
	Worlds    int           `json:"worlds"` // lived through
	Simulated aura.Duration `json:"simulated_ns"`
	Real      aura.Duration `json:"real_ns"` // of all worlds together, also when several ran at once
	Messages  int           `json:"messages"`
	sim.Troubles
	Sessions sim.Sessions `json:"sessions"`
	In       sim.Troubles `json:"worlds_with"` // in how many worlds each trouble happened
	Verdict  string       `json:"verdict"`
	Note     string       `json:"note,omitempty"`   // as in simVerdict, of all worlds together
	Failed   *simVerdict  `json:"failed,omitempty"` // the first seed that failed
}

// simMany runs the worlds of a range of seeds, up to the first that fails.
func simMany(s *cli.Shell, c *cobra.Command, f *simFlags, first, last uint64) error {
	sum := simSum{First: first, Last: last, Verdict: verdictHeld}
	var failed error
	runWorlds(seedsOf(first, last), f.jobs, f.run, func(w lived) bool {
		if w.err != nil {
			failed = usageOf(c, w.err)
			return false
		}
		v := f.verdict(w.report, w.real)
		sum.Worlds++
		sum.Simulated += v.Simulated
		sum.Real += v.Real
		sum.Messages += v.Messages
		sum.Troubles.Add(&v.Troubles)
		sum.Sessions.Add(&v.Sessions)
		sum.In.Add(v.Happened())
		fmt.Fprintf(s.Err, "seed %d  %s  %v in %v\n", v.Seed, v.Verdict, v.Simulated.Round(time.Second), v.Real.Round(time.Millisecond))
		if v.Verdict != verdictHeld {
			sum.Verdict, sum.Failed = v.Verdict, &v
			failed = v.failure()
		}
		return failed == nil
	})
	if sum.Worlds == 0 {
		return failed
	}
	var err error
	sum.Note = f.note(&sum.Troubles, &sum.Sessions)
	switch {
	case s.JSON:
		err = s.Object(sum)
	case sum.Failed != nil:
		err = sum.Failed.print(s.Out)
	default:
		_, err = fmt.Fprintf(s.Out, "seeds %d..%d: every invariant held in %d worlds, %v simulated in %v, %d messages\n%strouble, in how many worlds:\n%s%s\n",
			first, last, sum.Worlds, sum.Simulated.Round(time.Second), sum.Real.Round(time.Millisecond), sum.Messages, sessions("sessions: ", &sum.Sessions), troubleIndent, troublesIn(&sum.Troubles, &sum.In))
		if err == nil && sum.Note != "" {
			_, err = fmt.Fprintln(s.Out, sum.Note)
		}
	}
	return errors.Join(err, failed)
}

// seedsOf returns the seeds of a range in order, one at a time.
func seedsOf(first, last uint64) func(func(uint64) bool) {
	return func(yield func(uint64) bool) {
		for seed := first; ; seed++ {
			if !yield(seed) || seed == last {
				return
			}
		}
	}
}
