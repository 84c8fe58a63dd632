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

// Slog returns a log that writes events to l: failures and violations as warnings, the rest at debug level.
func Slog(l *slog.Logger) Log { return slogLog{l} }

type slogLog struct{ l *slog.Logger }

// Emit implements [Log].
func (s slogLog) Emit(e Event) {
	level := slog.LevelDebug
	if e.ErrorKind != 0 || e.Family == FamilyInvariant {
		level = slog.LevelWarn
	}
	ctx := context.Background()
	if !s.l.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 11)
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	add("family", string(e.Family))
	add("service", e.Service)
	add("task", e.Task)
	add("session_id", e.Session)
	add("fragment_key", e.Fragment)
	add("owner", e.Owner)
	add("from_owner", e.From)
	add("to_owner", e.To)
	add("profile", e.Profile)
	if e.ErrorKind != 0 {
		attrs = append(attrs, slog.String("error_kind", e.ErrorKind.String()))
	}
	if !e.Correlation.IsZero() {
		attrs = append(attrs, slog.String("correlation_id", e.Correlation.String()))
	}
	s.l.LogAttrs(ctx, level, e.Message, attrs...)
}
