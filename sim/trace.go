package sim

import (
	"fmt"
	"io"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// trace writes events as text, one a line. It implements [world.Log].
type trace struct {
	to      io.Writer // nil: nowhere
	elapsed func() aura.Duration
}

// Emit implements [world.Log]. Writing is best effort: a world does not depend on who looks.
func (t *trace) Emit(e world.Event) {
	if t.to == nil {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%12.6f %s %s", t.elapsed().Seconds(), e.Family, e.Message)
	for _, f := range [...]struct{ name, value string }{
		{"service", e.Service}, {"task", e.Task}, {"owner", e.Owner}, {"from", e.From}, {"to", e.To},
		{"session", e.Session}, {"fragment", e.Fragment}, {"profile", e.Profile},
	} {
		if f.value != "" {
			fmt.Fprintf(&b, " %s=%s", f.name, f.value)
		}
	}
	if e.ErrorKind != 0 {
		fmt.Fprintf(&b, " error_kind=%s", e.ErrorKind)
	}
	if !e.Correlation.IsZero() {
		fmt.Fprintf(&b, " correlation_id=%s", aura.Short(e.Correlation))
	}
	b.WriteByte('\n')
	_, _ = io.WriteString(t.to, b.String())
}
