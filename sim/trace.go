package sim

import (
	"fmt"
	"io"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// eventLog writes events as text, one a line. It implements [world.Log].
type eventLog struct {
	to      io.Writer // nil: nowhere
	elapsed func() aura.Duration

	routed, rejected int // effects at the boundaries of bundles
}

// Emit implements [world.Log]. Writing is best effort: a world does not depend on who looks.
func (t *eventLog) Emit(e world.Event) {
	if e.Family() == world.FamilyLink && e.Message() == "route" {
		t.routed++
	} else if e.Family() == world.FamilyLink {
		t.rejected++
	}
	if t.to == nil {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%12.6f %s %s", t.elapsed().Seconds(), e.Family(), e.Message())
	for name, value := range e.Fields {
		fmt.Fprintf(&b, " %s=%s", name, value)
	}
	b.WriteByte('\n')
	_, _ = io.WriteString(t.to, b.String())
}
