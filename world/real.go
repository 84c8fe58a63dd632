package world

import (
	"context"
	"crypto/rand"
	"log/slog"
)

// Random returns the operating system's randomness.
func Random() Entropy { return rand.Reader }

// Discard returns a log that drops every event.
func Discard() Log { return discard{} }

type discard struct{}

func (discard) Emit(Event) {}

// Tee returns a log that passes every event to all of the given logs, in their order.
func Tee(logs ...Log) Log { return tee(logs) }

type tee []Log

// Emit implements [Log].
func (t tee) Emit(e Event) {
	for _, l := range t {
		l.Emit(e)
	}
}

// Slog returns a log that writes events to l, each at its own level.
func Slog(l *slog.Logger) Log { return slogLog{l} }

type slogLog struct{ l *slog.Logger }

// Emit implements [Log].
func (s slogLog) Emit(e Event) {
	ctx := context.Background()
	if !s.l.Enabled(ctx, e.level) {
		return
	}
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs, slog.String("family", string(e.family)))
	for name, value := range e.Fields {
		attrs = append(attrs, slog.String(name, value))
	}
	s.l.LogAttrs(ctx, e.level, string(e.message), attrs...)
}
