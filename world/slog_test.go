package world_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

func TestOnlyTroubleIsAWarning(t *testing.T) {
	for _, c := range []struct {
		name  string
		event world.Event
		want  string
	}{
		{"a violation", world.Event{Family: world.FamilyInvariant}, "WARN"},
		{"a bug", world.Event{Family: world.FamilyTask, ErrorKind: aura.Internal}, "WARN"},
		{"a damaged record", world.Event{Family: world.FamilyIngress, ErrorKind: aura.Corrupt}, "WARN"},
		{"a failed service", world.Event{Family: world.FamilyService, ErrorKind: aura.Unavailable}, "WARN"},
		{"a peer that went away", world.Event{Family: world.FamilyTask, ErrorKind: aura.Unavailable}, "INFO"},
		{"a task that was told to stop", world.Event{Family: world.FamilyTask, ErrorKind: aura.Cancelled}, "DEBUG"},
		{"a service that stopped", world.Event{Family: world.FamilyService, ErrorKind: aura.Cancelled}, "DEBUG"},
		{"a start", world.Event{Family: world.FamilyTask}, "DEBUG"},
	} {
		var out bytes.Buffer
		world.Slog(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))).Emit(c.event)
		if !strings.Contains(out.String(), "level="+c.want+" ") {
			t.Errorf("%s: want %s in %q", c.name, c.want, out.String())
		}
	}
}
