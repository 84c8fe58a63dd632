package program

import (
	"errors"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/telemetry"
	"github.com/aura-runtime/aura/ui/cli"
	"github.com/aura-runtime/aura/world"
)

// observeFlags says what becomes of the events of a running agent.
type observeFlags struct {
	level   logLevel
	metrics string
	traces  string
}

// logLevel is the value of --log-level.
type logLevel slog.Level

// String implements pflag.Value.
func (l *logLevel) String() string { return strings.ToLower(slog.Level(*l).String()) }

// Type implements pflag.Value.
func (l *logLevel) Type() string { return "level" }

// Set implements pflag.Value.
func (l *logLevel) Set(text string) error {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if strings.EqualFold(text, level.String()) {
			*l = logLevel(level)
			return nil
		}
	}
	return errors.New("there is debug, info, warn and error")
}

func (f *observeFlags) add(c *cobra.Command) {
	f.level = logLevel(slog.LevelWarn)
	c.Flags().Var(&f.level, "log-level", "what to log on standard error: debug, info, warn or error")
	c.Flags().StringVar(&f.metrics, "metrics", "", "serve Prometheus metrics to this machine at a loopback IP:PORT")
	c.Flags().StringVar(&f.traces, "traces", "", "append OpenTelemetry spans, one JSON object each, to this file")
}

// observers is who takes the events of a running agent.
type observers struct {
	flags   observeFlags
	metrics *telemetry.Metrics // nil: none, as the server
	server  *telemetry.Server
	traces  *telemetry.Traces // nil: no spans
}

// observers checks the flags. It opens nothing.
func (f *observeFlags) observers(c *cobra.Command) (*observers, error) {
	o := &observers{flags: *f}
	if f.metrics == "" {
		return o, nil
	}
	o.metrics = telemetry.NewMetrics()
	server, err := telemetry.NewServer(f.metrics, o.metrics)
	if err != nil {
		return nil, cli.Usage(c, "--metrics: %s", aura.Reason(err))
	}
	o.server = server
	return o, nil
}

// open returns the log that tells all observers. Close them when no event comes any more.
func (o *observers) open(stderr io.Writer) (world.Log, error) {
	logs := []world.Log{world.Slog(slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.Level(o.flags.level)})))}
	if o.metrics != nil {
		logs = append(logs, o.metrics)
	}
	if o.flags.traces != "" {
		var err error
		if o.traces, err = telemetry.OpenTraces(o.flags.traces); err != nil {
			return nil, err
		}
		logs = append(logs, o.traces)
	}
	return world.Tee(logs...), nil
}

// services returns the services that the observers need in the agent.
func (o *observers) services() []task.Service {
	if o.server == nil {
		return nil
	}
	return []task.Service{o.server}
}

// metricsAt returns where the metrics are, empty when there are none.
func (o *observers) metricsAt() string {
	if o.server == nil {
		return ""
	}
	return o.server.URL()
}

func (o *observers) close() error {
	if o.traces == nil {
		return nil
	}
	return o.traces.Close()
}
