package world_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

type named string

func (n named) String() string { return string(n) }

func TestEachEventHasTheLevelOfItsUse(t *testing.T) {
	for _, c := range []struct {
		name  string
		event world.Event
		want  string
	}{
		{"a violation", world.InvariantViolated("journal", "order", aura.FactID{}, nil), "WARN"},
		{"a bug", world.TaskFailed("t", "g", aura.Internal), "WARN"},
		{"a damaged record", world.ServiceTroubled("sync", "read failed", "", aura.Corrupt), "WARN"},
		{"a subscriber that lags", world.ServiceTroubled("reactive", "subscriber lags", "app:chat", aura.Exhausted), "WARN"},
		{"a failed service", world.ServiceMoved("sync", "agent", named("running"), named("failed"), aura.Unavailable), "WARN"},
		{"an agent that did not end as it should", world.RuntimeStopped("agent", aura.Internal), "WARN"},
		{"an agent that is up", world.RuntimeStarted("agent"), "INFO"},
		{"a peer that went away", world.ConnectionDown("sync", aura.Unavailable), "INFO"},
		{"a task of its session", world.TaskFailed("t", "g", aura.Unavailable), "DEBUG"},
		{"a link that was refused", world.IngressRejected("transport", "unknown context", aura.NotFound), "INFO"},
		{"damaged bytes of a stranger", world.IngressRejected("transport", "malformed first cell", aura.Corrupt), "INFO"},
		{"a denial", world.GuardDenied("chat:send", named("flow budget"), named("used up"), aura.OperationID{1}), "INFO"},
		{"an attempt that is made again", world.ServiceTroubled("invite", "exchange tried again", "", aura.Unavailable), "INFO"},
		{"a task that was told to stop", world.TaskAborted("t", "g", aura.Cancelled), "DEBUG"},
		{"a service that stopped", world.ServiceMoved("sync", "agent", named("stopping"), named("stopped"), nil), "DEBUG"},
		{"a start", world.TaskSpawned("t", "g"), "DEBUG"},
	} {
		var out bytes.Buffer
		world.Slog(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))).Emit(c.event)
		if !strings.Contains(out.String(), "level="+c.want+" ") {
			t.Errorf("%s: want %s in %q", c.name, c.want, out.String())
		}
	}
}

// TestALogLineHasTheFieldsOfItsEvent: what an event says reaches the log, and no more.
func TestALogLineHasTheFieldsOfItsEvent(t *testing.T) {
	for _, e := range []world.Event{
		world.RuntimeStarted("agent"),
		world.ServiceMoved("sync", "agent", named("running"), named("failed"), aura.Unavailable),
		world.GuardDenied("chat:send", named("flow budget"), named("used up"), aura.OperationID{1}),
	} {
		var out bytes.Buffer
		world.Slog(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))).Emit(e)
		got := map[string]string{}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		delete(got, slog.TimeKey)
		delete(got, slog.LevelKey)
		want := map[string]string{slog.MessageKey: got[slog.MessageKey], "family": got["family"]}
		if head := want["family"] + " " + want[slog.MessageKey] + " "; !strings.HasPrefix(e.String()+" ", head) {
			t.Errorf("the line begins %q, the event is %s", head, e.String())
		}
		for name, value := range e.Fields {
			want[name] = value
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", e.String(), diff)
		}
	}
}
