package program

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/localapi"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
)

func upCommand(s *cli.Shell) *cobra.Command {
	var listen []string
	var flags protectFlags
	var observe observeFlags
	older, sessions, posture := false, agent.Options{}, ""
	c := &cobra.Command{
		Use:   "up",
		Short: "Run the agent of this account until it is told to stop",
		Long: `Run the agent of this account in the foreground, until SIGINT (Ctrl-C) or SIGTERM. The other verbs talk to it.

--listen takes an IP address with a port, or a multiaddr, and may be repeated; the agent listens with QUIC and TCP. The
default is every interface at a free port; 127.0.0.1:0 keeps the agent to this machine. With --json the first line is
{"event":"ready",…} as soon as the agent answers.

--metrics serves counters for Prometheus at http://IP:PORT/metrics, to this machine alone. --traces appends spans of
OpenTelemetry to a file: the spans of one message have the same trace at its author and at its readers. Logs, metrics
and spans never hold a text, a key or an address of a peer. In the log, correlation_id is the beginning of the
identifier of a message, as aura read --json shows it.

--waves lets the agent take several steps of sessions at once where their protocols ask for it and the evidence
holds; aura session show says how a session runs. One step at a time is the default, because steps as small as
those of agents gain nothing by it.

--posture is for people who build protocols: with dev a broken rule of a session ends the agent where prod goes on without
that session, and ci also plays each session again at its end and compares.

A machine remembers how far each account has come that runs on it. When the home is older than that, restored from a copy
for one, up asks before it writes anything, or refuses where there is no terminal. --older-home goes on without asking:
contacts return what they have and the home lacks, and nothing that was sent is lost.`,
		Example: "  aura up\n  aura up --listen 0.0.0.0:4001\n  aura up --listen 127.0.0.1:0 --json --log-level info\n" +
			"  aura up --metrics 127.0.0.1:9464 --traces aura.spans",
		Args: cli.None,
		RunE: func(c *cobra.Command, _ []string) error {
			if s.Offline || s.Demo {
				return cli.Usage(c, "--offline and --demo do without an agent, which up runs")
			}
			addresses, private, err := listenAddresses(listen)
			if err != nil {
				return cli.Usage(c, "--listen: %s", aura.Reason(err))
			}
			named, err := flags.named(c)
			if err != nil {
				return err
			}
			if sessions.Width < 1 || sessions.Width > maxWaves {
				return cli.Usage(c, "--waves: %d steps at once, there are 1 to %d", sessions.Width, maxWaves)
			}
			if sessions.Hardening, err = machine.ParseHardening(posture); err != nil {
				return cli.Usage(c, "--posture: %s", aura.Reason(err))
			}
			seen, err := observe.observers(c)
			if err != nil {
				return err
			}
			o := agent.HomeOptions{Listen: addresses, Private: private, Older: older, Newest: newestMark(s)}
			return runAgent(s, named, o, seen, sessions)
		},
	}
	c.Flags().StringArrayVar(&listen, "listen", nil, "where to listen: IP:PORT or a multiaddr (default every interface, a free port)")
	c.Flags().BoolVar(&older, "older-home", false, "go on with a home that is older than what this machine last ran")
	c.Flags().IntVar(&sessions.Width, "waves", 1, "how many steps of sessions are taken at once where their admission allows it, 1 to 64")
	c.Flags().StringVar(&posture, "posture", machine.HardeningProduction.String(), "how strict sessions are: prod, dev or ci")
	observe.add(c)
	flags.add(c)
	return c
}

// maxWaves is the most steps that --waves takes: no policy admits more than four.
const maxWaves = 64

// runAgent opens the account and serves it until a signal, or until one of its services fails.
func runAgent(s *cli.Shell, named protectFlags, o agent.HomeOptions, seen *observers, sessions agent.Options) error {
	home, err := s.Folder()
	if err != nil {
		return err
	}
	if err := s.Account(home); err != nil {
		return err
	}
	if err := refuseSecond(s, home); err != nil {
		return err // before a passphrase is asked for
	}
	p, err := openProtector(home, named, true)
	if err != nil {
		return withRemedy(s, home, named, err)
	}
	log, err := seen.open(s.Err)
	if err != nil {
		return err
	}
	run := func() error {
		return runUntilStopped("up", log, func(tc task.Context, stop *task.Latch) error {
			return serveHome(tc, s, home, p, o, seen, stop, sessions)
		})
	}
	err = run()
	if old, ok := errors.AsType[*agent.StaleError](err); ok {
		if err = mayGoOn(s, old); err == nil {
			o.Older = true
			err = run()
		}
	}
	err = withRemedy(s, home, named, err)
	if closing := seen.close(); err == nil {
		err = closing
	}
	return err
}

// withRemedy adds to the reason why an account does not start what helps beyond the file that it names.
func withRemedy(s *cli.Shell, home string, named protectFlags, err error) error {
	const op = "program.withRemedy"
	switch kind := aura.KindOf(err); kind {
	case aura.Corrupt:
		return aura.Errorf(op, kind, "%s; this says what to do: aura doctor%s", aura.Reason(err), s.HomeFlag())
	case aura.Denied:
		if modes := checkModes(home, named); !modes.OK && !strings.Contains(aura.Reason(err), modes.Fix) {
			return aura.Errorf(op, kind, "%s; or for the whole account: %s", aura.Reason(err), modes.Fix)
		}
	}
	return err
}

// serveHome runs the agent of a home until stop opens. The options say how its sessions run.
func serveHome(
	tc task.Context, s *cli.Shell, home string, p keyring.Protector, o agent.HomeOptions, seen *observers, stop *task.Latch, sessions agent.Options,
) error {
	before, err := agent.HomeFormat(home)
	if err != nil {
		return err
	}
	hands, err := agent.OpenHome(tc, home, p, o)
	if errors.Is(err, aura.Conflict) { // no agent answers there: see refuseSecond
		return aura.Errorf("program.serveHome", aura.Conflict,
			"another process uses %s, a command with --offline or an agent that starts or ends now: try again when it has ended", home)
	}
	if err != nil {
		return err
	}
	door := &frontDoor{}
	kept := &marker{home: home, mark: func() journal.Mark { return door.Journal().Mark() }}
	socket := localapi.SocketPath(home)
	sessions.Version, sessions.Modules = buildVersion(), s.Modules
	sessions.Extra = append(seen.services(), kept, localapi.NewServer(socket, door, localapi.Options{}))
	door.Agent, err = agent.New(tc, task.NewGroup(tc, "agent"), hands, sessions)
	if errors.Is(err, aura.NotFound) {
		return aura.Errorf("program.serveHome", aura.NotFound,
			"the journal of %s is empty: %s", home, lostJournal)
	}
	if err != nil {
		return err
	}
	if err := door.Start(tc); err != nil {
		return err
	}
	err = announce(s, home, before, o.Listen, door.Agent, seen.metricsAt())
	if err == nil {
		err = serveUntil(tc, door.Agent, stop)
	}
	if err != nil {
		var done func()
		tc, done = tc.WithBudget("stop", failedStop)
		defer done()
	}
	if stopped := door.Stop(tc); err == nil {
		err = stopped
	}
	return err
}

// failedStop is how long the rest of an agent may take to stop after one of its services failed: together with
// hangGrace less than a second.
const failedStop = 600 * time.Millisecond

// frontDoor is the bridge of the local API, which is one of the agent's services and so is made before it.
type frontDoor struct{ *agent.Agent }

// refuseSecond returns an error when an agent answers for the home.
func refuseSecond(s *cli.Shell, home string) error {
	return s.Run("up", func(tc task.Context) error {
		client, err := localapi.Open(tc, localapi.SocketPath(home))
		if err != nil {
			return nil // no agent answers; other problems show when the socket is taken
		}
		client.Close()
		return aura.Errorf("program.refuseSecond", aura.Conflict, "an agent is already running for %s", home)
	})
}

// readyLine is what `aura up --json` prints when the agent answers.
type readyLine struct {
	Event     string           `json:"event"`
	Home      string           `json:"home"`
	Socket    string           `json:"socket"`
	Authority aura.AuthorityID `json:"authority"`
	Device    aura.DeviceID    `json:"device"`
	Addresses []string         `json:"addresses"`
	// Metrics is where Prometheus reads, when --metrics asked for it.
	Metrics string `json:"metrics,omitempty"`
	// MigratedFrom is the older format from which this start has brought the home; 0: from none.
	MigratedFrom int `json:"migrated_from,omitempty"`
	// Permitted are the capabilities that the authority permitted itself at this start, as its build was older.
	Permitted []string `json:"permitted,omitempty"`
}

func announce(s *cli.Shell, home string, before int, listen []string, a *agent.Agent, metrics string) error {
	now := a.Status()
	line := readyLine{
		Event: "ready", Home: home, Socket: localapi.SocketPath(home),
		Authority: now.Authority, Device: now.Device, Addresses: now.Addresses, Metrics: metrics,
		Permitted: a.Renewed(),
	}
	if before < agent.Format {
		line.MigratedFrom = before
	}
	if s.JSON {
		return s.Object(line)
	}
	if line.MigratedFrom > 0 {
		if err := s.Print(nil, "the home %s had format %d and has format %d now", home, before, agent.Format); err != nil {
			return err
		}
	}
	if len(line.Permitted) > 0 {
		if err := s.Print(nil, "this build can do more than the account had permitted itself; a new token adds: %s", strings.Join(line.Permitted, " ")); err != nil {
			return err
		}
	}
	if err := s.Print(nil, "the agent is up for %s", home); err != nil {
		return err
	}
	if slices.ContainsFunc(listen, func(a string) bool {
		return strings.HasPrefix(a, "/ip4/0.0.0.0/") || strings.HasPrefix(a, "/ip6/::/")
	}) {
		if err := s.Print(nil, "  listens on every interface of this machine; --listen IP:PORT takes one"); err != nil {
			return err
		}
	}
	for _, address := range line.Addresses {
		if err := s.Print(nil, "  listens on %s", address); err != nil {
			return err
		}
	}
	if metrics != "" {
		if err := s.Print(nil, "  metrics at %s", metrics); err != nil {
			return err
		}
	}
	return s.Print(nil, "stop it with Ctrl-C; in another terminal: aura invite create%s", s.HomeFlag())
}

// serveGrace is how long watching the services may take to end.
const serveGrace = 2 * time.Second

// serveUntil waits until stop opens, or returns an error as soon as a service has failed: half an agent must
// not look like a whole one.
func serveUntil(tc task.Context, a *agent.Agent, stop *task.Latch) error {
	group := task.NewGroup(tc, "up.serve")
	var failure error
	group.Go("up.watch", func(tc task.Context) error {
		failure = a.Wait(tc)
		stop.Open()
		return nil
	})
	err := stop.Wait(tc)
	if closing := group.Close(tc, serveGrace); err == nil {
		err = closing
	}
	if failure != nil {
		return lastWords(failure)
	}
	return err
}

// lastWords returns the text for a person when the agent ended by itself.
func lastWords(failure error) error {
	why := aura.Reason(failure)
	if s, ok := errors.AsType[*agent.ServiceError](failure); ok {
		why = "its service " + s.Service + " ended by itself"
		if s.Err != nil {
			why = "its service " + s.Service + " failed: " + aura.Reason(s.Err)
		}
	}
	if p, ok := errors.AsType[*task.PanicError](failure); ok && p.Origin() != "" {
		why += ", in " + p.Origin()
	}
	return aura.Errorf("program.serveHome", aura.KindOf(failure),
		"the agent has ended: %s. Everything that it confirmed is stored; aura up starts it again", why)
}
